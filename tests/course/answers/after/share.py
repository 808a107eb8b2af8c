"""Answers to the exercise after.share: right ones, and the known wrong ones."""

import math

import numpy as np
from answerkit import right, wrong


def layer_by_layer(size, depth, convs=2):
    for _ in range(depth):
        size -= 2 * convs
        if size % 2:
            raise ValueError("a pooling meets an odd size")
        size //= 2
    size -= 2 * convs
    for _ in range(depth):
        size = 2 * size - 2 * convs
    if size < 1:
        raise ValueError("too small")
    return size


@right()
def by_layers(sizes, depth=4):
    return math.prod(layer_by_layer(size, depth) / size for size in sizes)


@right()
def by_remainder(sizes, depth=4):
    sizes, step = np.array(sizes), 2**depth
    out = sizes - (12 * step - 8)
    if (out <= 0).any() or ((sizes + 4) % step).any():
        raise ValueError(f"one of {sizes} is not legal")
    return np.prod(out) / np.prod(sizes)


@right(convs=3, size=570)
def of_three(sizes, depth=4):
    return np.prod([layer_by_layer(size, depth, 3) for size in sizes]) / np.prod(sizes)


@right()
def without_a_word(sizes, depth=4):
    try:
        return by_layers(sizes, depth)
    except ValueError:
        raise ValueError from None


def closed(sizes, depth):
    return math.prod((size - 12 * 2**depth + 8) / size for size in sizes)


@wrong("a pooling meets an odd size on one of the axes")
def never_raising(sizes, depth=4):
    return closed(sizes, depth)


@wrong("nothing comes out on one of the axes")
def poolings_alone(sizes, depth=4):
    for size in sizes:
        for _ in range(depth):
            size -= 4
            if size % 2:
                raise ValueError("odd")
            size //= 2
    return closed(sizes, depth)


@wrong("a pooling meets an odd size on one of the axes")
def largeness_alone(sizes, depth=4):
    if min(sizes) <= 12 * 2**depth - 8:
        raise ValueError("too small")
    return closed(sizes, depth)


@wrong("nothing comes out on one of the axes")
def nought_is_enough(sizes, depth=4):
    if all(size == 12 * 2**depth - 8 or layer_by_layer(size, depth) for size in sizes):
        return closed(sizes, depth)
    return None


@wrong("is the test too strict")
def divisible(sizes, depth=4):
    if any(size % 2**depth for size in sizes):
        raise ValueError("not a multiple")
    return by_layers(sizes, depth)


@wrong("the axes multiply")
def mean_of_axes(sizes, depth=4):
    return sum(layer_by_layer(size, depth) / size for size in sizes) / len(sizes)


@wrong("only the first axis counts")
def as_a_cube(sizes, depth=4):
    return (layer_by_layer(sizes[0], depth) / sizes[0]) ** len(sizes)


@wrong("the shares of the axes; one for all")
def one_an_axis(sizes, depth=4):
    return [layer_by_layer(size, depth) / size for size in sizes]


@wrong("the share that is lost")
def what_is_lost(sizes, depth=4):
    return 1 - by_layers(sizes, depth)


@wrong("it is in percent")
def percent(sizes, depth=4):
    return 100 * by_layers(sizes, depth)


@wrong("the border is lost on one side alone")
def one_side(sizes, depth=4):
    by_layers(sizes, depth)
    return math.prod((size - 6 * 2**depth + 4) / size for size in sizes)


@wrong("the way up takes pixels, too")
def down_alone(sizes, depth=4):
    by_layers(sizes, depth)
    return math.prod((size - 4 * (2 ** (depth + 1) - 1)) / size for size in sizes)


@wrong("it is right for blocks of two convolutions", convs=1, size=574)
def of_the_book(sizes, depth=4):
    return by_layers(sizes, depth)
