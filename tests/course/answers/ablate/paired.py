"""Answers to the exercise ablate.paired: two right ones, and the known wrong ones."""

import statistics

import numpy as np
from answerkit import right, wrong


def spread(these, others):
    free = len(these) + len(others) - 2
    return np.sqrt(((len(these) - 1) * np.var(these, ddof=1) + (len(others) - 1) * np.var(others, ddof=1)) / free)


@right()
def with_statistics(these, others):
    differences = [one - other for one, other in zip(these, others, strict=True)]
    return statistics.mean(differences), statistics.stdev(differences)


@right()
def by_hand(these, others):
    differences = np.array(these) - np.array(others)
    mean = differences.sum() / len(differences)
    return mean, np.sqrt(((differences - mean) ** 2).sum() / (len(differences) - 1))


@wrong("the sign of the mean is wrong")
def the_other_way(these, others):
    return with_statistics(others, these)


@wrong("n − 1, not n")
def numpy_s_own(these, others):
    differences = np.subtract(these, others)
    return differences.mean(), differences.std()


@wrong("this is the variance")
def variance(these, others):
    mean, deviation = with_statistics(these, others)
    return mean, deviation**2


@wrong("this is the error of the mean")
def standard_error(these, others):
    mean, deviation = with_statistics(these, others)
    return mean, deviation / len(these) ** 0.5


@wrong("this is the pooled deviation")
def not_paired(these, others):
    return np.mean(these) - np.mean(others), spread(these, others)


@wrong("have lost their sign")
def distances(these, others):
    differences = np.abs(np.subtract(these, others))
    return differences.mean(), differences.std(ddof=1)
