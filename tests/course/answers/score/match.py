"""Answers to the exercise score.match: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def checked(threshold):
    if threshold < 0.5:
        raise ValueError("below one half a cell could be in two pairs")


def overlaps(truth, found):
    """(cell, other, shared pixels, pixels of the cell, pixels of the other) of all pairs that meet."""
    for cell in np.unique(truth[truth > 0]):
        for other in np.unique(found[(truth == cell) & (found > 0)]):
            mine, theirs = truth == cell, found == other
            yield cell, other, np.sum(mine & theirs), np.sum(mine), np.sum(theirs)


def counted(truth, found, good):
    hits = [pair[:2] for pair in overlaps(truth, found) if good(*pair[2:])]
    right, taken = {cell for cell, _ in hits}, {other for _, other in hits}
    cells, others = (len(np.unique(areas[areas > 0])) for areas in (truth, found))
    return len(right), others - len(taken), cells - len(right)


@right()
def pair_by_pair(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda both, mine, theirs: both / (mine + theirs - both) > threshold)


@right()
def by_histogram(truth, found, threshold=0.5):
    checked(threshold)
    cells, others = (np.unique(areas, return_inverse=True)[1].ravel() for areas in (truth, found))
    table = np.zeros((cells.max() + 1, others.max() + 1))
    np.add.at(table, (cells, others), 1)
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    hits = (table / union)[1:, 1:] > threshold
    tp = int(hits.sum())
    return [tp, hits.shape[1] - tp, hits.shape[0] - tp]


@wrong("it has to be above")
def ties_count(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda both, mine, theirs: both / (mine + theirs - both) >= threshold)


@wrong("the last two are swapped")
def swapped(truth, found, threshold=0.5):
    tp, fp, fn = pair_by_pair(truth, found, threshold)
    return tp, fn, fp


@wrong("those in a pair are neither invented nor missed")
def all_of_them(truth, found, threshold=0.5):
    tp, fp, fn = pair_by_pair(truth, found, threshold)
    return tp, tp + fp, tp + fn


@wrong("two cells that merely meet are no match")
def any_overlap(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda *_: True)


@wrong("divided by the true cell alone")
def share_of_the_cell(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda both, mine, theirs: both / mine > threshold)


@wrong("divided by the predicted cell alone")
def share_of_the_other(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda both, mine, theirs: both / theirs > threshold)


@wrong("this is what Dice gives")
def by_dice(truth, found, threshold=0.5):
    checked(threshold)
    return counted(truth, found, lambda both, mine, theirs: 2 * both / (mine + theirs) > threshold)


@wrong("the background, 0, counts as a cell here")
def with_background(truth, found, threshold=0.5):
    return pair_by_pair(truth + 1, found + 1, threshold)


@wrong("numbers mean nothing")
def by_name(truth, found, threshold=0.5):
    checked(threshold)
    cells, others = (set(np.unique(areas[areas > 0]).tolist()) for areas in (truth, found))
    tp = 0
    for name in cells & others:
        mine, theirs = truth == name, found == name
        tp += bool(np.sum(mine & theirs) / np.sum(mine | theirs) > threshold)
    return tp, len(others) - tp, len(cells) - tp


@wrong("there a cell could be in two pairs")
def any_threshold(truth, found, threshold=0.5):
    return counted(truth, found, lambda both, mine, theirs: both / (mine + theirs - both) > threshold)
