"""Answers to the exercises of the chapter on skip connections: two right ones each, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from torch.nn import functional

# ------------------------------------------------------------------------------------------------------- crop.centre


def check_sizes(x, height, width):
    if x.shape[-2] < height or x.shape[-1] < width:
        raise ValueError("the map is too small")
    if (x.shape[-2] - height) % 2 or (x.shape[-1] - width) % 2:
        raise ValueError("an odd difference")


@right("crop.centre")
def by_narrow(x, height, width):
    check_sizes(x, height, width)
    x = x.narrow(-2, (x.shape[-2] - height) // 2, height)
    return x.narrow(-1, (x.shape[-1] - width) // 2, width).clone()


@right("crop.centre")
def by_negative_padding(x, height, width):
    down, mod_down = divmod(x.shape[-2] - height, 2)
    right, mod_right = divmod(x.shape[-1] - width, 2)
    if down < 0 or right < 0 or mod_down + mod_right:
        raise ValueError(f"cannot cut {x.shape[-2:]} to {height}, {width}")
    return functional.pad(x, (-right, -right, -down, -down))


@right("crop.centre")
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


@right("crop.centre")
def without_a_word(x, height, width):
    try:
        return by_narrow(x, height, width)
    except ValueError:
        raise ValueError from None


@wrong("crop.centre", "from the top left corner")
def from_the_corner(x, height, width):
    check_sizes(x, height, width)
    return x[..., :height, :width]


@wrong("crop.centre", "from the bottom right corner")
def from_the_other_corner(x, height, width):
    check_sizes(x, height, width)
    return x[..., x.shape[-2] - height :, x.shape[-1] - width :]


@wrong("crop.centre", "nothing is cut")
def untouched(x, height, width):
    check_sizes(x, height, width)
    return x


@wrong("crop.centre", "shifted by one row and one column: is it cut from the centre?")
def one_off(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    top, left = max(top - 1, 0), max(left - 1, 0)
    return x[..., top : top + height, left : left + width]


@wrong("crop.centre", "where it begins")
def mixed_up(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-1] - width) // 2, (x.shape[-2] - height) // 2
    return x[..., top : top + height, left : left + width]


@wrong("crop.centre", "height and width are swapped")
def width_first(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - width) // 2, (x.shape[-1] - height) // 2
    return x[..., top : top + width, left : left + height]


@wrong("crop.centre", "a slice that ends at -0 is empty")
def minus_zero(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top:-top, left:-left]


@wrong("crop.centre", "an odd difference has no centre")
def rounding(x, height, width):
    if x.shape[-2] < height or x.shape[-1] < width:
        raise ValueError("too small")
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[..., top : top + height, left : left + width]


@wrong("crop.centre", "a map that is too small has nothing to cut")
def padding_the_small(x, height, width):
    down, right = x.shape[-2] - height, x.shape[-1] - width
    if down % 2 or right % 2:
        raise ValueError("odd")
    return functional.pad(x, (-right // 2, -right // 2, -down // 2, -down // 2))


@wrong("crop.centre", "stops with AssertionError (no centre); this is a case for a ValueError")
def asserting(x, height, width):
    try:
        check_sizes(x, height, width)
    except ValueError:
        raise AssertionError("no centre") from None
    return by_narrow(x, height, width)


@wrong("crop.centre", "is the test too strict?")
def too_strict(x, height, width):
    if x.shape[-2] <= height or x.shape[-1] <= width:
        raise ValueError("too small")
    return by_narrow(x, height, width)


@wrong("crop.centre", "cut the last two, however many")
def for_batches_only(x, height, width):
    check_sizes(x, height, width)
    top, left = (x.shape[-2] - height) // 2, (x.shape[-1] - width) // 2
    return x[:, :, top : top + height, left : left + width]


@wrong("crop.centre", "is it resized, not cut?")
def resized(x, height, width):
    check_sizes(x, height, width)
    if x.dtype == torch.int64:
        return by_narrow(x, height, width)
    return functional.interpolate(x, (height, width), mode="bilinear")


@wrong("crop.centre", "shape is right, but these are other channels")
def channels_turned(x, height, width):
    return by_narrow(x, height, width).roll(1, 0)


@wrong("crop.centre", "half precision")
def halved(x, height, width):
    return by_narrow(x, height, width).half()


@wrong("crop.centre", "floats (float32) where integers are wanted")
def floating(x, height, width):
    return by_narrow(x, height, width).float()


@wrong("crop.centre", "an array where a tensor is wanted")
def in_numpy(x, height, width):
    return by_narrow(x, height, width).numpy()


@wrong("crop.centre", "None: does every way through it end in a return?")
def forgotten_return(x, height, width):
    by_narrow(x, height, width)


# ------------------------------------------------------------------------------------------------------- crop.ladder


@right("crop.ladder")
def closed_form(depth, kernel=3):
    return [(6 * 2 ** (depth - level) - 8) * (kernel - 1) // 2 for level in range(depth)]


@right("crop.ladder")
def by_recursion(depth, kernel=3):
    if depth == 0:
        return ()
    below = by_recursion(depth - 1, kernel)
    return (2 * ((below[0] if below else -2 * (kernel // 2)) + 4 * (kernel // 2)), *below)


@right("crop.ladder")
def with_numpy(depth, kernel=3):
    return tuple((6 * 2 ** np.arange(depth, 0, -1) - 8) * (kernel // 2))


def ladder(depth, side, bottom=4, step=4):
    found = [bottom * side]
    while len(found) < depth:
        found.append(2 * (found[-1] + step * side))
    return tuple(reversed(found))


@right("crop.ladder", convs=3)
def by_ladder_of_threes(depth, kernel=3):
    return ladder(depth, kernel // 2, 6, 6)


@wrong("crop.ladder", "right for blocks of two convolutions", convs=3)
def last_years_ladder(depth, kernel=3):
    return closed_form(depth, kernel)


@wrong("crop.ladder", "from the bottom up")
def upside_down(depth, kernel=3):
    return closed_form(depth, kernel)[::-1]


@wrong("crop.ladder", "cut off in all")
def both_sides(depth, kernel=3):
    return ladder(depth, kernel - 1)


@wrong("crop.ladder", "the kernel makes no difference here")
def three_always(depth, kernel=3):
    return closed_form(depth, 3)


@wrong("crop.ladder", "an up-convolution doubles")
def bottom_not_doubled(depth, kernel=3):
    return [crop // 2 for crop in closed_form(depth, kernel)]


@wrong("crop.ladder", "some going down and some up")
def one_way_only(depth, kernel=3):
    return ladder(depth, kernel // 2, 4, 2)


@wrong("crop.ladder", "the bottom has no second block")
def two_blocks_at_the_bottom(depth, kernel=3):
    return ladder(depth, kernel // 2, 8)


@wrong("crop.ladder", "count all convolutions of a block")
def one_convolution(depth, kernel=3):
    return ladder(depth, kernel // 2, 2, 2)


@wrong("crop.ladder", "does not eat as much as its kernel is wide")
def whole_kernel(depth, kernel=3):
    return ladder(depth, kernel)


@wrong("crop.ladder", "each convolution eats one too many")
def rounded_up(depth, kernel=3):
    return ladder(depth, (kernel + 1) // 2)


@wrong("crop.ladder", "not doubled on the way up")
def never_doubled(depth, kernel=3):
    side = kernel // 2
    return tuple(4 * side * (1 + 2 * level) for level in reversed(range(depth)))


@wrong("crop.ladder", "one level is missing")
def without_the_top(depth, kernel=3):
    return closed_form(depth, kernel)[1:]


@wrong("crop.ladder", "the bottom has no skip connection")
def one_more(depth, kernel=3):
    return closed_form(depth + 1, kernel)


@wrong("crop.ladder", "the right number, but a float")
def true_division(depth, kernel=3):
    return [(6 * 2 ** (depth - level) - 8) * (kernel - 1) / 2 for level in range(depth)]


@wrong("crop.ladder", "a generator")
def lazily(depth, kernel=3):
    return (crop for crop in closed_form(depth, kernel))


@wrong("crop.ladder", "a list or a tuple is wanted")
def deepest_alone(depth, kernel=3):
    return 4 * (kernel // 2)


# -------------------------------------------------------------------------------------------------------- crop.shift


@right("crop.shift")
def by_ladder(level, left, depth=4):
    return 2**level * (left - ladder(depth, 1)[level])


@right("crop.shift")
def by_summing(level, left, depth=4):
    deeper = range(level + 1, depth)
    lost = 4 * sum(2 ** (below - level) for below in deeper) + 2 * 2 ** (depth - level)
    return np.int64(left * 2**level - lost * 2**level)


@right("crop.shift", kernel=5)
def by_ladder_of_five(level, left, depth=4):
    return 2**level * (left - ladder(depth, 2)[level])


@wrong("crop.shift", "pixels of that level, not of the image")
def of_the_level(level, left, depth=4):
    return left - ladder(depth, 1)[level]


@wrong("crop.shift", "the sign is wrong")
def other_sign(level, left, depth=4):
    return -by_ladder(level, left, depth)


@wrong("crop.shift", "level 0 has the image's own pixels")
def level_counted_from_one(level, left, depth=4):
    return 2 * by_ladder(level, left, depth)


@wrong("crop.shift", "half of what it is")
def half_a_pixel(level, left, depth=4):
    return by_ladder(level, left, depth) / 2


@wrong("crop.shift", "pixels grow from the top down")
def levels_from_the_bottom(level, left, depth=4):
    return 2 ** (depth - level) * (left - ladder(depth, 1)[level])


@wrong("crop.shift", "the crop itself")
def nothing_is_right(level, left, depth=4):
    return left * 2**level


@wrong("crop.shift", "mind the sign")
def unsigned(level, left, depth=4):
    return abs(by_ladder(level, left, depth))


@wrong("crop.shift", "cut off in all")
def of_both_sides(level, left, depth=4):
    return 2**level * (left - 2 * ladder(depth, 1)[level])


@wrong("crop.shift", "the depth makes no difference here")
def four_always(level, left, depth=4):
    return 2**level * (left - (88, 40, 16, 4, 0, 0)[level])


@wrong("crop.shift", "right for a kernel of three pixels", kernel=5)
def last_years(level, left, depth=4):
    return by_ladder(level, left, depth)


# -------------------------------------------------------------------------------------------------------- crop.blame


@right("crop.blame")
def by_remainder(size):
    for pool, wanted in ((1, 0), (2, 0), (3, 0), (4, 0)):
        size -= 4
        if size % 2 != wanted:
            return pool
        size = size // 2
    return None


@right("crop.blame")
def by_bits(size):
    rest = size - 60  # what the four blocks take, in pixels of the image
    return next((number for number in range(1, 5) if rest % 2**number), None)


@right("crop.blame", kernel=5)
def by_bits_of_five(size):
    return next((number for number in range(1, 5) if (size - 120) % 2**number), None)


def first_odd(sizes):
    return next((number for number, size in enumerate(sizes, 1) if size % 2), None)


def met(size, eaten=4):
    found = []
    for _ in range(4):
        found.append(size - eaten)
        size = (size - eaten) // 2
    return found


@wrong("crop.blame", "counted from nought")
def from_zero(size):
    found = first_odd(met(size))
    return None if found is None else found - 1


@wrong("crop.blame", "the size that is met, not the number")
def the_size(size):
    found = first_odd(met(size))
    return None if found is None else met(size)[found - 1]


@wrong("crop.blame", "not which")
def whether(size):
    return True if first_odd(met(size)) else None


@wrong("crop.blame", "for which there is nothing to blame: None")
def nought(size):
    return first_odd(met(size)) or 0


@wrong("crop.blame", "there are four")
def a_fifth(size):
    return first_odd(met(size)) or 5


@wrong("crop.blame", "the convolutions before each pooling eat pixels, too")
def poolings_alone(size):
    return first_odd(met(size, 0))


@wrong("crop.blame", "there are two convolutions before each pooling")
def one_before_each(size):
    return first_odd(met(size, 2))


@wrong("crop.blame", "the last pooling that drops a pixel")
def last_one(size):
    odd = [number for number, size in enumerate(met(size), 1) if size % 2]
    return odd[-1] if odd else None


@wrong("crop.blame", "the maps below must be even, too")
def the_image_alone(size):
    return first_odd([size])


@wrong("crop.blame", "it finds nothing to blame")
def innocent(size):
    return None


@wrong("crop.blame", "right for a kernel of three pixels", kernel=5)
def last_years_blame(size):
    return by_bits(size)
