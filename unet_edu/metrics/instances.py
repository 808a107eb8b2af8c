"""How many cells were found? Numbered cells, matched one to one with those of the truth.

    truth 1…n, proposal 1…m ──► IoU of each pair ──► pairs above a threshold: found (TP)
                                                     left over: missed (FN), invented (FP)

    precision = TP / (TP + FP)      of the proposal's cells, the share that is right
    recall    = TP / (TP + FN)      of the true cells, the share that was found
    f1        = 2 TP / (2 TP + FP + FN)
    ap        = TP / (TP + FP + FN)      the Data Science Bowl's "average precision"
    its score of an image: the mean of these at the thresholds 0.5, 0.55 … 0.95

A cell counts the same, large or small. Two cells that were merged are both missed, though nearly every pixel is right:
the IoU of the mask hides that (``unet_edu.metrics.iou``). V_Rand shows it as well, weighed by size (``v_rand``).

Caicedo et al., Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl, Nature Methods 16:1247–1253
(2019); the page "Evaluation" of that competition has the formula.
"""

from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from unet_edu.labels import check_numbers
from unet_edu.metrics import _two_maps

SCORER = "instances"  # in records: scores are by this module
THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))  # the Data Science Bowl's


@dataclass(frozen=True)
class Matching:
    """Cells of a proposal, matched with those of the truth. Matchings add up: ``sum(matchings, Matching())``.

    tp: pairs whose IoU is above the threshold. fp: cells of the proposal in no pair. fn: true cells in no pair.
    pairs: (number in the truth, number in the proposal, IoU) of each pair, by the first; a sum has none.
    Where there is no cell, neither in truth nor in proposal, nothing is wrong and all scores are 1; any other 0/0 is 0.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    pairs: tuple = ()

    @property
    def precision(self):
        """Of the proposal's cells, the share that is right, 0 to 1."""
        return self._share(self.tp, self.tp + self.fp)

    @property
    def recall(self):
        """Of the true cells, the share that was found, 0 to 1."""
        return self._share(self.tp, self.tp + self.fn)

    @property
    def f1(self):
        """Harmonic mean of precision and recall, 0 to 1."""
        return self._share(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def ap(self):
        """TP / (TP + FP + FN), 0 to 1: what the Data Science Bowl calls average precision at one threshold."""
        return self._share(self.tp, self.tp + self.fp + self.fn)

    @property
    def mean_iou(self):
        """Mean IoU of the pairs, 0 to 1; NaN where there is none."""
        return float(np.mean([iou for _, _, iou in self.pairs])) if self.pairs else nan

    def __add__(self, other):
        return Matching(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    def _share(self, part, whole):
        return part / whole if whole else float(self.tp + self.fp + self.fn == 0)


class Overlaps(NamedTuple):
    """Cells that share pixels, pair by pair; pairs in order of the truth's numbers, then the proposal's.

    truth, proposal: numbers of the pair's cells. pixels: how many they share. iou: shared pixels over those of either.
    true_sizes, sizes: {number: pixels} of all cells of truth and proposal.
    """

    truth: np.ndarray
    proposal: np.ndarray
    pixels: np.ndarray
    iou: np.ndarray
    true_sizes: dict
    sizes: dict


class Errors(NamedTuple):
    """Cells that are lost in larger segments, and segments too many within one cell.

    merged: a segment that holds most of k > 1 true cells counts k - 1. split: a true cell that holds most of k > 1
    segments counts k - 1. "Most" is more than half of the pixels.
    """

    merged: int
    split: int


def overlaps(truth, proposal):
    """Return which cells share pixels, and their IoU (``Overlaps``).

    truth, proposal: whole numbers of one shape, ``(H, W)`` or a stack whose numbers run through it; 0 = background, any
    other number = a cell, in one piece or several. Raises TypeError or ValueError for anything else, also for a mask
    that was blurred by JPEG or interpolation; warns where one number stands for many pieces, as it does in a mask or a
    map of classes.
    """
    truth, proposal = _two_maps(truth, proposal, ("truth", "proposal"))
    check_numbers(truth, "truth")
    check_numbers(proposal, "proposal")
    (true_numbers, true_sizes, rows), (numbers, sizes, columns) = _compact(truth), _compact(proposal)
    both = np.flatnonzero((rows > 0) & (columns > 0))
    where, shape = (rows[both] - 1, columns[both] - 1), (len(true_numbers), len(numbers))
    counts = sparse.coo_array((np.ones(both.size, np.int64), where), shape).tocsr().tocoo()  # pixels of each pair
    order = np.lexsort((counts.col, counts.row))
    row, column, pixels = counts.row[order], counts.col[order], counts.data[order]
    return Overlaps(
        true_numbers[row],
        numbers[column],
        pixels,
        pixels / (true_sizes[row] + sizes[column] - pixels),
        dict(zip(true_numbers.tolist(), true_sizes.tolist(), strict=True)),
        dict(zip(numbers.tolist(), sizes.tolist(), strict=True)),
    )


def match(truth, proposal, threshold=0.5):
    """Return the ``Matching`` of numbered cells: pairs whose IoU is above the threshold, each cell in one at most.

    Above 0.5 no cell can be in two pairs. Below, as many pairs as possible are chosen, and of these choices the one
    with the largest sum of IoU. Punishes merged, split, missed and invented cells, all alike. Forgives borders that are
    a little off, less the higher the threshold. Arguments and errors as in `overlaps`; threshold: 0 to less than 1.
    """
    return _matched(overlaps(truth, proposal), _threshold(threshold))


def average_precision(truth, proposal, thresholds=THRESHOLDS):
    """Return the Data Science Bowl's score of one image: the mean of TP / (TP + FP + FN) over thresholds, 0 to 1.

    The competition's score of several images is the mean of theirs. Arguments and errors as in `match`.
    """
    found = overlaps(truth, proposal)
    levels = [_threshold(threshold) for threshold in np.atleast_1d(thresholds).tolist()]
    if not levels:
        raise ValueError("average precision over no threshold at all; the default is 0.5, 0.55 … 0.95")
    return float(np.mean([_matched(found, level).ap for level in levels]))


def merged_and_split(truth, proposal):
    """Return how many true cells were merged and how many were split (``Errors``).

    Counts what a user would have to cut apart or to join by hand. Forgives missed and invented cells, and all borders.
    Arguments and errors as in `overlaps`.
    """
    found = overlaps(truth, proposal)
    lost = 2 * found.pixels > [found.true_sizes[number] for number in found.truth.tolist()]
    pieces = 2 * found.pixels > [found.sizes[number] for number in found.proposal.tolist()]
    return Errors(_beyond_one(found.proposal[lost]), _beyond_one(found.truth[pieces]))


# ---------------------------------------------------------------------------------------------- inside


def _compact(numbers):
    """Cells of a map as (their numbers, their sizes, the map flat with these counted 1…n)."""
    flat = numbers.ravel()
    if flat.max() <= 4 * flat.size:  # counting is faster than sorting
        counts = np.bincount(flat)
        counts[0] = 0
        found = np.flatnonzero(counts)
        place = np.zeros(len(counts), np.int32)
        place[found] = np.arange(1, len(found) + 1)
        return found, counts[found], place[flat]
    found, inverse, counts = np.unique(flat, return_inverse=True, return_counts=True)
    if found[0] == 0:
        return found[1:], counts[1:], inverse.ravel()
    return found, counts, inverse.ravel() + 1


def _matched(found, threshold):
    """The matching of `Overlaps` at one threshold."""
    good = found.iou > threshold
    truth, proposal, iou = found.truth[good], found.proposal[good], found.iou[good]
    if threshold < 0.5:
        chosen = _assigned(truth, proposal, iou)
        truth, proposal, iou = truth[chosen], proposal[chosen], iou[chosen]
    tp = len(iou)
    pairs = tuple(zip(truth.tolist(), proposal.tolist(), iou.tolist(), strict=True))
    return Matching(tp, len(found.sizes) - tp, len(found.true_sizes) - tp, pairs)


def _assigned(truth, proposal, iou):
    """Which of the pairs to keep, so that each cell is in one at most: positions, sorted."""
    if not len(iou):
        return np.zeros(0, int)
    _, rows = np.unique(truth, return_inverse=True)
    _, columns = np.unique(proposal, return_inverse=True)
    worth, place = np.zeros((2, rows.max() + 1, columns.max() + 1))
    worth[rows, columns] = 1 + iou / (2 * min(worth.shape))  # one more pair outweighs any sum of IoU
    place[rows, columns] = np.arange(len(iou))
    chosen = linear_sum_assignment(worth, maximize=True)
    return np.sort(place[chosen][worth[chosen] > 0]).astype(int)


def _beyond_one(numbers):
    """How many of the numbers are repetitions."""
    return len(numbers) - len(np.unique(numbers))


def _threshold(threshold):
    threshold = float(threshold)
    if not 0 <= threshold < 1:
        nearest = 0.0 if threshold < 0 else 0.95
        raise ValueError(
            f"threshold is an IoU from 0 to less than 1, not {threshold}; the nearest usual one is {nearest}"
        )
    return threshold
