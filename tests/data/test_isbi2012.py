"""The real slices: found, checked, fetched only on request. A server on this machine stands in for the upstream one."""

import csv
import hashlib
import http.server
import io
import os
import re
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread, imsave
from scipy import ndimage
from urllib3.util import connection

from unet_edu.data import Sample, cells, example, example_network, isbi2012, membranes, nuclei, unseen, why_drawn, words
from unet_edu.data.weightmap import parted

PACKAGE = Path(isbi2012.__file__).parent
here = os.environ.get("UNET_EDU_DATA")
with_slices = pytest.mark.skipif(not here, reason="UNET_EDU_DATA is not set")


# ------------------------------------------------------------------------------------------ the manifest


def test_manifest_lists_ninety_files():
    assert len(isbi2012.manifest()) == 90
    assert len({file.path for file in isbi2012.manifest()}) == 90
    assert len({file.sha256 for file in isbi2012.manifest()}) == 90
    with (PACKAGE / "isbi2012.csv").open() as lines:
        assert next(csv.reader(lines)) == ["path", "split", "upstream_path", "bytes", "sha256"]


def test_splits_are_those_of_the_manifest():
    """Train 0-17, validation 18-23, held-out 24-29; no slice is in two of them."""
    assert {name: list(numbers) for name, numbers in isbi2012.SPLITS.items()} == {
        "train": list(range(18)),
        "validation": list(range(18, 24)),
        "held-out": list(range(24, 30)),
        "challenge": list(range(30)),
    }
    for split, numbers in isbi2012.SPLITS.items():
        listed = sorted(file.path for file in isbi2012.manifest() if file.split == split)
        kinds = ["challenge/image"] if split == "challenge" else ["train/image", "train/label"]
        assert listed == sorted(f"{kind}/{number}.png" for kind in kinds for number in numbers)


def test_upstream_is_pinned_to_a_commit():
    assert isbi2012.UPSTREAM.startswith("https://")
    assert isbi2012.UPSTREAM.rstrip("/").endswith("b45af4d458437d8281cc218a07fd4380818ece4a")


# ------------------------------------------------------------------------------------------ a small data set


def png(pixels):
    file = io.BytesIO()
    imsave(file, np.dstack([pixels] * 3), format="png")
    return file.getvalue()


@pytest.fixture
def contents(monkeypatch):
    """Two training slices, a validation slice and a challenge slice of 6 × 5 pixels, under a manifest of their own."""
    rng = np.random.default_rng(0)
    listed = [
        ("train/image/0.png", "train"),
        ("train/image/1.png", "train"),
        ("train/label/0.png", "train"),
        ("train/label/1.png", "train"),
        ("train/image/18.png", "validation"),
        ("train/label/18.png", "validation"),
        ("challenge/image/0.png", "challenge"),
    ]
    made = {}
    for path, _ in listed:
        grey = rng.integers(0, 2, (6, 5)) * 255 if "label" in path else rng.integers(0, 256, (6, 5))
        made[path] = png(grey.astype(np.uint8))
    lines = tuple(
        isbi2012.File(path, split, "up/" + path, len(made[path]), hashlib.sha256(made[path]).hexdigest())
        for path, split in listed
    )
    monkeypatch.setattr(isbi2012, "manifest", lambda: lines)
    # The real images are grey; imsave makes colour ones, of which the red part is enough.
    monkeypatch.setattr("matplotlib.image.imread", lambda *args, **kwargs: imread(*args, **kwargs)[..., 0])
    return made


@pytest.fixture
def home(tmp_path, monkeypatch):
    """UNET_EDU_DATA, an empty folder."""
    home = tmp_path / "my data"
    home.mkdir()
    monkeypatch.setenv("UNET_EDU_DATA", str(home))
    return home


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """No UNET_EDU_DATA, and a cache folder of our own."""
    monkeypatch.delenv("UNET_EDU_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    return tmp_path / "cache" / "unet_edu"


def place(contents, root, only=""):
    for path, content in contents.items():
        if path.startswith(only):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)


def files_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# ------------------------------------------------------------------------------------------ finding


def test_found_below_the_variable(contents, home):
    assert isbi2012.find() is None
    place(contents, home / "isbi2012")
    assert isbi2012.find() == home / "isbi2012"


def test_found_in_the_cache(contents, cache):
    assert isbi2012.find() is None
    place(contents, cache / "isbi2012")
    assert isbi2012.find() == cache / "isbi2012"
    assert len(isbi2012.load("train")) == 2


def test_the_variable_wins_over_the_cache(contents, cache, tmp_path, monkeypatch):
    """Whoever names a folder means that folder: slices from elsewhere would hide the mistake."""
    place(contents, cache / "isbi2012")
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path / "mistyped"))
    assert isbi2012.find() is None
    with pytest.raises(FileNotFoundError, match="mistyped.*holds no folder isbi2012"):
        isbi2012.load("train")


def test_empty_variable_is_as_good_as_none(contents, cache, monkeypatch):
    monkeypatch.setenv("UNET_EDU_DATA", "")
    assert isbi2012.folder() == cache / "isbi2012"


def test_home_folder_is_expanded(monkeypatch):
    monkeypatch.setenv("UNET_EDU_DATA", "~/slices")
    assert isbi2012.folder() == Path.home() / "slices" / "isbi2012"


def test_a_relative_variable_is_refused_with_the_absolute_one(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNET_EDU_DATA", "data")
    for ask in (isbi2012.find, isbi2012.load, example):
        with pytest.raises(ValueError, match="relative path") as caught:
            ask()
        assert str(tmp_path / "data") in str(caught.value)


def test_variable_that_names_the_data_itself(contents, home, monkeypatch):
    place(contents, home)
    with pytest.raises(FileNotFoundError, match="itself the data"):
        isbi2012.load("train")


def test_one_line_says_what_chapters_show_here_and_why(contents, home, cache, monkeypatch):
    assert isbi2012.describe() == f"real nuclei; no slice of ISBI 2012 in {cache / 'isbi2012'}"
    monkeypatch.setenv("UNET_EDU_DATA", str(home))
    named = f"real nuclei; no slice of ISBI 2012 in {home / 'isbi2012'}: UNET_EDU_DATA is '{home}', and that folder "
    assert isbi2012.describe() == f"{named}holds no folder isbi2012"
    monkeypatch.setenv("UNET_EDU_DATA", str(home / "nowhere"))
    assert isbi2012.describe().endswith("holds no folder isbi2012, for there is no such folder")
    place(contents, home / "isbi2012", only="train/image")
    monkeypatch.setenv("UNET_EDU_DATA", str(home / "isbi2012"))
    assert "it is itself the data, so set UNET_EDU_DATA to the folder above" in isbi2012.describe()
    monkeypatch.setenv("UNET_EDU_DATA", str(home))
    assert isbi2012.describe() == f"ISBI 2012, 3 of its 7 files in {home / 'isbi2012'}"
    monkeypatch.setenv("UNET_EDU_DATA", "data")
    with pytest.raises(ValueError, match="a relative path"):
        isbi2012.describe()


# ------------------------------------------------------------------------------------------ loading


def test_samples(contents, home):
    place(contents, home / "isbi2012")
    first, second = isbi2012.load("train")
    assert isinstance(first, Sample)
    assert [first.name, second.name] == ["ISBI 2012, training slice 0", "ISBI 2012, training slice 1"]
    assert (first.image.dtype, first.label.dtype, first.instances) == (np.float32, np.uint8, None)
    assert first.image.shape == first.label.shape == (6, 5)
    raw = imread(io.BytesIO(contents["train/image/1.png"]))[..., 0]
    assert np.array_equal(second.image, raw)
    white = imread(io.BytesIO(contents["train/label/1.png"]))[..., 0] == 1
    assert np.array_equal(second.label, white)


def test_the_challenge_stack_has_no_labels(contents, home):
    place(contents, home / "isbi2012")
    (sample,) = isbi2012.load("challenge")
    assert sample.label is None
    assert sample.name == "ISBI 2012, challenge slice 0"
    assert isbi2012.load("validation")[0].name == "ISBI 2012, validation slice 18"


def test_only_some_slices(contents, home):
    place(contents, home / "isbi2012")
    (home / "isbi2012/train/image/0.png").unlink()
    assert [sample.name for sample in isbi2012.load("train", slices=[1])] == ["ISBI 2012, training slice 1"]
    with pytest.raises(ValueError, match="slices 0 to 1, not 2"):
        isbi2012.load("train", slices=[2])


def test_root_is_an_argument_too(contents, home, tmp_path):
    place(contents, tmp_path / "elsewhere")
    assert len(isbi2012.load("train", root=tmp_path / "elsewhere")) == 2
    assert len(isbi2012.load("train", root=str(tmp_path / "elsewhere"))) == 2


def test_unknown_split():
    with pytest.raises(ValueError, match="'test'; the splits are 'train', 'validation', 'held-out', 'challenge'"):
        isbi2012.load("test")


def test_missing_slices_are_named_with_what_to_do(contents, home):
    place(contents, home / "isbi2012", only="train/image")
    with pytest.raises(FileNotFoundError) as caught:
        isbi2012.load("train")
    text = str(caught.value)
    assert "2 of 4 files" in text
    assert "train/label/0.png, train/label/1.png" in text
    assert str(home / "isbi2012") in text
    assert "isbi2012.load('train', download=True)" in text
    assert isbi2012.UPSTREAM + "up/train/label/0.png" in text
    assert "UNET_EDU_DATA" in text
    assert "cells.tissue()" in text


def test_nothing_is_downloaded_unless_asked_for(contents, cache, monkeypatch):
    def forbidden(*args, **kwargs):
        pytest.fail("touched the network")

    monkeypatch.setattr("pooch.retrieve", forbidden)
    monkeypatch.setattr(socket.socket, "connect", forbidden)
    with pytest.raises(FileNotFoundError):
        isbi2012.load("train")
    assert isbi2012.find() is None
    assert example(0, 8).name == nuclei.load("fluorescence", whole=False, numbers=[4])[0].name
    assert not cache.exists()


@pytest.mark.parametrize("download", [False, True])
def test_a_damaged_file_is_reported_and_left_alone(contents, home, upstream, download):
    place(contents, home / "isbi2012")
    path = home / "isbi2012/train/label/1.png"
    path.write_bytes(b"torn")
    with pytest.raises(ValueError, match="damaged") as caught:
        isbi2012.load("train", download=download)
    assert str(path) in str(caught.value)
    assert "Move it away and fetch it again" in str(caught.value)
    assert path.read_bytes() == b"torn"
    assert not upstream.asked
    path.rename(path.with_suffix(".old"))
    (code,) = re.findall("`([^`]+)`", str(caught.value))
    assert len(eval(code, {"isbi2012": isbi2012})) == 2
    assert path.read_bytes() == contents["train/label/1.png"]


# ------------------------------------------------------------------------------------------ downloading


class Upstream:
    """A server on 127.0.0.1 that serves `contents`; `trouble` maps a path to what goes wrong with it."""

    def __init__(self, contents):
        self.contents, self.asked, self.trouble = contents, [], {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.removeprefix("/up/")
                outer.asked.append(path)
                content, trouble = outer.contents[path], outer.trouble.get(path)
                if trouble == "gone":
                    self.send_error(404)
                    return
                if trouble == "login page":
                    content = b"<html>please log in</html>"
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if trouble in ("cut off", "stalled") else content)
                if trouble == "stalled":
                    self.wfile.flush()
                    time.sleep(2)

            def log_message(self, *args):
                """Not in the tests' output."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def upstream(contents, monkeypatch):
    server = Upstream(contents)
    monkeypatch.setattr(isbi2012, "UPSTREAM", server.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield server
    server.stop()


@pytest.mark.parametrize("place_for_it", ["home", "cache"])
def test_download(contents, upstream, request, place_for_it, capsys):
    root = request.getfixturevalue(place_for_it) / "isbi2012"
    samples = isbi2012.load("train", download=True)
    assert [sample.name for sample in samples] == ["ISBI 2012, training slice 0", "ISBI 2012, training slice 1"]
    wanted = [path for path in contents if path.startswith("train") and "18" not in path]
    assert sorted(upstream.asked) == sorted(wanted)
    assert all((root / path).read_bytes() == contents[path] for path in wanted)
    assert [path for path in files_below(root) if path.endswith(".png")] == sorted(wanted)
    assert all((root / path).stat().st_mode & 0o444 == 0o444 for path in wanted)  # others on a course can read it
    shown = capsys.readouterr().err
    assert "ISBI 2012: 100%" in shown
    assert "SHA256" not in shown


def test_a_second_call_downloads_nothing(contents, home, upstream):
    isbi2012.load("train", download=True)
    upstream.asked.clear()
    assert len(isbi2012.load("train", download=True)) == 2
    assert upstream.asked == []


def test_only_what_is_missing_is_fetched(contents, home, upstream):
    place(contents, home / "isbi2012", only="train/image")
    isbi2012.load("train", download=True)
    assert upstream.asked == ["train/label/0.png", "train/label/1.png"]


@pytest.mark.parametrize("trouble", ["login page", "cut off", "gone", "stalled"])
def test_what_arrives_wrong_is_refused_and_nothing_of_it_stays(contents, home, upstream, monkeypatch, trouble):
    monkeypatch.setattr(isbi2012, "TIMEOUT", (1, 0.3))
    upstream.trouble["train/label/0.png"] = trouble
    error, says = (ValueError, "nothing of it was kept") if trouble == "login page" else (ConnectionError, "By hand")
    with pytest.raises(error, match=says) as caught:
        isbi2012.load("train", download=True)
    assert "train/label/0.png" in str(caught.value)
    # The two images before it are complete; of it nothing stays, not even a folder; what follows was not asked for.
    assert files_below(home) == [
        "isbi2012",
        *(f"isbi2012/train{p}" for p in ("", "/image", "/image/0.png", "/image/1.png")),
    ]
    assert upstream.asked == ["train/image/0.png", "train/image/1.png", "train/label/0.png"]
    upstream.trouble.clear()
    assert len(isbi2012.load("train", download=True)) == 2


def test_interrupted_download_leaves_whole_files_only(contents, home, upstream, monkeypatch):
    import requests

    whole = requests.models.Response.iter_content

    def interrupted(response, *args, **kwargs):
        for piece in whole(response, 10):
            yield piece
            if "label/0" in response.url:
                raise KeyboardInterrupt

    monkeypatch.setattr(requests.models.Response, "iter_content", interrupted)
    with pytest.raises(KeyboardInterrupt):
        isbi2012.load("train", download=True)
    assert files_below(home)[-2:] == ["isbi2012/train/image/0.png", "isbi2012/train/image/1.png"]


def test_offline_fails_at_the_first_attempt_and_says_what_to_do(contents, home, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]  # nobody listens here
    monkeypatch.setattr(isbi2012, "UPSTREAM", f"http://127.0.0.1:{port}/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    connect, attempts, pauses = connection.create_connection, [], []

    def counted(address, *more, **options):
        attempts.append(address)
        return connect(address, *more, **options)

    monkeypatch.setattr(connection, "create_connection", counted)
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(ConnectionError) as caught:
        isbi2012.load("train", download=True)
    assert attempts == [("127.0.0.1", port)]
    assert pauses == []
    assert "UNET_EDU_DATA" in str(caught.value)
    assert str(home / "isbi2012" / "train/image/0.png") in str(caught.value)
    assert files_below(home) == []


def test_a_folder_that_may_not_be_written(contents, upstream, tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError("read-only")

    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path))
    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(PermissionError, match="a folder that you may write to"):
        isbi2012.load("train", download=True)


# ------------------------------------------------------------------------------------------ the chapters' image


def test_example_is_real_nuclei_where_nothing_is_found(cache):
    whole = example(0)
    (crop,) = nuclei.load("fluorescence", "train", whole=False, numbers=[4])
    assert whole.name == crop.name
    assert np.abs(whole.image - nuclei.stretched(crop.image)).max() <= 0.5 / 255 + 1e-6
    assert np.array_equal(whole.image, np.round(255 * whole.image) / np.float32(255))
    assert np.array_equal(whole.instances > 0, parted(crop.instances) > 0)
    assert np.array_equal(whole.label, whole.instances > 0)
    assert ndimage.label(whole.label)[1] == whole.instances.max() == len(np.unique(whole.instances)) - 1
    assert ndimage.label(crop.label)[1] < whole.instances.max(), "as they are, nuclei touch"
    assert (whole.image.dtype, whole.label.dtype, whole.instances.dtype) == (np.float32, np.uint8, np.int32)


def test_example_of_nuclei_has_eighteen_pictures_and_the_first_is_in_no_other(cache):
    pictures = [example(index) for index in range(18)]
    assert len({one.image.tobytes() for one in pictures}) == len({one.name for one in pictures}) == 18
    views = {np.rot90(flipped, turns).tobytes() for flipped in (pictures[0].image, pictures[0].image[:, ::-1])
             for turns in range(4)}  # fmt: skip
    assert all(one.image.tobytes() not in views for one in pictures[1:])
    for one, turns, told in ((pictures[4], 1, "turned by 90°"), (pictures[13], 0, "mirrored")):
        first = pictures[1].image[:, ::-1] if told == "mirrored" else pictures[1].image
        assert one.name == f"{pictures[1].name}, {told}"
        assert np.array_equal(one.image, np.rot90(first, turns))
        assert one.image[one.label == 1].mean() > 2 * one.image[one.label == 0].mean(), "the label turned along"


def test_example_of_nuclei_cuts_the_middle_and_numbers_it_anew(cache):
    whole, part = example(2), example(2, (60, 101))
    assert part.name == whole.name
    assert np.array_equal(part.image, whole.image[226:286, 205:306])
    assert np.array_equal(part.label, whole.label[226:286, 205:306])
    assert np.array_equal(part.label, part.instances > 0)
    assert set(np.unique(part.instances)) - {0} == set(range(1, part.instances.max() + 1))
    old, new = whole.instances[226:286, 205:306], part.instances
    pairs = {(int(o), int(n)) for o, n in zip(old.ravel(), new.ravel(), strict=True)}
    assert len(pairs) == len({o for o, _ in pairs}) == len({n for _, n in pairs})


def test_membranes_are_drawn_where_nothing_is_found(cache):
    whole, part = membranes(2), membranes(2, (60, 101))
    assert whole.name == part.name == "drawn tissue, seed 2"
    assert np.array_equal(whole.image, cells.tissue(512, 2).image)
    assert np.array_equal(part.image, whole.image[226:286, 205:306])
    with pytest.raises(ValueError, match="index is 0 to 17"):
        membranes(18)


def test_membranes_and_example_are_the_same_slice_where_it_is_found(contents, home):
    place(contents, home / "isbi2012")
    one, other = membranes(1), example(1)
    assert one.name == other.name == "ISBI 2012, training slice 1"
    assert np.array_equal(one.image, other.image)


def test_words_for_what_an_image_shows(cache):
    assert words(example()) == ("nuclei", "nucleus", "background")
    assert words(membranes()) == ("tissue", "cell", "membrane")
    assert why_drawn(example()) == ""
    assert why_drawn(membranes()).endswith(
        "this page needs membranes that fill the plane, and a truth that is known exactly."
    )
    assert words(Sample(None, None, None, "ISBI 2012, training slice 1")).between == "membrane"


def test_the_network_of_the_example_learned_such_images(contents, home):
    assert example_network() == "unet8-nuclei"
    place(contents, home / "isbi2012")
    assert example_network() == "unet8-isbi"


def test_example_takes_a_slice_where_one_is_found(contents, home):
    place(contents, home / "isbi2012")
    sample = example(1, size=4)
    assert sample.name == "ISBI 2012, training slice 1"
    raw = imread(io.BytesIO(contents["train/image/1.png"]))[..., 0]
    assert np.array_equal(sample.image, raw[1:5, 0:4])
    assert sample.instances is None


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((18,), ValueError, "index is 0 to 17"),
        ((-1,), ValueError, "index is 0 or larger"),
        ((1.0,), TypeError, "index is a whole number"),
        ((0, 513), ValueError, "nearest legal size is 512"),
        ((0, 0), ValueError, "nearest legal size is 1"),
        ((0, 1.5), TypeError, "size is a whole number"),
    ],
)
def test_example_refuses(cache, arguments, error, says):
    with pytest.raises(error, match=says):
        example(*arguments)


def test_unseen_is_a_validation_slice_where_it_is_found(contents, home):
    place(contents, home / "isbi2012")
    sample = unseen(18, size=4)
    assert sample.name == "ISBI 2012, validation slice 18"
    raw = imread(io.BytesIO(contents["train/image/18.png"]))[..., 0]
    assert np.array_equal(sample.image, raw[1:5, 0:4])


def test_unseen_draws_where_only_the_training_slices_were_fetched(contents, home):
    place({path: content for path, content in contents.items() if "18" not in path}, home / "isbi2012")
    assert isbi2012.find() is not None
    sample = unseen(18, size=8)
    assert sample.name == "drawn tissue, seed 1000"
    assert np.array_equal(sample.image, cells.tissue(512, 1000).image[252:260, 252:260])


def test_unseen_draws_where_nothing_is_found(cache):
    assert unseen(23, size=8).name == "drawn tissue, seed 1005"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((17,), ValueError, "nearest legal index is 18"),
        ((24,), ValueError, "nearest legal index is 23"),
        ((18.0,), TypeError, "index is a whole number"),
        ((18, 513), ValueError, "nearest legal size is 512"),
    ],
)
def test_unseen_refuses(cache, arguments, error, says):
    with pytest.raises(error, match=says):
        unseen(*arguments)


# ------------------------------------------------------------------------------------------ the real slices


@with_slices
@pytest.mark.parametrize("split", ["train", "validation"])
def test_real_slices(split):
    samples = isbi2012.load(split)
    assert len(samples) == len(isbi2012.SPLITS[split])
    for sample, number in zip(samples, isbi2012.SPLITS[split], strict=True):
        assert sample.name.endswith(f"slice {number}")
        assert sample.image.shape == sample.label.shape == (512, 512)
        assert set(np.unique(sample.label)) == {0, 1}
        assert sample.image[sample.label == 0].mean() < sample.image[sample.label == 1].mean() - 0.1
    assert 0.17 < np.mean([(sample.label == 0).mean() for sample in samples]) < 0.27


@with_slices
def test_example_is_a_real_slice():
    assert isbi2012.find() == Path(here) / "isbi2012"
    sample = example(3, 100)
    assert sample.name == "ISBI 2012, training slice 3"
    assert np.array_equal(sample.image, isbi2012.load("train", slices=[3])[0].image[206:306, 206:306])
