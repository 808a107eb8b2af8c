"""Answers to the exercise crop.shift: two right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def ladder(depth, side, bottom=4, step=4):
    found = [bottom * side]
    while len(found) < depth:
        found.append(2 * (found[-1] + step * side))
    return tuple(reversed(found))


@right()
def by_ladder(level, left, depth=4):
    return 2**level * (left - ladder(depth, 1)[level])


@right()
def by_summing(level, left, depth=4):
    deeper = range(level + 1, depth)
    lost = 4 * sum(2 ** (below - level) for below in deeper) + 2 * 2 ** (depth - level)
    return np.int64(left * 2**level - lost * 2**level)


@right(kernel=5)
def by_ladder_of_five(level, left, depth=4):
    return 2**level * (left - ladder(depth, 2)[level])


@wrong("pixels of that level, not of the image")
def of_the_level(level, left, depth=4):
    return left - ladder(depth, 1)[level]


@wrong("the sign is wrong")
def other_sign(level, left, depth=4):
    return -by_ladder(level, left, depth)


@wrong("level 0 has the image's own pixels")
def level_counted_from_one(level, left, depth=4):
    return 2 * by_ladder(level, left, depth)


@wrong("half of the right value")
def half_a_pixel(level, left, depth=4):
    return by_ladder(level, left, depth) / 2


@wrong("pixels grow from the top down")
def levels_from_the_bottom(level, left, depth=4):
    return 2 ** (depth - level) * (left - ladder(depth, 1)[level])


@wrong("the crop itself")
def nothing_is_right(level, left, depth=4):
    return left * 2**level


@wrong("mind the sign")
def unsigned(level, left, depth=4):
    return abs(by_ladder(level, left, depth))


@wrong("cut off in all")
def of_both_sides(level, left, depth=4):
    return 2**level * (left - 2 * ladder(depth, 1)[level])


@wrong("the depth makes no difference here")
def four_always(level, left, depth=4):
    return 2**level * (left - (88, 40, 16, 4, 0, 0)[level])


@wrong("right for a kernel of three pixels", kernel=5)
def last_years(level, left, depth=4):
    return by_ladder(level, left, depth)
