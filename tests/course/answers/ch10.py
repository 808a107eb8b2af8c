"""Answers to the exercises of the chapter on scores: two right ones each, and the known wrong ones."""

from collections import Counter
from fractions import Fraction
from math import comb

import numpy as np
from answerkit import right, wrong

# -------------------------------------------------------------------------------------------------------- score.dice


@right("score.dice")
def harmonic(value):
    if value < 0 or value > 1:
        raise ValueError("no IoU")
    return 0.0 if value == 0 else 1 / (0.5 + 0.5 / value)


@right("score.dice")
def by_fractions(value):
    assert_between = Fraction(value)
    if not 0 <= assert_between <= 1:
        raise ValueError(value)
    return float(2 * assert_between / (assert_between + 1))


def between(value):
    if not 0 <= value <= 1:
        raise ValueError("not in [0, 1]")


@wrong("score.dice", "the IoU itself")
def unchanged(value):
    between(value)
    return value


@wrong("score.dice", "this is the way back")
def backwards(value):
    between(value)
    return value / (2 - value)


@wrong("score.dice", "counts twice above the line")
def no_two(value):
    between(value)
    return value / (1 + value)


@wrong("score.dice", "twice the IoU")
def doubled(value):
    between(value)
    return 2 * value


@wrong("score.dice", "the loss, not the score")
def as_loss(value):
    between(value)
    return 1 - 2 * value / (1 + value)


@wrong("score.dice", "0 and 1 are among them")
def too_strict(value):
    if not 0 < value < 1:
        raise ValueError("not in (0, 1)")
    return 2 * value / (1 + value)


@wrong("score.dice", "this is a case for a ValueError")
def of_anything(value):
    return 2 * value / (1 + value)


# -------------------------------------------------------------------------------------------------------- score.rand


def pairs(*columns):
    return sum(comb(count, 2) for count in Counter(zip(*columns, strict=True)).values())


def flat(truth, segments):
    if truth.size < 2:
        raise ValueError("no pairs")
    return truth.ravel().tolist(), segments.ravel().tolist()


@right("score.rand")
def with_counters(truth, segments):
    one, other = flat(truth, segments)
    return (pairs(one) + pairs(other) - 2 * pairs(one, other)) / comb(len(one), 2)


@right("score.rand")
def with_a_table(truth, segments):
    if np.size(truth) < 2:
        raise ValueError("one pixel")
    rows, columns = (np.unique(each, return_inverse=True)[1].ravel() for each in (truth, segments))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    n = table.sum()
    agreeing = (n**2 + 2 * (table**2).sum() - (table.sum(0) ** 2).sum() - (table.sum(1) ** 2).sum() - n) / 2
    return 1 - agreeing / (n * (n - 1) / 2)


@right("score.rand")
def with_one_column_a_group(truth, segments):
    """Needs memory for pixels times groups, which is not the one for every pair."""
    if truth.size < 2:
        raise ValueError("no pairs")
    one, other = (np.equal.outer(each.ravel(), np.unique(each)).astype(float) for each in (truth, segments))
    rows, columns, both = one.sum(0), other.sum(0), one.T @ other
    return ((rows**2).sum() + (columns**2).sum() - 2 * (both**2).sum()) / (truth.size * (truth.size - 1))


@wrong("score.rand", "a place for every pair of pixels")
def pixels_by_pixels(truth, segments):
    if truth.size < 2:
        raise ValueError("no pairs")
    one, other = truth.ravel(), segments.ravel()
    differ = (one[:, None] == one) != (other[:, None] == other)
    return np.count_nonzero(differ) / (one.size * (one.size - 1))


@wrong("score.rand", "on which they agree")
def agreement(truth, segments):
    return 1 - with_counters(truth, segments)


@wrong("score.rand", "no pair with itself")
def all_squared(truth, segments):
    one, other = flat(truth, segments)
    return 2 * (pairs(one) + pairs(other) - 2 * pairs(one, other)) / len(one) ** 2


@wrong("score.rand", "twice below it")
def ordered_below(truth, segments):
    return with_counters(truth, segments) / 2


@wrong("score.rand", "names say nothing")
def by_names(truth, segments):
    flat(truth, segments)
    return float(np.mean(truth != segments))


@wrong("score.rand", "which share of them")
def how_many(truth, segments):
    one, other = flat(truth, segments)
    return pairs(one) + pairs(other) - 2 * pairs(one, other)


@wrong("score.rand", "a group like any other")
def without_zero(truth, segments):
    flat(truth, segments)
    inside = truth > 0
    return with_counters(truth[inside], segments[inside]) if inside.sum() > 1 else 0.0


@wrong("score.rand", "stops with ZeroDivisionError")
def of_one_pixel(truth, segments):
    one, other = truth.ravel().tolist(), segments.ravel().tolist()
    return (pairs(one) + pairs(other) - 2 * pairs(one, other)) / comb(len(one), 2)


# ----------------------------------------------------------------------------------------------------- score.mergers


def one_lot_each(groups):
    cells = sum((list(group) for group in groups), [])
    if len(cells) != len(set(cells)):
        raise ValueError("twice")
    return cells


@right("score.mergers")
def lot_by_lot(sizes, groups):
    cells = one_lot_each(groups)
    left = [[cell] for cell in range(len(sizes)) if cell not in cells]
    segments = sum(sum(sizes[cell] for cell in lot) ** 2 for lot in [*groups, *left])
    whole = sum(size**2 for size in sizes)
    return whole / (whole / 2 + segments / 2)


@right("score.mergers")
def harmonic_mean(sizes, groups):
    one_lot_each(groups)
    belongs = np.arange(len(sizes))
    for group in groups:
        belongs[list(group)] = group[0]
    segments = np.bincount(belongs, weights=sizes)
    precision = np.sum(np.square(sizes)) / np.sum(segments**2)
    return 2 / (1 / precision + 1)


@wrong("score.mergers", "the half that punishes mergers")
def half_of_it(sizes, groups):
    score = lot_by_lot(sizes, groups)
    return score / (2 - score)


@wrong("score.mergers", "the plain mean of the two halves")
def plain_mean(sizes, groups):
    return (1 + half_of_it(sizes, groups)) / 2


@wrong("score.mergers", "missing among the segments")
def only_merged(sizes, groups):
    one_lot_each(groups)
    whole = sum(size**2 for size in sizes)
    return 2 * whole / (whole + sum(sum(sizes[cell] for cell in lot) ** 2 for lot in groups))


@wrong("score.mergers", "still count as segments of their own")
def counted_twice(sizes, groups):
    one_lot_each(groups)
    whole = sum(size**2 for size in sizes)
    return 2 * whole / (2 * whole + sum(sum(sizes[cell] for cell in lot) ** 2 for lot in groups))


@wrong("score.mergers", "first add the cells up, then square")
def squares_first(sizes, groups):
    one_lot_each(groups)
    return 1.0


@wrong("score.mergers", "the error, not the score")
def error(sizes, groups):
    return 1 - lot_by_lot(sizes, groups)


@wrong("score.mergers", "this is a case for a ValueError")
def twice_is_fine(sizes, groups):
    seen, lots = set(), []
    for group in groups:
        lots.append([cell for cell in group if cell not in seen])
        seen.update(group)
    return lot_by_lot(sizes, lots)


# --------------------------------------------------------------------------------------------------- score.threshold


def filled(table):
    table = np.array(table, dtype=float)
    if table.size == 0:
        raise ValueError("empty")
    return table


@right("score.threshold")
def with_loops(table):
    rows = [list(row) for row in table]
    if not rows or not rows[0]:
        raise ValueError("nothing to choose from")
    own = [max(row) for row in rows]
    shared = max(sum(row[t] for row in rows) for t in range(len(rows[0])))
    return sum(own) / len(own), shared / len(rows)


@right("score.threshold")
def best_column(table):
    table = filled(table)
    best = np.argmax(table.sum(0))
    return np.amax(table, 1).mean(), table[:, best].mean()


@wrong("score.threshold", "in the other order")
def swapped(table):
    return with_loops(table)[::-1]


@wrong("score.threshold", "rows and columns are mixed up")
def turned(table):
    table = filled(table)
    return table.max(axis=0).mean(), table.mean(axis=1).max()


@wrong("score.threshold", "the best score of all, on one slice")
def best_of_all(table):
    table = filled(table)
    return table.max(axis=1).mean(), table.max()


@wrong("score.threshold", "that of the first slice")
def of_the_first(table):
    table = filled(table)
    return table.max(axis=1).mean(), table[:, table[0].argmax()].mean()


@wrong("score.threshold", "places of thresholds, not scores")
def places(table):
    table = filled(table)
    return table.argmax(axis=1).mean(), float(table.mean(axis=0).argmax())


@wrong("score.threshold", "both are the mean with own thresholds")
def own_twice(table):
    own = filled(table).max(axis=1).mean()
    return own, own


# ------------------------------------------------------------------------------------------------------ score.clicks


def meetings(truth, segments):
    both = (truth > 0) & (segments > 0)
    return np.unique(np.stack([truth[both], segments[both]]), axis=1)


def walls(truth, segments):
    met = meetings(truth, segments)
    return tuple(met.shape[1] - len(np.unique(row)) for row in met)


@right("score.clicks")
def with_unique(truth, segments):
    remove, draw = walls(truth, segments)
    return remove, 2 * draw


@right("score.clicks")
def cell_by_cell(truth, segments):
    def surplus(these, those):
        total = 0
        for name in set(these[these > 0].tolist()):
            met = set(those[(these == name) & (those > 0)].tolist())
            total += max(0, len(met) - 1)
        return total

    return [surplus(truth, segments), surplus(segments, truth) * 2]


@right("score.clicks", draw=5)
def five_clicks(truth, segments):
    remove, draw = walls(truth, segments)
    return remove, 5 * draw


@wrong("score.clicks", "as many clicks to draw as those of the book", draw=5)
def as_in_the_book(truth, segments):
    return with_unique(truth, segments)


@wrong("score.clicks", "it counts walls")
def walls_alone(truth, segments):
    return walls(truth, segments)


@wrong("score.clicks", "a wall that is removed takes 1 click")
def all_dear(truth, segments):
    return tuple(2 * count for count in walls(truth, segments))


@wrong("score.clicks", "removing and drawing are swapped")
def draw_first(truth, segments):
    return with_unique(truth, segments)[::-1]


@wrong("score.clicks", "removing and drawing are swapped")
def truth_for_segments(truth, segments):
    return with_unique(segments, truth)


@wrong("score.clicks", "that is the sum")
def in_all(truth, segments):
    return sum(with_unique(truth, segments))


@wrong("score.clicks", "0 is border, not a cell and not a segment")
def border_counts(truth, segments):
    return with_unique(truth + 1, segments + 1)


@wrong("score.clicks", "border among the segments count here")
def border_of_segments_counts(truth, segments):
    return with_unique(truth, segments + 1)


@wrong("score.clicks", "border in the truth count here")
def border_of_the_truth_counts(truth, segments):
    return with_unique(truth + 1, segments)


@wrong("score.clicks", "one wall less than k")
def one_each(truth, segments):
    met = meetings(truth, segments)
    return met.shape[1], 2 * met.shape[1]


@wrong("score.clicks", "wanted are walls")
def wrong_cells(truth, segments):
    met = meetings(truth, segments)
    remove, draw = (int((np.unique(row, return_counts=True)[1] > 1).sum()) for row in met)
    return remove, 2 * draw


@wrong("score.clicks", "what meets nothing needs no click")
def less_than_nothing(truth, segments):
    met = meetings(truth, segments).shape[1]
    remove, draw = (met - len(np.unique(each[each > 0])) for each in (truth, segments))
    return remove, 2 * draw
