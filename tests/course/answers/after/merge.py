"""Answers to the exercise after.merge: right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


def check_totals(totals):
    if min(totals) < 0 or not any(totals):
        raise ValueError(f"these totals cannot be: {totals}")


@right()
def by_average(gradients, totals):
    check_totals(totals)
    return np.average(gradients, axis=0, weights=totals)


@right()
def by_adding(gradients, totals):
    check_totals(totals)
    found = np.zeros(gradients.shape[1])
    for gradient, total in zip(gradients, totals, strict=True):
        found += gradient * (total / sum(totals))
    return found


@wrong("it is the plain mean")
def plain(gradients, totals):
    check_totals(totals)
    return gradients.mean(0)


@wrong("it is the plain sum")
def added(gradients, totals):
    check_totals(totals)
    return gradients.sum(0)


@wrong("divide by the weight of all")
def weighted_sum(gradients, totals):
    check_totals(totals)
    return totals @ gradients


@wrong("divides by the number of processes")
def by_processes(gradients, totals):
    check_totals(totals)
    return (totals[:, None] * gradients).mean(0)


@wrong("a larger total counts less")
def inverse(gradients, totals):
    check_totals(totals)
    with np.errstate(all="ignore"):
        return (1 / totals) @ gradients / (1 / totals).sum()


@wrong("processes and parameters are mixed up")
def wrong_axis(gradients, totals):
    check_totals(totals)
    return gradients @ totals / totals.sum()


@wrong("the shapes do not fit")
def not_turned(gradients, totals):
    check_totals(totals)
    return (totals * gradients).sum(0) / totals.sum()


@wrong("not added up")
def parts(gradients, totals):
    check_totals(totals)
    return totals[:, None] * gradients / totals.sum()


@wrong("a softmax of the totals")
def softmax(gradients, totals):
    check_totals(totals)
    return torch.tensor(totals, dtype=torch.float64).softmax(0).numpy() @ gradients


@wrong("a total below zero: this is a case for a ValueError")
def only_zeros_refused(gradients, totals):
    if totals.sum() == 0:
        raise ValueError("all zero")
    return totals @ gradients / totals.sum()


@wrong("totals that are all zero: this is a case for a ValueError")
def only_negative_refused(gradients, totals):
    if (totals < 0).any():
        raise ValueError("below zero")
    return totals @ gradients / max(totals.sum(), 1e-9)


@wrong("is the test too strict")
def none_may_be_zero(gradients, totals):
    if (totals <= 0).any():
        raise ValueError("not above zero")
    return totals @ gradients / totals.sum()
