"""Answers to the exercise crop.centre: two right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from torch.nn import functional


def check_sizes(x, height, width):
    if x.shape[-2] < height or x.shape[-1] < width:
        raise ValueError("the map is too small")
    if (x.shape[-2] - height) % 2 or (x.shape[-1] - width) % 2:
        raise ValueError("an odd difference")


@right()
def by_narrow(x, height, width):
    check_sizes(x, height, width)
    x = x.narrow(-2, (x.shape[-2] - height) // 2, height)
    return x.narrow(-1, (x.shape[-1] - width) // 2, width).clone()


@right()
def by_negative_padding(x, height, width):
    down, mod_down = divmod(x.shape[-2] - height, 2)
    right, mod_right = divmod(x.shape[-1] - width, 2)
    if down < 0 or right < 0 or mod_down + mod_right:
        raise ValueError(f"cannot cut {x.shape[-2:]} to {height}, {width}")
    return functional.pad(x, (-right, -right, -down, -down))


@right()
def by_indices(x, height, width):
    class Misfit(ValueError):
        pass

    rows, columns = np.arange(x.shape[-2]), np.arange(x.shape[-1])
    while len(rows) > height:
        rows = rows[1:-1]
    while len(columns) > width:
        columns = columns[1:-1]
    if len(rows) != height or len(columns) != width:
        raise Misfit("no centre")
    return x[..., torch.tensor(rows)[:, None], torch.tensor(columns)]


@right()
def without_a_word(x, height, width):
    try:
        return by_narrow(x, height, width)
    except ValueError:
        raise ValueError from None


@wrong("from the top left corner")
def from_the_corner(x, height, width):
    check_sizes(x, height, width)
    return x[..., :height, :width]


@wrong("from the bottom right corner")
def from_the_other_corner(x, height, width):
    check_sizes(x, height, width)
    return x[..., x.shape[-2] - height :, x.shape[-1] - width :]


@wrong("nothing is cut")
def untouched(x, height, width):
    check_sizes(x, height, width)
    return x


@wrong("shifted by one row and one column: is it cut from the centre?")
def one_off(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    top, left = max(top - 1, 0), max(left - 1, 0)
    return x[..., top : top + height, left : left + width]


@wrong("where it begins")
def mixed_up(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-1] - width) // 2, (x.shape[-2] - height) // 2
    return x[..., top : top + height, left : left + width]


@wrong("height and width are swapped")
def width_first(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - width) // 2, (x.shape[-1] - height) // 2
    return x[..., top : top + width, left : left + height]


@wrong("a slice that ends at -0 is empty")
def minus_zero(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top:-top, left:-left]


@wrong("an odd difference has no centre")
def rounding(x, height, width):
    if x.shape[-2] < height or x.shape[-1] < width:
        raise ValueError("too small")
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


@wrong("a map that is too small has nothing to cut")
def padding_the_small(x, height, width):
    down, right = x.shape[-2] - height, x.shape[-1] - width
    if down % 2 or right % 2:
        raise ValueError("odd")
    return functional.pad(x, (-right // 2, -right // 2, -down // 2, -down // 2))


@wrong("stops with AssertionError (no centre); this is a case for a ValueError")
def asserting(x, height, width):
    try:
        check_sizes(x, height, width)
    except ValueError:
        raise AssertionError("no centre") from None
    return by_narrow(x, height, width)


@wrong("is the test too strict?")
def too_strict(x, height, width):
    if x.shape[-2] <= height or x.shape[-1] <= width:
        raise ValueError("too small")
    return by_narrow(x, height, width)


@wrong("cut the last two, however many")
def for_batches_only(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[:, :, top : top + height, left : left + width]


@wrong("is it resized, not cut?")
def resized(x, height, width):
    check_sizes(x, height, width)
    if x.dtype == torch.int64:
        return by_narrow(x, height, width)
    return functional.interpolate(x, (height, width), mode="bilinear")


@wrong("shape is right, but these are other channels")
def channels_turned(x, height, width):
    return by_narrow(x, height, width).roll(1, 0)


@wrong("half precision")
def halved(x, height, width):
    return by_narrow(x, height, width).half()


@wrong("floats (float32) where integers are wanted")
def floating(x, height, width):
    return by_narrow(x, height, width).float()


@wrong("an array where a tensor is wanted")
def in_numpy(x, height, width):
    return by_narrow(x, height, width).numpy()


@wrong("None: does every way through it end in a return?")
def forgotten_return(x, height, width):
    by_narrow(x, height, width)
