"""More slices: like is compared with like."""

from recordkit import SCALING

from unet_edu import results


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
    assert head == ["slices", "V_Rand", "wrong pixels, %", "pairs"]
    assert (one[0], one[-1], four) == ("1", "2", ["4", *["too few paired runs"] * 2, "0"])
    judged = results.judge_scaling(SCALING)["1"]
    verdict, change, interval = one[1].split("\n")
    assert interval == f"({judged.found.low:+.3f} to {judged.found.high:+.3f})"
    assert verdict.startswith("higher, p")
    assert change == "+0.205"
