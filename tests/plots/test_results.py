"""unet_edu.plots.results: every run is shown, means are means, and mistakes are where V_Rand sees them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from plotkit import PALETTE, colours, words
from plotkit import pictures as shown
from recordkit import ABLATION, SCALING, record

from unet_edu import results
from unet_edu.data import Sample
from unet_edu.experiments.runs import values
from unet_edu.metrics import v_rand
from unet_edu.plots import results as pictures
from unet_edu.plots import shared

# --- records -----------------------------------------------------------------------------------------


def marks(axes, marker):
    return [line for line in axes.lines if line.get_marker() == marker and len(line.get_xdata())]


def test_the_dot_plot_shows_every_run_best_row_on_top():
    fig = pictures.dot_plot(ABLATION)
    (axes,) = fig.axes
    assert sorted(x for line in marks(axes, "o") for x in line.get_xdata()) == sorted(values(ABLATION["runs"]))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["U-Net", "like it", "worse"]
    assert axes.yaxis_inverted()
    low, high = axes.get_xlim()
    assert low < 0.8
    assert high > 0.97


def test_on_a_phone_the_dots_have_the_width_and_names_stand_above_them():
    wide, narrow = pictures.dot_plot(ABLATION).axes[0], pictures.dot_plot(ABLATION, narrow=True).axes[0]
    for marker in "ox|":
        assert [list(one.get_xdata()) for one in marks(narrow, marker)] == [
            list(one.get_xdata()) for one in marks(wide, marker)
        ]
    assert list(narrow.get_yticks()) == []
    names = [text for text in narrow.texts if text.get_text() in ABLATION["trials"]]
    assert [text.get_text() for text in names] == ["U-Net", "like it", "worse"]
    assert [text.get_position()[1] for text in names] == pytest.approx([-0.38, 0.62, 1.62])
    low, high = narrow.get_ylim()
    assert high < -0.5
    assert low > 2


def test_curves_have_a_thin_line_a_run_and_a_thick_one_a_row():
    loss, score = pictures.curves(record({"a": [0.9, 0.9], "b": [0.9], "none": []}, "isbi")).axes
    for axes in (loss, score):
        widths = [line.get_linewidth() for line in axes.lines]
        assert (widths.count(0.8), widths.count(2.4)) == (3, 2)
    assert [text.get_text() for text in score.get_legend().get_texts()] == ["a (2 runs)", "b (1 run)"]
    (only,) = pictures.curves(record({"a": [0.9]}, "time_to_score"), loss=False, target=0.95).axes
    assert "target 0.950" in [text.get_text() for text in only.texts]
    assert only.get_ylim()[1] > 0.95


def test_the_curve_s_mean_is_that_of_the_runs():
    runs = record({"a": [0.9, 0.9]}, "isbi")
    runs["runs"][1]["training"]["score"] = [[1, 20.0, 0.7], [2, 30.0, 0.9], [3, 40.0, 0.95]]
    mean = pictures.curves(runs).axes[1].lines[-1]
    assert mean.get_xdata() == pytest.approx([15, 25, 35])
    assert mean.get_ydata() == pytest.approx([0.6, 0.85, 0.925])


def test_at_one_pace_a_run_that_had_to_wait_lies_on_the_quickest():
    """The same steps are the same work: a run of twice the seconds is drawn at half of them."""
    runs = record({"a": [0.9, 0.9]}, "isbi")
    quick, slow = (entry["training"] for entry in runs["runs"])
    slow["seconds"] = 2 * quick["seconds"]
    slow["seconds_at"] = [2 * second for second in quick["seconds_at"]]
    slow["score"] = [[step, 2 * second, score] for step, second, score in quick["score"]]
    for axes in pictures.curves(runs, one_pace=True).axes:
        first, second, mean = axes.lines
        assert second.get_xdata() == pytest.approx(first.get_xdata())
        assert mean.get_xdata() == pytest.approx(first.get_xdata())
    loss, score = pictures.curves(runs).axes
    assert score.lines[1].get_xdata() == pytest.approx(2 * np.array(score.lines[0].get_xdata()))


def test_scaling_shows_every_run():
    first, spread = pictures.scaling(SCALING).axes
    drawn = [
        [y for line in axes.lines if line.get_linestyle() == "None" for y in line.get_ydata()]
        for axes in (first, spread)
    ]
    assert sorted(sum(drawn, [])) == sorted(values(SCALING["runs"]))
    assert sorted(drawn[1]) == [0.7, 0.74, 0.84, 0.866]
    assert [axes.get_title("left") for axes in (first, spread)] == ["the first slices", "spread over the stack"]
    assert [label.get_text() for label in first.get_xticklabels()] == ["1", "4"]


def test_ratios_show_time_and_work_quickest_first():
    rows = [{"name": name, "ratio": ratio, "macs_ratio": work} for name, ratio, work in
            (("first", 1.0, 1.0), ("slow", 10.0, 5.0), ("quick", 0.1, None))]  # fmt: skip
    (axes,) = pictures.ratios({"rows": rows}).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["quick", "first", "slow"]
    assert [line.get_xdata()[0] for line in marks(axes, "o")] == [0.1, 1, 10]
    assert [line.get_xdata()[0] for line in marks(axes, "D")] == [1, 5]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.sampled_from("xy"))
def test_the_axis_widens_towards_one_and_shows_all_scores(scores, which):
    fig, axes = plt.subplots()
    shared.towards_one(axes, which, scores)
    low, high = getattr(axes, f"get_{which}lim")()
    assert low < min(scores) or low == pytest.approx(min(scores), abs=1e-5)
    assert high > max(scores) or high == pytest.approx(max(scores), abs=1e-5)
    axis = getattr(axes, f"{which}axis")
    assert all(low <= tick <= high for tick in axis.get_ticklocs())
    place = axis.get_transform().transform
    assert np.diff(place(np.array([0.5, 0.6, 0.7, 0.8, 0.9])))[-1] > np.diff(place(np.array([0.5, 0.6])))[0]
    plt.close(fig)


@settings(deadline=None)
@given(hnp.arrays(bool, (20, 20)), st.integers(1, 6))
def test_dots_are_apart_and_leave_no_gap(mask, step):
    dots = pictures.spaced(mask, step)
    assert all(mask[row, column] for row, column in dots)
    distance = np.abs(dots[:, None] - dots[None]).max(-1)
    assert (distance[~np.eye(len(dots), dtype=bool)] >= step).all()
    for point in np.argwhere(mask):
        assert (np.abs(dots - point).max(1) < step).any()


RATIOS = {"rows": [{"name": name, "ratio": ratio, "macs_ratio": ratio} for name, ratio in (("a", 1.0), ("b", 4.0))]}


def test_only_colours_of_the_palette():
    figures = [
        pictures.dot_plot(ABLATION),
        pictures.dot_plot(ABLATION, narrow=True),
        pictures.scaling(SCALING),
        pictures.ratios(RATIOS),
        pictures.curves(record({"a": [0.9, 0.9], "b": [0.9]}, "isbi"), target=0.95),
    ]
    assert set().union(*map(colours, figures)) <= PALETTE


# --- slices ------------------------------------------------------------------------------------------


def slice_with_hole(size=60):
    """A slice of two cells, and a prediction in which their membrane has a hole."""
    label = np.ones((size, size), np.uint8)
    label[:, size // 2 - 1 : size // 2 + 1] = 0
    probability = np.where(label == 1, 0.9, 0.1)
    probability[size // 2] = 0.9
    return Sample(np.full((size, size), 0.5, np.float32), label, None, "two cells"), probability


def test_a_slice_is_shown_with_truth_prediction_and_mistakes():
    sample, probability = slice_with_hole()
    fig, facts = pictures.slice_with_mistakes(sample, probability)
    curve = v_rand(sample.label, probability)
    assert (facts["score"], facts["threshold"]) == (curve.score, curve.threshold)
    assert facts["counts"] == "2 of 2 true cells share a segment with another, 0 are split"
    titles = [axes.get_title() for axes in fig.axes]
    assert titles == ["image", "truth", "probability of cell", f"mistakes at threshold {curve.threshold:.1f}"]
    for picture, expected in zip(shown(fig), (sample.image, sample.label, probability, sample.image), strict=False):
        np.testing.assert_array_equal(picture, expected)
    *_, line = shown(fig)
    marked = (line[..., :3] == plt.matplotlib.colors.to_rgb(pictures.MERGED)).all(-1)
    assert marked[:, 28:32].any(1).all(), "the missing border is marked from top to bottom"
    assert {"merged: a border is missing", "split: a border was invented"} <= set(words(fig))


def test_at_another_threshold_other_mistakes_are_drawn():
    sample, _ = slice_with_hole()
    probability = np.where(sample.label == 1, 0.9, 0.6)
    _, facts = pictures.slice_with_mistakes(sample, probability, threshold=0.5)
    assert facts["counts"].startswith("2 of 2")
    _, facts = pictures.slice_with_mistakes(sample, probability)
    assert facts["counts"].startswith("0 of 2")


def test_the_crop_lies_where_the_first_network_errs_most():
    sample, holed = slice_with_hole()
    perfect = np.where(sample.label == 1, 0.9, 0.1)
    fig, facts = pictures.crop_of_all(sample, [("holed", holed), ("perfect", perfect)], side=20)
    found = results.mistakes(sample.label, holed, v_rand(sample.label, holed).threshold)
    top, left = results.busiest_window(found.merged | found.split, 20)
    window = slice(top, top + 20), slice(left, left + 20)
    assert left <= 29 < left + 20
    for picture, whole in zip(shown(fig), (sample.image, sample.label, holed, perfect), strict=True):
        np.testing.assert_array_equal(picture, whole[window])
    scores = [v_rand(sample.label, each).score for each in (holed, perfect)]
    assert facts == {"networks": 2, "scores": f"holed: {scores[0]:.3f}; perfect: {scores[1]:.3f}"}
    assert [axes.get_title() for axes in fig.axes] == ["image", "truth", *facts["scores"].split("; ")]
