"""Answers to the exercise fcn.side: three right ones, and the known wrong ones."""

import math

import torch
from answerkit import right, wrong
from torch.nn import functional


def some(count):
    if count < 1:
        raise ValueError("no score is left")
    return count


@right()
def in_one_step(size, padding=100, ceil=True):
    first = size + 2 * padding - 2
    return some((math.ceil(first / 32) if ceil else math.floor(first / 32)) - 6)


@right()
def with_layers(size, padding=100, ceil=True):
    try:
        x = functional.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, 3), padding=padding)
        for _ in range(5):
            x = functional.max_pool1d(x, 2, ceil_mode=ceil)
        return x.unfold(2, 7, 1).shape[2]
    except RuntimeError as error:
        raise ValueError("too small") from error


def walk(size, padding, ceil=True, window=7, pools=5, taken=2):
    size = size + 2 * padding - taken
    for _ in range(pools):
        size = (size + 1) // 2 if ceil else size // 2
    return size - window + 1


@right(kernel=9)
def with_a_window_of_nine(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 9))


@wrong("right for a window of seven values", kernel=5)
def last_years_window(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil))


@wrong("fewer values than it takes")
def fc6_forgotten(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 1))


@wrong("one place more")
def window_too_wide(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, 8))


@wrong("on both sides")
def padded_once(size, padding=100, ceil=True):
    return some(walk(size + padding, 0, ceil))


@wrong("the padding makes no difference here")
def unpadded(size, padding=100, ceil=True):
    return some(walk(size, 0, ceil))


@wrong("always the same here")
def hundred_always(size, padding=100, ceil=True):
    return some(walk(size, 100, ceil))


@wrong("the first convolution takes pixels away")
def first_convolution_forgotten(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, taken=0))


@wrong("a pixel from both ends")
def one_pixel_of_two(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, taken=1))


@wrong("it rounds up for every `ceil`")
def always_up(size, padding=100, ceil=True):
    return some(walk(size, padding, True))


@wrong("in the wrong direction")
def the_other_way(size, padding=100, ceil=True):
    return some(walk(size, padding, not ceil))


@wrong("it rounds down for every `ceil`")
def always_down(size, padding=100, ceil=True):
    return some(walk(size, padding, False))


@wrong("a pooling is missing")
def four_poolings(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil, pools=4))


@wrong("it is not rounded")
def with_fractions(size, padding=100, ceil=True):
    return some((size + 2 * padding - 2) / 32 - 6)


@wrong("rounded to the nearest")
def nearest(size, padding=100, ceil=True):
    return some(round((size + 2 * padding - 2) / 32) - 6)


@wrong("where no score is left it returns a number")
def without_an_error(size, padding=100, ceil=True):
    return walk(size, padding, ceil)


@wrong("where no score is left it returns a number")
def nought(size, padding=100, ceil=True):
    return max(walk(size, padding, ceil), 0)


@wrong("is the test too strict?")
def one_is_not_enough(size, padding=100, ceil=True):
    return some(walk(size, padding, ceil) - 1) + 1
