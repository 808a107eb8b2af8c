"""Depths and scalings from values: what an array seems to hold, and the expression that brings it into [0, 1]."""

import re

import numpy as np
import pytest
from bookkit import ROOT

from unet_edu.greys import bit_depth, check_scale, filled, grey_of, scaled_by


@pytest.mark.parametrize(
    ("largest", "bits"),
    [(0, 8), (1, 8), (255, 8), (256, 10), (1023, 10), (1024, 12), (4095, 12), (4096, 14), (16383, 14)]
    + [(16384, 16), (65535, 16), (65536, 32), (2**32 - 1, 32)],
)
def test_the_fewest_usual_bits(largest, bits):
    assert bit_depth(largest) == bits


@pytest.mark.parametrize("largest", [-1, 2**32])
def test_greys_that_no_file_holds(largest):
    with pytest.raises(ValueError, match=f"0 to 4294967295, not {largest}"):
        bit_depth(largest)


@pytest.mark.parametrize(
    "image",
    [
        np.array([3, 250], np.uint8),
        np.array([0, 1], np.uint8),
        np.array([3, 4000], np.uint16),
        np.array([-5, 70], np.int8),
        np.array([-1024, 3071], np.int16),
        np.array([0, 10**6], np.int32),
        np.array([-1.0, 0.9]),
        np.array([-3.0, 3.0]),
        np.array([-0.01, 1.02]),
        np.array([0.0, 1.3]),
        np.array([7.5, 200.5]),
        np.array([0.5, np.inf]),
        np.array([2.0**40, 2.0**41]),
        np.array([-4.0, -4.0]),
    ],
    ids=str,
)
def test_the_expression_brings_any_array_into_0_to_1(image):
    _, code = scaled_by(image)
    scaled = eval(code, {"image": image, "numpy": np})
    assert 0 <= scaled.min() <= scaled.max() <= 1
    if np.isfinite(image).all() and image.min() < image.max() and image.dtype.kind in "iu":
        assert scaled[0] < scaled[1]


def test_the_range_that_images_fill():
    ramp = np.linspace(0.2, 0.8, 10_001)
    assert filled([ramp]) == pytest.approx((0.2006, 0.7994), abs=1e-6)
    hot = ramp.copy()
    hot[0], hot[-1] = 0, 1
    assert filled([hot]) == pytest.approx(filled([ramp]), abs=1e-6)
    assert filled([ramp, ramp / 2]) == pytest.approx((0.1003, 0.7994), abs=1e-6)


def test_scales():
    assert check_scale(255) == (0, 255)
    assert check_scale((3, 4095)) == check_scale([3, np.uint16(4095)]) == (3, 4095)


def test_the_grey_of_an_image_is_the_mean_of_its_channels():
    grey, colours = np.float32([[0.1, 0.7]]), np.float32([[[0, 1]], [[0.5, 1]], [[1, 0.25]]])
    assert grey_of(grey) is grey
    assert np.array_equal(grey_of(grey[None]), grey)
    assert np.array_equal(grey_of(colours), np.float32([[0.5, 0.75]]))


def test_it_is_taken_in_one_place():
    """Or one of the places weighs colours in another way, and a network gets other greys than it learned."""
    taken = re.compile(r"(?:image|grey|picture)(?:\[\w+\])?(?:\.reshape\(.*\))?\.mean\((?:axis=)?0\)")
    found = [path.stem for path in (ROOT / "unet_edu").rglob("*.py") if taken.search(path.read_text("utf-8"))]
    assert found == ["greys"]
