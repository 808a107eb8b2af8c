"""Multiples of times: whole images, ways to cut them, the grader."""

import pytest
from bookkit import ROOT
from recordkit import made

from unet_edu import results


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


def test_the_rate_of_the_grader_is_that_of_a_core_until_the_judging_is_the_limit():
    row = {"answers": 600, "seconds": 10, "own_seconds": 1.2, "jobs": 2}
    rate = results.grading_rate({"rows": [row, {**row, "seconds": 10}, {**row, "seconds": 99, "own_seconds": 99}]})
    assert rate.of_a_core == 30
    assert rate.judging == 0.002
    assert rate.cores == pytest.approx(1 / 0.002 / 30)
    assert rate.hours(36 * 3600, cores=3) == pytest.approx(36 * 3600 / 90 / 3600)
    assert rate.hours(36 * 3600, cores=1000) == pytest.approx(36 * 0.002)  # never less than the judging


def test_origin_of_a_part_of_a_record():
    part = {"made": made(), "settings": {"rounds": 3}, "tables": [PLANS, PLANS]}
    assert results.origin_of(part).startswith("10 rows, each timed 3 times in turns; Some CPU")
