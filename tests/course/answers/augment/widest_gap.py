"""Answers to the exercise augment.widest_gap: two right ones, and the known wrong ones."""

import math

import numpy as np
from answerkit import right, wrong

from unet_edu.data.weightmap import border_term


@right()
def solved(least, w0=10.0):
    if least <= 0:
        raise ValueError("least must be above 0")
    if least > w0:
        return 0
    return max(0, int(5 * math.sqrt(2 * math.log(w0 / least)) - 1))


@right()
def from_weight_maps(least, w0=10.0):
    if not least > 0:
        raise ValueError("least must be above 0")
    rows = [np.array([[1] * 2 + [0] * gap + [2] * 2]) for gap in range(1, 40)]
    reached = [gap for gap, row in enumerate(rows, 1) if border_term(row, w0).max() >= least]
    return max(reached, default=0)


@right(sigma=8)
def for_a_cohort(least, w0=10.0):
    if least <= 0:
        raise ValueError
    terms = w0 * np.exp(-(np.arange(2, 100) ** 2) / 128)
    return np.count_nonzero(terms >= least)


def counted(least, sum_of_distances=lambda gap: gap + 1, w0=10.0, first=1, divisor=50.0):
    """How many gaps from `first` on reach it."""
    if least <= 0:
        raise ValueError("least must be above 0")
    gap = first
    while w0 * math.exp(-(sum_of_distances(gap) ** 2) / divisor) >= least:
        gap += 1
    return gap - 1


@wrong("it is right for another σ", sigma=3)
def of_last_year(least, w0=10.0):
    return counted(least, w0=w0)


@wrong("the sum of both distances is more than the gap")
def the_gap_itself(least, w0=10.0):
    return counted(least, lambda gap: gap, w0)


@wrong("a pixel more than the gap, not more")
def the_gap_and_two(least, w0=10.0):
    return max(0, counted(least, lambda gap: gap + 2, w0))


@wrong("the first gap that no longer reaches it")
def one_too_far(least, w0=10.0):
    return counted(least, w0=w0) + 1


@wrong("divided by twice σ², not by σ²")
def without_the_two(least, w0=10.0):
    return counted(least, w0=w0, divisor=25.0)


@wrong("σ is squared in the exponent")
def sigma_not_squared(least, w0=10.0):
    return counted(least, w0=w0, divisor=10.0)


@wrong("the sum of the distances is squared")
def sum_not_squared(least, w0=10.0):
    return counted(least, lambda gap: math.sqrt(gap + 1), w0)


@wrong("not twice the gap")
def twice_the_gap(least, w0=10.0):
    return counted(least, lambda gap: 2 * gap, w0)


@wrong("w0 makes no difference here")
def fixed_height(least, w0=10.0):
    return solved(least)


@wrong("a gap has whole pixels")
def not_rounded(least, w0=10.0):
    if least <= 0:
        raise ValueError
    return 5 * math.sqrt(2 * math.log(w0 / least)) - 1 if least < w0 else 0


@wrong("is it rounded up?")
def rounded_up(least, w0=10.0):
    if least <= 0:
        raise ValueError
    return max(0, math.ceil(5 * math.sqrt(2 * math.log(w0 / least)) - 1)) if least < w0 else 0


@wrong("does a logarithm raise it?")
def without_a_look(least, w0=10.0):
    return max(0, int(5 * math.sqrt(2 * math.log(w0 / least)) - 1))


@wrong("every gap reaches that: this is a case for a ValueError")
def nothing_below_nothing(least, w0=10.0):
    return solved(least, w0) if least > 0 else 0


@wrong("where no gap reaches it, the answer is 0")
def none_for_none(least, w0=10.0):
    return solved(least, w0) or None


@wrong("but a float: a count is an integer")
def floored(least, w0=10.0):
    return float(solved(least, w0))
