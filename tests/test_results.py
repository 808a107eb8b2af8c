"""Records into sentences and tables; mistakes as V_Rand sees them; the page with and without records."""

import json
import re
from dataclasses import replace
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pytest
from bookkit import ROOT
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from recordkit import ABLATION, SCALING, made, record
from scipy.stats import ttest_rel

from unet_edu import book, checkpoints, comparisons, results
from unet_edu.experiments import trial
from unet_edu.metrics import v_rand
from unet_edu.models import UNet
from unet_edu.plots import style
from unet_edu.training import RECIPES

PAGE = ROOT / "book" / "results.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of records, and none of weights."""
    monkeypatch.setattr(results, "RECORDS", tmp_path)
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "weights")
    return tmp_path


def write(folder, name, content):
    (folder / f"{name}.json").write_text(json.dumps(content))


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


# --- reading -----------------------------------------------------------------------------------------


def test_the_records_of_a_checkout_are_those_of_the_book():
    assert results.RECORDS.resolve() == ROOT / "unet_edu" / "records"


def test_what_has_not_been_run_is_none_and_names_its_command(folder):
    write(folder, "ablationx-cpu", ABLATION)
    assert results.read("ablation") is None
    assert results.origin("ablation").startswith("This has not been run yet")
    assert "python -m unet_edu.experiments.ablation --record" in results.origin("ablation")


def test_a_record_without_a_run_does_not_count(folder):
    write(folder, "ablation-nvidia-h100", record({"U-Net": []}))
    write(folder, "ablation-cpu", ABLATION)
    assert results.read("ablation") == ABLATION


def test_what_other_packages_did_is_read_by_part(folder):
    write(folder, "peers-cpu", {"experiment": "peers", "made": made(), "parts": {"counts": {"ours": 3}, "sizes": {}}})
    assert results.peers("counts") == {"ours": 3}
    assert results.origin("peers").startswith("2 parts; Some CPU")
    with pytest.raises(ValueError, match="no part 'rand'; it has counts and sizes"):
        results.peers("rand")


def test_names_are_those_of_the_records_once_each(folder):
    for file in ("network_times-cpu.json", "data_scaling-cuda.json", "data_scaling-cpu.json", "notes.json"):
        (folder / file).write_text("{}")
    assert results.names() == ["data_scaling", "network_times"]


def test_a_gpu_goes_before_a_newer_cpu_and_the_newest_gpu_before_others(folder):
    old = record({"a": [0.5]}, kind="nvidia-a", date="2026-01-02T00:00:00+00:00")
    new = record({"a": [0.6]}, kind="nvidia-b", date="2026-01-03T00:00:00+00:00")
    cpu = record({"a": [0.7]}, kind="cpu", date="2026-02-01T00:00:00+00:00")
    for name, one in (("nvidia-b", new), ("nvidia-a", old), ("cpu", cpu)):
        write(folder, f"ablation-{name}", one)
    assert results.read("ablation") == new


def test_origin_tells_runs_machine_days_and_commits(folder):
    runs = record({"a": [0.5, 0.6, 0.7], "b": []})
    runs["runs"][1]["made"] = made(date="2026-03-09T00:00:00+00:00", commit="fedcba9876", changed=True)
    write(folder, "ablation-cpu", runs)
    assert results.origin("ablation") == (
        "3 runs of 2 rows, 0 to 3 each; each slice predicted once; "
        "Some CPU, 2 cores, 1 thread a run; 2 January 2026 to 9 March 2026; "
        "commit 0123456 and fedcba9, with changes not committed."
    )


def test_origin_of_one_row_on_a_gpu_outside_a_checkout(folder):
    write(folder, "isbi-x", record({"a": [0.5]}, kind="x100", commit=None))
    assert results.origin("isbi") == "1 run; each slice predicted once; X100; 2 January 2026."


def test_views_of_mixed_runs_and_of_a_record_without_runs():
    both = record({"a": [0.5, 0.6]})
    both["runs"][0]["scores"] = both["runs"][0]["scores"] | {"average8": True}
    assert results.views(both) == "predictions averaged over 8 views or each slice predicted once"
    assert results.views({"rows": []}) == ""


def test_every_record_of_the_book_can_be_read():
    for path in results.RECORDS.glob("*.json"):
        name = path.stem.split("-")[0]
        assert results.read(name) is None or results.origin(name)


def test_the_score_table_has_a_column_for_every_row_and_dashes_for_none():
    head, lines = results.score_table(ABLATION)
    assert head == ["quantity", "U-Net", "worse", "like it", "none"]
    assert {len(line) for line in lines} == {len(head)}
    told = {name: cells for name, *cells in lines}
    assert told["runs"] == ["3", "3", "3", "0"]
    assert told["V_Rand"] == ["0.9600 ± 0.0100", "0.8100 ± 0.0100", "0.9533 ± 0.0058", "–"]
    assert told["V_Rand, sd over slices"] == ["0.0200"] * 3 + ["–"]
    assert told["V_Rand, stack"][0] == "0.8600 ± 0.0100"
    assert told["V_Rand, stack, pairs pooled"][0] == "0.7600 ± 0.0100"
    assert told["Rand error, stack"][0] == "0.2000 ± 0.0000"
    assert told["wrong pixels, stack"][0] == "0.1000 ± 0.0000"
    assert all(cells[3] == "–" for name, cells in told.items() if name != "runs")


def earlier(scores):
    """Return scores as the package's earlier scorer gave them: without the official stack, under another name."""
    stack = {key: value for key, value in scores["stack"].items() if key not in ("v_rand", "pixel_error")}
    return scores | {"scorer": "earlier", "stack": stack}


def test_the_score_table_has_the_measures_that_all_runs_have():
    mixed = record({"a": [0.9], "b": [0.8]})
    mixed["runs"][1]["scores"] = earlier(mixed["runs"][1]["scores"])
    names_ = [line[0] for line in results.score_table(mixed)[1]]
    assert "V_Rand, stack, pairs pooled" in names_
    assert "wrong pixels, stack" in names_
    assert not {"V_Rand, stack", "pixel error, stack"} & set(names_)


def test_a_record_that_was_scored_by_the_earlier_scorer_says_so(folder):
    found = record({"a": [0.9]})
    assert results.scored_before(found) == ""
    assert results.scorers_apart() is None
    found["runs"][0]["scores"] = earlier(found["runs"][0]["scores"])
    assert results.scored_before(found) == "scored by an earlier version of unet_edu.metrics"
    assert results.origin_of(found).endswith("; scored by an earlier version of unet_edu.metrics.")
    both = record({"net": [0.9]}, "checkpoints")
    both["runs"][0]["earlier_scores"] = earlier(record({"net": [0.8983]})["runs"][0]["scores"])
    (folder / "checkpoints-cpu.json").write_text(json.dumps(both))
    assert results.scorers_apart() == pytest.approx(0.0017)
    assert results.scored_before(found).endswith(
        "within 0.0017 of the challenge's in V_Rand on the shipped networks' slices"
    )
    found["runs"][0]["frames"] = {"scorer": "challenge"}
    assert results.scored_before(found) == "", "pages show the frames' scores"


def test_every_run_of_the_book_says_by_which_scorer_it_was_scored():
    for path in results.RECORDS.glob("*.json"):
        for entry in json.loads(path.read_text(encoding="utf-8")).get("runs", []):
            for scores in filter(None, (entry["scores"], entry.get("frames"), entry.get("earlier_scores"))):
                nuclei = path.stem.startswith("nuclei-") or entry.get("row", "").endswith("-nuclei")
                scorers = ("instances",) if nuclei else ("challenge", "earlier")
                assert scores["scorer"] in scorers, path
            if entry["scores"]["scorer"] == "instances":
                for scores in entry["scores"].get("groups", {"": entry["scores"]}).values():
                    assert {"iou", "components_ap", "watershed_ap"} <= set(scores["mean"]), path
                continue
            assert ("v_rand" in entry["scores"]["stack"]) == (entry["scores"]["scorer"] == "challenge"), path


def test_one_run_has_no_spread():
    assert results.spread([0.5]) == "0.5000"
    assert results.spread([]) == "–"


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c"), ([], ""), ([3, 4], "3 and 4")]
)
def test_listed(words, text):
    assert results.listed(words) == text


# --- differences -------------------------------------------------------------------------------------

ROWS = {"U-Net": [0.96, 0.95, 0.97, 0.96], "worse": [0.8, 0.79, 0.812, 0.8], "better": [0.99, 0.98, 0.999, 0.99],
        "like it": [0.95, 0.96, 0.95, 0.97], "broken": [0.95, 0.96, 0.1, 0.97], "lone": [0.1], "none": []}  # fmt: skip


def test_verdicts_put_every_row_in_its_sentence():
    assert results.verdicts(record(ROWS), numbers=False).split(". ") == [
        "U-Net: V_Rand 0.9600 ± 0.0082",
        "Lower: worse",
        "Higher: better",
        "Not decided by these runs: like it, broken",
        "Too few paired runs to compare: lone, none",
        "One run failed, ending below half of the row's median, and left out of every mean and test: "
        "broken, seed 2 (V_Rand 0.100).",
    ]


def test_a_verdict_says_what_it_is_worth():
    judged = results.judge_rows(record(ROWS))
    one = judged["like it"]
    plain = ttest_rel(ROWS["like it"], ROWS["U-Net"])
    low, high = plain.confidence_interval(0.95)
    assert (one.found.low, one.found.high) == pytest.approx((low, high))
    p = [found.found.p for found in judged.values() if found]
    assert [found.p for found in judged.values() if found] == pytest.approx(comparisons.holm(p))
    assert one.least == pytest.approx(comparisons.detectable(one.found.sd, 4, 0.05 / 4)), "four rows were compared"
    assert results.worth(one).startswith("−0.0025, 95 % interval −0.0")
    assert (judged["broken"].found.pairs, judged["broken"].found.left_out) == (3, 1)
    assert judged["lone"] is judged["none"] is None


def test_the_comparison_table_counts_failed_runs():
    head, lines = results.comparison_table(record(ROWS))
    assert {len(line) for line in lines} == {len(head)}
    told = {line[0]: line[1:] for line in lines}
    assert told["broken"][:2] == ["4, 1", "3"]
    assert told["none"][-1] == "too few paired runs"
    assert told["worse"][-1] == "lower"


def test_failed_runs_are_in_no_mean():
    runs = record(ROWS)
    assert results.failed_runs(runs) == [("broken", 2, 0.1)]
    head, lines = results.score_table(runs)
    place = head.index("broken")
    told = {line[0]: line[place] for line in lines}
    assert told["runs"] == "4, 1 failed"
    assert told["V_Rand"] == "0.9600 ± 0.0100"
    assert results.failed_text(ABLATION).startswith("No run failed")


def test_scatter_of_slices_and_of_seeds():
    text = results.slices_and_seeds(ABLATION)
    assert "scatter by 0.0200" in text
    assert "0.0058 to 0.0100" in text
    assert "seed" not in results.slices_and_seeds(record({"a": [0.5]}))


def test_scaling_compares_like_with_like():
    assert results.scaling_table(SCALING)[1] == [
        ["1", "0.8100 ± 0.0141", "0.6050 ± 0.0071"],
        ["4", "0.9500", "0.9200 ± 0.0283"],
    ]
    assert results.scaling_text(SCALING, numbers=False) == (
        "With elastic deformation, by number of slices. Higher: 1. Too few paired runs to compare: 4. "
        "No run failed, which would be to end below half of its row's median."
    )
    assert results.scaling_values(SCALING, True) == {1: [0.8, 0.82], 4: [0.95]}
    head, (one, four) = results.scaling_comparison(SCALING)
    assert (len(head), one[:3], four[:5]) == (8, ["1", "2", "+0.205"], ["4", "0", "–", "–", "too few paired runs"])
    judged = results.judge_scaling(SCALING)["1"]
    assert one[3] == f"{judged.found.low:+.3f} to {judged.found.high:+.3f}"
    assert one[4].startswith("higher, p")


def test_seconds_to_the_target():
    runs = record({"a": [0.9] * 3}, "time_to_score")
    for one, curve in zip(runs["runs"], ((0.98, 0.99), (0.5, 0.97), (0.1, 0.2)), strict=True):
        one["training"]["score"] = [[n, 10.0 * (n + 1), value] for n, value in enumerate(curve)]
    assert results.reached(runs, 0.97) == ([10.0, 20.0, None], 20.0)
    text = results.time_to_score_text(runs, 0.97)
    assert text.startswith("2 of 3 runs came to V_Rand 0.970: seed 0 after 10 s, seed 1 after 20 s and seed 2 never.")
    assert text.endswith("The median is 20 s.")


def test_where_most_runs_never_arrive_there_is_no_median():
    runs = record({"a": [0.9] * 3}, "time_to_score")
    assert results.reached(runs, 0.95) == ([None] * 3, None)
    assert results.time_to_score_text(runs, 0.95).endswith("There is no median to give.")


def test_two_networks_race_row_by_row_and_who_never_arrives_counts_with_all_its_time():
    runs = record({"new": [0.97] * 3, "old": [0.9] * 3}, "time_to_score")
    for entry in runs["runs"]:
        arrives = entry["row"] == "new" or entry["seed"] == 0
        entry["training"]["score"] = [[1, 10.0, 0.5], [2, 20.0, 0.98 if arrives else 0.9]]
        entry["training"]["seconds"] = 20.0 if entry["row"] == "new" else 200.0
    text = results.time_to_score_text(runs, 0.97)
    assert text.startswith("new: 3 of 3 runs came to V_Rand 0.970: seed 0 after 20 s,")
    assert "old: 1 of 3 runs came to V_Rand 0.970: seed 0 after 20 s, seed 1 never and seed 2 never." in text
    assert text.endswith("The first takes 0.10 of what the second took without arriving.")


def test_the_precision_that_was_timed_is_said():
    runs = record({"a": [0.9] * 2}, "time_to_score")
    assert results.precision_text(runs) == ""
    for entry, (single, half) in zip(runs["runs"], ((0.2, 0.1), (0.4, 0.3)), strict=True):
        entry["made"] |= {"bf16": True, "seconds_of_a_step": {"float32": single, "bfloat16": half}}
    text = results.precision_text(runs)
    assert "0.300 s in float32 and 0.200 s in bfloat16" in text
    assert text.endswith("so bfloat16 was taken.")


def test_the_lab_book_is_whole_and_its_sentence_is_of_its_numbers():
    lab = results.read("lab_book")
    for part in ("race", "stability"):
        head, lines = results.lab_table(lab[part])
        assert len(lines) == len(lab[part]) >= 10
        for one, line in zip(lab[part], lines, strict=True):
            assert len(line) == len(head)
            assert 0 < one["v_rand"] < 1
            assert one["seconds"] > 0
            assert line[4].startswith(f"{one['v_rand']:.3f}")
            assert one["verdict"].split()[0] in ("start", "kept", "dropped", "too")
    ideas = [
        {"v_rand": 0.9, "v_rand_averaged_weights": 0.91},
        {"v_rand": 0.9},
        {"v_rand": 0.9, "v_rand_averaged_weights": 0.86},
    ]
    assert "In 2 of these runs" in results.averaging_text(ideas)
    assert "between −0.0400 and +0.0100" in results.averaging_text(ideas)
    assert "−0.0150 in the mean" in results.averaging_text(ideas)


# --- times -------------------------------------------------------------------------------------------


def test_the_speed_of_the_slowest_is_told_in_multiples():
    rows = [{"name": "a", "ratio": 1.0, "seconds": {"median": 0.5}}, {"name": "b", "ratio": 40.04}]
    assert results.speed_text({"rows": rows}) == "a takes 0.5 s; b takes 40 times as long."
    windows = {"name": "windows", "ratio": 372.0, "times": 2048.0}  # of another image, timed in part
    assert results.speed_text({"rows": [*rows, windows]}) == "a takes 0.5 s; b takes 40 times as long."


def test_what_chapters_say_of_a_whole_image_has_one_source():
    """It was 602 s on one page, 790 s on another, and 170, 196 or 372 times as long."""
    record = results.read("network_times")
    ways = results.whole_image(record)
    assert ways["sliding window"]["seconds"]["median"] / ways["predict"]["seconds"]["median"] == pytest.approx(
        ways["sliding window"]["ratio"]
    )
    assert not [row for row in results.passes(record) if "sliding" in row["name"]]
    for page in ("01_sliding_window", "09_prediction"):
        text = (ROOT / "book" / f"{page}.md").read_text("utf-8")
        assert "results.whole_image(" in text
    with pytest.raises(KeyError, match="100 × 100"):
        results.whole_image(record, side=100)


def test_other_means_of_computing_are_multiples_of_predict():
    rows = [
        {"name": "predict", "ratio": 1.0, "difference": 0.0, "seconds": {"median": 0.25}},
        {"name": "onnxruntime", "ratio": 0.8, "difference": 2e-6, "seconds": {"median": 0.2}},
    ]
    table = {"image": [512, 512], "base_width": 16, "tiles": 1, "rows": rows}
    head, lines = results.runtime_table(table)
    assert head == ["by", "time", "times as fast", "off by"]
    assert lines == [["predict", "1.00", "1.00", "–"], ["onnxruntime", "0.80", "1.25", "2e-06"]]
    assert (
        results.runtime_text(table) == "512 × 512 pixels in one tile, base width 16; predict takes 0.25 s of one core."
    )
    assert "in 4 tiles," in results.runtime_text(table | {"tiles": 4})


def plan(name, **values):
    like = {"name": name, "tiles": 1, "macs_ratio": 1.0, "ratio": 1.0, "peak_memory_bytes": 100, "extrapolated": False}
    nothing = {"left_out": None, "agrees": None, "seconds": {"median": 0.25}}
    return like | nothing | values


PLANS = {
    "image": [512, 384],
    "base_width": 8,
    "rows": [
        plan("predict", tiles=4),
        plan("one pass, mirrored", ratio=0.9, peak_memory_bytes=250, agrees=True),
        plan("4 tiles of 572", ratio=2.5, agrees=False),
        plan("patches", tiles=16384, macs_ratio=408.4, ratio=1234.5, extrapolated=True),
        plan("too large", ratio=None, seconds=None, peak_memory_bytes=None, left_out="it would take 40 GiB"),
    ],
}


def test_plans_are_told_as_multiples_of_the_first():
    _, lines = results.plan_table(PLANS)
    assert lines[0] == ["predict", "4", "1.00", "1.00", "1.00"]
    assert lines[1][-2:] == ["0.90", "2.50"]
    assert lines[3] == ["patches", "16,384", "408", "≈ 1,234", "–"]
    assert lines[4] == ["too large", "1", "1.00", "–", "–"]


def test_plans_in_words_tell_which_agree_and_which_were_left_out():
    assert results.plan_text(PLANS) == (
        "512 × 384 pixels, base width 8: predict takes 4 passes and 0.25 s; "
        "one pass, mirrored: the same probabilities; left out: too large (it would take 40 GiB)."
    )


def test_origin_of_a_part_of_a_record():
    part = {"made": made(), "settings": {"rounds": 3}, "tables": [PLANS, PLANS]}
    assert results.origin_of(part).startswith("10 rows, each timed 3 times in turns; Some CPU")


# --- mistakes ----------------------------------------------------------------------------------------


def two_cells(size=40, membrane=(19, 21)):
    label = np.ones((size, size), np.uint8)
    label[:, slice(*membrane)] = 0
    return label


def test_a_perfect_proposal_has_no_mistake():
    found = results.mistakes(two_cells(), two_cells(), 0.5)
    assert (found.cells, found.merged_cells, found.split_cells) == (2, 0, 0)
    assert not found.merged.any()
    assert not found.split.any()


def test_a_hole_marks_the_whole_membrane():
    proposal = two_cells()
    proposal[20, :] = 1
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (2, 0)
    assert found.merged.any(1).all(), "from top to bottom, though the hole is one pixel high"
    assert not (found.merged & (two_cells() == 1)).any(), "where the true membrane is"
    assert not found.split.any()


def test_an_invented_membrane_is_marked_where_it_stands():
    proposal = two_cells()
    proposal[30, :19] = 0
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (0, 1)
    assert found.split[30, :18].all()
    assert not found.split[:29].any()
    assert not found.merged.any()


def test_a_membrane_that_ends_within_a_cell_is_no_mistake():
    proposal = two_cells()
    proposal[30, 3:19] = 0
    assert not results.mistakes(two_cells(), proposal, 0.5).split.any()


@pytest.mark.parametrize("membrane", [(14, 26), (17, 19), (21, 23)])
def test_a_broad_or_shifted_membrane_is_no_mistake(membrane):
    found = results.mistakes(two_cells(), two_cells(membrane=membrane), 0.5)
    assert (found.merged_cells, found.split_cells) == (0, 0)
    assert not (found.merged | found.split).any()


def test_both_at_once():
    """The membrane is missing, and another one crosses both cells: each is split, and each half is merged."""
    proposal = np.ones((40, 40), np.uint8)
    proposal[20] = 0
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (2, 2)
    assert found.merged[[5, 35]].any(1).all()
    assert found.split[20, [5, 35]].all()


def test_the_threshold_is_that_of_the_score():
    probability = np.where(two_cells() == 1, 0.9, 0.6)
    assert results.mistakes(two_cells(), probability, 0.5).merged_cells == 2
    assert results.mistakes(two_cells(), probability, 0.7).merged_cells == 0
    assert v_rand(two_cells(), probability).threshold > 0.5


@given(hnp.arrays(np.uint8, (12, 12), elements=st.integers(0, 1)))
def test_no_truth_is_a_mistake_of_itself(label):
    found = results.mistakes(label, label, 0.5)
    assert not (found.merged | found.split).any()
    assert found.merged_cells == found.split_cells == 0


@given(hnp.arrays(bool, (9, 11)), st.integers(1, 9))
def test_the_busiest_window_is_the_fullest_of_all(mask, side):
    top, left = results.busiest_window(mask, side)
    counts = {(r, c): mask[r : r + side, c : c + side].sum() for r in range(9 - side + 1) for c in range(11 - side + 1)}
    assert counts[top, left] == max(counts.values())


# --- shipped networks --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    """A network after two steps on drawn tissue, what its file is to tell, and the record of its run."""
    recipe = replace(RECIPES["one-cycle"], steps=2, batch=1, tile=188)
    one = trial.Trial("tiny", partial(UNet, base_width=1), recipe, data="small cells", average8=False)
    net, run = trial.run(one, 0, "cpu", finish=checkpoints.rounded)
    metadata = {
        "data": "small cells",
        "seed": 0,
        "recipe": one.settings(),
        "commit": "abcdef012",
        "scores": run["scores"],
    }
    return net, metadata, {"experiment": "checkpoints", "trials": {"tiny": one.settings()}, "runs": [run]}


@pytest.fixture
def shipped(folder, trained):
    """The folder of records, in it the record of one shipped network."""
    net, metadata, its_record = trained
    checkpoints.save(checkpoints.FOLDER / "tiny.safetensors", net, metadata)
    write(folder, "checkpoints-cpu", its_record)
    return folder


def test_nothing_shipped_names_the_command(folder):
    assert results.shipped() == []
    assert results.usable([]) == []
    assert "python -m unet_edu.experiments.checkpoints --record" in results.shipped_origin([])


def test_a_shipped_network_meets_its_run_and_gives_its_scores_again(shipped):
    (one,) = results.shipped()
    assert (one.name, one.data) == ("tiny", "small cells")
    assert one.bytes == (checkpoints.FOLDER / "tiny.safetensors").stat().st_size
    assert one.entry["seed"] == 0
    assert "commit abcdef0" in results.shipped_origin([one])
    head, (line,) = results.shipped_table([one])
    assert line[head.index("V_Rand")].startswith(f"{one.metadata['scores']['mean']['v_rand']:.4f} ± ")
    head, (line,) = results.error_table([one])
    assert head == ["network", "warping error", "Rand error", "pixel error", "wrong pixels"]
    stack = one.metadata["scores"]["stack"]
    assert line[1] == f"{stack['warping_error']:.6f}"
    assert line[2:] == [f"{stack[key]:.4f}" for key in ("rand_error", "pixel_error", "share_of_wrong_pixels")]
    again = results.recompute(one)
    assert [name for name, *_ in again] == [each["name"] for each in one.metadata["scores"]["slices"]]
    assert all(f"{told:.4f}" == f"{now:.4f}" for _, told, now in again)
    assert len(results.recompute(one, count=1)) == 1


def test_a_run_with_other_scores_is_not_the_file_s(shipped):
    path = shipped / "checkpoints-cpu.json"
    changed = json.loads(path.read_text())
    changed["runs"][0]["scores"]["mean"]["v_rand"] += 1e-6
    path.write_text(json.dumps(changed))
    (one,) = results.shipped()
    assert one.entry is None
    assert "no record" in results.shipped_origin([one])
    assert results.shipped_table([one])[1][0][3] == "–"


def test_without_the_real_slices_there_is_nothing_to_score_on(tmp_path, monkeypatch):
    monkeypatch.setenv("UNET_EDU_DATA", str(tmp_path))
    assert results.validation("isbi2012") == ()


# --- the page ----------------------------------------------------------------------------------------


def run_page(monkeypatch):
    """Run the page's cells here; return what it glued, and the words of its figures and tables."""
    glued, words = {}, []
    monkeypatch.setattr(book, "glue", glued.__setitem__)
    monkeypatch.setattr(book, "show", lambda fig, **texts: (style.recolour(fig, style.DARK), words.append(texts)))
    monkeypatch.setattr(book, "table", lambda head, rows, caption: words.append({"caption": caption, "rows": rows}))
    cells = read_myst_markdown_notebook(PAGE.read_text("utf-8"), MdParserConfig(), path=str(PAGE)).cells
    names = {}
    with plt.rc_context():
        for cell in cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, "results.md", "exec"), names)
    return glued, words


def unprinted(glued):
    """Names that the text prints and no cell has glued."""
    printed = re.findall(r"\{glue:text\}`([^`:]+)", PAGE.read_text("utf-8"))
    return set(printed) - set(glued)


def test_the_page_without_a_record_says_what_to_run(folder, monkeypatch):
    glued, words = run_page(monkeypatch)
    assert unprinted(glued) == set()
    assert words == []
    for name in ("isbi", "time_to_score", "ablation", "data_scaling", "network_times"):
        assert f"unet_edu.experiments.{name} --record" in glued[f"{name}_origin"]


def test_the_page_with_every_record_shows_them_all(shipped, monkeypatch):
    write(shipped, "ablation-cpu", ABLATION)
    write(shipped, "data_scaling-cpu", SCALING)
    write(shipped, "isbi-cpu", record({"a": [0.9, 0.91], "b": []}, "isbi"))
    write(shipped, "time_to_score-cpu", record({"a": [0.9, 0.91]}, "time_to_score"))
    write(
        shipped, "network_times-cpu", json.loads((ROOT / "unet_edu" / "records" / "network_times-cpu.json").read_text())
    )
    monkeypatch.setattr(results, "usable", lambda networks: [networks[0]._replace(name="tiny")] * 2)
    glued, words = run_page(monkeypatch)
    assert unprinted(glued) == set()
    captions = " ".join(one["caption"] for one in words)
    for phrase in (
        "The worst of the six",
        "The best of the six",
        "The same 160",
        "Loss (mean",
        "one mark a run",
        "Circles",
    ):
        assert phrase in captions
    assert sum("alt" in one for one in words) == 8
    assert "Not run yet: none" in captions
    assert "tiny" in str(words)


def test_the_rate_of_the_grader_is_that_of_a_core_until_the_judging_is_the_limit():
    row = {"answers": 600, "seconds": 10, "own_seconds": 1.2, "jobs": 2}
    rate = results.grading_rate({"rows": [row, {**row, "seconds": 10}, {**row, "seconds": 99, "own_seconds": 99}]})
    assert rate.of_a_core == 30
    assert rate.judging == 0.002
    assert rate.cores == pytest.approx(1 / 0.002 / 30)
    assert rate.hours(36 * 3600, cores=3) == pytest.approx(36 * 3600 / 90 / 3600)
    assert rate.hours(36 * 3600, cores=1000) == pytest.approx(36 * 0.002)  # never less than the judging
