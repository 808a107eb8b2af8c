"""Greys, pixel size, pieces and weights: values by hand."""

import numpy as np
import pytest
from ownkit import discs

from unet_edu.data import Sample
from unet_edu.data.weightmap import border_term, class_weights
from unet_edu.own.prepare import grown, picked, pieces, prepared, shrunk, weights_of


def test_shrinking_takes_the_mean_and_repeats_the_last_pixel():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert shrunk(image, 2).tolist() == [[2.5, 4.5], [8.5, 10.5]]
    assert shrunk(image[None], 2).shape == (1, 2, 2)
    assert shrunk(image, 0.5)[:2, :4].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1]]


def test_labels_keep_whole_numbers():
    numbers = np.kron([[1, 2], [3, 4]], np.ones((3, 3), int))
    assert picked(numbers, 3).tolist() == [[1, 2], [3, 4]]
    assert picked(picked(numbers, 0.5), 2).tolist() == numbers.tolist()


@pytest.mark.parametrize("pixel", [0.5, 2, 3])
@pytest.mark.parametrize("shape", [(30, 42), (31, 44)])
def test_growing_gives_the_size_of_the_image_and_keeps_a_slope(pixel, shape):
    slope = np.linspace(0, 1, shape[1], dtype=np.float32)[None].repeat(shape[0], 0)
    found = grown(shrunk(slope, pixel), pixel, shape)
    assert found.shape == shape
    assert np.abs(found - slope)[:, 4:-4].max() < 1e-5


def test_own_greys_fill_the_range_and_those_of_the_set_stay():
    one = discs()
    assert prepared(one, "set", 1, False).image.tolist() == one.image.tolist()
    pale = one._replace(image=one.image * np.float32(0.1))
    found, same = (prepared(each, "own", 1, False).image for each in (pale, one))
    assert np.abs(found - same).max() < 1e-5
    assert (found.min(), found.max()) == (0, 1)


def test_objects_that_adjoin_get_a_gap():
    one = discs(touching=True)
    found = prepared(one, "set", 1, True)
    assert found.label.sum() < one.label.sum()
    assert (found.instances > 0).astype(int).tolist() == found.label.tolist()
    assert prepared(one, "set", 1, False).label.tolist() == one.label.tolist()


def test_pieces_have_one_size_and_cover_every_pixel():
    samples = [discs(64, name="small"), discs(100, name="large")]
    found = pieces(samples)
    assert {one.label.shape for one in found} == {(64, 64)}
    assert [one.name for one in found][:2] == ["small", "large, at 0, 0"]
    assert len(found) == 5
    covered = np.zeros((100, 100), bool)
    for one in found[1:]:
        top, left = (int(text) for text in one.name.partition(", at ")[2].split(", "))
        covered[top : top + 64, left : left + 64] = True
        assert (one.image == samples[1].image[top : top + 64, left : left + 64]).all()
    assert covered.all()


def test_weights_are_the_paper_s_balanced_over_the_set():
    samples = [discs(), discs(radius=4)]
    background, cell = class_weights([one.label for one in samples])
    plain, bordered = weights_of(samples, False)[0], weights_of(samples, True)[0]
    assert np.allclose(plain, np.where(samples[0].label > 0, cell, background))
    assert np.allclose(bordered - plain, border_term(samples[0].instances), atol=1e-5)


def test_three_classes_count_alike():
    label = np.zeros((10, 10), np.uint8)
    label[:1], label[1:3] = 1, 2
    (weights,) = weights_of([Sample(np.zeros((10, 10), np.float32), label)], False)
    assert [float(weights[label == number].sum()) for number in range(3)] == pytest.approx([100 / 3] * 3, rel=1e-5)
