"""Sentences and tables of the choices: true whatever the record holds, be it one run or none."""

import math
import re

import pytest

from unet_edu import comparisons, results
from unet_edu.experiments.choices import FIRST, trials


def entry(row, seed, f1, parts=()):
    scores = {"scorer": "instances", "average8": False, "mean": {"f1": f1, "iou": 0.9, "log_loss": 1 - f1}}
    scores |= {part: {"f1": value, "log_loss": 1 - value} for part, value in parts}
    return {"row": row, "seed": seed, "training": {"seconds": 20.0}, "scores": scores}


@pytest.fixture
def record():
    rows = {
        FIRST: [0.90, 0.92, 0.91, 0.93],
        "instance normalisation": [0.85, 0.88, 0.86, 0.89],
        "group normalisation": [0.91, 0.91, 0.92, 0.92],
        "no normalisation": [0.60, 0.63, 0.61, 0.10],
        "ensemble": [0.93],
    }
    runs = [
        entry(row, seed, f1, [("views", f1 + 0.01 + 0.001 * seed), ("own", f1)] if row == FIRST else ())
        for row, found in rows.items()
        for seed, f1 in enumerate(found)
    ]
    return {"experiment": "choices", "trials": dict.fromkeys([*rows, "Dice"], {}), "runs": runs}


def test_rows_are_compared_with_the_first_seed_by_seed_and_failed_runs_left_out(record):
    judged = results.choices.judge(record, results.choices.NORMS)
    assert list(judged) == results.choices.NORMS[1:]
    one = judged["instance normalisation"]
    assert one.found == comparisons.compare({0: 0.85, 1: 0.88, 2: 0.86, 3: 0.89}, {0: 0.90, 1: 0.92, 2: 0.91, 3: 0.93})
    assert (one.word, one.found.pairs) == ("lower", 4)
    assert one.p > one.found.p  # corrected for three rows
    assert (judged["no normalisation"].found.pairs, judged["no normalisation"].found.left_out) == (3, 1)
    text = results.choices.text(record, results.choices.NORMS)
    assert text == "Lower: instance normalisation, no normalisation. Not decided by these runs: group normalisation."


def test_parts_of_a_row_s_scores_have_names_of_their_own(record):
    assert results.choices.by_seed(record, "one network", "f1") == {0: 0.90, 1: 0.92, 2: 0.91, 3: 0.93}
    assert results.choices.by_seed(record, "one network, eight views", "f1")[2] == pytest.approx(0.922)
    assert results.choices.by_seed(record, "those of many tiles", "f1") == {}
    change = results.choices.change(record, "one network, eight views", "one network")
    assert change.startswith("+0.012 (+0.009 to +0.014)")
    assert results.choices.mean(record, "ensemble", "f1") == 0.93


def test_the_table_names_every_row_that_has_runs(record):
    head, lines = results.choices.table(record, results.choices.NORMS, ["f1", "log_loss"])
    assert head == ["", "F1: verdict, difference", "F1", "log loss"]
    assert [line[0] for line in lines] == results.choices.NORMS
    assert all(len(line) == len(head) for line in lines)
    assert lines[0][1:] == ["–", "0.915\n± 0.013", "0.0850\n± 0.0129"]
    assert re.fullmatch(r"lower\n−0\.\d{3}\n\(−0\.\d{3} to −0\.\d{3}\)", lines[1][1])
    members = results.choices.table(record, results.choices.OF_MEMBERS, ["f1"])[1]
    assert [line[0] for line in members] == ["one network", "one network, eight views", "ensemble"]
    assert members[-1] == ["ensemble", "too few pairs", "0.930"]
    losses = results.choices.table(record, results.choices.OF_LOSS, ["f1"])[1]
    assert [line[0] for line in losses] == ["cross-entropy"], "the first row by what the table is about"


@pytest.mark.parametrize("runs", [0, 1])
def test_a_record_with_little_in_it(record, runs):
    record["runs"] = record["runs"][:runs]
    for names, scores in results.choices.TABLES.items():
        head, lines = results.choices.table(record, list(names), list(scores))
        assert all(len(line) == len(head) for line in lines)
        results.choices.text(record, list(names))
    assert results.choices.change(record, "ensemble", FIRST) == "not measured"
    assert math.isnan(results.choices.mean(record, "Dice", "f1"))


def test_every_name_is_a_row_of_the_experiment():
    rows = {row.row for row in trials()}
    for names in results.choices.TABLES:
        assert {results.choices.PLACES.get(name, (name,))[0] for name in names} <= rows
    told = {results.choices.PLACES.get(name, (name,))[0] for names in results.choices.TABLES for name in names}
    assert told == rows, "every row stands on the page"


def test_the_record_holds_what_pages_print():
    record = results.read("choices")
    for names, scores in results.choices.TABLES.items():
        for name in results.choices.present(record, list(names)):
            for score in scores:
                assert results.choices.by_seed(record, name, score), (name, score)
    assert "each image predicted once" in results.origin("choices")
    assert results.origin("sections").startswith("24 sections, pair by pair")


def test_the_record_holds_what_pages_say_in_words():
    """Sentences of chapters 10 and 13 and of the FAQ that are no number."""
    record = results.read("choices")

    def mean(name, score):
        return results.choices.mean(record, name, score)

    noisy = {name: mean(f"labels {name}", "iou") for name in ("flipped", "shifted", "dropped", "dropped, left out")}
    assert min(noisy, key=noisy.get) == "shifted", "outlines beside their place cost most"
    assert noisy["dropped"] < noisy["dropped, left out"] < mean(FIRST, "iou")
    assert mean("labels flipped", "sure") < -0.1, "doubt"
    none, root, whole = (mean(f"three classes{what}", "recall") for what in ("", ", roots of weights", ", weights"))
    assert none < root < whole, "roots stand in between"
    assert mean("three classes, weights", "merged") < mean("three classes", "merged")
    assert mean("three classes, cross-entropy + Dice", "recall") < 0.01, "missed the rarest class"
    assert mean("focal", "sure") < -0.05
    assert mean("focal", "log_loss") > mean(FIRST, "log_loss")
    assert mean("batch normalisation", "probability") < 1e-3 < mean("instance normalisation", "probability")
    assert mean("group normalisation", "probability") > 1e-3
