"""Mistakes as V_Rand sees them; the fullest window of a mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unet_edu import results
from unet_edu.metrics import v_rand


def two_cells(size=40, membrane=(19, 21)):
    label = np.ones((size, size), np.uint8)
    label[:, slice(*membrane)] = 0
    return label


def test_a_perfect_proposal_has_no_mistake():
    found = results.mistakes(two_cells(), two_cells(), 0.5)
    assert (found.cells, found.merged_cells, found.split_cells) == (2, 0, 0)
    assert not found.merged.any()
    assert not found.split.any()


def test_a_hole_marks_the_whole_membrane():
    proposal = two_cells()
    proposal[20, :] = 1
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (2, 0)
    assert found.merged.any(1).all(), "from top to bottom, though the hole is one pixel high"
    assert not (found.merged & (two_cells() == 1)).any(), "where the true membrane is"
    assert not found.split.any()


def test_an_invented_membrane_is_marked_where_it_stands():
    proposal = two_cells()
    proposal[30, :19] = 0
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (0, 1)
    assert found.split[30, :18].all()
    assert not found.split[:29].any()
    assert not found.merged.any()


def test_a_membrane_that_ends_within_a_cell_is_no_mistake():
    proposal = two_cells()
    proposal[30, 3:19] = 0
    assert not results.mistakes(two_cells(), proposal, 0.5).split.any()


@pytest.mark.parametrize("membrane", [(14, 26), (17, 19), (21, 23)])
def test_a_broad_or_shifted_membrane_is_no_mistake(membrane):
    found = results.mistakes(two_cells(), two_cells(membrane=membrane), 0.5)
    assert (found.merged_cells, found.split_cells) == (0, 0)
    assert not (found.merged | found.split).any()


def test_both_at_once():
    """The membrane is missing, and another one crosses both cells: each is split, and each half is merged."""
    proposal = np.ones((40, 40), np.uint8)
    proposal[20] = 0
    found = results.mistakes(two_cells(), proposal, 0.5)
    assert (found.merged_cells, found.split_cells) == (2, 2)
    assert found.merged[[5, 35]].any(1).all()
    assert found.split[20, [5, 35]].all()


def test_the_threshold_is_that_of_the_score():
    probability = np.where(two_cells() == 1, 0.9, 0.6)
    assert results.mistakes(two_cells(), probability, 0.5).merged_cells == 2
    assert results.mistakes(two_cells(), probability, 0.7).merged_cells == 0
    assert v_rand(two_cells(), probability).threshold > 0.5


@given(hnp.arrays(np.uint8, (12, 12), elements=st.integers(0, 1)))
def test_no_truth_is_a_mistake_of_itself(label):
    found = results.mistakes(label, label, 0.5)
    assert not (found.merged | found.split).any()
    assert found.merged_cells == found.split_cells == 0


@given(hnp.arrays(bool, (9, 11)), st.integers(1, 9))
def test_the_busiest_window_is_the_fullest_of_all(mask, side):
    top, left = results.busiest_window(mask, side)
    counts = {(r, c): mask[r : r + side, c : c + side].sum() for r in range(9 - side + 1) for c in range(11 - side + 1)}
    assert counts[top, left] == max(counts.values())
