"""Answers to the exercise ablate.verdict: two right ones, and the known wrong ones."""

import statistics

import numpy as np
from answerkit import right, wrong


def said(change, limit):
    return "none" if abs(change) <= limit else "higher" if change > 0 else "lower"


def spread(these, others):
    free = len(these) + len(others) - 2
    return np.sqrt(((len(these) - 1) * np.var(these, ddof=1) + (len(others) - 1) * np.var(others, ddof=1)) / free)


def enough(these, others):
    return len(these) > 1 and len(others) > 1


@right()
def with_numpy(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * spread(these, others))


@right()
def with_residuals(these, others):
    if len(these) < 2 or len(others) < 2:
        return "too few"
    means = [sum(each) / len(each) for each in (these, others)]
    squares = sum((score - mean) ** 2 for each, mean in zip((these, others), means, strict=True) for score in each)
    change = means[0] - means[1]
    if change**2 * (len(these) + len(others) - 2) > 4 * squares:
        return "higher" if change > 0 else "lower"
    return "none"


@right(limit=3)
def with_three(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 3 * spread(these, others))


@wrong("two standard deviations", limit=3)
def last_years(these, others):
    return with_numpy(these, others)


@wrong("higher and lower are mixed up")
def mixed_up(these, others):
    return {"higher": "lower", "lower": "higher"}.get(with_numpy(these, others), with_numpy(these, others))


@wrong("a change downwards is a change, too")
def upwards_alone(these, others):
    found = with_numpy(these, others)
    return "none" if found == "lower" else found


@wrong("it is n − 1")
def with_n(these, others):
    if not enough(these, others):
        return "too few"
    squares = np.var(these) * len(these) + np.var(others) * len(others)
    return said(np.mean(these) - np.mean(others), 2 * np.sqrt(squares / (len(these) + len(others))))


@wrong("the error of the means")
def with_the_error(these, others):
    if not enough(these, others):
        return "too few"
    error = spread(these, others) * np.sqrt(1 / len(these) + 1 / len(others))
    return said(np.mean(these) - np.mean(others), 2 * error)


@wrong("the two deviations are added")
def added(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * (np.std(these, ddof=1) + np.std(others, ddof=1)))


@wrong("put into one list")
def of_one_list(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 2 * np.std([*these, *others], ddof=1))


@wrong("the plain mean of the two variances")
def plain_mean_of_variances(these, others):
    if not enough(these, others):
        return "too few"
    mean = (statistics.variance(these) + statistics.variance(others)) / 2
    return said(np.mean(these) - np.mean(others), 2 * np.sqrt(mean))


@wrong("any change is called one")
def any_change(these, others):
    if not enough(these, others):
        return "too few"
    return said(np.mean(these) - np.mean(others), 0)


@wrong("not even that there is no difference")
def none_of_few(these, others):
    return with_numpy(these, others) if enough(these, others) else "none"
