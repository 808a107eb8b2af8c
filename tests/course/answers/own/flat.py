"""Answers to the exercise own.flat: right ones, and the known wrong ones."""

import math

from answerkit import right, wrong


def checked(pixel, section):
    if pixel <= 0 or section <= 0:
        raise ValueError("lengths are more than 0")


@right()
def by_a_loop(pixel, section):
    checked(pixel, section)
    count = 0
    while pixel <= section / 2:
        pixel, count = 2 * pixel, count + 1
    return count


@right()
def by_whole_halves(pixel, section):
    checked(pixel, section)
    return int(section // pixel).bit_length() - 1 if section >= pixel else 0


@wrong("exactly half the thickness")
def at_half(pixel, section):
    checked(pixel, section)
    count = 0
    while 2 * pixel < section:
        pixel, count = 2 * pixel, count + 1
    return count


@wrong("wider than the whole section")
def the_whole(pixel, section):
    checked(pixel, section)
    count = 0
    while pixel <= section:
        pixel, count = 2 * pixel, count + 1
    return count


@wrong("this is no whole number")
def logarithm(pixel, section):
    checked(pixel, section)
    return math.log2(section / pixel)


@wrong("how many pixels thick")
def ratio(pixel, section):
    checked(pixel, section)
    return section / pixel


@wrong("this is a case for a ValueError")
def never_refuses(pixel, section):
    if pixel <= 0:
        return 0
    return by_a_loop(pixel, section) if section > 0 else 0
