"""Find the pixel that is seen at a place, between two mirrors."""

import math
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw places in the row, beyond either end and far away, and rows of two pixels, of one and of none."""
    size = int(rng.integers(5, 15))
    far = int(rng.integers(20, 60)) * 2 * (size - 1)
    step = int(rng.integers(1, size - 2))
    return [
        Case((int(rng.integers(1, size - 1)), size), "a place in the row"),
        Case((-step, size), "a little before the row"),
        Case((size - 1 + step, size), "a little behind the row"),
        Case((size - 1, size), "the last pixel"),
        Case((far + size - 1 + step, size), "far behind the row", 2),
        Case((-far - size + 1 - step, size), "far before the row", 2),
        Case((int(rng.choice([-3, 5, 7, -9])), 2), "a row of two pixels"),
        Case((int(rng.integers(3, 40)), 1), "a row of a single pixel"),
        Case((2, 0), "a row without pixels", why="in a row without pixels nothing is to be seen"),
    ]


def oracle(args, params):
    """Walk to the place from the first pixel, and turn round at each mirror."""
    place, size = args
    if size < 1:
        return Raised("ValueError")
    pixel, direction = 0, 1
    for _ in range(abs(place) if size > 1 else 0):
        if not 0 <= pixel + direction < size:
            direction = -direction
        pixel += direction
    return pixel


def mistakes(args, params):
    """Yield mirrors beside the pixels, a single reflection, rows that begin anew, rows that end."""
    place, size = args
    if size < 1:
        return
    if size == 1:
        yield Raised("ZeroDivisionError"), "a row of a single pixel has mirrors no pixel apart: it divides by zero"
        yield Raised("ValueError"), "a row of a single pixel is a row: something is seen at every place"
        yield place, "a row of a single pixel has only that to show"
    index = place % (2 * size)
    yield min(index, 2 * size - 1 - index), "the pixel at the end is seen twice: the mirror stands in it, not behind it"
    if size > 1:
        for period in (2 * size, 2 * size - 1):
            index = place % period
            yield min(index, period - index), "there and back again is shorter: neither end is passed twice"
        once = abs(place)
        once = 2 * (size - 1) - once if once >= size else once
        yield once, "it is mirrored once; far away there are reflections of reflections"
        yield max(once, 0), "it is mirrored once; far away there are reflections of reflections"
        yield place % (2 * (size - 1)), "it comes back after there and back again, but does not turn round on the way"
        index = int(math.fmod(place, 2 * (size - 1)))
        yield min(index, 2 * (size - 1) - index), "a remainder of a negative place is negative here"
        for turned in (size - 1 - abs(size - 1 - abs(place)), size - 1 - abs(size - 1 - place)):
            yield turned, "it is mirrored once; far away there are reflections of reflections"
        right = oracle(args, params)
        yield size - 1 - right, "it counts from the other end"
    yield place % size, "the row begins anew at its end; behind a mirror it runs backwards"
    yield min(max(place, 0), size - 1), "the last pixel goes on and on; behind a mirror the row runs backwards"
    yield 0, "the first pixel is seen everywhere"
    yield abs(place), "only the mirror in the first pixel is there"
    yield place, "beyond the row there is nothing but the mirror's image, and this is no pixel of the row"


def in_the_row(args, got, wanted, params):
    """Compare the pixels; note one that is not in the row."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.kind == "value" and isinstance(wanted, int) and isinstance(got, int) and not 0 <= got < args[1]:
        return replace(verdict, message=f"there is no pixel {got} in the row")
    return verdict


EXERCISE = telling(
    Exercise(
        id="predict.mirror",
        chapter="09_prediction",
        name="behind_the_mirror",
        points=2,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, in_the_row),
        forbids=("unet_edu.models.sliding_window", "unet_edu.predict"),
    ),
    {
        0: ("it counts from the other",),
        1: ("it counts from the other", "the row begins anew"),
        2: ("it counts from the other", "the row begins anew"),
        4: ("it counts from the other", "the row begins anew", "the pixel at the end", "there and back"),
        5: ("it counts from the other", "the row begins anew", "the pixel at the end", "there and back"),
        6: ("a remainder", "the last pixel goes on", "the pixel at the end"),
    },
)
