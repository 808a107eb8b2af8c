"""Rows side by side: scores, verdicts, failed runs."""

import pytest
from recordkit import ABLATION, earlier, record
from scipy.stats import ttest_rel

from unet_edu import comparisons, results
from unet_edu.results.differences import IN_SHORT


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


def test_the_score_table_has_the_measures_that_all_runs_have():
    mixed = record({"a": [0.9], "b": [0.8]})
    mixed["runs"][1]["scores"] = earlier(mixed["runs"][1]["scores"])
    names_ = [line[0] for line in results.score_table(mixed)[1]]
    assert "V_Rand, stack, pairs pooled" in names_
    assert "wrong pixels, stack" in names_
    assert not {"V_Rand, stack", "pixel error, stack"} & set(names_)


ROWS = {"U-Net": [0.96, 0.95, 0.97, 0.96], "worse": [0.8, 0.79, 0.812, 0.8], "better": [0.99, 0.98, 0.999, 0.99],
        "like it": [0.95, 0.96, 0.95, 0.97], "broken": [0.95, 0.96, 0.1, 0.97], "lone": [0.1], "none": []}  # fmt: skip


def test_verdicts_put_every_row_in_its_sentence():
    assert results.verdicts(record(ROWS)).split(". ") == [
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
    assert told["broken"][-2:] == ["4, 1", "3"]
    assert told["none"][0] == "too few paired runs"
    verdict, change, interval = told["worse"][0].split("\n")
    assert (verdict, change[0], interval[:2]) == ("lower", "−", "(−")


def test_the_short_table_has_the_verdicts_of_the_long_one():
    head, lines = results.short_table(record(ROWS), ["U-Net", "worse", "none", "broken"])
    assert head == ["network", "V_Rand", "verdict"]
    assert [line[0] for line in lines] == ["U-Net", "worse", "broken"], "what has runs"
    long = {line[0]: line[1].split("\n")[0] for line in results.comparison_table(record(ROWS))[1]}
    assert [line[2] for line in lines] == ["–", long["worse"], long["broken"]]


def test_the_answer_sorts_the_rows_by_their_verdicts():
    def network(data, score):
        told = {"recipe": {"data": data}, "scores": {"mean": {"v_rand": score}}}
        return results.Shipped("tiny", 1, told, 1, None)

    best, cells = network("isbi2012", 0.981), network("cells", 0.99)
    said = results.answer(record(ROWS), [best, cells], ["U-Net", "worse"])
    assert said.startswith("After 3 steps of training U-Net reaches a V_Rand of ")
    assert said.endswith("Lower in these runs: worse. Trained longer, the best network of the package reaches 0.98.")
    assert "package" not in results.answer(record(ROWS), [], ["U-Net", "worse"])


def test_the_page_s_answer_is_that_of_the_record():
    shipped = results.read("ablation")
    said = results.answer(shipped, results.shipped())
    judged = {name: one.word for name, one in results.judge_rows(shipped).items() if name in IN_SHORT}
    for word, head in {"lower": "Lower in", "higher": "Higher in", "not decided": "Not decided by"}.items():
        names = ", ".join(f"“{name}”" if "," in name else name for name, found in judged.items() if found == word)
        assert (f"{head} these runs: {names}." in said) == bool(names)
    rivals = [name for name in judged if results.counterpart(shipped, name) != "U-Net"]
    assert said.count("compared with") == bool(rivals)


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


def test_rivals_are_compared_with_the_first_of_their_kind():
    """By the words of what they do not share with the first row."""
    alone = "works on single pixels"
    kinds = {"whole": alone, "FCN": alone, "windows": f"{alone}, and learns from 9 of them a step"}
    told = {row: {"differs": words} for row, words in kinds.items()}
    drawn = {"U-Net": [0.97, 0.96, 0.98], "cut": [0.9, 0.9, 0.91], "whole": [0.93, 0.92, 0.95]}
    drawn |= {"FCN": [0.88, 0.86, 0.9], "windows": [0.83, 0.81, 0.86]}
    made = record(drawn, told=told)
    assert {row: results.counterpart(made, row) for row in drawn} == {
        "U-Net": "U-Net", "cut": "U-Net", "whole": "U-Net", "FCN": "whole", "windows": "whole",
    }  # fmt: skip
    judged = results.judge_rows(made)
    assert judged["FCN"].found.change == pytest.approx(-0.16 / 3)
    assert judged["whole"].found.change == pytest.approx(-0.11 / 3)
    _, lines = results.comparison_table(made)
    assert [line[0] for line in lines] == ["cut", "whole", "FCN (beside whole)", "windows (beside whole)"]
    said = results.verdicts(made)
    assert "Lower: cut, whole, FCN, windows. FCN and windows are compared with “whole”. " in said
    drawn["padded, no crop"] = drawn.pop("cut")
    said = results.verdicts(record(drawn, told=told))
    assert "Lower: whole; FCN; windows; padded, no crop. " in said, "a comma may be a part of a name"
