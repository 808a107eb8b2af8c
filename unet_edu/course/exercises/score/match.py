"""Match the numbered cells of a prediction with those of the truth."""

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.score import _strips as strips
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Other numbers, a tie, a merger, everything at once with two thresholds, nothing, too low a threshold."""

    def some(low, high):
        return int(rng.integers(low, high))

    def mixed():
        pieces = (
            *(strips.exact(some(3, 7)), strips.trimmed(5, 3), strips.trimmed(9, 4)),
            *(
                strips.merged(some(8, 10), some(2, 4)),
                strips.merged(4, 4),
                strips.split(3, some(8, 11)),
                strips.split(5, 5),
            ),
            *(strips.missed(some(2, 6)), strips.invented(some(2, 6)), strips.invented(3)),
        )
        return strips.strip(rng, *pieces)

    alike = strips.strip(rng, *(strips.exact(some(2, 6)) for _ in range(4)))
    tie = strips.strip(rng, strips.trimmed(6, 3), strips.exact(some(3, 5)))
    three = strips.merged(*[some(3, 6)] * 3)
    return [
        Case((*alike, 0.5), "all cells found, under other numbers"),
        Case((*tie, 0.5), "a pair whose IoU is the threshold"),
        Case((*strips.strip(rng, three, strips.exact(3)), 0.5), "three cells in one"),
        Case((*mixed(), 0.5), "found, trimmed, merged, split, missed, invented", 2),
        Case((*mixed(), float(rng.choice([0.67, 0.7]))), "the same, with a higher threshold", 2),
        Case((alike[0], np.zeros_like(alike[0]), 0.5), "no cell was predicted"),
        Case((*mixed(), 0.3), "a threshold below one half", why="there a cell could be in two pairs"),
    ]


def oracle(args, params):
    """Take sets of pixels, and compare each cell with each."""
    truth, found, threshold = args
    if threshold < 0.5:
        return Raised("ValueError")
    return _counts(args, lambda shared, true, other: shared > threshold * len(true | other))


def _counts(args, good):
    """(right, invented, missed), where pairs that share pixels are right if `good` calls them so."""
    cells, others = (strips.places(areas) for areas in args[:2])
    hits = [
        (cell, other)
        for cell, mine in cells.items()
        for other, theirs in others.items()
        if mine & theirs and good(len(mine & theirs), mine, theirs)
    ]
    right, taken = {cell for cell, _ in hits}, {other for _, other in hits}
    return len(right), len(others) - len(taken), len(cells) - len(right)


def mistakes(args, params):
    """Ties, names, any overlap, another share than IoU, background as a cell, the last two swapped or not reduced."""
    truth, found, threshold = args
    if threshold < 0.5:
        return
    right, invented, missed = oracle(args, params)
    yield Raised("ValueError"), "it raises ValueError for a threshold that is legal: one half, or more"
    yield (right, missed, invented), "the last two are swapped: first what was invented, then what was missed"
    yield (
        (right, right + invented, right + missed),
        "these are all cells of the prediction and of the truth; those in a pair are neither invented nor missed",
    )
    yield (
        _counts(args, lambda shared, true, other: shared >= threshold * len(true | other)),
        "an IoU of exactly the threshold is no match: it has to be above",
    )
    yield (
        _counts(args, lambda *_: True),
        "two cells that merely meet are no match: compare their IoU with the threshold",
    )
    yield (
        _counts(args, lambda shared, true, other: shared > threshold * len(true)),
        "what the two share is divided by the true cell alone; IoU divides by all pixels of either",
    )
    yield (
        _counts(args, lambda shared, true, other: shared > threshold * len(other)),
        "what the two share is divided by the predicted cell alone; IoU divides by all pixels of either",
    )
    yield (
        _counts(args, lambda shared, true, other: 2 * shared > threshold * (len(true) + len(other))),
        "this is what Dice gives, which is larger than IoU",
    )
    ground = [set(np.flatnonzero(areas.ravel() == 0).tolist()) for areas in (truth, found)]
    if all(ground):
        hit = len(ground[0] & ground[1]) > threshold * len(ground[0] | ground[1])
        yield (
            (right + hit, invented + (not hit), missed + (not hit)),
            "the background, 0, counts as a cell here; it is none",
        )
    cells, others = (strips.places(areas) for areas in args[:2])
    named = sum(
        len(cells[name] & others[name]) > threshold * len(cells[name] | others[name]) for name in cells.keys() & others
    )
    yield (
        (named, len(others) - named, len(cells) - named),
        "cells are compared with those of the same number; numbers mean nothing",
    )


EXERCISE = Exercise(
    id="score.match",
    chapter="10_scoring",
    name="match",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.metrics", "unet_edu.own"),
    needs=("import numpy as np",),
)
