"""Trained networks in files: what goes in comes out, rounded once; whatever else is in a file is refused."""

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from safetensors import safe_open
from torch import nn

from unet_edu import checkpoints
from unet_edu.checkpoints import GIVEN, NETWORKS, OWN, load, names, read, rounded, save
from unet_edu.models import (
    ArticleUNet,
    FCN8s,
    FCN16s,
    FCN32s,
    OneLevelUNet,
    PaddedUNet,
    SlidingWindowNet,
    SubpixelUNet,
    UNet,
)
from unet_edu.predict import predict

TOLD = {
    "data": "drawn tissue, seeds 0–9",
    "seed": 0,
    "recipe": {"steps": 3, "rate": 1e-3},
    "commit": None,
    "scores": {"V_Rand": [0.5, 0.25]},
}
BUILDERS = {
    "UNet": lambda: UNet(in_channels=2, num_classes=3, base_width=2, depth=2),
    "PaddedUNet": lambda: PaddedUNet(in_channels=2, num_classes=3, base_width=2, depth=2),
    "OneLevelUNet": lambda: OneLevelUNet(base_width=3),
    "SlidingWindowNet": lambda: SlidingWindowNet(2, 3),
    "FCN32s": lambda: FCN32s(3, 2, width=1),
    "FCN16s": lambda: FCN16s(3, 2, width=2),
    "FCN8s": lambda: FCN8s(3, 2, width=1, hidden=5),
    "ArticleUNet": lambda: ArticleUNet(3, base_width=2),
    "SubpixelUNet": lambda: SubpixelUNet(3, base_width=2, depth=1),
}


def small(seed=0):
    torch.manual_seed(seed)
    return UNet(base_width=2, depth=1).eval()


@pytest.fixture
def file(tmp_path):
    return save(tmp_path / "small.safetensors", small(), TOLD)


def header_of(content):
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def forged(path, change):
    """Alter the header as `change` does and sign it anew: what an honest checksum does not find."""
    table, _ = header_of(path.read_bytes())
    tensors = safetensors.torch.load(path.read_bytes())
    metadata = {key: text for key, text in table["__metadata__"].items() if key != "sha256"}
    change(metadata, tensors)
    path.write_bytes(checkpoints.pack(tensors, metadata))


# ------------------------------------------------------------------------------------------------ there and back


@pytest.mark.parametrize("precision", checkpoints.PRECISIONS)
@pytest.mark.parametrize("kind", BUILDERS)
def test_every_network_comes_back_bit_for_bit_after_one_rounding(kind, precision, tmp_path):
    net = BUILDERS[kind]()
    for parameter in net.parameters():
        nn.init.normal_(parameter)
    path = save(tmp_path / "net.safetensors", net, TOLD, precision)
    back, metadata = read(path)
    assert type(back) is type(net)
    assert (metadata["network"], metadata["precision"]) == (kind, precision)
    once = rounded(net, precision).state_dict()
    for (name, before), (same, after) in zip(net.state_dict().items(), back.state_dict().items(), strict=True):
        assert name == same
        assert after.dtype == torch.float32
        assert torch.equal(after, once[name])
        if precision == "float16" or before.ndim == 1:
            assert torch.equal(after, before.half().float())
        else:  # half a step of 127, and the factor's own rounding
            largest = before.abs().amax(dim=tuple(range(1, before.ndim)), keepdim=True)
            assert ((after - before).abs() <= 0.51 / 127 * largest).all()
    assert not any(part.training for part in back.modules())
    fixed = [parameter.requires_grad for parameter in net.parameters()]
    assert [parameter.requires_grad for parameter in back.parameters()] == fixed
    assert save(tmp_path / "again.safetensors", back, TOLD, precision).read_bytes() == path.read_bytes()


def test_the_table_knows_every_network_of_the_package():
    from unet_edu import models

    assert {kind.__name__ for kind in NETWORKS} == set(models.__all__) == set(BUILDERS)


def test_rounded_is_what_is_in_the_file(file):
    net = small().train()
    image = np.random.default_rng(0).random((30, 40), dtype=np.float32)
    before = [parameter.clone() for parameter in net.parameters()]
    copy = rounded(net)
    assert np.array_equal(predict(copy, image), predict(read(file)[0], image))
    assert not np.array_equal(predict(net, image), predict(copy, image))
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))
    assert net.training
    assert not copy.training


def test_metadata_comes_back_and_more(file):
    _, metadata = read(file)
    assert {key: metadata[key] for key in GIVEN} == TOLD
    assert metadata["arguments"] == {"in_channels": 1, "num_classes": 2, "base_width": 2, "depth": 1}
    assert metadata["precision"] == "float16"
    assert metadata["normalisation"] is None
    assert len(metadata["sha256"]) == 64
    assert set(metadata) == {*GIVEN, *OWN}


def test_a_stranger_reads_the_file_with_safetensors_alone(file):
    with safe_open(file, "pt") as content:
        assert json.loads(content.metadata()["data"]) == TOLD["data"]
        tensor = content.get_tensor("score.weight")
    assert tensor.dtype == torch.float16
    assert torch.equal(tensor, small().score.weight.half())


def test_half_precision_takes_two_bytes_a_weight(file):
    weights = sum(parameter.numel() for parameter in small().parameters())
    assert 2 * weights < file.stat().st_size < 2 * weights + 4000


def test_eight_bits_take_a_byte_a_weight_and_the_image_looks_the_same(file, tmp_path):
    net = UNet(base_width=4, depth=2).eval()
    weights = sum(parameter.numel() for parameter in net.parameters())
    path = save(tmp_path / "net.safetensors", net, precision="int8")
    assert weights < path.stat().st_size < 1.1 * weights + 6000
    image = np.random.default_rng(0).random((60, 60), dtype=np.float32)
    np.testing.assert_allclose(predict(read(path)[0], image), predict(net, image), atol=0.02)


def test_kernels_of_zeros_and_tiny_ones_stay_as_they_are(tmp_path):
    net = small()
    with torch.no_grad():
        net.score.weight[0] = 0
        net.score.weight[1] = 1e-9  # less than any float16
    back, _ = read(save(tmp_path / "net.safetensors", net, precision="int8"))
    assert torch.equal(back.score.weight, torch.zeros_like(net.score.weight))


@pytest.mark.parametrize("precision", ["float32", None, 8])
def test_precisions_that_files_have_not(precision, tmp_path):
    for call in (
        lambda: save(tmp_path / "a.safetensors", small(), None, precision),
        lambda: rounded(small(), precision),
    ):
        with pytest.raises(ValueError, match="'float16' or 'int8', not "):
            call()
    assert list(tmp_path.iterdir()) == []


def test_normalisation_travels_with_the_network(tmp_path):
    net = small()
    net.normalisation = (0.1, np.float32(0.25))
    back, metadata = read(save(tmp_path / "net.safetensors", net, TOLD))
    assert back.normalisation == (0.1, 0.25)
    assert metadata["normalisation"] == [0.1, 0.25]
    assert not hasattr(read(save(tmp_path / "plain.safetensors", small(), TOLD))[0], "normalisation")


def test_the_same_network_gives_the_same_bytes(tmp_path):
    first, second = (save(tmp_path / f"{name}.safetensors", small(), TOLD) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_reading_draws_no_random_number(file):
    torch.manual_seed(7)
    wanted = torch.rand(1)
    torch.manual_seed(7)
    read(file)
    assert torch.equal(torch.rand(1), wanted)


def test_a_network_that_was_read_can_be_trained(file):
    net, _ = read(file)
    net.train()(torch.rand(1, 1, 20, 20)).sum().backward()
    assert net.d0.conv1.weight.grad is not None


# ------------------------------------------------------------------------------------------------ by name


def test_the_package_lists_and_loads_what_it_ships():
    assert names() == sorted(names())
    for name in names():
        assert not load(name).training


def test_names_and_load(tmp_path, monkeypatch):
    assert names(tmp_path / "nowhere") == []
    save(tmp_path / "cells-8.safetensors", small(1), TOLD)
    save(tmp_path / "cells-16.safetensors", small(2), TOLD)
    (tmp_path / "notes.txt").write_text("no weights")
    assert names(tmp_path) == ["cells-16", "cells-8"]
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    assert names() == ["cells-16", "cells-8"]
    net = load("cells-8")
    assert torch.equal(net.score.weight, small(1).score.weight.half().float())
    assert not net.training


def test_an_unknown_name_lists_the_known_ones_and_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="'cells': there are none"):
        load("cells", tmp_path)
    save(tmp_path / "cells-8.safetensors", small(), TOLD)
    save(tmp_path / "isbi-8.safetensors", small(), TOLD)
    with pytest.raises(ValueError, match="'cells-8', 'isbi-8'; the nearest is 'isbi-8'"):
        load("isby-8", tmp_path)
    with pytest.raises(ValueError, match="no trained network"):
        load("../cells-8", tmp_path)
    with pytest.raises(TypeError, match="a str"):
        load(Path("cells-8"), tmp_path)


# ------------------------------------------------------------------------------------------------ what is refused


def test_every_flipped_byte_is_found(file):
    content = file.read_bytes()
    length = 8 + int.from_bytes(content[:8], "little")
    spots = {*range(0, length, 5), *range(length, len(content), 97), len(content) - 1}
    for spot in sorted(spots):
        file.write_bytes(content[:spot] + bytes([content[spot] ^ 1]) + content[spot + 1 :])
        with pytest.raises(ValueError, match="was refused"):
            read(file)
    file.write_bytes(content)
    read(file)


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 9, 100, 1000, -2, -1])
def test_a_truncated_file_is_refused(file, keep):
    content = file.read_bytes()
    file.write_bytes(content[:keep])
    with pytest.raises(ValueError, match="small.safetensors was refused"):
        read(file)


def test_an_extended_file_is_refused(file):
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="sha256"):
        read(file)


@pytest.mark.parametrize("spelling", [b'{ "', b'{"score.bias":0,"'])
def test_a_header_that_json_reads_alike_is_refused(file, spelling):
    """Blanks, and an entry that stands there twice, of which JSON forgets the first."""
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = spelling + content[10 : 8 + length]
    assert json.loads(header) == json.loads(content[8 : 8 + length])
    file.write_bytes(len(header).to_bytes(8, "little") + header + content[8 + length :])
    with pytest.raises(ValueError, match="damaged or was altered"):
        read(file)


def test_altered_scores_are_found(file):
    content = file.read_bytes()
    assert content.count(b"[0.5, 0.25]") == 1
    file.write_bytes(content.replace(b"[0.5, 0.25]", b"[0.9, 0.25]"))
    with pytest.raises(ValueError, match="damaged or was altered: the sha256 is"):
        read(file)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("something was unpickled",))


def test_a_pickle_is_refused_and_not_opened(tmp_path):
    path = tmp_path / "pickle.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="was refused"):
        read(path)
    torch.save({"state": Bomb()}, path)
    with pytest.raises(ValueError, match="was refused"):
        read(path)


def test_safetensors_of_others_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    safetensors.torch.save_file(small().state_dict(), path)
    with pytest.raises(ValueError, match="not that of a network of this package"):
        read(path)
    safetensors.torch.save_file(small().state_dict(), path, metadata={"seed": "0"})
    with pytest.raises(ValueError, match="lacks network, arguments"):
        read(path)
    safetensors.torch.save_file(small().state_dict(), path, metadata={"format": "pt"})
    with pytest.raises(ValueError, match="was refused"):
        read(path)


def put(key, value):
    return lambda metadata, tensors: metadata.update({key: json.dumps(value)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("network", "os.system"), "this package has UNet"),
        (put("network", "Module"), "this package has UNet"),
        (put("network", ["UNet"]), "this package has UNet"),
        (put("arguments", {"base_width": 2, "depth": 1}), "in full"),
        (put("arguments", {"bass_width": 2}), "no UNet with the arguments"),
        (put("arguments", {"base_width": "2"}), "must be an int"),
        (put("arguments", None), "no UNet with the arguments"),
        (put("arguments", [1, 2]), "no UNet with the arguments"),
        (
            put("arguments", {"in_channels": 1, "num_classes": 2, "base_width": 10**9, "depth": 1}),
            "there is no|not those",
        ),
        (
            put("arguments", {"in_channels": 1, "num_classes": 2, "base_width": 4, "depth": 1}),
            "d0.conv1.weight should be",
        ),
        (put("normalisation", [0]), "normalisation"),
        (put("normalisation", "no"), "normalisation"),
        (put("precision", "int8"), "int8.* is .*float16"),
        (put("precision", "int4"), "'float16' or 'int8', not 'int4'"),
        (put("precision", ["int8"]), "'float16' or 'int8', not"),
        (lambda metadata, tensors: metadata.pop("scores"), "lacks scores"),
        (lambda metadata, tensors: metadata.update(seed="{"), "header"),
        (lambda metadata, tensors: tensors.pop("score.bias"), "score.bias should be .* is absent"),
        (lambda metadata, tensors: tensors.update(more=torch.zeros(1).half()), "more should be absent"),
        (lambda metadata, tensors: tensors.update({"score.bias": torch.zeros(3).half()}), r"\(2,\).* is \(\(3,\)"),
        (lambda metadata, tensors: tensors.update({"score.bias": torch.zeros(2)}), "float16.* is .*float32"),
    ],
)
def test_a_file_that_is_signed_but_wrong_is_refused(file, change, message):
    forged(file, change)
    with pytest.raises(ValueError, match=f"was refused: .*({message})"):
        read(file)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.safetensors"):
        read(tmp_path / "nothing.safetensors")


# ------------------------------------------------------------------------------------------------ what is not written


def without(key):
    return {name: value for name, value in TOLD.items() if name != key}


@pytest.mark.parametrize(
    ("metadata", "error", "message"),
    [
        ({}, ValueError, "data, seed, recipe, commit, scores"),
        (without("scores"), ValueError, "must hold scores"),
        (TOLD | {"sha256": "0"}, ValueError, "save itself writes sha256"),
        (TOLD | {"scores": float("nan")}, ValueError, "scores holds NaN"),
        (TOLD | {"scores": np.float32(0.5)}, TypeError, "scores must be made of"),
        (TOLD | {5: 5}, TypeError, "names for keys"),
        ("seed 0", TypeError, "a dict"),
    ],
)
def test_metadata_that_is_not_written(file, metadata, error, message):
    before = file.read_bytes()
    with pytest.raises(error, match=message):
        save(file, small(1), metadata)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_without_metadata_nothing_but_the_network_is_kept(tmp_path):
    net, metadata = read(save(tmp_path / "net.safetensors", nn.DataParallel(small())))
    assert [metadata[key] for key in ("data", "seed", "recipe", "commit", "scores")] == [None] * 5
    assert torch.equal(net.score.weight, small().score.weight.half().float())


def test_the_scaling_of_grey_values_is_kept(tmp_path):
    net = small()
    net.scaling = (12, 4095)
    assert read(save(tmp_path / "net.safetensors", net))[0].scaling == (12, 4095)
    assert not hasattr(read(save(tmp_path / "net.safetensors", small()))[0], "scaling")
    net.scaling = (5, 5)
    with pytest.raises(ValueError, match="a scale is"):
        save(tmp_path / "net.safetensors", net)


def test_an_fcn_tells_its_hidden_channels_in_full(tmp_path):
    _, metadata = read(save(tmp_path / "net.safetensors", FCN32s(2, 1, width=1), TOLD))
    assert metadata["arguments"] == {"num_classes": 2, "in_channels": 1, "width": 1, "hidden": 64}


@pytest.mark.parametrize(("value", "message"), [(1e5, "100000, too large for float16"), (float("nan"), "NaN")])
def test_weights_that_are_not_written(file, value, message):
    net = small()
    with torch.no_grad():
        net.score.bias[0] = value
    for attempt in (lambda: save(file, net, TOLD), lambda: rounded(net)):
        with pytest.raises(ValueError, match=f"score.bias holds {message}"):
            attempt()


def test_networks_that_are_not_written(tmp_path):
    class Similar(UNet):
        pass

    for net in (nn.Conv2d(1, 1, 1), Similar(base_width=1, depth=1)):
        with pytest.raises(TypeError, match="one of UNet, PaddedUNet, OneLevelUNet"):
            save(tmp_path / "net.safetensors", net, TOLD)
    with pytest.raises(ValueError, match=r"net\.safetensors"):
        save(tmp_path / "net.pt", small(), TOLD)
    net = small()
    net.normalisation = (0.5, 0)
    with pytest.raises(ValueError, match="normalisation"):
        save(tmp_path / "net.safetensors", net, TOLD)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(file, monkeypatch):
    before = file.read_bytes()

    def full(*paths):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        save(file, small(1), TOLD)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_the_folder_is_made(tmp_path):
    assert save(tmp_path / "a" / "b" / "net.safetensors", small(), TOLD).is_file()


@pytest.mark.gpu
def test_from_a_gpu(file, tmp_path):
    other = save(tmp_path / "gpu.safetensors", small().cuda(), TOLD)
    assert other.read_bytes() == file.read_bytes()
