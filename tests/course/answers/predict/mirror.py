"""Answers to the exercise predict.mirror: three right ones, and the known wrong ones."""

import math

from answerkit import right, wrong


def check_row(size):
    if size <= 0:
        raise ValueError("no pixel")


@right()
def by_a_loop(place, size):
    check_row(size)
    while size > 1 and not 0 <= place < size:
        place = -place if place < 0 else 2 * (size - 1) - place
    return place if size > 1 else 0


@right()
def by_the_way_there_and_back(place, size):
    check_row(size)
    way = [*range(size), *range(size - 2, 0, -1)]
    return way[place % len(way)]


@right()
def by_distance_from_the_end(place, size):
    check_row(size)
    end = size - 1
    return end - abs(end - place % (2 * end)) if end else 0


@wrong("the mirror stands in it, not behind it")
def ends_twice(place, size):
    check_row(size)
    place %= 2 * size
    return min(place, 2 * size - 1 - place)


@wrong("neither end is passed twice")
def too_long(place, size):
    check_row(size)
    place %= 2 * size - 1
    return min(place, 2 * size - 1 - place)


@wrong("it is mirrored once")
def mirrored_once(place, size):
    check_row(size)
    if size == 1:
        return 0
    place = abs(place)
    return place if place < size else 2 * (size - 1) - place


@wrong("the row begins anew at its end")
def around(place, size):
    check_row(size)
    return place % size


@wrong("the last pixel goes on and on")
def clamped(place, size):
    check_row(size)
    return min(max(place, 0), size - 1)


@wrong("does not turn round on the way")
def never_back(place, size):
    check_row(size)
    return place % (2 * (size - 1)) if size > 1 else 0


@wrong("a remainder of a negative place is negative here")
def remainder_of_c(place, size):
    check_row(size)
    if size == 1:
        return 0
    place = int(math.fmod(place, 2 * (size - 1)))
    return min(place, 2 * (size - 1) - place)


@wrong("only the mirror in the first pixel is there")
def first_mirror(place, size):
    check_row(size)
    return abs(place)


@wrong("it divides by zero")
def single_forgotten(place, size):
    check_row(size)
    place %= 2 * (size - 1)
    return min(place, 2 * (size - 1) - place)


@wrong("it counts from the other end")
def from_the_end(place, size):
    return size - 1 - by_a_loop(place, size)


@wrong("a row of a single pixel is a row")
def single_refused(place, size):
    if size < 2:
        raise ValueError("no mirrors")
    return by_a_loop(place, size)


@wrong("in a row without pixels nothing is to be seen")
def nothing_seen(place, size):
    return by_a_loop(place, size) if size else 0
