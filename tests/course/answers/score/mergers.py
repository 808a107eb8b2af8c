"""Answers to the exercise score.mergers: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def one_lot_each(groups):
    cells = sum((list(group) for group in groups), [])
    if len(cells) != len(set(cells)):
        raise ValueError("twice")
    return cells


@right()
def lot_by_lot(sizes, groups):
    cells = one_lot_each(groups)
    left = [[cell] for cell in range(len(sizes)) if cell not in cells]
    segments = sum(sum(sizes[cell] for cell in lot) ** 2 for lot in [*groups, *left])
    whole = sum(size**2 for size in sizes)
    return whole / (whole / 2 + segments / 2)


@right()
def harmonic_mean(sizes, groups):
    one_lot_each(groups)
    belongs = np.arange(len(sizes))
    for group in groups:
        belongs[list(group)] = group[0]
    segments = np.bincount(belongs, weights=sizes)
    precision = np.sum(np.square(sizes)) / np.sum(segments**2)
    return 2 / (1 / precision + 1)


@wrong("the half that punishes mergers")
def half_of_it(sizes, groups):
    score = lot_by_lot(sizes, groups)
    return score / (2 - score)


@wrong("the plain mean of the two halves")
def plain_mean(sizes, groups):
    return (1 + half_of_it(sizes, groups)) / 2


@wrong("missing among the segments")
def only_merged(sizes, groups):
    one_lot_each(groups)
    whole = sum(size**2 for size in sizes)
    return 2 * whole / (whole + sum(sum(sizes[cell] for cell in lot) ** 2 for lot in groups))


@wrong("still count as segments of their own")
def counted_twice(sizes, groups):
    one_lot_each(groups)
    whole = sum(size**2 for size in sizes)
    return 2 * whole / (2 * whole + sum(sum(sizes[cell] for cell in lot) ** 2 for lot in groups))


@wrong("first add the cells up, then square")
def squares_first(sizes, groups):
    one_lot_each(groups)
    return 1.0


@wrong("the error, not the score")
def error(sizes, groups):
    return 1 - lot_by_lot(sizes, groups)


@wrong("this is a case for a ValueError")
def twice_is_fine(sizes, groups):
    seen, lots = set(), []
    for group in groups:
        lots.append([cell for cell in group if cell not in seen])
        seen.update(group)
    return lot_by_lot(sizes, lots)
