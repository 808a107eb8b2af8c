"""What a map of whole numbers is: masks, classes, numbered cells, and masks that a file's format blurred."""

import io

import numpy as np
import pytest
from PIL import Image

from unet_edu.data import cells, nuclei
from unet_edu.labels import as_whole, blurred, check_numbers, pieces, remedy, two_valued

SAMPLES = {
    "tissue": cells.tissue(192, 1),
    "round cells": cells.round_cells(192, 1),
    "fluorescence": nuclei.load("fluorescence", "train", whole=False)[0],
    "stained": nuclei.load("stained", "train", whole=False)[1],
}


def white(sample):
    return Image.fromarray(sample.label * np.uint8(255))


def jpeg(picture, quality):
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return np.array(Image.open(content))


@pytest.mark.parametrize("name", SAMPLES)
def test_jpeg_and_interpolation_are_recognised(name):
    picture = white(SAMPLES[name])
    for quality in (95, 75, 50, 20):
        assert blurred(jpeg(picture, quality)), quality
    for factor in (0.5, 0.8, 1.7, 2.5, 4):
        size = [int(side * factor) for side in picture.size]
        for kind in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
            assert blurred(np.array(picture.resize(size, kind))), (factor, kind)
        assert not blurred(np.array(picture.resize(size, Image.Resampling.NEAREST))), factor


@pytest.mark.parametrize("name", SAMPLES)
def test_sharp_maps_are_not_blurred(name):
    sample = SAMPLES[name]
    numbers = sample.instances
    classes = np.where(numbers > 0, 1 + numbers % 5, 0)
    for sharp in (sample.label, sample.label * 255, numbers, numbers[::3, ::3], classes, classes * 50):
        assert not blurred(sharp)
    for corner in (numbers[:60, :60], numbers[-40:, :], numbers[:, 50:75]):
        assert not blurred(corner)


def test_two_values():
    assert [two_valued(np.array([values])) for values in ([0, 1], [0, 255], [7, 7], [0, 0], [0, 1, 2])] == [
        1,
        255,
        7,
        None,
        None,
    ]


def test_pieces_are_4_connected_and_of_one_number():
    label = np.array([[1, 1, 2, 0], [0, 0, 2, 1], [3, 0, 0, 2]])
    assert pieces(label) == 5
    assert pieces(np.stack([label, label])) == 10


def test_maps_in_the_place_of_numbers(recwarn):
    numbers = SAMPLES["round cells"].instances
    check_numbers(numbers)
    check_numbers(0 * numbers)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="cells holds 1 number in .* separate pieces.*label.cells, connectivity=1"):
        check_numbers((numbers > 0) * 255, "cells")
    with pytest.raises(ValueError, match="cells: a mask that was stored as JPEG"):
        check_numbers(jpeg(white(SAMPLES["round cells"]), 75), "cells")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([0.0, 1.0], "label.astype(int)"),
        ([0.0, 3.0, 9.0], "label.astype(int)"),
        ([0.0, 0.4], "(label > 0).astype(int)"),
        ([0.1, 0.6, 0.7], "(label > 0.5).astype(int)"),
        ([0.5, 99.5, 200.5], "(label > 100.25).astype(int)"),
    ],
)
def test_floats_become_whole_numbers_by_their_values(values, code):
    assert as_whole(np.array([values])) == code


def test_remedies_by_values():
    classes = np.kron(np.arange(16).reshape(4, 4) % 3, np.ones((9, 9), int))
    assert remedy(classes) == "for these classes take `num_classes=3`"
    assert "`(label > 127)" in remedy((classes > 0) * 255)
    assert remedy(np.where(classes == 2, 255, classes), 2).startswith("255 usually marks pixels that nobody labelled")
    assert remedy(classes - 1, 2).startswith("-1 usually marks")
    assert "numbers of cells" in remedy(SAMPLES["round cells"].instances)
