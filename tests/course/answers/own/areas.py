"""Answers to the exercise own.areas: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def counted(numbers):
    found, counts = np.unique(numbers[numbers > 0], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


@right()
def by_the_frame(numbers, pixel):
    frame = np.ones(numbers.shape, bool)
    frame[1:-1, 1:-1] = False
    cut = set(numbers[frame].tolist())
    return {number: count * pixel**2 for number, count in counted(numbers).items() if number not in cut}


@right()
def by_the_inner_part(numbers, pixel):
    inner = np.bincount(numbers[1:-1, 1:-1].ravel(), minlength=int(numbers.max()) + 1)
    every = np.bincount(numbers.ravel())
    return {int(n): float(every[n]) * pixel * pixel for n in np.flatnonzero(every) if n and inner[n] == every[n]}


@wrong("counted with the part that is seen")
def every_one(numbers, pixel):
    return {number: count * pixel**2 for number, count in counted(numbers).items()}


@wrong("the pixel's side squared")
def by_the_side(numbers, pixel):
    return {number: area / pixel for number, area in by_the_frame(numbers, pixel).items()}


@wrong("these are pixels")
def in_pixels(numbers, pixel):
    return {number: counted(numbers)[number] for number in by_the_frame(numbers, pixel)}


@wrong("there are four sides")
def two_sides(numbers, pixel):
    cut = {*numbers[0].tolist(), *numbers[:, 0].tolist()}
    return {number: count * pixel**2 for number, count in counted(numbers).items() if number not in cut}


@wrong("a dictionary from number to area")
def a_list(numbers, pixel):
    return list(by_the_frame(numbers, pixel).values())
