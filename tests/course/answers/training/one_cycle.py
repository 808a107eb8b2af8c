"""Answers to the exercise training.one_cycle: three right ones, and the known wrong ones."""

import math

import numpy as np
import torch
from answerkit import right, wrong


def cycle(steps, highest, percent=30, start=25, end=10_000):
    rates = []
    for step in range(steps):
        part = 100 * step / (percent * steps)
        low = highest / start
        if part > 1:
            part = (100 * step - percent * steps) / ((100 - percent) * steps)
            part, low = 1 - part, highest / end
        rates.append(low + (highest - low) * 0.5 * (1 + math.cos(math.pi * (1 - part))))
    return rates


@right()
def step_by_step(steps, highest):
    return cycle(steps, highest)


@right()
def in_one_go(steps, highest):
    step = np.arange(steps)
    top = 3 * steps / 10
    up = highest / 25 + (highest - highest / 25) * np.sin(np.pi / 2 * step / top) ** 2
    down = 1e-4 * highest + (1 - 1e-4) * highest * np.cos(np.pi / 2 * (step - top) / (steps - top)) ** 2
    return np.where(step < top, up, down).tolist()


@right()
def as_a_tuple(steps, highest):
    return tuple(torch.tensor(each, dtype=torch.float64) for each in cycle(steps, highest))


@right(percent=40, start=10, end=1000)
def of_another_cohort(steps, highest):
    return cycle(steps, highest, 40, 10, 1000)


@wrong("that of the book", percent=40, start=10, end=1000)
def of_the_book(steps, highest):
    return cycle(steps, highest)


@wrong("it rises for what is right in the book", percent=20, start=20, end=2000)
def rises_as_in_the_book(steps, highest):
    return cycle(steps, highest, 30, 20, 2000)


def waves(steps, highest, rise, fall, low=None, end=None, top=None, last=0, early=0):
    low = highest / 25 if low is None else low
    end = highest / 10_000 if end is None else end
    top = 0.3 * steps if top is None else top
    return [
        low + (highest - low) * rise(step / top)
        if step < top
        else highest + (end - highest) * fall((step - top) / (steps - last - top))
        for step in range(early, steps + early)
    ]


def half(part):
    return (1 - math.cos(math.pi * part)) / 2


@wrong("in straight lines")
def straight(steps, highest):
    return waves(steps, highest, lambda part: part, lambda part: part)


@wrong("it goes up in a straight line")
def warm_up(steps, highest):
    return waves(steps, highest, lambda part: part, half)


@wrong("a quarter of a wave")
def quarter(steps, highest):
    return waves(
        steps, highest, lambda part: math.sin(math.pi * part / 2), lambda part: 1 - math.cos(math.pi * part / 2)
    )


@wrong("halve it")
def not_halved(steps, highest):
    return waves(steps, highest, lambda part: 1 - math.cos(math.pi * part), lambda part: 1 - math.cos(math.pi * part))


@wrong("it begins at a rate of 0")
def from_nothing(steps, highest):
    return waves(steps, highest, half, half, low=0)


@wrong("it comes down to a rate of 0")
def to_nothing(steps, highest):
    return waves(steps, highest, half, half, end=0)


@wrong("a part of the highest is wanted")
def part_of_the_first(steps, highest):
    return waves(steps, highest, half, half, end=highest / 25 / 10_000)


@wrong("are swapped")
def ends_swapped(steps, highest):
    return waves(steps, highest, half, half, low=highest / 10_000, end=highest / 25)


@wrong("the last step has the rate of the end already")
def to_the_last(steps, highest):
    return waves(steps, highest, half, half, last=1) if steps > 1 else [highest / 25]


@wrong("the steps are counted from one")
def from_one(steps, highest):
    return waves(steps, highest, half, half, early=1)


@wrong("the top is rounded to a whole step")
def whole_top(steps, highest):
    return waves(steps, highest, half, half, top=int(0.3 * steps))


@wrong("which is too many")
def one_step_more(steps, highest):
    return [*cycle(steps, highest), highest / 10_000]


@wrong("an array")
def an_array(steps, highest):
    return np.array(cycle(steps, highest))
