"""The three commands, typed: from files to a network, from it to files, from these to scores."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import tifffile
from clikit import type_command
from ownkit import discs
from PIL import Image

from unet_edu.course.cli import main
from unet_edu.own import plan as planning
from unet_edu.own import train as training
from unet_edu.own.segment import read


@pytest.fixture
def typed(capsys):
    """Function that runs a command and returns (exit status, standard output, standard error)."""
    return partial(type_command, capsys, main)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(planning, "WIDTH", 4)
    monkeypatch.setattr(training, "tried", lambda *args: (0.5, 0.05))
    monkeypatch.setattr(training.train, "__kwdefaults__", {**training.train.__kwdefaults__, "clock": lambda: 0.0})


def write(folder, count, first=0):
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for seed in range(first, first + count):
        one = discs(64, seed=seed)
        tifffile.imwrite(folder / "images" / f"cell{seed}.tif", np.rint(one.image * 4095).astype(np.uint16))
        Image.fromarray(one.label * 255).save(folder / "masks" / f"cell{seed}_mask.png")


def test_from_files_to_scores(tmp_path, typed, quick):
    write(tmp_path / "ours", 5)
    write(tmp_path / "new", 2, first=20)
    net, out = tmp_path / "net.safetensors", tmp_path / "found"
    status, said, _ = typed(
        "train", tmp_path / "ours" / "images", tmp_path / "ours" / "masks", "-o", net,
        "--minutes", 0.06, "--device", "cpu", "--from", "scratch",
    )  # fmt: skip
    assert status == 0
    assert "become 0 … 1: 12 bits" in said
    assert "tile: " in said
    assert f"written: {net}" in said
    assert (tmp_path / "net.preview.png").is_file()
    status, said, _ = typed("predict", net, tmp_path / "new" / "images", "-o", out, "--instances")
    assert status == 0
    assert "connected pieces" in said
    assert said.startswith("cell20.tif: "), "without the folder that was typed"
    assert said.splitlines()[-1].startswith("2 images, ")
    status, said, _ = typed("score", tmp_path / "new" / "masks", out)
    assert status == 0
    assert "all 2 images" in said
    assert [line.split()[0] for line in said.splitlines()[1:3]] == ["cell20_mask.png", "cell21_mask.png"]
    assert float(said.partition("F1 ")[2].partition("F1 ")[2].split()[0]) > 0.9


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("train", "none", "none", "-o", "n.safetensors"), "there is no file or folder none"),
        (("predict", "none.safetensors", ".", "-o", "out"), "there is no network none.safetensors"),
        (("score", "none", "none"), "there is no file or folder none"),
    ],
)
def test_a_mistake_is_named_in_a_line(typed, words, complaint):
    status, out, err = typed(*words)
    assert (status, out) == (2, "")
    assert err == f"unet-edu: {complaint}\n" or complaint in err


def test_files_that_do_not_fit_come_in_one_list(tmp_path, typed):
    write(tmp_path / "ours", 3)
    (tmp_path / "ours" / "masks" / "cell1_mask.png").unlink()
    (tmp_path / "ours" / "images" / "cell2.tif").unlink()
    status, _, err = typed(
        "train", tmp_path / "ours" / "images", tmp_path / "ours" / "masks", "-o", tmp_path / "n.safetensors"
    )
    assert status == 2
    assert "2 files do not fit" in err
    assert "cell1.tif: no mask" in err
    assert "cell2_mask.png: no image" in err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train", ["IMAGES", "MASKS", "-o NET", "--minutes", "TIFF", "never JPEG", "goes on where it was"]),
        ("predict", ["NET", "IMAGES", "-o OUT", "--instances", "labels/NAME.tif", "areas.csv", "touching objects"]),
        ("score", ["TRUTH", "PREDICTED", "F1", "merged", "IoU 0.5"]),
    ],
)
def test_help_is_enough_to_use_a_command(typed, command, words):
    status, out, _ = typed(command, "--help")
    assert status == 0
    assert [word for word in words if word not in out] == []
    assert max(map(len, out.splitlines())) <= 120
    assert f"    {command} " in typed("--help")[1]


def test_classes_in_colour_are_typed_as_a_table(typed):
    from unet_edu.own.cli import colour

    assert colour("255,0,0=2") == ((255, 0, 0), 2)
    status, _, err = typed("train", "a", "b", "-o", "n.safetensors", "--colour", "red=1")
    assert status == 2
    assert "--colour" in err


def test_two_processes_train_one_network(tmp_path):
    write(tmp_path / "ours", 5)
    folders = [str(tmp_path / "ours" / name) for name in ("images", "masks")]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    words = ["-o", str(tmp_path / "net.safetensors"), "--minutes", "0.02", "--device", "cpu", "--from", "scratch"]
    done = subprocess.run(
        [*torchrun, "-m", "unet_edu.own.cli", "train", *folders, *words],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("written: ") == 1
    assert read(tmp_path / "net.safetensors").classes == 2


@pytest.mark.parametrize("name", ["net.pt", "there.safetensors"])
def test_a_name_that_cannot_be_written_is_refused_before_an_image_is_read(typed, tmp_path, name):
    write(tmp_path, 1)
    (tmp_path / "there.safetensors").write_text("x")
    status, out, err = typed("train", tmp_path / "images", tmp_path / "masks", "-o", tmp_path / name, "--minutes", "1")
    assert (status, out) == (2, "")
    assert "take" in err if name == "net.pt" else "is there already" in err
