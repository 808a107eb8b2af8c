"""Runs of experiments: what a record holds, and that a stopped experiment goes on where it was."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from unet_edu.data import cells
from unet_edu.experiments import runs, trial
from unet_edu.experiments.runs import complete
from unet_edu.experiments.trial import Trial, Tuning, cell_probability, fitting, run, scores
from unet_edu.metrics import challenge_scores, pixel_error
from unet_edu.models import ArticleUNet, SlidingWindowNet, UNet
from unet_edu.predict import predict
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


def test_an_entry_tells_what_it_takes_to_believe_it(small_slices):
    net, entry = run(replace(SMALL, curve=1), 3, "cpu")
    json.dumps(entry, allow_nan=False)
    assert entry["row"] == "tiny"
    assert entry["seed"] == entry["made"]["seed"] == 3
    assert {"machine", "versions", "git", "date", "bf16"} <= set(entry["made"])
    assert entry["parameters"] == sum(parameter.numel() for parameter in net.parameters())
    assert entry["training"]["steps"] == [1, 2]
    assert len(entry["training"]["loss"]) == 2
    assert [step for step, _, _ in entry["training"]["score"]] == [1, 2]
    assert entry["training"]["score"][-1][1] == entry["training"]["seconds"] > 0
    # without averaging, the last point of the curve is the final score
    assert entry["training"]["score"][-1][2] == entry["scores"]["mean"]["v_rand"]
    assert entry["scores"] == scores(net, small_slices["validation"], average8=False)


def test_a_seed_decides_a_run_and_another_seed_makes_another():
    losses = [run(SMALL, seed, "cpu")[1]["training"]["loss"] for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_batch_norm_is_gone_after_training_and_changes_it():
    net, entry = run(replace(SMALL, batch_norm=True), 0, "cpu")
    assert list(net.state_dict()) == list(UNet(base_width=1).state_dict())
    assert entry["training"]["loss"][1] != run(SMALL, 0, "cpu")[1]["training"]["loss"][1]


def test_the_weight_map_and_elastic_deformation_reach_the_training():
    plain = run(SMALL, 0, "cpu")[1]["training"]["loss"]
    assert run(replace(SMALL, weight_map=True), 0, "cpu")[1]["training"]["loss"] != plain
    assert run(replace(SMALL, elastic=0.0), 0, "cpu")[1]["training"]["loss"] != plain


def test_a_second_phase_goes_on_from_the_first(tmp_path):
    """Without batch normalisation, from weights rounded to float16, whether the file in between is there or not."""
    tuned = replace(SMALL, batch_norm=True, tuning=Tuning(replace(TINY, steps=1), elastic=0.0))
    between = tmp_path / "between.safetensors"
    net, entry = run(tuned, 0, "cpu", between=between)
    first = entry["training"]["first_phase"]
    assert first["loss"] == run(replace(SMALL, batch_norm=True), 0, "cpu")[1]["training"]["loss"]
    assert len(entry["training"]["loss"]) == 1
    assert entry["training"]["seconds"] > first["seconds"]
    resumed, again = run(tuned, 0, "cpu", between=between)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), resumed.parameters(), strict=True))
    assert again["training"]["first_phase"] == first
    assert again["scores"] == entry["scores"] == run(tuned, 0, "cpu")[1]["scores"]
    with pytest.raises(ValueError, match="another trial or seed"):
        run(tuned, 1, "cpu", between=between)


def test_a_membrane_that_counts_more_weighs_more_where_there_is_membrane(small_slices):
    train = small_slices["train"]
    for sample, plain, more in zip(train, trial.weight_maps(train), trial.weight_maps(train, 3.0), strict=True):
        cell = sample.label == 1
        assert np.array_equal(plain[cell], more[cell])
        assert np.ptp((more - plain)[~cell]) < 1e-5 < (more - plain)[~cell].min()


def test_finish_makes_the_network_that_is_scored():
    def black(net):
        torch.nn.init.zeros_(net.score.weight)
        net.score.bias.data = torch.tensor([9.0, -9.0])
        return net

    net, entry = run(SMALL, 0, "cpu", finish=black)
    assert not net.score.weight.any()
    cell = np.mean([sample.label for sample in trial.slices("", "validation")])
    assert entry["scores"]["stack"]["pixel_error"] == pytest.approx(min(cell, 1 - cell))  # all cell, or no cell at all


def test_scores_are_those_of_the_metrics(small_slices):
    torch.manual_seed(0)
    net = UNet(base_width=1).eval()
    validation = small_slices["validation"]
    found = [predict(net, sample.image, average8=True)[1] for sample in validation]
    told = scores(net, validation, average8=True)
    each = [challenge_scores(sample.label, cell).v_rand.score for sample, cell in zip(validation, found, strict=True)]
    assert [one["v_rand"] for one in told["slices"]] == each
    assert told["mean"]["v_rand"] == pytest.approx(sum(each) / 2)
    assert told["sd"]["v_rand"] == pytest.approx(abs(each[0] - each[1]) / 2**0.5)
    labels = np.stack([sample.label for sample in validation])
    together = challenge_scores(labels, np.stack(found))
    assert (told["stack"]["v_rand"], told["stack"]["v_info"]) == (together.v_rand.score, together.v_info.score)
    errors = [pixel_error(labels, (np.stack(found) > tenth / 10).astype(np.uint8)) for tenth in range(11)]
    assert told["stack"]["pixel_error"] == min(errors)


def test_a_sliding_window_is_averaged_over_the_same_views_as_others():
    torch.manual_seed(0)
    net = SlidingWindowNet().eval()
    net.normalisation = (0.4, 0.2)
    image = cells.tissue((8, 9), 0).image
    assert np.allclose(cell_probability(net, image, False), predict(net, image)[1], atol=1e-5)
    assert np.allclose(cell_probability(net, image, True), predict(net, image, average8=True)[1], atol=1e-5)


def test_a_network_of_colours_gets_three_equal_channels():
    sample = cells.tissue(32, 0)
    assert fitting(sample, UNet(base_width=1)) is sample
    three = fitting(sample, ArticleUNet(2, base_width=1))
    assert three.image.shape == (3, 32, 32)
    assert (three.image == sample.image).all()
    assert three.label is sample.label


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
        scores = {"mean": {"v_rand": value, "v_info": 0.5}, "stack": dict.fromkeys(("v_rand", "pixel_error"), 0.25)}
        scores["stack"]["rand_error"] = 0.125
        training = {"seconds": 10.0 + seed}
        return {"row": "a", "seed": seed, "parameters": 1234, "training": training, "scores": scores}

    text = runs.as_text({"trials": {"a": {}, "b": {}}, "runs": [entry(0, 0.9), entry(1, 0.8)]})
    head, first, second = text.splitlines()
    assert head.split()[:3] == ["row", "runs", "parameters"]
    assert first.split()[:4] == ["a", "2", "1,234", "10"]
    assert "0.8500 ± 0.0707" in first
    assert second.split()[:2] == ["b", "0"]
    assert "±" not in runs.as_text({"trials": {"a": {}}, "runs": [entry(0, 0.9)]})
