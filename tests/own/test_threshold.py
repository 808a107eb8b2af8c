"""The threshold and the watershed that are best on validation images are found."""

import numpy as np
import pytest
from ownkit import discs
from scipy import ndimage

from unet_edu.own.segment import instances
from unet_edu.own.survey import survey
from unet_edu.own.threshold import chosen, distances, f1, fix, middle, otsu_f1, speck


def test_a_threshold_that_parts_objects_is_chosen():
    """Bridges of probability 0.6 join neighbours: only thresholds above part them."""
    one = discs(step=16)
    bridged = ndimage.binary_closing(one.label, iterations=4)
    probability = np.where(one.label > 0, 0.97, np.where(bridged, 0.6, 0.05)).astype(np.float32)
    assert instances(probability, 0.5, apart=None).max() < one.instances.max()
    cut = fix([one], [probability], survey([one]))
    assert cut.threshold in (0.65, 0.8, 0.9, 0.95)
    assert cut.f1 == 1
    assert f1([one.instances], [instances(probability, *cut[:1], apart=cut.apart)]) == 1


def test_the_watershed_is_chosen_where_objects_adjoin():
    one = discs(size=120, radius=8, step=40, touching=True)
    probability = one.label.astype(np.float32) * np.float32(0.97)
    whole = f1([one.instances], [instances(probability, 0.5, apart=None)])
    cut = fix([one], [probability], survey([one]))
    assert cut.apart is not None
    assert cut.f1 > whole


def test_otsu_finds_bright_discs_and_dark_ones():
    one = discs()
    dark = one._replace(image=1 - one.image)
    assert otsu_f1([one], survey([one])) == 1
    assert otsu_f1([dark], survey([dark])) == 1


def test_choices_follow_the_diameter():
    assert distances(20) == [None, 4, 7, 10]
    assert distances(4) == [None, 2]
    found = survey([discs(radius=10)])
    assert speck(found) == pytest.approx(found.diameters[0] ** 2 * np.pi / 16, abs=1)
    assert speck(survey([discs(radius=3)])) == 20


def test_few_images_are_looked_at_and_none_is_too_large():
    samples = [discs(name=str(number)) for number in range(20)]
    found = chosen(samples)
    assert [one.name for one in found] == ["0", "3", "7", "11", "15", "19"]
    large = chosen([discs(900)])[0]
    assert large.image.shape == large.label.shape == large.instances.shape == (768, 768)


def test_of_equal_values_the_middle_one_is_taken():
    assert middle({"a": 1.0, "b": 2.0, "c": 2.0, "d": 2.0}) == "c"
