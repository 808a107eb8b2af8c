"""The drawn cells: the same everywhere, any size, and like the real slices in what can be counted."""

import hashlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.morphology import skeletonize

from unet_edu.data import Sample, cells, isbi2012

DRAW = {"tissue": cells.tissue, "round_cells": cells.round_cells}
both = pytest.mark.parametrize("kind", DRAW)


# ------------------------------------------------------------------------------------------ the same everywhere

# First 16 digits of the checksum of the instances. They were the same under Python 3.11, 3.12 and 3.13 with NumPy 1.26,
# 2.1 and 2.4. Whoever changes the generator on purpose puts new ones here: every drawn picture of the book changes.
GOLDEN = [
    ("tissue", 512, 0, "c51c7efec3aa5875"),
    ("tissue", (96, 161), 7, "dca818f375456a58"),
    ("tissue", (1, 300), 2, "cf1d269703bfb400"),
    ("tissue", 1, 0, "b70f7db80982930e"),
    ("tissue", 200, 2**40 + 3, "c3b1c9ca6abc854a"),
    ("round_cells", 512, 0, "0ea2157aa3db70ea"),
    ("round_cells", (97, 160), 5, "71e62d0cd2a02751"),
    ("round_cells", 1, 1, "a79246fb5dcd05b2"),
]


def checksum(sample):
    content = repr(sample.instances.shape).encode() + sample.instances.astype("<i4").tobytes()
    return hashlib.sha256(content).hexdigest()[:16]


@pytest.mark.parametrize(("kind", "size", "seed", "expected"), GOLDEN)
def test_labels_are_the_same_everywhere(kind, size, seed, expected):
    assert checksum(DRAW[kind](size, seed)) == expected


# Every 24th pixel of the 128 × 128 image of seed 3, in grey levels.
GREYS = {
    "tissue": (
        "72 194 110 164 104 51 105 57 80 67 54 164 139 122 178 135 147 43 112 98 126 126 165 86 158 168 165 "
        "160 93 83 71 126 87 198 78 60"
    ),
    "round_cells": (
        "82 140 127 74 131 99 109 43 161 123 121 122 123 117 96 124 96 112 91 119 70 132 122 103 101 141 118 "
        "105 132 106 112 106 124 122 97 64"
    ),
}


@both
def test_images_agree_within_one_grey_level(kind):
    sample = DRAW[kind](128, 3)
    greys = np.rint(sample.image[5::24, 5::24] * 255).astype(int).ravel()
    assert np.abs(greys - np.array(GREYS[kind].split(), int)).max() <= 1


def test_another_process_with_another_hash_seed_draws_the_same():
    code = (
        "import hashlib; from unet_edu.data import cells; m = cells.tissue(150, 4);"
        "print(hashlib.sha256(m.image.tobytes() + m.instances.tobytes()).hexdigest())"
    )
    drawn = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": h},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for h in ("1", "2")
    }
    here = cells.tissue(150, 4)
    assert drawn == {hashlib.sha256(here.image.tobytes() + here.instances.tobytes()).hexdigest() + "\n"}


def test_random_numbers_of_others_are_neither_used_nor_disturbed():
    np.random.seed(1)  # noqa: NPY002 (the global state is what this test is about)
    first = cells.tissue(64, 1)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert np.array_equal(after, np.random.get_state()[1])  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    assert np.array_equal(cells.tissue(64, 1).image, first.image)


@both
def test_seeds_differ(kind):
    assert len({checksum(DRAW[kind](200, seed)) for seed in (0, 1, 2, 2**32, 2**32 + 1, 2**64)}) == 6


# ------------------------------------------------------------------------------------------ any size


def check(sample, size):
    h, w = (size, size) if isinstance(size, int) else size
    assert isinstance(sample, Sample)
    assert sample.image.shape == sample.label.shape == sample.instances.shape == (h, w)
    assert (sample.image.dtype, sample.label.dtype, sample.instances.dtype) == (np.float32, np.uint8, np.int32)
    assert 0 <= sample.image.min() <= sample.image.max() <= 1
    levels = sample.image * 255
    assert np.abs(levels - np.rint(levels)).max() < 1e-4
    assert np.array_equal(sample.label, sample.instances > 0)
    assert np.array_equal(np.unique(sample.instances[sample.instances > 0]), np.arange(1, sample.instances.max() + 1))


@both
@settings(derandomize=True, deadline=None, max_examples=25)
@given(h=st.integers(1, 90), w=st.integers(1, 90), seed=st.integers(0, 2**70))
def test_any_size_and_seed(kind, h, w, seed):
    check(DRAW[kind]((h, w), seed), (h, w))


@both
@pytest.mark.parametrize("size", [1, (1, 4096), (4096, 1), (513, 300), 1024])
def test_extreme_sizes(kind, size):
    check(DRAW[kind](size, 0), size)


@pytest.mark.slow
@both
def test_the_largest_size(kind):
    check(DRAW[kind](4096, 0), 4096)


def test_defaults():
    sample = cells.tissue()
    assert sample.image.shape == (512, 512)
    assert sample.name == "drawn tissue, seed 0"
    assert cells.round_cells(seed=np.int64(7), size=np.int32(30)).name == "drawn round cells, seed 7"


@both
def test_each_instance_is_one_piece_and_keeps_its_distance(kind):
    instances = DRAW[kind]((400, 333), 5).instances
    pieces, n = ndimage.label(instances > 0)
    assert n == instances.max() > 30
    assert len(np.unique(np.stack([pieces, instances])[:, instances > 0], axis=1).T) == n  # one to one
    # No two cells are neighbours, not even diagonally: the largest number around a pixel is its own.
    highest = ndimage.maximum_filter(instances, 3)
    assert np.array_equal(highest[instances > 0], instances[instances > 0])


def test_instances_are_numbered_in_reading_order():
    instances = cells.tissue(300, 1).instances.ravel()
    _, first = np.unique(instances[instances > 0], return_index=True)
    assert np.all(np.diff(first) > 0)


def test_round_cells_touch():
    """Cells are separated by gaps of a pixel or two, which is what the weight map of the paper is for."""
    instances = cells.round_cells(512, 0).instances
    touched = 0
    for number in range(1, instances.max() + 1):
        around = ndimage.binary_dilation(instances == number, np.ones((3, 3)), iterations=3) & (instances != number)
        touched += (instances[around] > 0).any()
    assert touched > instances.max() / 2


# ------------------------------------------------------------------------------------------ like the real slices

# Counted in the training slices 0-17 of ISBI 2012: means over the slices, unless said otherwise; see `count`.
# share of pixels in 16 bins of 16 grey levels
GREY_HISTOGRAM = np.array(
    [0.0019, 0.0083, 0.0256, 0.0541, 0.0826, 0.1033, 0.1154, 0.1227]
    + [0.1278, 0.1283, 0.1149, 0.0759, 0.0307, 0.0070, 0.0012, 0.0003]
)
# share of membrane that is 0-3, 3-5, 5-7, 7-9, 9-13, 13- pixels wide
WIDTH_HISTOGRAM = np.array([0.0083, 0.2519, 0.4631, 0.1572, 0.0679, 0.0516])
# profiles a slice of 16-100, 100-300, 300-1000, 1000-3000, 3000-10000, 10000- pixels
AREA_HISTOGRAM = np.array([9.2, 21.6, 42.8, 25.3, 15.0, 3.3])
FARTHEST_SLICE = 24.5  # grey levels: how far the histogram of a slice is from the mean of all
WIDEST_SLICE = 0.514  # bins, the same for the widths
MEMBRANE_SHARE, MEMBRANE_GREY, INSIDE_GREY = 0.231, 0.327, 0.533
# log10, see `power`
POWER = np.array(
    [-0.15, -0.62, -0.98, -1.27, -1.49, -1.68, -1.88, -2.08] + [-2.31, -2.57, -2.83, -3.09, -3.32, -3.51, -3.65]
)

WIDTHS = [0, 3, 5, 7, 9, 13, np.inf]
AREAS = [16, 100, 300, 1000, 3000, 10000, np.inf]


def grey_histogram(sample):
    return np.histogram(np.rint(sample.image * 255), 16, (0, 256))[0] / sample.image.size


def width_histogram(sample):
    """Width of the membrane's label: twice the distance to its edge, along its middle line."""
    membrane = sample.label == 0
    widths = 2 * ndimage.distance_transform_edt(membrane)[skeletonize(membrane)]
    return np.histogram(widths, WIDTHS)[0] / widths.size


def area_histogram(sample):
    return np.histogram(np.bincount(ndimage.label(sample.label)[0].ravel())[1:], AREAS)[0]


def power(sample):
    """log10 of the power spectrum of 64 × 64 patches, mean over rings of 1/32 of the sampling frequency."""
    window = np.hanning(64)[:, None] * np.hanning(64)
    patches = sample.image.reshape(8, 64, 8, 64).transpose(0, 2, 1, 3)
    patches = patches - patches.mean(axis=(2, 3), keepdims=True)
    spectrum = (np.abs(np.fft.fft2(patches * window)) ** 2).mean(axis=(0, 1)) / (window**2).sum()
    f = np.fft.fftfreq(64)
    ring = (np.hypot(f[:, None], f) * 32).astype(int)
    return np.log10([spectrum[ring == r].mean() for r in range(1, 16)])


def apart(one, other):
    """Earth mover's distance between two histograms, in bins."""
    return np.abs(np.cumsum(np.subtract(one, other))).sum()


def count(samples):
    return {
        "grey": np.array([grey_histogram(s) for s in samples]),
        "width": np.array([width_histogram(s) for s in samples]),
        "area": np.array([area_histogram(s) for s in samples]),
        "power": np.mean([power(s) for s in samples], axis=0),
        "share": np.array([(s.label == 0).mean() for s in samples]),
        "membrane": np.mean([s.image[s.label == 0].mean() for s in samples]),
        "inside": np.mean([s.image[s.label == 1].mean() for s in samples]),
    }


@pytest.fixture(scope="module")
def drawn():
    return count([cells.tissue(512, seed) for seed in range(8)])


def test_the_reference_numbers_are_those_of_the_real_slices():
    if not os.environ.get("UNET_EDU_DATA"):
        pytest.skip("UNET_EDU_DATA is not set")
    real = count(isbi2012.load("train"))
    grey, width = real["grey"].mean(axis=0), real["width"].mean(axis=0)
    assert grey == pytest.approx(GREY_HISTOGRAM, abs=6e-5)
    assert width == pytest.approx(WIDTH_HISTOGRAM, abs=6e-5)
    assert real["area"].mean(axis=0) == pytest.approx(AREA_HISTOGRAM, abs=0.06)
    assert max(16 * apart(h, grey) for h in real["grey"]) == pytest.approx(FARTHEST_SLICE, abs=0.06)
    assert max(apart(h, width) for h in real["width"]) == pytest.approx(WIDEST_SLICE, abs=6e-4)
    assert real["power"] == pytest.approx(POWER, abs=6e-3)
    means = real["share"].mean(), real["membrane"], real["inside"]
    assert means == pytest.approx((MEMBRANE_SHARE, MEMBRANE_GREY, INSIDE_GREY), abs=6e-4)


def test_grey_values_are_spread_as_in_the_real_slices(drawn):
    """All drawings together are within 6 grey levels of the real mean; none is as far as the farthest real slice."""
    assert 16 * apart(drawn["grey"].mean(axis=0), GREY_HISTOGRAM) < 6
    assert max(16 * apart(h, GREY_HISTOGRAM) for h in drawn["grey"]) < FARTHEST_SLICE


def test_membranes_are_as_wide_as_in_the_real_labels(drawn):
    """All drawings together are within a fifth of a bin (of two pixels) of the real mean; none is as far as a slice."""
    assert apart(drawn["width"].mean(axis=0), WIDTH_HISTOGRAM) < 0.2
    assert max(apart(h, WIDTH_HISTOGRAM) for h in drawn["width"]) < WIDEST_SLICE


def test_membrane_takes_the_same_share(drawn):
    assert drawn["share"].mean() == pytest.approx(MEMBRANE_SHARE, abs=0.02)
    assert 0.17 < drawn["share"].min() < drawn["share"].max() < 0.31


def test_membranes_are_as_dark_and_cells_as_bright(drawn):
    assert drawn["membrane"] == pytest.approx(MEMBRANE_GREY, abs=0.02)
    assert drawn["inside"] == pytest.approx(INSIDE_GREY, abs=0.02)


def test_cells_have_the_same_sizes(drawn):
    """From the smallest neurites to profiles of a twentieth of the image, each class within half of its count."""
    ratio = drawn["area"].mean(axis=0) / AREA_HISTOGRAM
    assert ratio[0] > 0.4  # the real labels have slivers that nobody meant as cells
    assert np.all((ratio[1:] > 0.67) & (ratio[1:] < 1.5)), ratio


def test_fine_structure_is_as_strong_at_every_scale(drawn):
    """Within a factor of two in power at every spatial frequency."""
    assert np.abs(drawn["power"] - POWER).max() < 0.3


def test_the_character_does_not_change_with_the_size():
    small = [cells.tissue(256, seed) for seed in range(8)]
    large = cells.tissue(1024, 0)
    per_pixel = [np.mean([s.label.mean() for s in small]), large.label.mean()]
    assert per_pixel[0] == pytest.approx(per_pixel[1], abs=0.05)
    inner = [np.mean([s.instances.max() for s in small]) / 256**2, large.instances.max() / 1024**2]
    assert 0.8 < inner[0] / inner[1] < 2  # a small image has more cells cut by its edge


def test_a_slice_is_drawn_quickly():
    """0.15 s beside a filter of 0.047 s, on two quiet cores; a ratio, since a busy machine slows both alike."""
    noise = np.random.default_rng(0).random((1024, 1024))
    drawing, filtering = [], []
    for seed in range(5):
        started = time.process_time()
        ndimage.gaussian_filter(noise, 8.0)
        between = time.process_time()
        cells.tissue(512, seed)
        filtering.append(between - started)
        drawing.append(time.process_time() - between)
    assert min(drawing) / min(filtering) < 6, (drawing, filtering)


# ------------------------------------------------------------------------------------------ mistakes


@both
@pytest.mark.parametrize(
    ("size", "error", "says"),
    [
        (0, ValueError, "nearest legal size is 1"),
        (-5, ValueError, "1 to 4096 pixels"),
        (4097, ValueError, "nearest legal size is 4096"),
        ((512, 0), ValueError, "nearest legal size is 1"),
        (512.0, TypeError, r"not 512\.0; for example `size=512`"),
        ((512, 512, 3), TypeError, r"pair \(height, width\)"),
        ((512,), TypeError, "pair"),
        ("512", TypeError, "not '512'"),
        (None, TypeError, "not None"),
        (True, TypeError, "not True"),
    ],
)
def test_illegal_sizes(kind, size, error, says):
    with pytest.raises(error, match=says):
        DRAW[kind](size)


@both
@pytest.mark.parametrize(
    ("seed", "error", "says"),
    [(-1, ValueError, "nearest legal seed is 0"), (1.5, TypeError, "not 1.5"), (None, TypeError, "seed=0")],
)
def test_illegal_seeds(kind, seed, error, says):
    with pytest.raises(error, match=says):
        DRAW[kind](32, seed)
