"""Two rows of runs that share their seeds: by how much they differ, how sure that is, and what would have been found.

    failed(scores)                   the runs that broke: below half of their row's median
    compare(these, others)           differences seed by seed: mean, 95 % interval, paired t-test
    interval(change, sd, count)      that interval where differences depend on each other, and count as fewer
    holm(p)                          p corrected for many comparisons with one reference
    power(difference, sd, pairs)     how often that test finds a true difference
    detectable, pairs_needed         the same, solved for the difference and for the number of pairs

A row is {seed: score}. Only SciPy is needed; `unet_edu.results` reads the rows from a record.
"""

import statistics
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct, t, ttest_rel

LEVEL = 0.05  # how often the test may find a difference where there is none
POWER = 0.8  # how often it should find one that is there
FAILED = 0.5  # a run below this share of its row's median has failed
MOST_PAIRS = 100_000


class Comparison(NamedTuple):
    """What the runs of two rows say about their difference."""

    change: float  # mean of the differences, seed by seed
    low: float  # ends of the 95 % interval of that mean
    high: float
    p: float  # of the paired t-test, two-sided
    sd: float  # of the differences, n - 1
    pairs: int  # seeds of which neither run failed
    left_out: int  # seeds in both rows of which a run failed


def failed(scores):
    """Return {seed: score} of the runs below half of the median of their row. scores: {seed: score}, all of a row."""
    middle = statistics.median(scores.values()) if scores else 0
    return {seed: score for seed, score in scores.items() if score < FAILED * middle}


def sound(scores):
    """Return {seed: score} of the runs of a row that did not fail."""
    broken = failed(scores)
    return {seed: score for seed, score in scores.items() if seed not in broken}


def compare(these, others, broken=None):
    """Return the `Comparison` of two rows, these less others; None where fewer than two pairs are left.

    these, others: {seed: score}.  A pair is a seed that both rows have, and of which neither run failed.
    broken: the seeds of failed runs, where the scores are of a measure that does not show it; None: as `failed` finds.
    Where all differences are equal there is no scatter to test against: p is 0, or 1 where they are all 0.
    """
    if broken is None:
        broken = {*failed(these), *failed(others)}
    shared = set(these) & set(others)
    seeds = sorted(shared - set(broken))
    left_out = len(shared) - len(seeds)
    if len(seeds) < 2:
        return None
    one, other = ([row[seed] for seed in seeds] for row in (these, others))
    differences = np.subtract(one, other)
    change, sd = float(differences.mean()), float(differences.std(ddof=1))
    if sd <= 1e-12 * max(1.0, abs(change)):
        return Comparison(change, change, change, float(abs(change) < 1e-12), 0.0, len(seeds), left_out)
    test = ttest_rel(one, other)
    low, high = test.confidence_interval(1 - LEVEL)
    return Comparison(change, float(low), float(high), float(test.pvalue), sd, len(seeds), left_out)


def interval(change, sd, count, level=LEVEL):
    """Return (low, high), the interval of a mean difference that rests on `count` independent differences.

    change, sd: mean and standard deviation (n - 1) of the differences.  count: above 1, and no whole number where
    neighbours depend on each other (`unet_edu.experiments.sections.effective`).  Raises ValueError otherwise.
    """
    if not count > 1:
        raise ValueError(f"count must be above 1, not {count!r}: one difference has no scatter")
    reach = float(t.isf(level / 2, count - 1) * sd / count**0.5)
    return change - reach, change + reach


def holm(p):
    """Return p-values corrected by Holm's step-down method, in the order of p.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none becomes smaller than one before it, none
    larger than 1. The chance that any of the comparisons raises a false alarm then stays within the level.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))) if len(p) else []
    return corrected.tolist()


def power(difference, sd, pairs, level=LEVEL):
    """Return how often the paired t-test of `compare` finds a true difference: 0 to 1, by the noncentral t.

    sd: the true standard deviation of the differences, above 0.  pairs: at least 2.  Raises ValueError otherwise.
    """
    if not sd > 0 or pairs < 2:
        raise ValueError(f"power needs sd above 0 and at least 2 pairs, not sd {sd!r} and {pairs!r} pairs")
    limit = t.isf(level / 2, pairs - 1)
    shift = abs(difference) / sd * pairs**0.5
    above, below = nct.sf(limit, pairs - 1, shift), nct.cdf(-limit, pairs - 1, shift)
    return float(np.clip(above + np.nan_to_num(below), 0, 1))


def detectable(sd, pairs, level=LEVEL, target=POWER):
    """Return the true difference that the test finds in `target` of the cases; arguments as for `power`."""
    return float(sd * brentq(lambda size: power(size, 1.0, pairs, level) - target, 0, _far(pairs, level)))


def _far(pairs, level):
    """Return a size, in standard deviations, that the test hardly ever misses."""
    return 6 * (t.isf(level / 2, pairs - 1) + 3) / pairs**0.5


def pairs_needed(difference, sd, level=LEVEL, target=POWER):
    """Return the smallest number of pairs with which the test finds a true difference in `target` of the cases.

    Raises ValueError where there is no difference to find, or where more than 100,000 pairs would not do.
    """
    low, high = 1, 2
    while difference == 0 or power(difference, sd, high, level) < target:
        if difference == 0 or high > MOST_PAIRS:
            raise ValueError(f"no number of pairs up to {MOST_PAIRS:,} finds a difference of {difference!r}; take more")
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(difference, sd, middle, level) >= target else (middle, high)
    return high
