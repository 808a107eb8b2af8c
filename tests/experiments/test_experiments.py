"""Each experiment's --quick run: it works, it repeats itself, and its rows are what they say."""

import json
from dataclasses import replace

import matplotlib.pyplot as plt
import pytest
import torch

from unet_edu import checkpoints as shipped
from unet_edu import results
from unet_edu.data import cells
from unet_edu.experiments import (
    ablation,
    checkpoints,
    data_scaling,
    isbi,
    runs,
    sharpness,
    speedrun,
    time_to_score,
    trial,
)
from unet_edu.experiments.record import shortened
from unet_edu.metrics import instances
from unet_edu.models import SlidingWindowNet
from unet_edu.models.fcn import num_parameters
from unet_edu.training.loop import History, centre

EXPERIMENTS = {
    "ablation": ablation,
    "checkpoints": checkpoints,
    "data_scaling": data_scaling,
    "isbi": isbi,
    "sharpness": sharpness,
    "time_to_score": time_to_score,
}


@pytest.fixture(scope="module")
def drawn():
    validation = tuple(cells.tissue(256, seed) for seed in (30, 31))  # all rows take 256
    return {"train": tuple(cells.tissue(240, seed) for seed in range(18)), "validation": validation}


@pytest.fixture(autouse=True)
def small_slices(monkeypatch, drawn):
    """Few and small slices: --quick is about the machinery."""
    monkeypatch.setattr(trial, "slices", lambda data, split: drawn[split])


def quick(name, path, seeds=1):
    module = EXPERIMENTS[name]
    own = {"checkpoints": checkpoints.entry_and_file}
    own |= {"data_scaling": data_scaling.entry_of, "sharpness": sharpness.entry_of}
    work = {"work": own[name]} if name in own else {}
    return runs.complete(path, name, module.trials(quick=True), seeds, device="cpu", **work)


@pytest.mark.parametrize(  # the rows of `data_scaling` differ in their slices alone: twenty of them take half a minute
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "data_scaling" else ()) for name in EXPERIMENTS]
)
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


def test_the_ablation_changes_one_thing_a_row_or_the_row_says_what_differs():
    first, *others = ablation.trials()
    told = first.settings()
    for row in others:
        values = {key for key, value in row.settings().items() if value != told.get(key)}
        if row.differs:
            assert values <= {"recipe", "differs"} or row.row == "sliding window"
        elif row.build is first.build:
            assert len(values) == 1, row.row
        else:
            assert not values, row.row
            assert row.build().state_dict().keys() == first.build().state_dict().keys()
            assert num_parameters(row.build()) == num_parameters(first.build())


def test_the_rows_of_the_ablation_learn_from_the_same_pixels():
    """Same places, same labels, as many of them: only the sliding window takes single pixels, and says so."""
    samples = [cells.tissue(512, seed) for seed in range(2)]
    images = torch.stack([torch.tensor(sample.image)[None] for sample in samples])
    labels = torch.stack([torch.tensor(sample.label).long() for sample in samples])
    seen = {}
    for row in ablation.trials():
        if row.row == "sliding window":
            assert "learns from" in row.differs
            continue
        net, size = row.build().eval(), row.recipe.tile
        with torch.no_grad():
            window = net(torch.zeros(1, net.in_channels, size, size)).shape[-1]
        drawn = {"generator": torch.Generator().manual_seed(3), "size": size, "margin": (size - window) // 2}
        # every row is bent alike, but the one whose point it is not to be
        parts = trial.tiles(replace(row, elastic=8.0), 8.0, images, labels, weights=torch.ones(2, 512, 512), **drawn)
        learned = [centre(part, window) for part in parts[1:]]  # what `fit` takes of labels and weights
        assert learned[1].sum() == 2 * ablation.WINDOW**2, row.row
        middle = ablation.WINDOW if window >= ablation.WINDOW else 0
        seen[row.row] = [centre(part, middle) for part in (parts[0], *learned)]
    one = seen.pop("U-Net")
    assert len(seen) == 14
    for name, other in seen.items():
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True)), name


def test_the_sliding_window_gets_what_the_whole_unet_pays():
    rows = {row.row: row for row in ablation.trials()}
    recipe, whole = rows["sliding window"].recipe, rows["U-Net, all five levels"]
    with torch.device("meta"):
        from torch.utils.flop_counter import FlopCounterMode

        with FlopCounterMode(display=False) as counter:
            whole.build().eval()(torch.empty(whole.recipe.batch, 1, whole.recipe.tile, whole.recipe.tile))
    macs = counter.get_total_flops() / 2
    one = SlidingWindowNet().macs_per_window
    assert recipe.batch * one <= macs < (recipe.batch + 1) * one
    assert recipe.steps == whole.recipe.steps
    assert f"{recipe.batch} single ones" in rows["sliding window"].differs


def test_every_number_of_slices_comes_with_and_without_elastic_deformation_and_spread():
    rows = data_scaling.trials()
    first = {(count, elastic, False) for count in (1, 2, 4, 9, 18) for elastic in (False, True)}
    spread = {(count, elastic, True) for count in (1, 2, 4, 9) for elastic in (False, True)}
    assert sorted((row.samples, row.elastic > 0, row.spread) for row in rows) == sorted(first | spread)
    one = ablation.trials()[0].settings()
    for row in rows:
        changed = {key for key in row.settings() | one if row.settings().get(key) != one.get(key)}
        assert changed <= {"samples", "elastic", "spread"}


def test_what_the_ablation_has_run_is_not_run_again(tmp_path, monkeypatch):
    """Rows with all slices are two of the ablation: not those of another network, or of other values."""
    rows = {row.row: row.settings() for row in ablation.trials()}
    entries = [{"row": row, "seed": 1, "made": {"bf16": None}, "scores": row} for row in rows]
    record = {"experiment": "ablation", "trials": rows, "runs": entries}
    (tmp_path / "ablation-cpu.json").write_text(json.dumps(record))
    monkeypatch.setattr(data_scaling, "results_dir", lambda: tmp_path)
    monkeypatch.setattr(runs, "entry_of", lambda trial, *_: {"row": trial.row, "scores": "run"})

    def taken(seed, bf16=None):
        found = [data_scaling.entry_of(row, seed, "cpu", bf16, None) for row in data_scaling.trials()]
        return {one["row"]: one["scores"] for one in found if one["scores"] != "run"}

    assert taken(1) == {"18 slices, elastic": "U-Net", "18 slices": "no elastic deformation"}
    assert taken(2) == taken(1, bf16=True) == {}
    record["trials"]["U-Net"] = rows["U-Net"] | {"samples": 17}
    (tmp_path / "ablation-cpu.json").write_text(json.dumps(record))
    assert taken(1) == {"18 slices": "no elastic deformation"}
    (tmp_path / "ablation-cpu.json").unlink()
    assert taken(1) == {}


def test_the_run_that_failed_is_kept_as_it_was():
    """The record of sharpness goes on where it ends, whatever becomes of the recipe of other experiments."""
    record = results.read("sharpness")
    assert {row.row: row.settings() for row in sharpness.trials()} == record["trials"]


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
        if "nuclei" in entry["row"]:  # scored by its cells: tests/experiments/test_nuclei.py
            assert entry["scores"]["scorer"] == instances.SCORER
        else:
            assert shortened(trial.scores(net, trial.slices("", "validation"))) == entry["scores"]
        assert metadata["seed"] == 0
        assert metadata["recipe"]["recipe"]["steps"] == 2
        assert metadata["precision"] == ("int8" if entry["row"] in checkpoints.EIGHT_BITS else "float16")


def test_shipped_networks_are_small():
    for row in checkpoints.trials():
        parameters = sum(parameter.numel() for parameter in row.build().parameters())
        if row.row in checkpoints.EIGHT_BITS:
            assert parameters < 2e6, row.row
        elif not row.row.startswith("unet"):
            assert parameters <= 250_000, row.row
        if row.row.startswith("unet8"):
            assert 2 * parameters < 2**20, row.row  # in float16: they will run in web pages


def entry(row, *score):
    return {"row": row, "training": {"score": list(score)}}


def test_times_of_the_loss_are_kept_where_scores_are_drawn_over_time():
    history = History(loss=[3.0, 1.0], learning_rate=[0.1, 0.1], seconds=[0.5, 1.25])
    assert trial.course(history) == {"seconds": 1.25, "steps": [1, 2], "loss": [3.0, 1.0], "score": []}
    history.score.append([2, 0.9])
    kept = trial.course(history)
    assert (kept["seconds_at"], kept["score"]) == ([0.5, 1.25], [[2, 1.25, 0.9]])


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


def test_the_race_to_watch_shows_its_course_and_a_picture(tmp_path, capsys):
    picture = tmp_path / "folder" / "race.png"
    entry = speedrun.main(["--quick", "--device", "cpu", "--picture", str(picture)])
    told = capsys.readouterr().out
    for step, _, value in entry["training"]["score"]:
        assert f"step {step:4}" in told
        assert f"V_Rand {value:.4f}" in told
    assert "V_Rand 0.970 was not reached" in told
    assert str(picture) in told
    assert plt.imread(picture).shape[1] == 1080
    assert entry["made"]["seconds_of_a_step"].keys() == {"float32", "bfloat16"}  # the precision was timed
