"""Answers to the exercise score.rand: right ones, and the known wrong ones."""

from collections import Counter
from math import comb

import numpy as np
from answerkit import right, wrong


def pairs(*columns):
    return sum(comb(count, 2) for count in Counter(zip(*columns, strict=True)).values())


def flat(truth, segments):
    if truth.size < 2:
        raise ValueError("no pairs")
    return truth.ravel().tolist(), segments.ravel().tolist()


@right()
def with_counters(truth, segments):
    one, other = flat(truth, segments)
    return (pairs(one) + pairs(other) - 2 * pairs(one, other)) / comb(len(one), 2)


@right()
def with_a_table(truth, segments):
    if np.size(truth) < 2:
        raise ValueError("one pixel")
    rows, columns = (np.unique(each, return_inverse=True)[1].ravel() for each in (truth, segments))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    n = table.sum()
    agreeing = (n**2 + 2 * (table**2).sum() - (table.sum(0) ** 2).sum() - (table.sum(1) ** 2).sum() - n) / 2
    return 1 - agreeing / (n * (n - 1) / 2)


@right()
def with_one_column_a_group(truth, segments):
    """Needs memory for pixels times groups, which is not the one for every pair."""
    if truth.size < 2:
        raise ValueError("no pairs")
    one, other = (np.equal.outer(each.ravel(), np.unique(each)).astype(float) for each in (truth, segments))
    rows, columns, both = one.sum(0), other.sum(0), one.T @ other
    return ((rows**2).sum() + (columns**2).sum() - 2 * (both**2).sum()) / (truth.size * (truth.size - 1))


@wrong("a place for every pair of pixels")
def pixels_by_pixels(truth, segments):
    if truth.size < 2:
        raise ValueError("no pairs")
    one, other = truth.ravel(), segments.ravel()
    differ = (one[:, None] == one) != (other[:, None] == other)
    return np.count_nonzero(differ) / (one.size * (one.size - 1))


@wrong("on which they agree")
def agreement(truth, segments):
    return 1 - with_counters(truth, segments)


@wrong("no pair with itself")
def all_squared(truth, segments):
    one, other = flat(truth, segments)
    return 2 * (pairs(one) + pairs(other) - 2 * pairs(one, other)) / len(one) ** 2


@wrong("twice below it")
def ordered_below(truth, segments):
    return with_counters(truth, segments) / 2


@wrong("numbers mean nothing")
def by_names(truth, segments):
    flat(truth, segments)
    return float(np.mean(truth != segments))


@wrong("which share of them")
def how_many(truth, segments):
    one, other = flat(truth, segments)
    return pairs(one) + pairs(other) - 2 * pairs(one, other)


@wrong("a group like any other")
def without_zero(truth, segments):
    flat(truth, segments)
    inside = truth > 0
    return with_counters(truth[inside], segments[inside]) if inside.sum() > 1 else 0.0


@wrong("stops with ZeroDivisionError")
def of_one_pixel(truth, segments):
    one, other = truth.ravel().tolist(), segments.ravel().tolist()
    return (pairs(one) + pairs(other) - 2 * pairs(one, other)) / comb(len(one), 2)
