"""More slices: like is compared with like."""

from recordkit import SCALING

from unet_edu import results


def test_scaling_compares_like_with_like():
    head, lines = results.scaling_table(SCALING)
    assert head[1:] == [
        "first slices,\nelastic",
        "first slices,\nnot bent",
        "spread slices,\nelastic",
        "spread slices,\nnot bent",
    ]
    assert lines == [
        ["1", "0.810\n± 0.014", "0.605\n± 0.007", "0.853\n± 0.018", "0.720\n± 0.028"],
        ["4", "0.950", "0.920\n± 0.028", "–", "–"],
    ]
    assert results.scaling_text(SCALING) == (
        "With elastic deformation, by number of slices. Higher: 1. Too few paired runs to compare: 4. "
        "With slices spread over the stack instead of the first ones. Higher: 1. "
        "No run failed, which would be to end below half of its row's median."
    )
    head, (one, four) = results.scaling_comparison(SCALING)
    assert head == ["slices", "V_Rand", "wrong pixels, %", "pairs"]
    assert (one[0], one[-1], four) == ("1", "2", ["4", *["too few paired runs"] * 2, "0"])
    judged = results.judge_scaling(SCALING)["1"]
    verdict, change, interval = one[1].split("\n")
    assert interval == f"({judged.found.low:+.3f} to {judged.found.high:+.3f})"
    assert verdict.startswith("higher, p")
    assert change == "+0.205"


def test_slices_that_are_spread_are_compared_with_as_many_of_the_first():
    judged = results.judge_spreading(SCALING)
    assert list(judged) == ["1"], "four are not there spread"
    assert abs(judged["1"].found.change - 0.043) < 1e-9
    assert results.scaling_comparison(SCALING, results.judge_spreading)[1][0][1].split("\n")[1] == "+0.043"


def test_a_record_without_rows_that_are_spread_has_no_column_for_them():
    first = {row: facts for row, facts in SCALING["trials"].items() if not facts.get("spread")}
    record = SCALING | {"trials": first, "runs": [run for run in SCALING["runs"] if run["row"] in first]}
    assert len(results.scaling_table(record)[0]) == 3
    assert results.judge_spreading(record) == {}
    assert "spread" not in results.scaling_text(record)
