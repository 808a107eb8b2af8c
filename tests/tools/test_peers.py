"""make peers: which code it runs, what stops it, and that its record says what the pages print in words."""

import ast
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from bookkit import ROOT

from tools import peer_checks, peers
from unet_edu import arithmetic, results
from unet_edu.data.augment import displacements
from unet_edu.models import UNet
from unet_edu.predict import predict

RECORD = json.loads((ROOT / "unet_edu" / "records" / "peers-cpu.json").read_text("utf-8"))
OURS = sum(row.macs for row in arithmetic.layer_table(572))
UPS = sum(row.macs for row in arithmetic.layer_table(572) if row.name.startswith("up"))


def test_the_blocks_of_moving_house_are_those_that_are_run():
    blocks = peer_checks.code_blocks()
    assert set(blocks) == {"python", "bash"}
    ast.parse(blocks["python"])
    assert {"BasicUNet", "sliding_window_inference", "DiceCELoss"} <= set(re.findall(r"\w+", blocks["python"]))
    assert [line.split()[0] for line in blocks["bash"].splitlines()[1:]] == [
        "export",
        "nnUNetv2_plan_and_preprocess",
        "nnUNetv2_train",
        "nnUNetv2_predict",
    ]


def test_every_part_was_run_with_the_pinned_versions():
    assert set(RECORD["parts"]) == set(peers.PARTS)
    pinned = dict(line.split("==") for line in peers.PINS.read_text("utf-8").splitlines() if "==" in line)
    pinned = {name.lower().replace("_", "-"): version for name, version in pinned.items()}
    versions = RECORD["made"]["versions"]
    assert {name: versions[name] for name in peer_checks.PACKAGES} == {
        name: pinned[name] for name in peer_checks.PACKAGES
    }
    assert versions["thop"] == peers.THOP.split("==")[1]


def test_one_part_after_the_other_until_one_fails(monkeypatch, tmp_path):
    ran = []

    def run(words, cwd):
        ran.append(words[3])
        return SimpleNamespace(returncode=int(words[3] == "window"))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(peers, "KEPT", tmp_path)
    (tmp_path / "found.json").write_text("{}")
    assert peers.run("python", ["sizes", "window", "counts"]) == 1
    assert ran == ["sizes", "window"]
    assert not (tmp_path / "found.json").exists()
    assert peers.run("python", ["sizes"]) == 0
    assert ran[2:] == ["sizes", "record"]


def test_a_part_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit):
        peers.main(["size"])
    assert "no such part: size" in capsys.readouterr().err


def test_parts_are_functions_of_the_checks():
    assert all(callable(getattr(peer_checks, part)) for part in peers.PARTS)


def test_the_record_is_kept_part_by_part(monkeypatch, tmp_path):
    folder = tmp_path / "unet_edu" / "records"
    folder.mkdir(parents=True)
    monkeypatch.setattr(peer_checks, "ROOT", tmp_path)
    monkeypatch.setattr(peer_checks, "version", lambda name: "1")
    peer_checks.write_record({"sizes": 1, "rand": 2})
    peer_checks.write_record({"rand": 3})
    assert json.loads((folder / "peers-cpu.json").read_text())["parts"] == {"sizes": 1, "rand": 3}


# --- what was measured, against what can be computed here ------------------------------------------------------------


def test_who_counts_how():
    counted = RECORD["parts"]["counts"]
    found = counted["found"]
    assert counted["ours"] == OURS == 150_428_424_448
    assert {name for name, count in found.items() if count == OURS} == {
        *("fvcore", "ultralytics-thop", "calflops", "deepspeed"),
    }
    assert found["torch"] == 2 * OURS
    assert [round(found[name] / OURS, 4) for name in ("ptflops, aten", "ptflops, pytorch")] == [1.0009, 1.0029]
    assert [round(found[name] / OURS, 4) for name in ("thop", "torchinfo")] == [1.1123, 1.1132]
    biases = sum(row.biases * row.output[0] * row.output[1] for row in arithmetic.layer_table(572))
    assert found["torchinfo"] == OURS + 3 * UPS + biases


def test_who_refuses_a_size():
    sizes = results.peers("sizes")
    assert sizes["smp_refuse"] == len(sizes["smp"]) - 1 == 11
    assert sizes["smp"]["Unet"] == {"511": {"side": 511}}
    sides = {name: one["511"].get("side") for name, one in sizes["monai"].items()}
    assert sides["BasicUNet"] == 511
    assert sides["UNet"] == 512
    assert sides["FlexibleUNet"] == 510
    assert {name for name, side in sides.items() if side is None} >= {"AttentionUnet", "SegResNet", "DynUNet"}
    assert "error" in sizes["monai"]["BasicUNet"]["16"]


def test_the_shrunk_map_and_its_rows():
    """Two windows of 572, each with the middle 388 rows: laid edge to edge they are 92 off, on either side."""
    window = results.peers("window")
    assert (window["side"], window["map"], window["off_centred"]) == (2 * 572, 2 * 388, arithmetic.border())
    rows = np.concatenate([np.arange(92, 480), 572 + np.arange(92, 480)])
    spread = (np.arange(776) + 0.5) * 1144 / 776 - 0.5
    assert window["off_stretched"] == pytest.approx(abs(rows - spread).max(), abs=0.01)
    assert window["warnings"] == []


def test_the_way_out_without_monai():
    """What the page's block does, by hand: maps laid back into their tiles, 384 pixels apart."""
    torch.manual_seed(0)
    net, image = UNet(base_width=2).eval(), torch.rand(1, 1, 772, 772)
    wide = torch.nn.functional.pad(image, (92,) * 4, mode="reflect")
    whole = torch.zeros(1, 2, 956, 956)
    with torch.no_grad():
        for row in (0, 384):
            for column in (0, 384):
                tile = net(wide[..., row : row + 572, column : column + 572])
                whole[..., row + 92 : row + 480, column + 92 : column + 480] = tile
    found = whole[0, :, 92:-92, 92:-92].softmax(0).numpy()
    np.testing.assert_allclose(found, predict(net, image[0, 0].numpy()), atol=1e-5)
    assert results.peers("blocks")["apart_from_predict"] < 1e-5


def test_what_ten_moves():
    pixels = results.peers("sigma")["pixels"]
    nodes = 10 * torch.randn(200, 2, 3, 3, generator=torch.Generator().manual_seed(1))
    here = displacements(nodes, (572, 572))[..., 60:-60, 60:-60].square().mean().sqrt().item()
    assert pixels["this package"] == pytest.approx(here, rel=0.05)
    assert pixels["elasticdeform"] == pytest.approx(here, rel=0.25)
    assert all(7 < value < 16 for name, value in pixels.items() if name.startswith("MONAI"))
    assert pixels["torchvision"] < 1
    assert pixels["albumentations"] < 1
    assert pixels["albumentations, default"] < 0.001


def test_a_coordinate_picture_measures_a_shift():
    assert peer_checks.moved(lambda ramp, n: ramp + 3, 200, 2) == pytest.approx(3)


def test_precision_and_recall_are_swapped():
    assert RECORD["parts"]["rand"]["merged"]["precision"] == 1
    assert RECORD["parts"]["rand"]["merged"]["recall"] < 0.5


def test_bfloat16_is_for_devices_with_units_for_it():
    ratios = results.peers("halves")["ratios"]
    assert set(ratios) == {"DEFAULT", "AVX512_CORE", "AVX2"}
    assert ratios["AVX2"] > 1


def test_nnunet_plans_its_batches():
    planned = results.peers("nnunet")
    assert planned["batch"] == {"default": 2, "ResEncM": 13, "ResEncL": planned["slices"]}
    assert len(planned["variables"]) == 3


def test_no_part_is_run_by_the_tests():
    assert "monai" not in sys.modules
