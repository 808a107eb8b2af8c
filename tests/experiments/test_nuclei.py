"""The runs on nuclei: what a row is trained on, how it is scored, and that --quick works."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unet_edu.data import nuclei as data
from unet_edu.data.weightmap import border_term
from unet_edu.experiments import checkpoints, nuclei, runs
from unet_edu.experiments.trial import Trial
from unet_edu.metrics import instances, iou

here = os.environ.get("UNET_EDU_DATA")
with_images = pytest.mark.skipif(
    not (here and (Path(here) / "bbbc038").is_dir()), reason="UNET_EDU_DATA holds no folder bbbc038"
)


@pytest.mark.parametrize("quick", [True, False])
def test_the_rows_of_a_group_change_one_thing_each(quick):
    every = nuclei.trials(quick)
    assert len({row.row for row in every}) == len(every) == 18
    for group in data.SPLITS:
        first, *others, last = (row for row in every if row.row.startswith(f"{group}: "))
        assert first.row == f"{group}: U-Net"
        assert (first.weight_map, first.elastic > 0, first.samples) == (True, True, len(data.SPLITS[group]["train"]))
        assert first.build().in_channels == (1 if group == "fluorescence" else 3)
        assert last == nuclei.Baseline(f"{group}: Otsu and watershed", first.data.removesuffix(", stretched"))
        for row in others:
            changed = {key for key, value in row.settings().items() if value != first.settings()[key]}
            assert len(changed) == (0 if "skips" in row.row else 1)  # what is built is no setting
            assert (row.build is first.build) == ("skips" not in row.row)
        names = [row.row.removeprefix(f"{group}: ") for row in others]
        assert names[-1] == "trained longer"
        assert others[-1].recipe.steps == 8 * first.recipe.steps
        assert names[:5] == ["no weight map", "no elastic deformation", "without skips", "four images", "one image"]
    assert quick or all(row.build().base_width == 16 for row in every if isinstance(row, Trial))


def test_labels_are_parted_for_training_and_not_for_scores():
    for split in ("train", "validation"):
        parted, touching = (
            nuclei.images("small stained nuclei", split),
            nuclei.images("small stained nuclei, touching", split),
        )
        for one, other in zip(parted, touching, strict=True):
            assert np.array_equal(one.image, other.image)
            assert np.array_equal(one.label, one.instances > 0)
            assert 0 < np.sum(other.label) - np.sum(one.label) < 0.3 * np.sum(other.label)
            gap = one.label != other.label
            assert np.median(border_term(one.instances)[gap]) > 7
            assert border_term(other.instances)[gap].max() == 0


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """A quick run of four rows."""
    path = tmp_path_factory.mktemp("record") / "nuclei.json"
    wanted = ("U-Net", "one image", "no gap where nuclei touch", "Otsu and watershed")
    trials = [row for row in nuclei.trials(quick=True) if row.row.partition(": ")[2] in wanted and "fluo" in row.row]
    trials += [row for row in nuclei.trials(quick=True) if row.row == "stained: U-Net"]
    record = runs.complete(path, "nuclei", trials, 1, device="cpu", work=nuclei.entry_of)
    assert json.loads(path.read_text(encoding="utf-8")) == record
    assert runs.complete(path, "nuclei", trials, 1, device="cpu", work=nuclei.entry_of) == record
    return record


def test_a_quick_run_scores_every_row(record):
    assert [entry["row"] for entry in record["runs"]] == list(record["trials"])
    for entry in record["runs"]:
        for value in entry["training"].get("loss", []):
            assert value == round(value, 4)
        scores = entry["scores"]
        assert scores["scorer"] == "instances"
        assert set(scores["mean"]) == {"iou", *(f"{m}_{key}" for m in nuclei.METHODS for key in ("f1", "ap"))}
        for image in scores["images"]:
            for method in nuclei.METHODS:
                found = image[method]
                assert found["tp"] + found["fn"] == image["nuclei"]
                assert found["f1"] == round(instances.Matching(found["tp"], found["fp"], found["fn"]).f1, 4)
        for method in nuclei.METHODS:
            tp, fp, fn = (sum(image[method][key] for image in scores["images"]) for key in ("tp", "fp", "fn"))
            assert scores["all"][f"{method}_f1"] == pytest.approx(
                instances.Matching(tp, fp, fn).f1, rel=1e-6
            )  # seven digits
            merged = sum(image[method]["merged"] for image in scores["images"])
            assert scores["all"][f"{method}_merged"] == merged
        if "thresholds" in scores:
            assert set(scores["thresholds"]) == {"mask", *nuclei.METHODS}
            assert set(scores["thresholds"].values()) <= set(nuclei.THRESHOLDS)


def test_what_draws_nothing_is_run_once():
    trials = [row for row in nuclei.trials(quick=True) if isinstance(row, nuclei.Baseline)]
    record = runs.complete(None, "nuclei", trials, 3, device="cpu", work=nuclei.entry_of)
    assert [(entry["row"], entry["seed"]) for entry in record["runs"]] == [(trial.row, 0) for trial in trials]


def test_the_table_has_every_row(record):
    lines = nuclei.as_text(record).split("\n")
    for row in record["trials"]:
        assert sum(line.startswith(row) for line in lines) == 1
    assert "AP, watershed" in lines[0]


class Known:
    """Instead of a network: its probability is known, by the image."""

    in_channels = 1


def test_scores_of_a_known_prediction(monkeypatch):
    """A prediction that is right but for the gaps: threshold and method matter as they should."""
    (trial,) = [row for row in nuclei.trials(quick=True) if row.row == "fluorescence: U-Net"]
    truth = {
        id(one.image): one for name in ("train", "validation") for one in nuclei.images(trial.data + ", touching", name)
    }
    parted = {
        id(one.image): two
        for one, two in zip(
            truth.values(), [*nuclei.images(trial.data, "train"), *nuclei.images(trial.data, "validation")], strict=True
        )
    }

    def probability(net, image, average8):
        """0.75 in the parted nuclei, 0.45 in the gaps, 0.15 on the ground."""
        inside, core = truth[id(image)].label, parted[id(image)].label
        return np.where(core, 0.75, np.where(inside, 0.45, 0.15)).astype(np.float32)

    monkeypatch.setattr(nuclei, "cell_probability", probability)
    found = nuclei.scores(Known(), trial)
    assert found["thresholds"]["mask"] == 0.269  # the only one between ground and gaps
    assert found["thresholds"]["components"] == 0.731  # above the gaps: 0.5 and 0.731
    assert found["mean"]["iou"] == 1
    sure = replace(trial, samples=1)
    assert nuclei.scores(Known(), sure)["thresholds"]["mask"] == 0.269
    for image, one in zip(found["images"], nuclei.images(trial.data + ", touching", "validation"), strict=True):
        parts = nuclei.components(parted[id(one.image)].label)
        assert image["components"]["f1"] == round(instances.match(one.instances, parts).f1, 4)
        assert image["components"]["ap"] == round(instances.average_precision(one.instances, parts), 4)
        assert image["iou"] == iou(one.label, one.label) == 1
    assert found["all"]["components_merged"] == 0


@with_images
@pytest.mark.slow
@pytest.mark.parametrize(("group", "f1", "ap"), [("fluorescence", 0.917, 0.618), ("stained", 0.644, 0.270)])
def test_the_baseline_scores_what_others_measured(group, f1, ap):
    """Reference values: one such baseline, measured elsewhere on the same images."""
    found, seconds = nuclei.baseline(f"{group} nuclei")
    assert found["all"]["watershed_f1"] == pytest.approx(f1, abs=0.03)
    assert found["mean"]["watershed_ap"] == pytest.approx(ap, abs=0.03)
    assert found["all"]["components_f1"] < found["all"]["watershed_f1"]
    assert seconds > 0


# --- one network for both groups, in grey ------------------------------------------------------------


def test_grey_pieces_are_of_one_size_and_half_of_them_stained():
    train = nuclei.grey_pieces("small grey nuclei", "train")
    assert {one.image.shape for one in train} == {(128, 128)}
    assert len({one.label.shape for one in train}) == 1
    kinds = ["fluorescence" in one.name for one in train]
    for one in train:
        assert 0 <= one.image.min() < one.image.max() <= 1
        assert np.array_equal(one.label, one.instances > 0)
        inside, outside = one.image[one.label == 1].mean(), one.image[one.label == 0].mean()
        assert (inside > outside) == ("fluorescence" in one.name), "stained nuclei stay dark"
    stained = nuclei.images("small stained nuclei", "train")
    assert kinds.count(False) == 6 * len(stained)
    assert len(nuclei.grey_pieces("small grey nuclei", "validation")) == sum(
        len(nuclei.images(f"small {group} nuclei", "validation")) for group in data.SPLITS
    )


@with_images
def test_whole_images_are_cut_into_pieces_that_show_no_pixel_twice():
    train = nuclei.grey_pieces("grey nuclei", "train")
    assert {one.image.shape for one in train} == {(256, 320)}
    assert len(train) == 192 == 4 * 24 + 6 * 16
    first = data.load("fluorescence", "train", numbers=[0])[0]
    whole = data.stretched(first.image)
    for place, one in enumerate(train[:4]):
        top, left = 256 * (place // 2), 320 * (place % 2)
        assert np.array_equal(one.image, whole[top : top + 256, left : left + 320])


def test_grey_scores_are_those_of_each_group(monkeypatch):
    (trial,) = [row for row in checkpoints.trials(quick=True) if row.row == "unet8-nuclei"]
    truth = {}
    for group in data.SPLITS:
        for split in ("train", "validation"):
            for one in nuclei.images(f"small {group} nuclei, touching", split):
                grey = one.image if one.image.ndim == 2 else one.image.mean(axis=0)
                truth[data.stretched(grey).tobytes()] = one
    monkeypatch.setattr(nuclei, "cell_probability", lambda net, image, average8: truth[image.tobytes()].label * 0.9)
    found = nuclei.grey_scores(Known(), trial)
    assert (found["scorer"], list(found["groups"])) == ("instances", list(data.SPLITS))
    for group, scores in found["groups"].items():
        assert scores["mean"]["iou"] == 1
        validation = nuclei.images(f"small {group} nuclei, touching", "validation")
        assert [image["name"] for image in scores["images"]] == [one.name for one in validation]
        for image, one in zip(scores["images"], validation, strict=True):
            pieces = nuclei.components(one.label)
            assert image["components"]["f1"] == round(instances.match(one.instances, pieces).f1, 4)
