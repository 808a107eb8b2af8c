"""The trained networks that the package ships: small, complete, and as good as their files say."""

import json

import pytest

from unet_edu import checkpoints
from unet_edu.data import isbi2012, nuclei
from unet_edu.experiments import checkpoints as training
from unet_edu.experiments import trial
from unet_edu.experiments.nuclei import grey_scores
from unet_edu.metrics import instances
from unet_edu.models import UNet
from unet_edu.models.fcn import num_parameters
from unet_edu.results import RECORDS
from unet_edu.separation import components, otsu

NAMES = checkpoints.names()


def scored(name, samples, average8):
    net = checkpoints.load(name)
    return trial.scores(net, [trial.fitting(sample, net) for sample in samples], average8)


def digits(scores):
    """Return all scores as they are printed, to four digits."""
    if isinstance(scores, dict):
        return {key: digits(value) for key, value in scores.items()}
    if isinstance(scores, list):
        return [digits(value) for value in scores]
    return f"{scores:.4f}" if isinstance(scores, float) else scores


def metadata_of(name):
    return checkpoints.read(checkpoints.FOLDER / f"{name}{checkpoints.ENDING}")[1]


def test_all_that_was_planned_is_there():
    assert sorted(row.row for row in training.trials()) == NAMES


def test_all_weights_together_are_at_most_8_mb_and_those_for_nuclei_1_mb():
    sizes = {path.name: path.stat().st_size for path in checkpoints.FOLDER.iterdir()}
    assert sum(size for name, size in sizes.items() if "nuclei" not in name) <= 8 * 2**20
    assert sum(size for name, size in sizes.items() if "nuclei" in name) <= 2**20
    assert max(size for name, size in sizes.items() if name.startswith("unet8")) <= 2**20


@pytest.mark.parametrize("name", NAMES)
def test_a_file_tells_what_it_was_trained_on_and_how(name):
    (row,) = (row for row in training.trials() if row.row == name)
    told = metadata_of(name)
    assert all(told["recipe"].get(key) == value for key, value in row.settings().items())
    assert told["data"].startswith(row.data)
    assert told["seed"] == 0
    assert len(told["commit"]) == 40
    assert {type(row.build()).__name__: num_parameters(row.build())} == {
        told["network"]: num_parameters(checkpoints.load(name))
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_record_and_the_file_tell_the_same_scores(name):
    entries = [
        entry
        for path in RECORDS.glob("checkpoints-*.json")
        for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]
        if entry["row"] == name
    ]
    assert metadata_of(name)["scores"] in [entry["scores"] for entry in entries]
    path = checkpoints.FOLDER / f"{name}{checkpoints.ENDING}"
    assert path.stat().st_size in [entry["bytes"] for entry in entries]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("unet")])
def test_the_unets_are_the_papers_network(name):
    net = checkpoints.load(name)
    plain = UNet(base_width=net.base_width)
    assert type(net) is UNet
    assert {key: value.shape for key, value in net.state_dict().items()} == {
        key: value.shape for key, value in plain.state_dict().items()
    }


def test_the_network_for_drawn_tissue_beats_a_guess_by_far():
    """One slice, one pass: the whole of it is in the slow tests."""
    samples = trial.slices("cells", "validation")[:2]  # two, for a standard deviation
    found = scored("unet8-cells", samples, average8=False)
    assert found["mean"]["v_rand"] > 0.9
    assert found["stack"]["share_of_wrong_pixels"] < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_weights_score_what_is_told_to_the_last_printed_digit(name):
    if name.endswith("-nuclei"):
        pytest.skip("scored by its cells: see below")
    data = "cells" if name.endswith("-cells") else "isbi2012"
    if data == "isbi2012" and isbi2012.find() is None:
        pytest.skip("needs the real slices")
    told = metadata_of(name)["scores"]
    assert digits(scored(name, trial.slices(data, "validation"), told["average8"])) == digits(told)


def test_the_network_for_nuclei_finds_them_in_both_groups_and_parts_most_that_touch():
    """One crop of each, one pass, grey: no image of these was learned from. Beside it what a user would try first."""
    net = checkpoints.load("unet8-nuclei")
    for group, method, least in (("fluorescence", components, 0.9), ("stained", components, 0.55)):
        told = metadata_of("unet8-nuclei")["scores"]["groups"][group]
        sample = nuclei.load(group, "validation", whole=False)[0]
        grey = sample.image if sample.image.ndim == 2 else sample.image.mean(axis=0)
        probability = trial.cell_probability(net, nuclei.stretched(grey), average8=False)
        found = method(probability > told["thresholds"]["components"])
        f1 = instances.match(sample.instances, found).f1
        assert f1 > least
        assert f1 > instances.match(sample.instances, components(otsu(sample.image, dark=group == "stained"))).f1


@pytest.mark.slow
def test_the_network_for_nuclei_scores_what_is_told_to_the_last_printed_digit():
    if not (nuclei.folder() / "fluorescence").is_dir():
        pytest.skip("needs the whole images of nuclei")
    (row,) = (row for row in training.trials() if row.row == "unet8-nuclei")
    assert digits(grey_scores(checkpoints.load(row.row), row)) == digits(metadata_of(row.row)["scores"])
