"""From probability to numbers and areas; from a file to a probability, in bands that leave no seam."""

import numpy as np
import pytest
from ownkit import discs, trained

from unet_edu import checkpoints
from unet_edu.own import segment as module
from unet_edu.own.segment import Area, areas, bands, effects, instances, read, segment
from unet_edu.predict import predict
from unet_edu.separation import by_distance, components

# --- objects -----------------------------------------------------------------------------------------


def test_instances_are_those_of_the_watershed_or_the_pieces():
    one = discs(touching=True)
    probability = one.label * np.float32(0.8)
    assert (instances(probability, 0.5, apart=5) == by_distance(one.label, 1.0, 5)).all()
    assert (instances(probability, 0.5, apart=None) == components(one.label)).all()
    assert instances(probability, 0.8, apart=None).max() == 0, "inside lies above the threshold"
    assert instances(probability).dtype == np.int32


def test_effects_count_what_the_watershed_cuts_and_what_is_left_out():
    probability = np.zeros((60, 120), np.float32)
    rows, columns = np.mgrid[:60, :120]
    for row, column in ((20, 20), (20, 36), (20, 90)):  # two that touch, one alone
        probability[(rows - row) ** 2 + (columns - column) ** 2 <= 81] = 0.9
    probability[50:53, 50:53] = 0.9  # nine pixels
    found = effects(probability, 0.5)
    assert found[:4] == (2, 1, 2, 1)
    assert str(found) == (
        "2 connected pieces; the watershed cut 1 of them into 2; 1 smaller than 20 pixels were left out"
    )
    assert instances(probability).max() == found.pieces - found.cut + found.parts
    assert "none was cut" in str(effects(probability, 0.5, apart=None))


def test_areas_list_number_centre_area_and_diameter():
    numbers = np.zeros((20, 30), np.int32)
    numbers[2:6, 10:15], numbers[10:20, 0:10] = 1, 3
    assert areas(numbers) == [Area(1, 3.5, 12.0, 20, 5.0), Area(3, 14.5, 4.5, 100, 11.3)]
    assert areas(np.zeros((4, 4), int)) == []


@pytest.mark.parametrize(
    ("probability", "threshold", "words"),
    [
        (np.zeros((2, 8, 8), np.float32), 0.5, r"of \(2, H, W\) take \[1\]"),
        (np.zeros((8, 8), int), 0.5, "floats"),
        (np.full((8, 8), 2.0), 0.5, r"lies in \[0, 1\], not 2"),
        (np.zeros((8, 8)), 1.0, "nearest is 0.99"),
        (np.zeros((8, 8)), -0.1, "nearest is 0"),
    ],
)
def test_misfits_are_named(probability, threshold, words):
    with pytest.raises(ValueError, match=words):
        instances(probability, threshold)


# --- networks ----------------------------------------------------------------------------------------


def test_a_probability_is_that_of_predict():
    one = trained()
    image = discs().image
    assert np.array_equal(segment(one, image), predict(one.net, image)[1])
    several = trained(classes=3)
    assert np.array_equal(segment(several, image), predict(several.net, image))


@pytest.mark.parametrize("pixel", [0.5, 1, 2, 3])
def test_bands_leave_no_seam(monkeypatch, pixel):
    one, image = trained(pixel=pixel), discs(100).image[:, :90]
    whole = segment(one, image)
    monkeypatch.setattr(module, "bands", lambda *size: bands(*size, most=24 * 90))
    assert len(list(module.bands(100, 90, 2, pixel))) > 2
    banded = segment(one, image)
    assert banded.shape == whole.shape == (100, 90)
    assert np.abs(banded - whole).max() < 1e-5


def test_bands_cover_every_row_once():
    for height, pixel in ((7, 1), (100, 1), (333, 2), (1000, 3)):
        rows = [row for wanted, _ in bands(height, 50, 3, pixel, most=5000) for row in range(wanted.start, wanted.stop)]
        assert rows == list(range(height))


def test_whole_numbers_are_scaled_as_in_training():
    image = discs().image
    twelve = np.rint(image * 4095).astype(np.uint16)
    assert np.allclose(segment(trained(scaling=(0, 4095)), twelve), segment(trained(), image), atol=1e-3)


def test_own_greys_make_brightness_and_bits_irrelevant():
    one, image = trained("own"), discs().image
    expected = segment(one, image)
    assert np.allclose(segment(one, image * np.float32(0.1)), expected, atol=1e-4)
    assert np.allclose(segment(one, np.rint(image * 60000).astype(np.uint16)), expected, atol=1e-2)
    assert segment(one, np.full((40, 40), 0.3, np.float32)).shape == (40, 40), "one grey value is no error"


def test_a_result_can_go_into_a_map_of_a_file(tmp_path):
    one, image = trained(), discs().image
    out = np.memmap(tmp_path / "out", np.float32, "w+", shape=image.shape)
    assert segment(one, image, out=out) is out
    assert np.array_equal(out, segment(one, image))
    with pytest.raises(ValueError, match=r"out must be \(96, 96\), not \(3, 3\)"):
        segment(one, image, out=np.zeros((3, 3), np.float32))


def test_a_file_without_thresholds_and_one_that_is_not_there_are_named(tmp_path):
    path = checkpoints.save(tmp_path / "plain.safetensors", trained().net)
    with pytest.raises(ValueError, match="no threshold and pixel size"):
        read(path)
    with pytest.raises(FileNotFoundError, match="`unet-edu train` makes one"):
        read(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="at least one pixel"):
        segment(trained(), np.zeros((0, 4), np.float32))
