"""Seconds to a score; the lab book."""

from recordkit import record

from unet_edu import results
from unet_edu.experiments import time_to_score


def test_seconds_to_the_target():
    runs = record({"a": [0.9] * 3}, "time_to_score")
    for one, curve in zip(runs["runs"], ((0.98, 0.99), (0.5, 0.97), (0.1, 0.2)), strict=True):
        one["training"]["score"] = [[n, 10.0 * (n + 1), value] for n, value in enumerate(curve)]
    assert time_to_score.reached(runs, 0.97) == ([10.0, 20.0, None], 20.0)
    text = results.time_to_score_text(runs, 0.97)
    assert text.startswith("2 of 3 runs came to V_Rand 0.970: seed 0 after 10 s, seed 1 after 20 s and seed 2 never.")
    assert text.endswith("The median is 20 s.")


def test_where_most_runs_never_arrive_there_is_no_median():
    runs = record({"a": [0.9] * 3}, "time_to_score")
    assert time_to_score.reached(runs, 0.95) == ([None] * 3, None)
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


def test_what_the_last_quarter_of_a_run_adds():
    runs = record({"long": [0.9] * 2, "short": [0.9], "no scores": [0.9]}, "isbi")
    curves = {
        ("long", 0): [[2, 1.0, 0.5], [6, 3.0, 0.90], [8, 4.0, 0.91]],
        ("long", 1): [[6, 3.0, 0.90], [7, 3.5, 0.99], [8, 4.0, 0.94]],
        ("short", 0): [[3, 3.0, 0.95], [4, 4.0, 0.90]],
        ("no scores", 0): [[1, 1.0, 0.5]],
    }
    for entry in runs["runs"]:
        curve = curves[entry["row"], entry["seed"]]
        entry["training"] |= {"steps": [1, curve[-1][0]], "score": curve}
    assert results.late_gain_text(runs) == (
        "In the last quarter of the steps V_Rand changed, of “long” by +0.025 in the mean, +0.010 to +0.040 in single "
        "runs; of “short” by −0.050."
    )
    assert results.late_gain_text(record({"a": [0.9]}, "isbi")) == ""


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
    for part, least in {"race": 10, "stability": 10, "shipped": 6}.items():
        head, lines = results.lab_table(lab[part])
        assert len(lines) == len(lab[part]) >= least
        for one, line in zip(lab[part], lines, strict=True):
            assert len(line) == len(head)
            assert 0 < one["v_rand"] < 1
            assert one["seconds"] > 0
            assert line[0].split("\n")[0] == one["idea"]
            assert one["against"] in ("–", line[0].partition("\nbeside ")[2])
            assert line[3].startswith(f"{one['v_rand']:.3f}")
            assert one["verdict"].split()[0] in ("start", "kept", "dropped", "too")
    ideas = [
        {"v_rand": 0.9, "v_rand_averaged_weights": 0.91},
        {"v_rand": 0.9},
        {"v_rand": 0.9, "v_rand_averaged_weights": 0.86},
    ]
    assert "In 2 of these runs" in results.averaging_text(ideas)
    assert "between −0.0400 and +0.0100" in results.averaging_text(ideas)
    assert "−0.0150 in the mean" in results.averaging_text(ideas)
