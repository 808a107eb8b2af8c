"""Answers to the exercise own.bits: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def top_of(most):
    return next(2**depth - 1 for depth in (8, 10, 12, 14, 16) if most < 2**depth)


@right()
def by_the_largest(images):
    if any(np.min(image) < 0 for image in images):
        raise ValueError("grey values count from 0")
    top = top_of(max(int(image.max()) for image in images))
    return [image / top for image in images]


@right()
def by_logarithm(images):
    everything = np.concatenate([image.ravel().astype(float) for image in images])
    if everything.min() < 0:
        raise ValueError("a value is negative")
    depth = max(8, 2 * int(np.ceil(np.log2(everything.max() + 1) / 2)))
    return tuple(image.astype(np.float64) / (2.0**depth - 1) for image in images)


@wrong("how much the type can hold")
def by_type(images):
    by_the_largest(images)
    return [image / np.iinfo(image.dtype).max for image in images]


@wrong("one scaling belongs to the whole set")
def each_alone(images):
    by_the_largest(images)
    return [image / top_of(int(image.max())) for image in images]


@wrong("by its own largest value")
def each_stretched(images):
    by_the_largest(images)
    return [image / image.max() for image in images]


@wrong("not by the largest that fits")
def by_what_came(images):
    most = max(int(image.max()) for image in images)
    by_the_largest(images)
    return [image / most for image in images]


@wrong("the largest number of b bits is")
def one_too_many(images):
    by_the_largest(images)
    top = top_of(max(int(image.max()) for image in images))
    return [image / (top + 1) for image in images]


@wrong("this is a case for a ValueError")
def never_refuses(images):
    top = top_of(max(int(image.max()) for image in images))
    return [image / top for image in images]
