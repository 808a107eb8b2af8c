"""Answers to the exercise arithmetic.is_legal: two right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


@right()
def by_recursion(size, depth):
    def after(size, depth):
        size -= 4
        if depth == 0 or size <= 0:
            return size
        if size % 2:
            return -1
        below = after(size // 2, depth - 1)
        return 2 * below - 4 if below > 0 else -1

    return after(size, depth) > 0


@right()
def by_remainder(size, depth):
    taken = 4 * (2**depth - 1)
    return np.bool_((size - taken) % 2**depth == 0 and size > 12 * 2**depth - 8)


def met(size, depth):
    found = []
    for _ in range(depth):
        found.append(size - 4)
        size = (size - 4) // 2
    return found


def left_over(size, depth):
    for _ in range(depth):
        size = (size - 4) / 2
    size -= 4
    for _ in range(depth):
        size = 2 * size - 4
    return size


def all_even(sizes):
    return all(size % 2 == 0 for size in sizes)


@wrong("not whether any pixel is left in the end")
def no_end(size, depth):
    return all_even(met(size, depth))


@wrong("that leaves no pixel is not legal")
def not_negative(size, depth):
    return all_even(met(size, depth)) and left_over(size, depth) >= 0


@wrong("it tests only the way down")
def way_down_alone(size, depth):
    return all_even(met(size, depth)) and met(size, depth)[-1] > 0


@wrong("not whether each pooling meets an even size")
def end_alone(size, depth):
    return left_over(size, depth) > 0


@wrong("but not those below it")
def first_pooling_alone(size, depth):
    return size % 2 == 0 and left_over(size, depth) > 0


@wrong("is not enough")
def as_if_padded(size, depth):
    return size % 2**depth == 0


@wrong("the depth makes no difference")
def four_always(size, depth):
    return by_recursion(size, 4)


@wrong("it does not test the last pooling")
def all_but_the_last(size, depth):
    return all_even(met(size, depth)[:-1]) and left_over(size, depth) > 0


@wrong("every size legal")
def generous(size, depth):
    return True


@wrong("no size legal")
def strict(size, depth):
    return False


@wrong("end in a return")
def only_yes(size, depth):
    if by_recursion(size, depth):
        return True


@wrong("where True or False is wanted")
def in_numbers(size, depth):
    return int(by_recursion(size, depth))
