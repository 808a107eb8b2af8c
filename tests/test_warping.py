"""Warping: pixel by pixel as the challenge's program bends, and what of the rest it calls a split or a merger."""

import numpy as np
import pytest
import scorerkit
from scipy import ndimage
from test_metrics import EIGHT, pixels

from unet_edu.thinning import regions
from unet_edu.warping import SIMPLE, bend, connectivity_number, splits_and_mergers


def test_simple_points_by_counting_regions():
    """Simple: one region of cell touches the pixel's sides, and one of membrane lies around it. All 256 cases."""
    around = [5, 2, 1, 0, 3, 6, 7, 8]  # of a 3 × 3 patch read in rows: from the right neighbour, against the clock
    for code in range(256):
        patch = np.zeros(9, np.uint8)
        patch[around] = [code >> bit & 1 for bit in range(8)]
        cell = regions(patch.reshape(3, 3)).ravel()
        empty = (1 - patch).reshape(3, 3)
        empty[1, 1] = 0
        simple = len(set(cell[[1, 3, 5, 7]]) - {0}) == 1 and ndimage.label(empty, EIGHT)[1] == 1
        assert (connectivity_number(patch[around][None])[0] == 1) == simple, patch.reshape(3, 3)
        assert SIMPLE[code] == simple


def test_bent_labels_are_those_of_the_challenges_program():
    """How many pixels are left wrong, and how many of them split or merge: all small pairs."""
    alike = np.ones((12, 12))
    for number, (label, prediction, _, told) in enumerate(scorerkit.pairs()):
        bent = bend(label, prediction, alike)
        assert np.sum(bent != prediction) == told["classic"], number
        assert np.sum(splits_and_mergers(bent, prediction)) == told["splits_and_mergers"], number


def test_the_surest_pixel_bends_first():
    """Two cells side by side: the wall may go to either column, and which one goes first decides on the other."""
    label, proposal = pixels("#.#", "#.#", "#.#"), pixels("...", "...", "...")
    for sure, left in (((0, 0), "right"), ((0, 2), "left")):
        certainty = np.zeros((3, 3))
        certainty[sure] = 1
        bent = bend(label, proposal, certainty)
        assert bent[sure] == 0, left
    by_column = bend(label, proposal, np.zeros((3, 3)))
    assert np.array_equal(np.argwhere(by_column), [[2, 0], [2, 2]]), "the uppermost go first, and one pixel stays"


@pytest.mark.parametrize(
    ("bent", "proposal", "found"),
    [
        # a gap joins two cells, a wall cuts one
        (("##.##", "##.##"), ("##.##", "#####"), (".....", "..#..")),
        (("#####", "#####"), ("##.##", "#####"), (".....", ".....")),
        (("#####",), ("##.##",), ("..#..",)),
        # a filled hole, a speck and a new hole are neither
        (("#####", "#.#.#", "#####"), ("#####", "#####", "#####"), (".....", ".....", ".....")),
        ((".....", ".....", "....."), (".....", "..#..", "....."), (".....", ".....", ".....")),
        (("#####", "#####", "#####"), ("#####", "##.##", "#####"), (".....", ".....", ".....")),
        # a lost cell of one pixel is neither
        ((".....", "..#..", "....."), (".....", ".....", "....."), (".....", ".....", ".....")),
        # a pixel between two corners counts as a merger, though it touches neither cell by a side
        (("#..", "...", "..#"), ("#..", ".#.", "..#"), ("...", ".#.", "...")),
        # a ring that is opened stays one cell; cut a second time it does not
        (("###", "#.#", "###"), ("#.#", "#.#", "###"), ("...", "...", "...")),
        (("#.#", "#.#", "###"), ("#.#", "#.#", "#.#"), ("...", "...", ".#.")),
    ],
)
def test_splits_and_mergers_by_hand(bent, proposal, found):
    assert np.array_equal(splits_and_mergers(pixels(*bent), pixels(*proposal)), pixels(*found) == 1)


def test_a_cut_by_counting_regions():
    """For pixels of cell: where the cell falls apart without it, or another cell lies at a corner besides."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        bent = (rng.random((9, 9)) < 0.6).astype(np.uint8)
        for place in zip(*np.nonzero(bent), strict=True):
            proposal = bent.copy()
            proposal[place] = 0
            without = np.pad(regions(proposal), 1)
            row, column = place
            near = set(without[row : row + 3, column : column + 3].ravel()) - {0}
            assert splits_and_mergers(bent, proposal)[place] == (len(near) >= 2)
