"""From pixels to numbered cells: hand-made pieces, scikit-image's own functions, laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.draw import disk
from skimage.filters import threshold_otsu
from skimage.measure import label

from unet_edu.data import nuclei
from unet_edu.metrics import instances
from unet_edu.separation import SMALLEST, by_distance, components, otsu

maps = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=16))
every = settings(derandomize=True, deadline=None, max_examples=60)


def two_disks(apart, radius=12):
    """Two disks whose centres are so many pixels apart."""
    inside = np.zeros((40, 80), bool)
    for column in (24, 24 + apart):
        inside[disk((20, column), radius, shape=inside.shape)] = True
    return inside


def test_components_are_4_connected_and_specks_are_left_out():
    inside = np.zeros((12, 12), np.uint8)
    inside[:5, :5] = inside[5:10, 5:10] = 1  # they meet at a corner
    inside[11, 11] = 1
    found = components(inside)
    assert found.dtype == np.int32
    assert found.max() == 2
    assert found[0, 0] != found[9, 9]
    assert found[11, 11] == 0
    assert components(inside, smallest=1).max() == 3
    assert components(inside, smallest=26).max() == 0


@every
@given(maps)
def test_components_are_those_of_scikit_image(inside):
    ours, theirs = components(inside, smallest=1), label(inside, connectivity=1)
    pairs = set(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len(pairs) == ours.max() + 1 * (not inside.all()) == theirs.max() + 1 * (not inside.all())


def test_touching_disks_are_parted_at_the_waist():
    inside = two_disks(20)
    assert components(inside).max() == 1
    found = by_distance(inside)
    assert found.max() == 2
    assert np.array_equal(found > 0, inside)
    sizes = np.bincount(found.ravel())[1:]
    assert abs(int(sizes[0]) - int(sizes[1])) <= 40  # of about 430 each
    assert len(set(found[20, 15:32].tolist())) == len(set(found[20, 36:54].tolist())) == 1


def test_disks_that_lie_in_one_another_stay_one():
    assert by_distance(two_disks(4)).max() == 1
    assert by_distance(two_disks(20), apart=30).max() == 1


@every
@given(maps, st.sampled_from([0.0, 1.0]))
def test_the_watershed_only_cuts_components(inside, smoothing):
    """No pixel is gained or lost but specks, and no piece holds pixels of two components."""
    found, pieces = by_distance(inside, smoothing, apart=2, smallest=1), components(inside, smallest=1)
    assert not (found > 0)[~inside].any()
    for number in range(1, found.max() + 1):
        assert len(np.unique(pieces[found == number])) == 1


def test_otsu_is_that_of_scikit_image():
    (sample,) = nuclei.load("fluorescence", "train", whole=False, numbers=[7])
    assert np.array_equal(otsu(sample.image, smoothing=0), sample.image > threshold_otsu(sample.image.astype(float)))
    dark = otsu(1 - sample.image, dark=True)
    assert np.mean(dark == otsu(sample.image)) > 0.999
    colours = np.stack([sample.image] * 3)
    assert np.mean(otsu(colours) == otsu(sample.image)) > 0.999
    assert not otsu(np.full((4, 5), 0.3)).any()


def test_the_watershed_parts_nuclei_that_components_merge():
    for sample in nuclei.load("fluorescence", "validation", whole=False):
        plain, cut = components(sample.label), by_distance(sample.label, 1.0, 7)
        merged = [instances.merged_and_split(sample.instances, found).merged for found in (plain, cut)]
        assert merged[1] < merged[0] / 2
        assert instances.match(sample.instances, cut).f1 > instances.match(sample.instances, plain).f1 + 0.05


@pytest.mark.parametrize(
    ("argument", "error", "says"),
    [
        (np.zeros((3, 3)), TypeError, "truth values, not float64; for example probability > 0.5"),
        (np.full((3, 3), 2), ValueError, "from 2 to 2"),
        (np.zeros(3, bool), ValueError, r"\(H, W\)"),
    ],
)
@pytest.mark.parametrize("function", [components, by_distance])
def test_mistakes_are_named(function, argument, error, says):
    with pytest.raises(error, match=says):
        function(argument)


def test_an_image_of_another_shape():
    with pytest.raises(ValueError, match=r"not \(2, 5, 5\)"):
        otsu(np.zeros((2, 5, 5)))
    assert SMALLEST == 20
