"""Compute the widest gap in which the border term reaches a value."""

import math

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw a gap at random, then other heights, a term that no gap reaches, and terms that are not legal."""
    sigma = params["sigma"]
    gap, w0 = int(rng.integers(3, 12)), float(rng.integers(20, 60))

    def between(gap, w0):  # a term that is reached with this gap and not with the next; far from either
        return math.sqrt(_term(gap, w0, sigma) * _term(gap + 1, w0, sigma))

    return [
        Case((1.0,), "a term of at least 1"),
        Case((between(gap, 10.0),), "another term", 2),
        Case((between(gap + 2, w0), w0), "a larger w0", 2),
        Case((between(1, w0), w0), "a term that is seldom reached"),
        Case((between(0, 10.0),), "less than w0, and no gap reaches it"),
        Case((w0 + 1, w0), "more than w0"),
        Case((-1.0,), "a term below 0", why="every gap reaches that"),
    ]


def oracle(args, params):
    """Add the two distances of a pixel between two cells, gap after gap, and keep the widest that reaches `least`."""
    least, w0 = args if len(args) == 2 else (*args, 10.0)
    if least <= 0:
        return Raised("ValueError")
    widest = 0
    for gap in range(1, 60):
        d1, d2 = 1, gap  # of the pixel next to one of the cells
        if w0 * math.exp(-((d1 + d2) ** 2) / (2 * params["sigma"] ** 2)) >= least:
            widest = gap
    return widest


def mistakes(args, params):
    """Yield other sums of the distances, exponents and roundings, and other answers where no gap reaches it."""
    least, w0 = args if len(args) == 2 else (*args, 10.0)
    sigma = params["sigma"]
    right = oracle(args, params)
    if isinstance(right, Raised):
        yield Raised("ZeroDivisionError"), "every gap reaches that: this is a case for a ValueError"
        return
    reach = sigma * math.sqrt(2 * math.log(w0 / least)) if w0 > least else -math.inf

    def floored(sum_of_distances):
        return max(0, math.floor(sum_of_distances)) if sum_of_distances > -math.inf else 0

    if sigma != 5:
        yield oracle(args, {"sigma": 5}), "it is right for another σ"
    yield (
        floored(reach),
        "a gap too wide: the sum of both distances is more than the gap, from centre to centre (or is it rounded up?)",
    )
    yield floored(reach - 2), "the sum of both distances is a pixel more than the gap, not more than that"
    yield right + 1, "this is the first gap that no longer reaches it"
    yield floored(reach / 2), "both distances count, which is not twice the gap"
    yield floored(reach / math.sqrt(2) - 1), "the exponent is divided by twice σ², not by σ²"
    if reach > 0:
        yield floored(reach**2 - 1), "the sum of the distances is squared in the exponent"
        yield floored(reach * math.sqrt(sigma) / sigma - 1), "σ is squared in the exponent"
        yield reach - 1, "a gap has whole pixels: the widest that still reaches it"
    if len(args) == 2:
        yield oracle((least, 10.0), params), "w0 makes no difference here"
    if right == 0:
        for nothing in (None, -1):
            yield nothing, "where no gap reaches it, the answer is 0"
        yield (
            Raised("ValueError"),
            "more than w0 is reached by no gap, which is a result (0), no error: does a logarithm raise it?",
        )


def _term(gap, w0, sigma) -> float:
    return w0 * math.exp(-((gap + 1) ** 2) / (2 * sigma**2))


EXERCISE = Exercise(
    id="augment.widest_gap",
    chapter="07_augmentation",
    name="widest_gap",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=lambda rng: {"sigma": int(rng.choice([3, 4, 7, 8]))},
    book={"sigma": 5},
    needs=("import numpy as np",),
)
