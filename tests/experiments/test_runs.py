"""Runs of experiments: what a record holds, and that a stopped experiment goes on where it was."""

import json
from dataclasses import replace
from functools import partial

import pytest

from unet_edu.data import cells
from unet_edu.experiments import runs, trial
from unet_edu.experiments.runs import complete
from unet_edu.experiments.trial import Trial
from unet_edu.models import UNet
from unet_edu.training import Recipe

TINY = Recipe(2, 1, 188, "adamw", 1e-3, "one-cycle", momentum=0.9)
SMALL = Trial("tiny", partial(UNet, base_width=1), TINY, data="small cells", samples=2, average8=False)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    """Two drawn slices of 64² for validation: scores in no time."""
    drawn = {"train": tuple(cells.tissue(64, seed) for seed in range(2))}
    drawn["validation"] = tuple(cells.tissue(64, seed) for seed in (7, 8))
    monkeypatch.setattr(trial, "slices", lambda data, split: drawn[split])
    return drawn


def fake(trial, seed, device, bf16, path):
    """Stand in for a run: what is tested is which runs are made, not what they find."""
    fake.made.append((trial.row, seed))
    return {"row": trial.row, "seed": seed}


@pytest.fixture(autouse=True)
def _nothing_made():
    fake.made = []


def test_all_trials_have_their_first_seed_before_any_has_its_second():
    rows = [replace(SMALL, row=row) for row in "ab"]
    complete(None, "x", rows, 2, device="cpu", work=fake)
    assert fake.made == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_what_a_record_holds_is_not_run_again(tmp_path):
    path = tmp_path / "x.json"
    rows = [replace(SMALL, row=row) for row in "ab"]
    complete(path, "x", rows[:1], 1, device="cpu", work=fake)
    record = complete(path, "x", rows, 2, device="cpu", work=fake)
    assert fake.made == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert [(entry["row"], entry["seed"]) for entry in record["runs"]] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert json.loads(path.read_text(encoding="utf-8")) == record
    assert record["trials"]["a"]["recipe"]["steps"] == 2


def test_a_run_that_fails_leaves_those_before_it(tmp_path):
    def failing(trial, seed, *rest):
        if seed == 1:
            raise FloatingPointError("not finite")
        return fake(trial, seed, *rest)

    path = tmp_path / "x.json"
    with pytest.raises(FloatingPointError):
        complete(path, "x", [SMALL], 3, device="cpu", work=failing)
    assert [entry["seed"] for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]] == [0]
    complete(path, "x", [SMALL], 3, device="cpu", work=fake)
    assert fake.made == [("tiny", 0), ("tiny", 1), ("tiny", 2)]


def test_no_run_starts_after_the_time_that_was_given():
    record = complete(None, "x", [SMALL], 3, device="cpu", minutes=0, work=fake)
    assert record["runs"] == fake.made == []


@pytest.mark.parametrize(
    ("experiment", "row", "words"),
    [("y", SMALL, "experiment 'x'"), ("x", replace(SMALL, weight_map=True), "'tiny' with other values")],
)
def test_a_record_of_something_else_is_not_mixed_up(tmp_path, experiment, row, words):
    path = tmp_path / "x.json"
    complete(path, "x", [SMALL], 1, device="cpu", work=fake)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        complete(path, experiment, [row], 1, device="cpu", work=fake)
    assert path.read_bytes() == before


def test_a_recipe_without_clipping_is_json_too(tmp_path):
    assert TINY.clip == float("inf")
    record = complete(tmp_path / "x.json", "x", [SMALL], 1, device="cpu", work=fake)
    assert record["trials"]["tiny"]["recipe"]["clip"] is None


def test_the_table_prints_every_row_with_its_runs_and_spread():
    def entry(seed, value):
        scores = {"mean": {"v_rand": value, "v_info": 0.5}, "stack": {"v_rand": 0.25, "share_of_wrong_pixels": 0.0625}}
        scores["stack"]["rand_error"] = 0.125
        training = {"seconds": 10.0 + seed}
        return {"row": "a", "seed": seed, "parameters": 1234, "training": training, "scores": scores}

    text = runs.as_text({"trials": {"a": {}, "b": {}}, "runs": [entry(0, 0.9), entry(1, 0.8)]})
    head, first, second = text.splitlines()
    assert head.split()[:3] == ["row", "runs", "parameters"]
    assert first.split()[:4] == ["a", "2", "1,234", "10"]
    assert "0.8500 ± 0.0707" in first
    assert "0.0625 ± 0.0000" in first
    assert second.split()[:2] == ["b", "0"]
    assert "±" not in runs.as_text({"trials": {"a": {}}, "runs": [entry(0, 0.9)]})
    three = [entry(0, 0.9), entry(1, 0.8), entry(2, 0.3)]
    line = runs.as_text({"trials": {"a": {}}, "runs": three}).splitlines()[1]
    assert "3, 1 failed" in line
    assert "0.8500 ± 0.0707" in line, "a run that failed is in no mean"
    older = entry(0, 0.9)
    del older["scores"]["stack"]["v_rand"]
    line = runs.as_text({"trials": {"a": {}}, "runs": [older]}).splitlines()[1]
    assert line.split()[4:7] == ["0.9000", "–", "0.5000"], "an earlier scorer's run lacks a measure"
