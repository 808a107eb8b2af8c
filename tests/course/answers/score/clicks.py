"""Answers to the exercise score.clicks: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def meetings(truth, segments):
    both = (truth > 0) & (segments > 0)
    return np.unique(np.stack([truth[both], segments[both]]), axis=1)


def walls(truth, segments):
    met = meetings(truth, segments)
    return tuple(met.shape[1] - len(np.unique(row)) for row in met)


@right()
def with_unique(truth, segments):
    remove, draw = walls(truth, segments)
    return remove, 2 * draw


@right()
def cell_by_cell(truth, segments):
    def surplus(these, those):
        total = 0
        for name in set(these[these > 0].tolist()):
            met = set(those[(these == name) & (those > 0)].tolist())
            total += max(0, len(met) - 1)
        return total

    return [surplus(truth, segments), surplus(segments, truth) * 2]


@right(draw=5)
def five_clicks(truth, segments):
    remove, draw = walls(truth, segments)
    return remove, 5 * draw


@wrong("as many clicks to draw as those of the book", draw=5)
def as_in_the_book(truth, segments):
    return with_unique(truth, segments)


@wrong("it counts walls")
def walls_alone(truth, segments):
    return walls(truth, segments)


@wrong("a wall that is removed takes 1 click")
def all_dear(truth, segments):
    return tuple(2 * count for count in walls(truth, segments))


@wrong("removing and drawing are swapped")
def draw_first(truth, segments):
    return with_unique(truth, segments)[::-1]


@wrong("removing and drawing are swapped")
def truth_for_segments(truth, segments):
    return with_unique(segments, truth)


@wrong("that is the sum")
def in_all(truth, segments):
    return sum(with_unique(truth, segments))


@wrong("0 is border, not a cell and not a segment")
def border_counts(truth, segments):
    return with_unique(truth + 1, segments + 1)


@wrong("border among the segments count here")
def border_of_segments_counts(truth, segments):
    return with_unique(truth, segments + 1)


@wrong("border in the truth count here")
def border_of_the_truth_counts(truth, segments):
    return with_unique(truth + 1, segments)


@wrong("one wall less than k")
def one_each(truth, segments):
    met = meetings(truth, segments)
    return met.shape[1], 2 * met.shape[1]


@wrong("wanted are walls")
def wrong_cells(truth, segments):
    met = meetings(truth, segments)
    remove, draw = (int((np.unique(row, return_counts=True)[1] > 1).sum()) for row in met)
    return remove, 2 * draw


@wrong("what meets nothing needs no click")
def less_than_nothing(truth, segments):
    met = meetings(truth, segments).shape[1]
    remove, draw = (met - len(np.unique(each[each > 0])) for each in (truth, segments))
    return remove, 2 * draw
