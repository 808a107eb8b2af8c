"""Answers to the exercise score.dice: right ones, and the known wrong ones."""

from fractions import Fraction

from answerkit import right, wrong


@right()
def harmonic(value):
    if value < 0 or value > 1:
        raise ValueError("no IoU")
    return 0.0 if value == 0 else 1 / (0.5 + 0.5 / value)


@right()
def by_fractions(value):
    assert_between = Fraction(value)
    if not 0 <= assert_between <= 1:
        raise ValueError(value)
    return float(2 * assert_between / (assert_between + 1))


def between(value):
    if not 0 <= value <= 1:
        raise ValueError("not in [0, 1]")


@wrong("the IoU itself")
def unchanged(value):
    between(value)
    return value


@wrong("this is the way back")
def backwards(value):
    between(value)
    return value / (2 - value)


@wrong("counts twice above the line")
def no_two(value):
    between(value)
    return value / (1 + value)


@wrong("twice the IoU")
def doubled(value):
    between(value)
    return 2 * value


@wrong("the loss, not the score")
def as_loss(value):
    between(value)
    return 1 - 2 * value / (1 + value)


@wrong("0 and 1 are among them")
def too_strict(value):
    if not 0 < value < 1:
        raise ValueError("not in (0, 1)")
    return 2 * value / (1 + value)


@wrong("this is a case for a ValueError")
def of_anything(value):
    return 2 * value / (1 + value)
