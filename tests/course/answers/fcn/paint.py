"""Answers to the exercise fcn.paint: two right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from torch.nn import functional


@right()
def by_neighbours(scores, stride):
    """Every pixel asks the score on its left and the one on its right."""
    between = [0.0, *scores, 0.0]
    row = []
    for left, right_ in zip(between, between[1:], strict=False):
        row += [left + (right_ - left) * (2 * step + 1) / (2 * stride) for step in range(stride)]
    return row


@right()
def by_transposed_convolution(scores, stride):
    if not scores:
        return [0.0] * stride
    rise = (np.arange(stride) + 0.5) / stride
    brush = torch.tensor(np.concatenate([rise, rise[::-1]]))
    painted = functional.conv_transpose1d(
        torch.tensor([[scores]], dtype=torch.float64), brush[None, None], stride=stride
    )
    return painted.flatten().tolist()


def brushed(scores, stride, brush, length=None):
    row = [0.0] * (stride * (len(scores) + 1) if length is None else length)
    for number, score in enumerate(scores):
        for tap, weight in enumerate(brush):
            if number * stride + tap < len(row):
                row[number * stride + tap] += weight * score
    return row


def tent(stride):
    return [1 - abs(tap - stride + 0.5) / stride for tap in range(2 * stride)]


@wrong("replaces the values before it")
def painting_over(scores, stride):
    row = [0.0] * (stride * (len(scores) + 1))
    for number, score in enumerate(scores):
        for tap, weight in enumerate(tent(stride)):
            row[number * stride + tap] = weight * score
    return row


@wrong("its middle lies between two of its pixels")
def middle_on_a_pixel(scores, stride):
    return brushed(scores, stride, [1 - abs(tap - stride) / stride for tap in range(2 * stride)])


@wrong("the brush is too strong")
def strongest_is_one(scores, stride):
    return brushed(scores, stride, [weight / max(tent(stride)) for weight in tent(stride)])


@wrong("the brush is too weak")
def sum_is_one(scores, stride):
    return brushed(scores, stride, [weight / stride for weight in tent(stride)])


@wrong("equally strong everywhere")
def box(scores, stride):
    return brushed(scores, stride, [1.0] * (2 * stride))


@wrong("its own stretch alone")
def nearest_score(scores, stride):
    return brushed(scores, stride, [1.0] * stride)


@wrong("falls off too slowly")
def half_slope(scores, stride):
    return brushed(scores, stride, [1 - abs(tap - stride + 0.5) / (2 * stride) for tap in range(2 * stride)])


@wrong("grows from left to right")
def ramp(scores, stride):
    return brushed(scores, stride, [(tap + 0.5) / stride for tap in range(2 * stride)])


@wrong("the row is too short")
def row_too_short(scores, stride):
    return brushed(scores, stride, tent(stride), stride * len(scores))


@wrong("the row is too long")
def row_too_long(scores, stride):
    return brushed(scores, stride, tent(stride), stride * (len(scores) + 2))


@wrong("the whole row is shifted")
def first_score_at_the_edge(scores, stride):
    whole = [0.0] * stride + by_neighbours(scores, stride)
    shift = stride + (stride + 1) // 2
    return (whole + [0.0] * stride)[shift : shift + stride * (len(scores) + 1)]


@wrong("rounded to whole numbers")
def whole_numbers(scores, stride):
    return brushed(scores, stride, [int(weight) for weight in tent(stride)])


@wrong("an array")
def as_an_array(scores, stride):
    return np.array(by_neighbours(scores, stride))


@wrong("it stops with IndexError")
def list_of_the_wrong_length(scores, stride):
    row = [0.0] * (stride * len(scores))
    for number, score in enumerate(scores):
        for tap, weight in enumerate(tent(stride)):
            row[number * stride + tap] += weight * score
    return row
