"""Answers to the exercise crop.ladder: two right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


@right()
def closed_form(depth, kernel=3):
    return [(6 * 2 ** (depth - level) - 8) * (kernel - 1) // 2 for level in range(depth)]


@right()
def by_recursion(depth, kernel=3):
    if depth == 0:
        return ()
    below = by_recursion(depth - 1, kernel)
    return (2 * ((below[0] if below else -2 * (kernel // 2)) + 4 * (kernel // 2)), *below)


@right()
def with_numpy(depth, kernel=3):
    return tuple((6 * 2 ** np.arange(depth, 0, -1) - 8) * (kernel // 2))


def ladder(depth, side, bottom=4, step=4):
    found = [bottom * side]
    while len(found) < depth:
        found.append(2 * (found[-1] + step * side))
    return tuple(reversed(found))


@right(convs=3)
def by_ladder_of_threes(depth, kernel=3):
    return ladder(depth, kernel // 2, 6, 6)


@wrong("right for blocks of two convolutions", convs=3)
def last_years_ladder(depth, kernel=3):
    return closed_form(depth, kernel)


@wrong("from the bottom up")
def upside_down(depth, kernel=3):
    return closed_form(depth, kernel)[::-1]


@wrong("cut off in all")
def both_sides(depth, kernel=3):
    return ladder(depth, kernel - 1)


@wrong("the kernel makes no difference here")
def three_always(depth, kernel=3):
    return closed_form(depth, 3)


@wrong("an up-convolution doubles")
def bottom_not_doubled(depth, kernel=3):
    return [crop // 2 for crop in closed_form(depth, kernel)]


@wrong("some going down and some up")
def one_way_only(depth, kernel=3):
    return ladder(depth, kernel // 2, 4, 2)


@wrong("the bottom has no second block")
def two_blocks_at_the_bottom(depth, kernel=3):
    return ladder(depth, kernel // 2, 8)


@wrong("count all convolutions of a block")
def one_convolution(depth, kernel=3):
    return ladder(depth, kernel // 2, 2, 2)


@wrong("takes fewer pixels than its kernel is wide")
def whole_kernel(depth, kernel=3):
    return ladder(depth, kernel)


@wrong("each convolution takes one pixel too many")
def rounded_up(depth, kernel=3):
    return ladder(depth, (kernel + 1) // 2)


@wrong("not doubled on the way up")
def never_doubled(depth, kernel=3):
    side = kernel // 2
    return tuple(4 * side * (1 + 2 * level) for level in reversed(range(depth)))


@wrong("one level is missing")
def without_the_top(depth, kernel=3):
    return closed_form(depth, kernel)[1:]


@wrong("the bottom has no skip connection")
def one_more(depth, kernel=3):
    return closed_form(depth + 1, kernel)


@wrong("the right number, but a float")
def true_division(depth, kernel=3):
    return [(6 * 2 ** (depth - level) - 8) * (kernel - 1) / 2 for level in range(depth)]


@wrong("a generator")
def lazily(depth, kernel=3):
    return (crop for crop in closed_form(depth, kernel))


@wrong("a list or a tuple is wanted")
def deepest_alone(depth, kernel=3):
    return 4 * (kernel // 2)
