"""What a survey finds, on images whose numbers are known."""

import numpy as np
import pytest
from ownkit import discs, mask_only

from unet_edu.data import Sample
from unet_edu.own.survey import grey_range, neighbours, objects_of, survey


def blank(size=40):
    return np.zeros((size, size), np.int32)


def sample(numbers, image=None, instances=True, name="one"):
    image = np.where(numbers > 0, 0.8, 0.2).astype(np.float32) if image is None else image
    return Sample(image, (numbers > 0).astype(np.uint8), numbers if instances else None, name)


def test_objects_are_counted_and_their_diameter_is_that_of_a_circle_as_large():
    numbers = blank()
    numbers[2:12, 2:12], numbers[20:30, 20:30] = 1, 2
    found = survey([sample(numbers)])
    assert found.objects == 2
    assert found.diameter == pytest.approx(2 * np.sqrt(100 / np.pi))
    assert found.shares == pytest.approx((0.875, 0.125))
    assert (found.touching, found.adjoining, found.dark, found.numbered) == (0, 0, False, True)


def test_of_a_mask_the_pieces_are_the_objects_and_specks_do_not_count():
    numbers = blank()
    numbers[2:12, 2:12], numbers[20:30, 20:30], numbers[35, 35] = 1, 2, 3
    found = survey([sample(numbers, instances=False)])
    assert (found.objects, found.numbered) == (2, False)
    assert "pieces of a mask that hang together count as one" in str(found)
    assert "hang together" not in str(survey([sample(numbers)]))


def test_objects_with_four_pixels_between_them_touch_and_with_five_they_do_not():
    for gap, share in ((0, 1.0), (4, 1.0), (5, 0.0)):
        numbers = blank()
        numbers[5:15, 2:12], numbers[5:15, 12 + gap : 22 + gap] = 1, 2
        found = survey([sample(numbers)])
        assert found.touching == share
        assert found.adjoining == (1.0 if gap == 0 else 0.0)


def test_neighbours_are_named():
    numbers = blank()
    numbers[0:5, 0:5], numbers[0:5, 6:11], numbers[30:35, 30:35] = 1, 2, 3
    assert neighbours(numbers, 0).tolist() == []
    assert neighbours(numbers, 1).tolist() == [1, 2]


def test_each_class_has_pieces_of_its_own():
    label = np.zeros((20, 20), np.uint8)
    label[2:8, 2:8], label[2:8, 8:14] = 1, 2  # side by side
    one = Sample(label / 2 * np.float32(0.5), label)
    assert np.unique(objects_of(one)).tolist() == [0, 1, 2]
    assert survey([one]).classes == 3


def test_dark_objects_and_contrast_are_noticed():
    numbers = blank()
    numbers[5:30, 5:30] = 1
    dark = np.where(numbers > 0, 0.1, 0.5).astype(np.float32)
    pale = np.where(numbers > 0, 0.1, 0.2).astype(np.float32)
    found = survey([sample(numbers, dark), sample(numbers, pale)])
    assert found.dark
    assert found.contrast == pytest.approx(4.0)
    assert grey_range(dark) == pytest.approx((0.1, 0.5))


def test_sizes_and_channels_are_listed():
    found = survey([discs(64, channels=3), discs(64, channels=3), discs(96, channels=3)])
    assert found.sizes == {(64, 64): 2, (96, 96): 1}
    assert (found.images, found.channels, found.smallest) == (3, 3, 64)
    text = str(found)
    assert "2 of 64 × 64, 1 of 96 × 96 pixels, 3 channels" in text
    assert "diameter 12 pixels" in text


def test_no_object_is_no_error():
    found = survey([sample(blank())])
    assert found.diameters is None
    assert "objects: none" in found.lines()


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([], "at least one Sample"),
        ([discs()._replace(label=None)], "has no label"),
        ([discs()._replace(label=np.zeros((3, 3), np.uint8))], r"\(3, 3\), but the image \(96, 96\)"),
        ([discs(), discs(channels=3, name="second")], "second: 3 channels, but discs has 1"),
    ],
)
def test_what_cannot_be_surveyed_is_named(samples, words):
    with pytest.raises(ValueError, match=words):
        survey(samples)


def test_a_mask_and_its_numbers_give_the_same_where_nothing_touches():
    one = discs()
    assert survey([mask_only(one)]).diameters == survey([one]).diameters
