"""Answers to the exercise reading.way_down: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn


def check_map(size, dilation):
    if size < 2 * dilation + 1:
        raise ValueError("too small")


@right()
def step_by_step(size, dilation=1):
    found = []
    while len(found) < 4:
        for _ in range(2):
            check_map(size, dilation)
            size -= 2 * dilation
        size = -(-size // 2)
        found.append(size)
    return tuple(found)


@right()
def by_layers_on_meta(size, dilation=1):
    level = nn.Sequential(
        *(nn.Conv1d(1, 1, 3, dilation=dilation, device="meta") for _ in range(2)), nn.MaxPool1d(2, ceil_mode=True)
    )
    x, found = torch.empty(1, 1, size, device="meta"), []
    for _ in range(4):
        if x.shape[-1] < 4 * dilation + 1:
            raise ValueError(f"a map of {x.shape[-1]} pixels is too small")
        x = level(x)
        found.append(x.shape[-1])
    return found


@right(convs=4)
def for_four_convolutions(size, dilation=1):
    found = []
    for _ in range(4):
        size = (size - 8 * dilation + 1) // 2
        found.append(size)
        if size < 1:
            raise ValueError
    return found


@wrong("it is right for another number of convolutions", convs=1)
def two_of_them(size, dilation=1):
    return step_by_step(size, dilation)


def walked(size, eaten, levels=4, up=1):
    found = []
    for _ in range(levels):
        if size <= eaten:
            raise ValueError("too small")
        size = (size - eaten + up) // 2
        found.append(size)
    return found


@wrong("the poolings round down here")
def rounding_down(size, dilation=1):
    return walked(size, 4 * dilation, up=0)


@wrong("the dilation makes no difference here")
def undilated(size, dilation=1):
    return walked(size, 4)


@wrong("too few pixels are taken")
def one_convolution(size, dilation=1):
    return walked(size, 2 * dilation)


@wrong("takes fewer pixels than its kernel spans")
def eats_its_span(size, dilation=1):
    return walked(size, 2 * (2 * dilation + 1))


@wrong("as wide as the dilation")
def dilated_on_one_side(size, dilation=1):
    return walked(size, 2 * (dilation + 1))


@wrong("one level too many")
def five_levels(size, dilation=1):
    return walked(size, 4 * dilation, levels=5)


@wrong("the first number is that of the image")
def from_the_image(size, dilation=1):
    return [size, *step_by_step(size, dilation)[:-1]]


@wrong("these are the sizes before the poolings")
def before_the_poolings(size, dilation=1):
    return [each - 4 * dilation for each in from_the_image(size, dilation)]


@wrong("does not fit: this is a case for a ValueError")
def without_a_test(size, dilation=1):
    found = []
    for _ in range(4):
        size = (size - 4 * dilation + 1) // 2
        found.append(size)
    return found


@wrong("stops early without an error")
def stopping_early(size, dilation=1):
    found = []
    for _ in range(4):
        size -= 4 * dilation
        if size < 1:
            break
        size = (size + 1) // 2
        found.append(size)
    return found


@wrong("a map of one pixel is still a map")
def too_strict(size, dilation=1):
    found = []
    for _ in range(4):
        size -= 4 * dilation
        if size <= 1:
            raise ValueError("too small")
        size = (size + 1) // 2
        found.append(size)
    return found


@wrong("but a float: a count is an integer")
def in_floats(size, dilation=1):
    return [float(each) for each in step_by_step(size, dilation)]
