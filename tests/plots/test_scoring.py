"""unet_edu.plots.scoring: small cases counted by hand, scores as the metrics give them, runs of a record."""

from itertools import combinations
from math import log2

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba
from matplotlib.patches import Circle, Rectangle
from plotkit import PALETTE, colours, pictures, words
from recordkit import record
from scipy.stats import kendalltau

from unet_edu import metrics
from unet_edu.data import Sample, nuclei
from unet_edu.metrics import instances
from unet_edu.plots import scoring
from unet_edu.plots.style import UP, WRONG
from unet_edu.separation import by_distance, components

TRUTH, PREDICTIONS = scoring.truth_and_predictions()


def test_only_colours_of_the_palette():
    figures = [
        scoring.bets(TRUTH, PREDICTIONS)[0],
        scoring.pairs([1, 1, 1, 2, 2], [1, 1, 2, 2, 2])[0],
        scoring.verdict(TRUTH, PREDICTIONS)[0],
        scoring.two_scores([runs()], runs())[0],
    ]
    assert set().union(*map(colours, figures)) <= PALETTE


# --- five predictions ---------------------------------------------------------------------------------


def test_the_predictions_are_wrong_in_the_way_that_they_say():
    cells = {name: metrics.regions(found).max() for name, found in PREDICTIONS.items()}
    assert metrics.regions(TRUTH).max() == 16
    assert cells == {"A": 16, "B": 15, "C": 16, "D": 17, "E": 16}
    changed = {name: int((found != TRUTH).sum()) for name, found in PREDICTIONS.items()}
    assert changed["B"] == 1
    assert changed["D"] == scoring.CELL
    np.testing.assert_array_equal(PREDICTIONS["C"][1:, 1:], TRUTH[:-1, :-1])
    assert (PREDICTIONS["A"] <= TRUTH).all()


def test_the_bets_are_shown_with_letters_and_the_hole_is_ringed():
    fig, facts = scoring.bets(TRUTH, PREDICTIONS)
    assert [axes.get_title() for axes in fig.axes] == ["the truth", *"ABCDE"]
    assert facts["specks"] == (PREDICTIONS["E"] == 0).sum() - (TRUTH == 0).sum()
    (ring,) = fig.findobj(Circle)
    row, column = np.argwhere(PREDICTIONS["B"] != TRUTH)[0]
    assert ring.center == (column + 0.5, row + 0.5)
    assert ring.axes.get_title() == "B"


def test_the_table_has_the_six_scores_and_names_best_and_worst():
    fig, facts = scoring.verdict(TRUTH, PREDICTIONS)
    said = words(fig)
    for found in PREDICTIONS.values():
        assert f"{metrics.v_rand(TRUTH, found).score:.4f}" in said
        for error in (metrics.pixel_error, metrics.warping_error, metrics.classic_warping_error):
            value = error(TRUTH, found)
            assert f"{value:.6f}" in said if 0 < value < 1e-4 else f"{value:.4f}" in said
    boxes = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    assert len(boxes) == 5 * 6 + 5
    assert facts["both_ways"] == "A, B, C and E"
    assert "B is best by pixel error and worst by warping error and V_Rand." in facts["verdict"]
    assert "D is best by none and worst by warping error." in facts["verdict"]
    assert facts["verdict"].endswith("V_Rand and V_Info and worst by classic warping.")
    assert "E is best by Rand error, warping error" in facts["verdict"]
    pixel = {name: metrics.pixel_error(TRUTH, found) for name, found in PREDICTIONS.items()}
    (best,) = [name for name in pixel if pixel[name] == min(pixel.values())]
    (worst,) = [name for name in pixel if pixel[name] == max(pixel.values())]
    sentences = facts["verdict"].split(". ")
    assert "pixel error" in sentences["ABCDE".index(best)].split(" and worst by ")[0]
    assert "pixel error" in sentences["ABCDE".index(worst)].split(" and worst by ")[1]


# --- pairs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "found"),
    [([1, 1, 1, 2, 2], [1, 1, 2, 2, 2]), ([1, 2, 1, 2], [1, 2, 1, 2]), ([1, 1, 1, 2, 2, 2], [1] * 6)],
)
def test_pairs_and_bits_are_those_of_a_count(cells, found):
    fig, facts = scoring.pairs(cells, found)
    both = list(combinations(zip(cells, found, strict=True), 2))
    assert facts["wrong_pairs"] == sum((a == b) != (x == y) for (a, x), (b, y) in both)
    joint = [(a, x) for a, x in zip(cells, found, strict=True)]
    assert facts["table_both"] == sum(one == other for one in joint for other in joint)
    assert facts["table_side"] == sum(one == other for one in cells for other in cells)

    def bits(items):
        return -sum(log2(items.count(item) / len(items)) / len(items) for item in items)

    assert facts["bits_truth"] == pytest.approx(bits(cells))
    assert facts["bits_segments"] == pytest.approx(bits(found))
    assert facts["bits_shared"] == pytest.approx(bits(cells) + bits(found) - bits(joint))
    triangle = [patch for patch in fig.axes[1].patches if isinstance(patch, Rectangle)]
    assert len(triangle) == len(both)
    said = words(fig)
    assert said.count("split") + said.count("merged") == facts["wrong_pairs"]
    red = [patch for patch in triangle if to_hex(patch.get_edgecolor()) == WRONG]
    green = [patch for patch in triangle if to_hex(patch.get_edgecolor()) == UP]
    assert (len(red), len(red) + len(green)) == (facts["wrong_pairs"], len(both))


# --- steps and prices ---------------------------------------------------------------------------------


@pytest.fixture
def sample():
    """Two cells; their membrane is found, but weakly in its middle."""
    label = np.ones((60, 60), np.uint8)
    label[:, 29:31] = 0
    probability = np.where(label == 1, 0.85, 0.15)
    probability[28:32, 29:31] = 0.55
    return Sample(np.full((60, 60), 0.4, np.float32), label, None, "two cells"), probability


def test_the_steps_are_those_of_the_challenge(sample):
    sample, probability = sample
    fig, facts = scoring.steps(sample, probability)
    titles = [axes.get_title() for axes in fig.axes]
    assert titles == ["image", "probability of cell", "1. above 0.5", "2. thinned: segments",
                      "3. and 4. inside true cells", "what the threshold does"]  # fmt: skip
    _, _, above, tints, counted = pictures(fig)
    np.testing.assert_array_equal(above, probability > 0.5)
    segments = metrics.thin(probability > 0.5)
    assert len(np.unique(tints.reshape(-1, 4), axis=0)) == len(np.unique(segments))
    assert (counted[sample.label == 0] == 1).all()
    scores = [metrics.v_rand(sample.label, probability, thresholds=[t]).score for t in np.arange(1, 10) / 10]
    assert facts["best_score"] == pytest.approx(max(scores))
    assert facts["worst_inner"] == pytest.approx(min(scores))
    assert (facts["rand_low"], facts["rand_high"]) == pytest.approx((scores[0], scores[-1]))
    right = [((probability > t) == sample.label).mean() for t in np.arange(1, 10) / 10]
    assert (facts["right_low"], facts["right_high"]) == pytest.approx((right[0], right[-1]))
    assert facts["worst_pixels"] == pytest.approx(100 * (1 - min(right)))
    assert facts["least_pixels"] == pytest.approx(100 * (1 - max(right)))
    assert probability[30, 29] < facts["best_threshold"] < 0.85


def test_the_threshold_of_the_pictures_can_be_another(sample):
    sample, probability = sample
    fig, _ = scoring.steps(sample, probability, threshold=0.6)
    assert "1. above 0.6" in words(fig)
    np.testing.assert_array_equal(pictures(fig)[2], probability > 0.6)


def test_prices_are_what_holes_cost(sample):
    sample, _ = sample
    left_over = metrics.v_rand_with_hole(sample.label)
    course = list(np.linspace(0.99, 0.3, 100))
    fig, facts = scoring.prices(sample, left_over, course)
    holed = (metrics.thin(sample.label) > 0).astype(np.uint8)
    row, column = np.argwhere(holed == 0)[10]
    holed[row, column] = 1
    price = 1 - metrics.v_rand(sample.label, holed).score
    assert facts["dearest"] == pytest.approx(price)
    assert facts["median"] == pytest.approx(price), "between two cells every hole costs the same"
    assert facts["ratio_price"] == pytest.approx(1)
    assert (facts["after_10"], facts["after_50"], facts["after_100"]) == (course[9], course[49], course[99])
    assert facts["error_100"] == f"{100 / 3600:.4f}"
    assert list(fig.axes[1].lines[0].get_ydata()) == [1, *course]


# --- records ------------------------------------------------------------------------------------------


def runs():
    """A record of three rows on real slices and one on drawn tissue, with shares of wrong pixels from 0.05 on."""
    rows = {"U-Net": [0.95, 0.96], "FCN-8s": [0.70, 0.75], "like it": [0.72, 0.85], "drawn": [0.1]}
    told = {row: {"data": "cells" if row == "drawn" else "isbi2012"} for row in rows}
    found = record(rows, told=told)
    for place, entry in enumerate(found["runs"]):
        entry["scores"] = entry["scores"] | {"stack": {"share_of_wrong_pixels": 0.05 + 0.01 * place}}
    return found


def test_every_run_on_real_slices_is_one_mark():
    fig, facts = scoring.two_scores([runs(), None, runs()], runs())
    assert facts["networks"] == 6, "the same run in two records counts once, drawn tissue does not count"
    (axes,) = fig.axes
    others, fcn, unet = axes.lines
    assert len(others.get_xdata()) == 6
    assert (list(fcn.get_ydata()), list(unet.get_ydata())) == ([0.70, 0.75], [0.95, 0.96])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["other networks", "FCN-8s", "U-Net"]
    assert facts["fcn_error"] == pytest.approx(7.5)
    assert facts["unet_error"] == pytest.approx(5.5)
    assert (facts["fcn_rand"], facts["unet_rand"]) == pytest.approx((0.725, 0.955))


def test_the_band_counts_the_runs_that_lie_in_it():
    _, facts = scoring.two_scores([runs()], runs(), band=(0.065, 0.1))
    within = [(0.07, 0.70), (0.08, 0.75), (0.09, 0.72)]
    assert facts["band_runs"] == 3
    assert (facts["band_low"], facts["band_high"]) == (0.70, 0.75)
    pairs = list(combinations(within, 2))
    agree = sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in pairs)
    assert facts["alike"] == pytest.approx(100 * agree / len(pairs))
    assert kendalltau(*zip(*within, strict=True)).statistic == pytest.approx(1 - 2 * agree / len(pairs))


# --- counting cells -----------------------------------------------------------------------------------


def test_true_cells_are_coloured_by_whether_they_were_found():
    (sample,) = nuclei.load("fluorescence", "train", whole=False, numbers=[7])
    pieces, cut = components(sample.label), by_distance(sample.label, apart=7)
    fig, facts = scoring.matched(sample, {"pieces": pieces, "watershed": cut})
    assert facts["nuclei"] == sample.instances.max()
    for place, name, cells in ((1, "first", pieces), (2, "last", cut)):
        found = instances.match(sample.instances, cells)
        assert facts[f"{name}_found"] == found.tp
        assert facts[f"{name}_merged"] == instances.merged_and_split(sample.instances, cells).merged
        picture = fig.axes[place].images[0].get_array()
        wrong = np.isclose(picture, to_rgba(WRONG)).all(axis=-1)
        hit = np.isin(sample.instances, [cell for cell, _, _ in found.pairs])
        np.testing.assert_array_equal(wrong, (sample.instances > 0) & ~hit)
        assert f"{found.tp} of {facts['nuclei']}" in fig.axes[place].get_title()
    assert facts["first_merged"] > facts["last_merged"]
