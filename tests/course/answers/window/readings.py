"""Answers to the exercise window.readings: three right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def fitting(size, width):
    if not 0 < width <= size:
        raise ValueError("the window does not fit")


@right()
def closed_rule(size, width):
    fitting(size, width)
    return [min(i + 1, size - i, width, size - width + 1) for i in range(size)]


@right()
def by_differences(size, width):
    fitting(size, width)
    steps = np.zeros(size + 1, dtype=int)
    steps[: size - width + 1] += 1
    steps[width:] -= 1
    return tuple(np.cumsum(steps)[:size])


def by_steps(size, width, step):
    fitting(size, width)
    counts = [0] * size
    for first in range(0, size - width + 1, step):
        for pixel in range(first, first + width):
            counts[pixel] += 1
    return counts


@right(step=3)
def in_steps_of_three(size, width):
    return by_steps(size, width, 3)


@wrong("its window moves on by one pixel", step=2)
def last_years_steps(size, width):
    return closed_rule(size, width)


@wrong("is the same for every pixel")
def always_the_width(size, width):
    fitting(size, width)
    return [width] * size


@wrong("the last window is missing")
def range_too_short(size, width):
    fitting(size, width)
    counts = [0] * size
    for first in range(size - width):
        for pixel in range(first, first + width):
            counts[pixel] += 1
    return counts


@wrong("one pixel too narrow")
def window_without_its_end(size, width):
    fitting(size, width)
    return [sum(first <= pixel < first + width - 1 for first in range(size - width + 1)) for pixel in range(size)]


@wrong("one pixel too wide")
def window_with_one_more(size, width):
    fitting(size, width)
    return [sum(first <= pixel <= first + width for first in range(size - width + 1)) for pixel in range(size)]


@wrong("hang over the end of the row")
def hanging_over(size, width):
    fitting(size, width)
    return [min(i + 1, width) for i in range(size)]


@wrong("hang over both ends")
def around_each_pixel(size, width):
    fitting(size, width)
    middles = range(size)
    return [sum(m - width // 2 <= i < m - width // 2 + width for m in middles) for i in range(size)]


@wrong("it grows too far")
def pyramid(size, width):
    fitting(size, width)
    return [min(i + 1, size - i) for i in range(size)]


@wrong("wider than half of the row")
def for_long_rows(size, width):
    fitting(size, width)
    return [min(i + 1, width, size - i) for i in range(size)]


@wrong("begin at each pixel")
def beginnings(size, width):
    fitting(size, width)
    return [int(i <= size - width) for i in range(size)]


@wrong("this is a case for a ValueError")
def no_error(size, width):
    return [sum(first <= i < first + width for first in range(size - width + 1)) for i in range(size)]


@wrong("an array")
def as_array(size, width):
    return np.array(closed_rule(size, width))


@wrong("is the test too strict?")
def not_the_whole_row(size, width):
    if width >= size:
        raise ValueError
    return closed_rule(size, width)
