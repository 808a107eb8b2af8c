"""Each experiment's --quick run: it works, it repeats itself, and its rows are what they say."""

import json
from dataclasses import replace

import pytest
import torch

from unet_edu import checkpoints as shipped
from unet_edu.data import cells
from unet_edu.experiments import ablation, checkpoints, data_scaling, isbi, runs, sharpness, time_to_score, trial
from unet_edu.models import SlidingWindowNet

EXPERIMENTS = {
    "ablation": ablation,
    "checkpoints": checkpoints,
    "data_scaling": data_scaling,
    "isbi": isbi,
    "sharpness": sharpness,
    "time_to_score": time_to_score,
}


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    """Few and small slices: --quick is about the machinery."""
    drawn = {"train": tuple(cells.tissue(240, seed) for seed in range(18))}
    drawn["validation"] = tuple(cells.tissue(256, seed) for seed in (30, 31))  # all rows take 256
    monkeypatch.setattr(trial, "slices", lambda data, split: drawn[split])


def quick(name, path, seeds=1):
    module = EXPERIMENTS[name]
    own = {"checkpoints": checkpoints.entry_and_file, "sharpness": sharpness.entry_of}
    work = {"work": own[name]} if name in own else {}
    return runs.complete(path, name, module.trials(quick=True), seeds, device="cpu", **work)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_quick_run_holds_every_row_and_is_found_complete(name, tmp_path):
    path = tmp_path / f"{name}.json"
    record = quick(name, path)
    rows = [row.row for row in EXPERIMENTS[name].trials(quick=True)]
    assert [entry["row"] for entry in record["runs"]] == rows == list(record["trials"])
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == record
    for entry in record["runs"]:
        means = entry["scores"].get("groups", {"": entry["scores"]}).values()  # nuclei: of each group for itself
        assert all(0 <= scores["mean"].get("v_rand", scores["mean"].get("iou")) <= 1 for scores in means)
    assert quick(name, path) == record  # and nothing is run again
    assert path.read_text(encoding="utf-8") == text


def test_a_quick_run_repeats_itself():
    first, second = (quick("isbi", None)["runs"] for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one["scores"] == other["scores"]
        assert one["training"]["loss"] == other["training"]["loss"]


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("kind", [{"quick": True}, {"device_type": "cpu"}, {"device_type": "cuda"}])
def test_rows_are_all_different(name, kind):
    rows = EXPERIMENTS[name].trials(**kind)
    assert len({row.row for row in rows}) == len(rows)


def test_the_ablation_changes_one_thing_a_row():
    first, *others = ablation.trials()
    told = first.settings()
    net = first.build()
    for row in others:
        values = {key for key, value in row.settings().items() if value != told[key]}
        if row.build is not first.build:
            assert values <= {"recipe"}
            assert type(row.build()) is not type(net) or row.build().state_dict().keys() == net.state_dict().keys()
        else:
            assert len(values) == 1, row.row


def test_the_sliding_window_gets_what_the_unet_pays():
    rows = {row.row: row for row in ablation.trials()}
    recipe = rows["sliding window"].recipe
    meta = torch.device("meta")
    with meta:
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            unet = rows["U-Net"].recipe
            rows["U-Net"].build().eval()(torch.empty(unet.batch, 1, unet.tile, unet.tile))
    macs = counter.get_total_flops() / 2
    one = SlidingWindowNet().macs_per_window
    assert recipe.batch * one <= macs < (recipe.batch + 1) * one
    assert recipe.steps == unet.steps


def test_every_number_of_slices_comes_with_and_without_elastic_deformation():
    rows = data_scaling.trials()
    counts = [1, 2, 4, 9, 18]
    assert sorted((row.samples, row.elastic > 0) for row in rows) == sorted((n, e) for n in counts for e in (0, 1))
    assert {row.recipe for row in rows} == {ablation.trials()[0].recipe}


def test_more_training_is_better_than_none():
    """One direction that is widely separated, as everything above holds for any numbers, too."""
    row = isbi.trials()[1]
    row = replace(row, data="small cells", curve=0, average8=False, samples=4)
    little, more = (
        trial.run(replace(row, recipe=replace(row.recipe, steps=steps, batch=2, tile=188)), 0, "cpu")[1]
        for steps in (1, 40)
    )
    assert more["training"]["loss"][-1] < 0.8 * little["training"]["loss"][-1]


def test_shipped_files_hold_the_weights_whose_scores_are_told(tmp_path):
    path = tmp_path / "checkpoints.json"
    for entry in quick("checkpoints", path)["runs"]:
        file = tmp_path / entry["file"]
        assert file.stat().st_size == entry["bytes"]
        net, metadata = shipped.read(file)
        assert metadata["scores"] == entry["scores"]
        assert trial.scores(net, trial.slices("", "validation")) == entry["scores"]
        assert metadata["seed"] == 0
        assert metadata["recipe"]["recipe"]["steps"] == 2


def test_shipped_networks_are_small():
    for row in checkpoints.trials():
        parameters = sum(parameter.numel() for parameter in row.build().parameters())
        if not row.row.startswith("unet"):
            assert parameters <= 250_000, row.row
        if row.row.startswith("unet8"):
            assert 2 * parameters < 2**20, row.row  # in float16: they will run in web pages


def test_the_half_resolution_network_keeps_each_pixel_in_its_place():
    """Without any network in between, what was taken apart is put together again; with it, the size stays."""
    net = time_to_score.HalfResolutionUNet(base_width=2).eval()
    image = torch.rand(1, 1, 64, 96)
    assert torch.equal(net[2](net[0](image)), image)
    assert net(image).shape == (1, 2, 64, 96)
    with pytest.raises(ValueError, match="multiple"):
        net(torch.rand(1, 1, 72, 64))


def entry(row, *score):
    return {"row": row, "training": {"score": list(score)}}


def test_the_target_counts_when_it_is_first_reached():
    run = entry("a", [10, 1.5, 0.90], [20, 3.0, time_to_score.TARGET], [30, 4.5, 0.96], [40, 6.0, 0.99])
    assert time_to_score.seconds_to_target(run) == 3.0
    assert time_to_score.seconds_to_target(entry("a", [10, 1.5, 0.9])) is None


@pytest.mark.parametrize(("reached", "words"), [(3, "median 2 s"), (2, "2 of 5 runs")])
def test_the_median_counts_a_run_that_never_came_as_longest(monkeypatch, reached, words):
    monkeypatch.setattr(time_to_score, "as_text", lambda record: "table")
    seconds = [1.0, 2.0, 0.5][:reached]
    entries = [entry("a", [10, value, 0.99]) for value in seconds] + [entry("a", [10, 1.0, 0.5])] * (5 - reached)
    text = time_to_score.text({"trials": {"a": {}}, "runs": entries})
    assert words in text
    assert ("median" in text) == (reached > 2)


def test_the_command_line_keeps_what_it_is_told_to(tmp_path, capsys):
    path = tmp_path / "x.json"
    words = ["--quick", "--rows", "unet8-isbi", "--output", str(path)]
    work = checkpoints.entry_and_file
    runs.main("checkpoints", "text", checkpoints.trials, seeds=1, work=work, arguments=words)
    assert "unet8-isbi" in capsys.readouterr().out
    assert [entry["row"] for entry in json.loads(path.read_text(encoding="utf-8"))["runs"]] == ["unet8-isbi"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--quick", "--record"], "leave --quick"),
        (["--seeds", "0"], "at least 1, not 0"),
        (["--quick", "--rows", "V-Net"], "no row 'V-Net'"),
    ],
)
def test_a_wrong_command_line_says_what_is_right(words, message, capsys):
    with pytest.raises(SystemExit):
        runs.main("isbi", "text", isbi.trials, arguments=words)
    assert message in capsys.readouterr().err
