"""Files of every kind, made here: how they are read and scaled, what masks mean, what does not fit, what is saved."""

import csv
import re

import numpy as np
import pytest
import tifffile
from bookkit import ROOT
from PIL import Image

from unet_edu import checkpoints
from unet_edu.data import cells, isbi2012
from unet_edu.data.files import (
    Mismatches,
    find_scaling,
    key,
    load,
    pages,
    save_label,
    save_overlay,
    save_probabilities,
)
from unet_edu.models import OneLevelUNet
from unet_edu.predict import predict

SAMPLE = cells.tissue(96, 3)
SEEN, MASK, NUMBERS = SAMPLE.image, SAMPLE.label, SAMPLE.instances
BYTES = np.rint(SEEN * 255).astype(np.uint8)


def pillow(path, array, mode=None, **options):
    path.parent.mkdir(exist_ok=True)
    picture = Image.fromarray(array)
    (picture if mode is None else picture.convert(mode)).save(path, **options)
    return path


def tiff(path, array, **options):
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, array, **options)
    return path


def bits(number, dtype=np.uint16):
    """The image as a camera of so many bits stores it; one pixel is white."""
    stored = np.rint(SEEN * (2**number - 1)).astype(dtype)
    stored[0, 0] = 2**number - 1
    return stored


# ------------------------------------------------------------------------------------------ images

IMAGES = {
    "png of 8 bits": lambda folder: pillow(folder / "a.png", BYTES),
    "png of 16 bits": lambda folder: pillow(folder / "a.png", bits(16)),
    "png, 12 bits in 16": lambda folder: pillow(folder / "a.png", bits(12)),
    "bmp": lambda folder: pillow(folder / "a.bmp", BYTES),
    "tiff of 8 bits": lambda folder: tiff(folder / "a.tif", BYTES),
    "tiff, 12 bits in 16": lambda folder: tiff(folder / "a.TIFF", bits(12)),
    "tiff of 16 bits": lambda folder: tiff(folder / "a.tif", bits(16)),
    "tiff, int16": lambda folder: tiff(folder / "a.tif", bits(12, np.int16)),
    "tiff of floats": lambda folder: tiff(folder / "a.tif", SEEN),
    "tiff of floats to 4095": lambda folder: tiff(folder / "a.tif", bits(12, np.float32)),
    "tiff of double precision": lambda folder: tiff(folder / "a.tif", SEEN.astype(float)),
    "grey png with opacity": lambda folder: pillow(folder / "a.png", BYTES, "LA"),
    "grey png in colour": lambda folder: pillow(folder / "a.png", BYTES, "RGB"),
    "grey png in colour with opacity": lambda folder: pillow(folder / "a.png", BYTES, "RGBA"),
    "grey png with a palette": lambda folder: pillow(folder / "a.png", BYTES, "P"),
    "gif": lambda folder: pillow(folder / "a.gif", BYTES),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_of_any_depth_come_back_as_they_were_seen(kind, tmp_path):
    data = load(IMAGES[kind](tmp_path))
    (sample,) = data.samples
    assert sample.image.dtype == np.float32
    assert sample.image.shape == (1, 96, 96)
    assert sample.label is None
    off = np.abs(sample.image[0] - SEEN)
    off[0, 0] = 0  # the one that `bits` makes white
    assert off.max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(("mode", "note"), [("RGB", None), ("RGBA", "opacity was left out"), ("P", None)])
def test_images_in_colour(mode, note, tmp_path):
    colours = np.stack([BYTES, 255 - BYTES, BYTES // 2], axis=-1)
    path = pillow(tmp_path / "a.png", colours, mode)
    data = load(path)
    wanted = np.array(Image.open(path).convert("RGB")) / 255
    np.testing.assert_allclose(data.samples[0].image, wanted.transpose(2, 0, 1), atol=1e-7)
    assert note is None or note in data.notes
    if mode != "P":
        assert np.array_equal(wanted * 255, colours)


def test_a_jpeg_is_a_fine_image(tmp_path):
    data = load(pillow(tmp_path / "a.jpg", BYTES, quality=95))
    assert np.abs(data.samples[0].image[0] - SEEN).mean() < 0.02


@pytest.mark.parametrize(
    ("options", "array", "shape"),
    [
        ({"photometric": "minisblack"}, np.stack([BYTES, BYTES // 2, BYTES // 3]), (1, 96, 96)),
        ({"pages": "for themselves"}, np.stack([BYTES] * 5), (1, 96, 96)),
        ({"photometric": "rgb"}, np.stack([np.dstack([BYTES, BYTES // 2, BYTES])] * 4), (3, 96, 96)),
        ({"imagej": True, "metadata": {"axes": "ZYX"}}, np.stack([BYTES, BYTES // 2]), (1, 96, 96)),
        ({"imagej": True, "metadata": {"axes": "ZCYX"}}, np.stack([[BYTES, BYTES // 2]] * 3), (1, 96, 96)),
    ],
)
def test_stacks_of_pages(options, array, shape, tmp_path):
    if "pages" in options:
        with tifffile.TiffWriter(tmp_path / "stack.tif") as file:
            for page in array:
                file.write(page, metadata=None)
    else:
        tiff(tmp_path / "stack.tif", array, **options)
    data = load(tmp_path / "stack.tif")
    assert len(data.samples) == len(array)
    assert data.samples[1].name.endswith("stack.tif, page 1")
    for sample, page in zip(data.samples, array, strict=True):
        assert sample.image.shape == shape
        wanted = page[0] if options.get("imagej") and page.ndim == 3 else page if page.ndim == 2 else page[..., 0]
        assert np.array_equal(np.rint(sample.image[0] * 255), wanted)


@pytest.mark.skipif(isbi2012.find() is None, reason="the real slices are not here")
def test_the_challenge_s_own_stacks(tmp_path):
    """train-volume.tif and train-labels.tif: 30 pages of 8 bits, 255 inside cells."""
    real = isbi2012.load("train", slices=[0, 1, 2])
    grey = {"photometric": "minisblack"}
    tiff(tmp_path / "train-volume.tif", np.stack([np.rint(one.image * 255).astype(np.uint8) for one in real]), **grey)
    tiff(tmp_path / "train-labels.tif", np.stack([one.label * np.uint8(255) for one in real]), **grey)
    data = load(tmp_path / "train-volume.tif", tmp_path / "train-labels.tif")
    for sample, one in zip(data.samples, real, strict=True):
        np.testing.assert_allclose(sample.image[0], one.image, atol=1e-6)
        assert np.array_equal(sample.label, one.label)


# ------------------------------------------------------------------------------------------ scaling


def test_one_scaling_for_all_images_of_a_set(tmp_path):
    """A dark image stays dark: its own values fill 8 bits only."""
    pillow(tmp_path / "a.png", bits(12))
    pillow(tmp_path / "b.png", bits(12) // 20)
    data = load(tmp_path)
    assert data.scaling[:2] == (0, 4095)
    assert data.scaling.how == "12 bits, for the largest value is 4095"
    assert "grey values 0 … 4095 become 0 … 1: 12 bits, for the largest value is 4095" in data.notes
    np.testing.assert_allclose(data.samples[1].image[0], bits(12) // 20 / 4095, atol=1e-7)
    alone = load(tmp_path / "b.png", scaling=data.scaling)
    assert np.array_equal(alone.samples[0].image, data.samples[1].image)


@pytest.mark.parametrize(
    ("array", "wanted", "how"),
    [
        (np.array([0, 200], np.uint16), (0, 255), "8 bits"),
        (np.array([0, 16000], np.uint16), (0, 16383), "14 bits"),
        (np.array([0, 70000], np.uint32), (0, 70000), "the smallest and the largest"),
        (np.array([-1024, 3071], np.int16), (-1024, 3071), "the smallest and the largest"),
        (np.array([0.2, 0.9]), (0, 1), r"floats in \[0, 1\]"),
        (np.array([0.5, 1.7]), (0.5, 1.7), "the smallest and the largest"),
        (np.array([True, False]), (0, 1), "black and white"),
    ],
)
def test_how_a_scaling_is_found(array, wanted, how):
    scaling = find_scaling([array])
    assert scaling[:2] == wanted
    assert re.match(how, scaling.how)
    assert scaling(array).dtype == np.float32


def test_percentiles_on_request():
    values = np.arange(10_001)
    values[-1] = 10**6
    scaling = find_scaling([values], percentiles=(1, 99))
    assert scaling[:2] == (100, 9900)
    assert np.array_equal(scaling(np.array([0, 100, 5000, 9900, 10**6])), [0, 0, 0.5, 1, 1])
    with pytest.raises(ValueError, match="two numbers in 0 … 100"):
        find_scaling([values], percentiles=(0, 101))
    with pytest.raises(ValueError, match="lie further apart"):
        find_scaling([values * 0], percentiles=(1, 99))


def test_the_scaling_goes_with_the_network_to_prediction(tmp_path):
    stored = bits(12)
    data = load(tiff(tmp_path / "a.tif", stored))
    net = OneLevelUNet(base_width=2).eval()
    net.scaling = data.scaling[:2]
    again, _ = checkpoints.read(checkpoints.save(tmp_path / "net.safetensors", net))
    found = predict(again, stored)
    np.testing.assert_allclose(found, predict(again, data.samples[0].image), atol=1e-6)
    assert np.array_equal(predict(again, stored // 20), predict(again, data.scaling(stored // 20)))


# ------------------------------------------------------------------------------------------ masks

PALETTE = [0, 0, 0, 200, 0, 0, 0, 200, 0] + [0] * 759
COLOURS = {(0, 0, 0): 0, (255, 0, 0): 1, (0, 255, 0): 2}
CLASSES = np.where(MASK, 1 + (np.arange(96) > 48), 0).astype(np.uint8)


def with_palette(path, indices):
    picture = Image.fromarray(indices)
    picture = Image.frombytes("P", picture.size, picture.tobytes())
    picture.putpalette(PALETTE)
    picture.save(path)


MASKS = {
    "0 and 1": lambda path: pillow(path, MASK),
    "0 and 255": lambda path: pillow(path, MASK * 255),
    "black and white": lambda path: pillow(path, MASK * 255, "1"),
    "16 bits": lambda path: pillow(path, MASK.astype(np.uint16) * 65535),
    "grey in colour": lambda path: pillow(path, MASK * 255, "RGB"),
    "with opacity": lambda path: pillow(path, MASK * 255, "RGBA"),
    "floats": lambda path: tiff(path.with_suffix(".tif"), MASK.astype(np.float32)),
    "floats of 1/255": lambda path: tiff(path.with_suffix(".tif"), MASK / np.float32(255)),
    "a palette of two": lambda path: with_palette(path, MASK),
}


@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_any_kind_are_0_and_1(kind, tmp_path):
    pillow(tmp_path / "images" / "a.png", BYTES)
    (tmp_path / "masks").mkdir()
    MASKS[kind](tmp_path / "masks" / "a.png")
    data = load(tmp_path / "images", tmp_path / "masks")
    (sample,) = data.samples
    assert sample.label.dtype == np.uint8
    assert np.array_equal(sample.label, MASK)
    assert sample.instances is None
    assert "masks hold 0 and cell" in data.notes


def test_masks_of_numbers(tmp_path):
    pillow(tmp_path / "a.png", BYTES)
    for mask in (pillow(tmp_path / "a_label.png", NUMBERS.astype(np.uint16)), tiff(tmp_path / "a_label.tif", NUMBERS)):
        (sample,) = load(tmp_path / "a.png", mask).samples
        assert np.array_equal(sample.instances, NUMBERS)
        assert np.array_equal(sample.label, MASK)
    (sample,) = load(tmp_path / "a.png", mask, kind="mask").samples
    assert np.array_equal(sample.label, MASK)


def test_masks_of_classes(tmp_path):
    pillow(tmp_path / "a.png", BYTES)
    with_palette(tmp_path / "palette.png", CLASSES)
    pillow(tmp_path / "grey.png", CLASSES)
    colours = np.array(list(COLOURS), np.uint8)[CLASSES]
    pillow(tmp_path / "colours.png", colours)
    pillow(tmp_path / "opacity.png", np.dstack([colours, np.full((96, 96), 255, np.uint8)]))
    for name, options in (
        ("palette", {}),
        ("grey", {"kind": "classes"}),
        ("colours", {"colours": COLOURS}),
        ("opacity", {"colours": COLOURS}),
    ):
        (sample,) = load(tmp_path / "a.png", tmp_path / f"{name}.png", **options).samples
        assert np.array_equal(sample.label, CLASSES), name
    with pytest.raises(
        Mismatches, match=r"colours without a class: .*`colours=\{\(0, 0, 0\): 0, .*\(255, 0, 0\): "
    ) as found:
        load(tmp_path / "a.png", tmp_path / "colours.png")
    table = eval(str(found.value).split("`colours=")[1].split("`")[0])
    (sample,) = load(tmp_path / "a.png", tmp_path / "colours.png", colours=table).samples
    assert len(np.unique(sample.label)) == 3


@pytest.mark.parametrize("spoil", ["jpeg", "resized", "jpeg in colour", "fractions"])
def test_blurred_masks_are_refused_with_what_to_do(spoil, tmp_path):
    pillow(tmp_path / "a.png", BYTES)
    mask = tmp_path / "b.png"
    if spoil == "jpeg":
        mask = pillow(tmp_path / "b.jpg", MASK * 255)
    elif spoil == "resized":
        half = Image.fromarray(MASK * 255).resize((48, 48), Image.Resampling.BILINEAR)
        half.resize((96, 96), Image.Resampling.BILINEAR).save(mask)
    elif spoil == "fractions":
        mask = tiff(tmp_path / "b.tif", np.where(MASK, 0.7, 0.21).astype(np.float32))
    else:
        mask = pillow(tmp_path / "b.jpg", np.array(list(COLOURS), np.uint8)[CLASSES])
    with pytest.raises(Mismatches, match="export (it again|the mask) as PNG|cut it, ") as found:
        load(tmp_path / "a.png", mask)
    if "(mask >" in str(found.value):
        code = str(found.value).split("(mask >")[1].split(")")[0]
        cut = pages(mask)[0].values > float(code)
        assert np.mean(cut != MASK) < 0.03


# ------------------------------------------------------------------------------------------ pairs


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("cell3.png", "cell3.tif"),
        ("cell3.png", "cell3_mask.png"),
        ("img_007.tif", "mask_007.png"),
        ("A-1.png", "a-1.gt.png"),
    ],
)
def test_names_that_belong_together(image, mask, tmp_path):
    assert key(tmp_path / image) == key(tmp_path / mask)


def test_names_that_do_not(tmp_path):
    assert (
        len({key(tmp_path / name) for name in ("cell3.png", "cell33.png", "cell.png", "mask.png", "cell3_b.png")}) == 5
    )


def test_folders_pair_by_name_in_the_order_of_numbers(tmp_path):
    for number in (10, 9, 2):
        pillow(tmp_path / "images" / f"cell{number}.png", BYTES // number)
        pillow(tmp_path / "masks" / f"cell{number}_mask.png", np.roll(MASK, number, axis=0))
    (tmp_path / "images" / "notes.txt").write_text("no image")
    data = load(tmp_path / "images", tmp_path / "masks")
    for number, sample in zip((2, 9, 10), data.samples, strict=True):
        assert sample.name.endswith(f"cell{number}.png")
        assert np.array_equal(np.rint(sample.image[0] * 255), BYTES // number)
        assert np.array_equal(sample.label, np.roll(MASK, number, axis=0))


def test_a_table_names_pairs(tmp_path):
    pillow(tmp_path / "one.png", BYTES)
    pillow(tmp_path / "other.png", MASK)
    with open(tmp_path / "pairs.csv", "w", newline="") as file:
        csv.writer(file).writerows([("image", "mask"), ("one.png", "other.png"), ("one.png", "")])
    first, second = load(tmp_path / "pairs.csv").samples
    assert np.array_equal(first.label, MASK)
    assert second.label is None
    (tmp_path / "wrong.csv").write_text("picture,mask\n")
    with pytest.raises(ValueError, match="the columns image and mask, not picture, mask"):
        load(tmp_path / "wrong.csv")
    (tmp_path / "gone.csv").write_text("image,mask\none.png,gone.png\n")
    with pytest.raises(Mismatches, match=r"gone.csv, line 2: there is no file .*gone\.png"):
        load(tmp_path / "gone.csv")


def test_all_that_does_not_fit_stands_in_one_list(tmp_path):
    images, masks = tmp_path / "images", tmp_path / "masks"
    for name in ("good", "small", "alone", "blurred", "empty", "broken"):
        pillow(images / f"{name}.png", BYTES)
    for name in ("good", "extra"):
        pillow(masks / f"{name}.png", MASK)
    pillow(masks / "small.png", MASK[:90])
    pillow(masks / "blurred.jpg", MASK * 255)
    pillow(masks / "empty.png", 0 * MASK)
    (masks / "broken.png").write_bytes(b"no image")
    with pytest.raises(Mismatches) as found:
        load(images, masks)
    problems = found.value.problems
    assert len(problems) == 6
    for says in (
        "alone.png: no mask in",
        "extra.png: no image in",
        "small.png: 90 × 96 pixels, but .*small.png has 96 × 96",
        "blurred.jpg: was stored as JPEG",
        "empty.png: no cell",
        "broken.png: is no image",
    ):
        assert sum(bool(re.search(says, one)) for one in problems) == 1, says
        assert re.search(says, str(found.value))


def test_a_mask_without_a_cell_is_a_valid_example(tmp_path):
    for name, mask in (("a", MASK), ("b", 0 * MASK)):
        pillow(tmp_path / "images" / f"{name}.png", BYTES)
        pillow(tmp_path / "masks" / f"{name}.png", mask)
    with pytest.warns(UserWarning, match=r"without a cell:\n- .*b\.png"):
        data = load(tmp_path / "images", tmp_path / "masks")
    assert not data.samples[1].label.any()


def test_stacks_of_another_length(tmp_path):
    tiff(tmp_path / "a.tif", np.stack([BYTES] * 3), photometric="minisblack")
    tiff(tmp_path / "b.tif", np.stack([MASK] * 2))
    with pytest.raises(Mismatches, match="a.tif: 3 pages, but .*b.tif has 2"):
        load(tmp_path / "a.tif", tmp_path / "b.tif")


def test_places_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="there is no image in"):
        load(tmp_path)
    with pytest.raises(ValueError, match="kind is 'auto' or"):
        load(tmp_path, kind="masks")


# ------------------------------------------------------------------------------------------ saving


@pytest.mark.parametrize(("largest", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.uint16), (65536, np.uint32)])
def test_labels_get_the_depth_that_they_need(largest, dtype, tmp_path):
    label = np.arange(12).reshape(3, 4) % 2 * largest
    found = tifffile.imread(save_label(tmp_path / "a.tif", label))
    assert found.dtype == dtype
    assert np.array_equal(found, label)
    stack = tifffile.imread(save_label(tmp_path / "b.tif", np.stack([label] * 3)))
    assert np.array_equal(stack, [label] * 3)
    if dtype != np.uint32:
        assert np.array_equal(np.array(Image.open(save_label(tmp_path / "a.png", label))), label)
    else:
        with pytest.raises(ValueError, match=r"is written as \.tif: .*a\.tif"):
            save_label(tmp_path / "a.png", label)


def test_what_was_saved_is_read_again(tmp_path):
    tiff(tmp_path / "images.tif", np.stack([BYTES] * 2))
    for path in (save_label(tmp_path / "numbers.tif", np.stack([NUMBERS, NUMBERS])),):
        for sample in load(tmp_path / "images.tif", path).samples:
            assert np.array_equal(sample.instances, NUMBERS)


def test_probabilities_and_overlays(tmp_path):
    both = np.stack([1 - SEEN, SEEN])
    assert np.array_equal(tifffile.imread(save_probabilities(tmp_path / "p.tif", both)), both)
    small = np.array(Image.open(save_probabilities(tmp_path / "p.png", SEEN)))
    assert small.dtype == np.uint16
    np.testing.assert_allclose(small / 65535, SEEN, atol=1e-5)
    for path in (tmp_path / "o.png", tmp_path / "o.tif"):
        picture = pages(save_overlay(path, SEEN, NUMBERS))[0].values
        drawn = (picture == (255, 176, 0)).all(axis=-1)
        assert picture.shape == (96, 96, 3)
        assert not drawn[NUMBERS == 0].any()
        assert np.array_equal(picture[~drawn][:, 0], BYTES[~drawn])
        assert 0.05 < drawn.mean() < 0.6


def test_what_is_not_saved(tmp_path):
    for call, says in (
        (lambda: save_label(tmp_path / "a.tif", MASK * 1.0), "whole numbers, not float64"),
        (lambda: save_label(tmp_path / "a.tif", -NUMBERS), "0 and more"),
        (lambda: save_label(tmp_path / "a.jpg", MASK), r"written as \.tif"),
        (lambda: save_label(tmp_path / "a.tif", NUMBERS.astype(np.int64) + 2**33), "number the cells anew"),
        (lambda: save_probabilities(tmp_path / "a.tif", 2 * SEEN + 1), r"in \[0, 1\]"),
        (lambda: save_overlay(tmp_path / "a.png", SEEN[:50], MASK), "an overlay takes"),
    ):
        with pytest.raises((TypeError, ValueError), match=says):
            call()
    assert list(tmp_path.iterdir()) == []


def test_the_whole_way_as_the_readme_has_it(tmp_path, monkeypatch, one_thread):
    """Folders, `fit`, weights, a mask in a file: the README's own lines, with one small step."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    (code,) = (block for block in blocks if "unet_edu.data.files" in block)
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        sample = cells.tissue(96, number)
        pillow(tmp_path / "images" / f"{number}.png", np.rint(sample.image * 4095).astype(np.uint16))
        pillow(tmp_path / "masks" / f"{number}.png", sample.label * 255)
    assert "steps=400" in code
    exec(code.replace("steps=400", "steps=1, batch=1, tile=188"), names := {})
    net, data = names["net"], names["data"]
    assert data.scaling[:2] == (0, 4095)
    inside = predict(net, data.samples[0].image)[1] > 0.5
    assert np.array_equal(pages(tmp_path / "found.tif")[0].values, inside)
    again, _ = checkpoints.read(tmp_path / "net.safetensors")
    stored = pages(tmp_path / "images" / "0.png")[0].values
    np.testing.assert_allclose(predict(again, stored), predict(net, data.samples[0].image), atol=0.02)  # half precision
