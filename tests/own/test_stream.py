"""Files of many kinds go in, files of results come out, page by page."""

import csv

import numpy as np
import pytest
import tifffile
from ownkit import discs, trained
from PIL import Image

from unet_edu.data.files import Page
from unet_edu.own import stream
from unet_edu.own.segment import areas, instances, segment
from unet_edu.own.stream import for_net, pages_of, predict_files


@pytest.fixture
def images(tmp_path):
    """A folder: an 8-bit PNG, a 16-bit stack of three pages, an RGBA PNG that is grey all over."""
    folder = tmp_path / "images"
    folder.mkdir()
    eight = [np.rint(discs(seed=seed).image * 255).astype(np.uint8) for seed in range(5)]
    Image.fromarray(eight[0]).save(folder / "a.png")
    tifffile.imwrite(folder / "b.tif", np.stack(eight[1:4]).astype(np.uint16), photometric="minisblack")
    Image.fromarray(np.dstack([eight[4]] * 3 + [np.full((96, 96), 255, np.uint8)])).save(folder / "c.png")
    return folder, eight


def test_results_are_those_of_segment_and_instances(tmp_path, images):
    folder, eight = images
    one = trained(scaling=(0, 255))
    # as inside as the network's untrained probabilities allow
    middle = float(np.median(segment(one, eight[0])))
    one = one.__class__(**{**vars(one), "threshold": middle})
    found = list(predict_files(one, folder, tmp_path / "out", numbered=True))
    assert [each.name.rpartition("/")[2] for each in found] == [
        "a.png", "b.tif, page 0", "b.tif, page 1", "b.tif, page 2", "c.png",
    ]  # fmt: skip
    read = [tifffile.imread(tmp_path / "out" / "probabilities" / f"{name}.tif") for name in "abc"]
    assert [each.shape for each in read] == [(96, 96), (3, 96, 96), (96, 96)]
    labels = [tifffile.imread(tmp_path / "out" / "labels" / f"{name}.tif") for name in "abc"]
    masks = [tifffile.imread(tmp_path / "out" / "masks" / f"{name}.tif") for name in "abc"]
    rows = []
    flat = [read[0], *read[1], read[2]]
    for place, (image, probability) in enumerate(zip(eight, flat, strict=True)):
        expected = segment(one, image)
        assert np.array_equal(probability, expected)
        numbers = instances(expected, **one.cut())
        assert np.array_equal([labels[0], *labels[1], labels[2]][place], numbers)
        assert np.array_equal([masks[0], *masks[1], masks[2]][place], np.where(expected > middle, 255, 0))
        assert found[place].count == numbers.max()
        name, page = ("a.png", 0) if place == 0 else ("c.png", 0) if place == 4 else ("b.tif", place - 1)
        rows += [[name, str(page), *map(str, row)] for row in areas(numbers)]
    with open(tmp_path / "out" / "areas.csv", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["image", "page", "number", "row", "column", "area", "diameter"]
    assert lines[1:] == rows
    overlays = sorted(path.name for path in (tmp_path / "out" / "overlays").iterdir())
    assert overlays == ["a.png", "b.png", "b_2.png", "b_3.png", "c.png"]


def test_without_instances_there_are_masks_alone(tmp_path, images):
    found = list(predict_files(trained(scaling=(0, 255)), images[0] / "a.png", tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["masks", "probabilities"]
    assert found[0].count is None
    assert "of the pixels are inside" in found[0].text


def test_classes_are_written_as_their_numbers(tmp_path, images):
    one = trained(classes=3, scaling=(0, 255))
    list(predict_files(one, images[0] / "a.png", tmp_path / "out"))
    written = tifffile.imread(tmp_path / "out" / "classes" / "a.tif")
    assert np.array_equal(written, segment(one, images[1][0]).argmax(axis=0))


def test_pages_come_one_after_the_other(images):
    pages = pages_of(images[0] / "b.tif")
    first = next(pages)
    assert first.name.endswith("b.tif, page 0")
    assert np.array_equal(first.values, images[1][1])
    assert len(list(pages)) == 2


def test_a_large_image_is_read_and_written_through_a_map_of_the_file(tmp_path, monkeypatch):
    image = np.rint(discs(seed=3).image * 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "large.tif", image)
    (page,) = pages_of(tmp_path / "large.tif")
    assert isinstance(page.values, np.memmap)
    monkeypatch.setattr(stream, "LARGE", 1000)
    one = trained(scaling=(0, 255))
    list(predict_files(one, tmp_path / "large.tif", tmp_path / "out", numbered=True))
    assert np.allclose(tifffile.imread(tmp_path / "out" / "probabilities" / "large.tif"), segment(one, image))
    assert not (tmp_path / "out" / "overlays").exists()


def test_two_images_of_one_name_keep_apart(tmp_path, images):
    tifffile.imwrite(images[0] / "a.tif", images[1][0])
    list(predict_files(trained(scaling=(0, 255)), images[0], tmp_path / "out"))
    names = sorted(path.name for path in (tmp_path / "out" / "masks").iterdir())
    assert names == ["a_png.tif", "a_tif.tif", "b.tif", "c.tif"]


def test_colours_and_greys_are_brought_together_or_refused():
    grey, colour = np.zeros((4, 5), np.uint8), np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    assert for_net(Page(grey, "g"), trained(channels=3)).shape == (3, 4, 5)
    assert np.array_equal(for_net(Page(colour, "c"), trained(channels=3)), colour.transpose(2, 0, 1))
    with pytest.raises(ValueError, match="c: 3 channels, but the network learned images of 1: make it grey"):
        for_net(Page(colour, "c"), trained())


def test_what_cannot_be_predicted_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="there is no image in"):
        list(predict_files(trained(), tmp_path / "empty", tmp_path / "out"))
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((40, 40), np.uint8))
    several = trained(classes=3)
    several = several.__class__(**{**vars(several), "threshold": None})
    with pytest.raises(ValueError, match="3 classes, and objects are numbered where there are two"):
        list(predict_files(several, tmp_path / "a.tif", tmp_path / "out", numbered=True))


def test_more_bits_than_in_training_are_noticed(tmp_path, images):
    tifffile.imwrite(tmp_path / "a.tif", images[1][0].astype(np.uint16) * 16)
    with pytest.warns(UserWarning, match=r"a.tif: grey values reach \d+, and 255 was white in training"):
        list(predict_files(trained(scaling=(0, 255)), tmp_path / "a.tif", tmp_path / "out"))
