"""Matching of numbered cells: hand-made cases, another implementation, the values of `stardist.matching`, laws."""

import math

import numpy as np
import pytest
import stardistkit
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

import unet_edu.metrics.instances
from unet_edu import metrics
from unet_edu.data import nuclei
from unet_edu.metrics import instances

every = settings(derandomize=True, deadline=None, max_examples=80)
pairs = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=10).flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.uint8, shape, elements=st.integers(0, 5))] * 2)
)


def row(text):
    """One row of pixels: a digit is the number of a cell, a dot background."""
    return np.array([[0 if pixel == "." else int(pixel) for pixel in text]])


def test_the_public_name():
    assert unet_edu.metrics.instances is instances
    assert metrics.v_rand(np.eye(4, dtype=int), np.eye(4)).score > 0  # what was in the module is there as before


# ------------------------------------------------------------------------------------------ by hand


def test_iou_of_each_pair_that_meets():
    truth, proposal = row("1111.333.."), row(".7777733.9")
    found = instances.overlaps(truth, proposal)
    assert list(zip(found.truth, found.proposal, found.pixels, strict=True)) == [(1, 7, 3), (3, 3, 2), (3, 7, 1)]
    assert dict(zip(zip(found.truth.tolist(), found.proposal.tolist(), strict=True), found.iou, strict=True)) == {
        (1, 7): 3 / 6,
        (3, 7): 1 / 7,
        (3, 3): 2 / 3,
    }
    assert found.true_sizes == {1: 4, 3: 3}
    assert found.sizes == {3: 2, 7: 5, 9: 1}


def test_found_missed_and_invented():
    truth, proposal = row("1111.222..333"), row("111..2222..55")
    result = instances.match(truth, proposal)
    assert result.pairs == ((1, 1, 3 / 4), (2, 2, 3 / 4), (3, 5, 2 / 3))
    assert (result.tp, result.fp, result.fn) == (3, 0, 0)
    result = instances.match(truth, proposal, 0.7)
    assert (result.tp, result.fp, result.fn) == (2, 1, 1)
    assert (result.precision, result.recall, result.f1, result.ap) == (2 / 3, 2 / 3, 2 / 3, 2 / 4)
    assert result.mean_iou == 3 / 4
    result = instances.match(truth, row("111.........4"), 0.5)
    assert (result.tp, result.fp, result.fn) == (1, 1, 2)
    assert (result.precision, result.recall, result.f1, result.ap) == (1 / 2, 1 / 3, 2 / 5, 1 / 4)


def test_an_iou_of_exactly_the_threshold_is_no_match():
    """As the Data Science Bowl has it; others count it."""
    truth, proposal = row("11"), row("1.")
    assert instances.match(truth, proposal, 0.5).tp == 0
    assert instances.match(truth, proposal, 0.49).tp == 1


def test_a_merger_loses_two_cells_and_the_mask_hides_it():
    truth, proposal = row("111112222233333"), row("111111111133333")
    result = instances.match(truth, proposal)
    assert metrics.iou((truth > 0).astype(int), (proposal > 0).astype(int)) == 1
    assert (result.tp, result.fp, result.fn) == (1, 1, 2)
    assert instances.merged_and_split(truth, proposal) == (1, 0)
    assert instances.merged_and_split(proposal, truth) == (0, 1)


def test_merged_and_split_counts():
    three_in_one = row("1122233.44"), row("9999999.99")
    assert instances.merged_and_split(*three_in_one) == (3, 0)
    four_pieces = row("11111111.2"), row("11223344.5")
    assert instances.merged_and_split(*four_pieces) == (0, 3)
    half_each = row("1122"), row("3444")  # of cell 1 one half lies in 4: no more than half
    assert instances.merged_and_split(*half_each) == (0, 0)
    both = row("111122223333.....444444"), row("55555555.66.....7777888")
    assert instances.merged_and_split(*both) == (1, 1)
    assert instances.merged_and_split(row("12"), row("..")) == (0, 0)


def test_average_precision_is_the_mean_of_ten_thresholds():
    truth, proposal = row("11111111112222222222"), row("1111111111222222222.")  # IoU 1 and 9/10
    assert instances.THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    assert instances.average_precision(truth, proposal) == pytest.approx((8 * 1 + 2 * (1 / 3)) / 10)
    assert instances.average_precision(truth, proposal, (0.5,)) == 1
    assert instances.average_precision(truth, proposal, 0.95) == 1 / 3


def test_below_one_half_each_cell_is_in_one_pair_and_there_are_as_many_as_can_be():
    """To take the best pair first would leave a cell without one."""
    truth, proposal = row("111222222"), row(".11111122")
    assert instances.overlaps(truth, proposal).iou.tolist() == [2 / 7, 4 / 8, 2 / 6]
    assert [pair[:2] for pair in instances.match(truth, proposal, 0.2).pairs] == [(1, 1), (2, 2)]
    assert [pair[:2] for pair in instances.match(truth, proposal, 0.4).pairs] == [(2, 1)]
    assert instances.match(np.array([[1, 1, 1, 2]]), np.array([[1, 1, 1, 1]]), 0.1).tp == 1


def test_matchings_add_up():
    first, second = instances.match(row("11"), row("11")), instances.match(row("1.2"), row("3.."))
    whole = sum([first, second], instances.Matching())
    assert (whole.tp, whole.fp, whole.fn, whole.pairs) == (2, 0, 1, ())
    assert whole.f1 == 4 / 5


def test_without_any_cell():
    nothing, one = row("..."), row(".1.")
    assert [getattr(instances.match(nothing, nothing), name) for name in ("precision", "recall", "f1", "ap")] == [1] * 4
    assert [getattr(instances.match(nothing, one), name) for name in ("precision", "recall", "f1", "ap")] == [0] * 4
    assert [getattr(instances.match(one, nothing), name) for name in ("precision", "recall", "f1", "ap")] == [0] * 4
    assert math.isnan(instances.match(one, nothing).mean_iou)
    assert instances.average_precision(nothing, nothing) == 1
    assert instances.average_precision(one, nothing) == instances.average_precision(nothing, one) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((np.zeros((2, 2)), np.zeros((2, 2), int)), TypeError, "truth holds whole numbers, not float64"),
        ((np.zeros((2, 2), int), np.zeros((2, 3), int)), ValueError, "proposal has the shape of truth"),
        ((np.zeros((2, 2), int), np.full((2, 2), -1)), ValueError, "proposal is 0 or larger, not -1"),
        ((np.zeros((2, 2), int), np.zeros((2, 2), int), 1.0), ValueError, "less than 1, not 1.0; .* one is 0.95"),
        ((np.zeros((2, 2), int), np.zeros((2, 2), int), -0.1), ValueError, "from 0 .* one is 0.0"),
    ],
)
def test_mistakes_are_named(arguments, error, says):
    with pytest.raises(error, match=says):
        instances.match(*arguments)


def test_average_precision_over_nothing():
    with pytest.raises(ValueError, match="no threshold at all"):
        instances.average_precision(row("1"), row("1"), ())


# ------------------------------------------------------------------------------------------ others


def of_the_bowl(truth, proposal):
    """The Data Science Bowl's score, as its formula reads: the IoU of every pair, counted pair by pair."""
    a, b = np.unique(truth[truth > 0]), np.unique(proposal[proposal > 0])
    iou = np.array(
        [[np.sum((truth == i) & (proposal == j)) / np.sum((truth == i) | (proposal == j)) for j in b] for i in a]
    )
    iou = iou.reshape(len(a), len(b))
    scores = []
    for threshold in np.arange(10) * 0.05 + 0.5:
        hits = iou > threshold
        tp, fp, fn = np.sum(hits.any(axis=1)), np.sum(~hits.any(axis=0)), np.sum(~hits.any(axis=1))
        scores.append(tp / (tp + fp + fn))
    return np.mean(scores)


def test_the_score_of_the_data_science_bowl():
    for truth, proposal in stardistkit.small():
        assert instances.average_precision(truth, proposal) == pytest.approx(of_the_bowl(truth, proposal), abs=1e-12)


def columns(result):
    return [result.tp, result.fp, result.fn, result.precision, result.recall, result.f1, result.ap]


def just_below(threshold):
    """The threshold with which ``>`` does what ``>=`` does with this one: stardist counts ties as found."""
    return np.nextafter(threshold, 0)


def test_stardist_counts_the_same_on_small_maps():
    kept = stardistkit.values()
    assert kept["columns"] == ["tp", "fp", "fn", "precision", "recall", "f1", "accuracy"]
    assert kept["versions"]["stardist"] == "0.9.2"
    assert len(kept["small_values"]) == len(kept["small"]) == 60
    for (truth, proposal), values in zip(stardistkit.small(), kept["small_values"], strict=True):
        for threshold, expected in zip(kept["thresholds"], values, strict=True):
            assert columns(instances.match(truth, proposal, just_below(threshold))) == pytest.approx(
                expected, abs=1e-12
            )


@pytest.mark.parametrize("name", stardistkit.values()["nuclei"])
def test_stardist_counts_the_same_on_nuclei(name):
    truth, proposal = stardistkit.proposals()[name]
    kept = stardistkit.values()
    for threshold, expected in zip(kept["thresholds"], kept["nuclei"][name], strict=True):
        assert columns(instances.match(truth, proposal, just_below(threshold))) == pytest.approx(expected, abs=1e-12)


def test_components_of_touching_nuclei_are_merged():
    """The mask is perfect, and of the nuclei many are lost; numbers that were only cut differently are not."""
    for sample in nuclei.load("fluorescence", "validation", whole=False):
        components = ndimage.label(sample.label, np.ones((3, 3)))[0]
        assert metrics.iou(sample.label, (components > 0).astype(int)) == 1
        merged, split = instances.merged_and_split(sample.instances, components)
        assert merged == sample.instances.max() - components.max() > 10
        assert split == 0
        assert instances.match(sample.instances, components).f1 < 0.95


# ------------------------------------------------------------------------------------------ laws


@every
@given(pairs)
def test_truth_and_proposal_change_places(maps):
    truth, proposal = maps
    for threshold in (0.0, 0.3, 0.5, 0.8):
        there, back = instances.match(truth, proposal, threshold), instances.match(proposal, truth, threshold)
        assert (there.tp, there.fp, there.fn) == (back.tp, back.fn, back.fp)
    errors = instances.merged_and_split(truth, proposal)
    assert errors == instances.merged_and_split(proposal, truth)[::-1]


@every
@given(pairs, st.integers(1, 2**40))
def test_which_numbers_cells_have_plays_no_part(maps, factor):
    truth, proposal = maps
    renamed = np.where(truth > 0, (6 - truth.astype(np.int64)) * factor, 0)
    before, after = instances.match(truth, proposal), instances.match(renamed, proposal)
    assert columns(before) == columns(after)
    assert {(6 - a) * factor for a, _, _ in before.pairs} == {a for a, _, _ in after.pairs}
    assert instances.merged_and_split(truth, proposal) == instances.merged_and_split(renamed, proposal)


@every
@given(pairs)
def test_counts_add_up_and_scores_fall_with_the_threshold(maps):
    truth, proposal = maps
    n, m = len(set(truth.ravel()) - {0}), len(set(proposal.ravel()) - {0})
    results = [instances.match(truth, proposal, threshold) for threshold in (0.0, *instances.THRESHOLDS)]
    for result in results:
        assert (result.tp + result.fn, result.tp + result.fp) == (n, m)
        assert len({a for a, _, _ in result.pairs}) == len({b for _, b, _ in result.pairs}) == result.tp
    assert [result.tp for result in results] == sorted((result.tp for result in results), reverse=True)
    assert instances.average_precision(truth, truth) == 1
