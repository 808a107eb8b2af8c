"""unet_edu.plots.ablation: what the prose says of the runs, and networks before and after."""

import re

import numpy as np
import pytest
from plotkit import PALETTE, colours, words
from recordkit import record

from unet_edu import results
from unet_edu.plots import ablation
from unet_edu.plots.style import DOWN, SKIP

RUNS = {
    "U-Net": [0.90, 0.92, 0.94],
    "skips resized, not cropped": [0.40, 0.42],
    "without skips": [0.41, 0.43],
    "skips after the pool": [0.89, 0.91],
    "dilation 2 on the way down": [0.85, 0.86],
    "the article's variant": [0.5, 0.6],
    "no weight map": [0.70, 0.99],
    "without dropout": [0.93, 0.93],
    "no elastic deformation": [0.90, 0.91],
    "padded, no crop": [0.92, 0.92],
    "FCN-8s": [0.2, 0.21],
    "no batch normalisation": [0.80, 0.84],
}


@pytest.fixture
def readings():
    told = {row: {"recipe": {"steps": 1000}} for row in RUNS}
    return ablation.readings(record(RUNS, told=told))


def test_means_and_ranges_are_those_of_the_runs(readings):
    means = {"whole": "U-Net", "none": "without skips", "resized": "skips resized, not cropped", "fcn8": "FCN-8s"}
    for key, row in means.items():
        assert readings[key] == pytest.approx(np.mean(RUNS[row])), key
    assert (readings["whole_low"], readings["whole_high"]) == (0.90, 0.94)
    assert (readings["unmapped_low"], readings["unmapped_high"]) == (0.70, 0.99)
    assert (readings["error_whole"], readings["error_fcn8"]) == pytest.approx((10, 10))
    assert (readings["steps"], readings["changes"], readings["others"]) == (1000, len(RUNS) - 1, 0)


def test_a_difference_lies_in_its_own_interval(readings):
    """The page said "loses 0.021, 95 % interval −0.030 to −0.012": a number outside its interval."""
    for key in (*(f"{name}_said" for name in ablation.OF), "resized_none", "padded_pixels"):
        change, low, high = re.match(r"(\S+), [\w ]+ \(95 % interval (\S+) to (\S+), p", readings[key]).groups()
        change, low, high = (float(number.replace("−", "-")) for number in (change, low, high))
        assert low <= change <= high, readings[key]
        assert len(readings[key].split(",")[0]) == len("+0.10") + (key != "padded_pixels"), "signs are of full length"
    assert readings["undropped_said"].startswith("+0.020,")
    assert readings["unbent_said"].startswith("−0.005,")


def test_the_words_follow_from_the_scatter_of_the_seeds(readings):
    assert ", not decided (" in readings["padded_said"]
    assert ", lower (" in readings["resized_none"], "all differences are alike"


def test_what_is_not_decided_is_small_or_open():
    runs = {row: [0.7, 0.72, 0.74] for row in RUNS} | {"U-Net": [0.9, 0.92, 0.94]}
    runs |= {"without dropout": [0.901, 0.92, 0.939], "no weight map": [0.8, 0.99, 0.9]}
    found = ablation.readings(record(runs, told={row: {"recipe": {"steps": 9}} for row in RUNS}))
    assert (found["small"], found["open"]) == ("without dropout", "no weight map")


def test_a_rival_is_compared_with_the_network_of_its_kind():
    told = {row: {"recipe": {"steps": 9}} for row in RUNS} | {
        row: {"recipe": {"steps": 9}, "differs": "works on single pixels"} for row in ("all levels", "FCN-8s")
    }
    ours = {row: scores for row, scores in RUNS.items() if row != "FCN-8s"}
    found = ablation.readings(record(ours | {"all levels": [0.5, 0.6], "FCN-8s": [0.4, 0.55]}, told=told))
    assert found["rival"] == pytest.approx(0.55)
    assert (found["changes"], found["others"]) == (len(RUNS) - 2, 2)
    assert "not decided" in found["fcn8_said"]


def test_each_network_has_a_mark_for_either_experiment():
    trained = {"U-Net": 0.95, "without skips": 0.6, "another": 0.1}
    changed = {"without skips": 0.2, "U-Net": 0.9}
    fig = ablation.before_and_after(trained, changed)
    (axes,) = fig.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["without skips", "U-Net"]
    points = {line.get_marker(): line for line in axes.lines}
    assert list(points["o"].get_xdata()) == [0.6, 0.95]
    assert list(points["s"].get_xdata()) == [0.2, 0.9]
    assert (points["o"].get_color(), points["s"].get_color()) == (DOWN, SKIP)
    assert {"trained like that (ISBI slices)", "changed afterwards (drawn tissue)"} <= set(words(fig))
    assert colours(fig) <= PALETTE


def test_the_rows_that_remember_names_are_lower_by_the_shipped_record():
    """It said that only what breaks the *where* hurt, and left the sliding window out."""
    lower = ablation.readings(results.read("ablation"))["lower"]
    for row in ("skips resized, not cropped", "sliding window", "no batch normalisation"):
        assert row in lower
    judged = results.judge_rows(results.read("ablation"))
    assert lower == results.listed(row for row, one in judged.items() if one.word == "lower")
