"""Count the cells that are lost in mergers."""

from collections import Counter

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.score import _strips as strips
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Two in one, three in one, a split beside a merger, a bite, exactly half, missed cells, everything."""

    def some(low, high):
        return int(rng.integers(low, high))

    pair = strips.merged(some(3, 6), some(3, 6))
    three = strips.merged(some(3, 6), some(3, 6), some(3, 6))
    cut = strips.split(some(3, 6), some(3, 6))
    bite = strips.bitten(some(4, 7), 7, some(1, 3))
    half = strips.bitten(some(3, 6), 6, 3)
    return [
        Case(strips.strip(rng, pair, strips.exact(some(3, 6))), "two cells in one segment"),
        Case(strips.strip(rng, three, strips.exact(some(3, 6))), "three cells in one segment"),
        Case(strips.strip(rng, pair, cut), "as many segments as cells"),
        Case(strips.strip(rng, bite, strips.exact(some(3, 6))), "a segment that takes a corner of the next cell"),
        Case(strips.strip(rng, half, pair), "a segment that takes exactly half of the next cell"),
        Case(
            strips.strip(rng, strips.missed(some(3, 6)), strips.missed(some(3, 6)), pair), "two cells that were missed"
        ),
        Case(
            strips.strip(rng, pair, three, three, cut, bite, half, strips.missed(4), strips.missed(5)), "all at once", 2
        ),
    ]


def oracle(args, params):
    """Take sets of pixels: for each segment the cells of which it has most."""
    return sum(max(0, len(cells) - 1) for cells in _held(*args).values())


def _held(truth, segments, most=lambda shared, cell, segment: 2 * shared > cell):
    """{segment: cells of which it holds most}."""
    cells, others = strips.places(truth), strips.places(segments)
    return {
        name: [
            cell for cell, mine in cells.items() if mine & theirs and most(len(mine & theirs), len(mine), len(theirs))
        ]
        for name, theirs in others.items()
    }


def mistakes(args, params):
    """Segments counted, cells counted, any contact, half of the segment, background as a segment, sums, splits."""
    truth, segments = args
    held = _held(*args)
    yield (
        sum(len(cells) > 1 for cells in held.values()),
        "it counts segments that merge; a segment that holds three cells has lost two",
    )
    yield (
        sum(len(cells) for cells in held.values() if len(cells) > 1),
        "it counts all cells of a merger; one of them would have been there anyway",
    )
    yield (
        sum(max(0, len(cells) - 1) for cells in _held(*args, lambda *_: True).values()),
        "a segment that takes a corner of a cell does not hold it: it needs more than half of its pixels",
    )
    yield (
        sum(max(0, len(cells) - 1) for cells in _held(*args, lambda shared, cell, _: 2 * shared >= cell).values()),
        "exactly half of a cell is not most of it",
    )
    yield (
        sum(max(0, len(cells) - 1) for cells in _held(*args, lambda shared, _, segment: 2 * shared > segment).values()),
        "it requires half of the segment; wanted is more than half of the cell",
    )
    yield (
        sum(max(0, len(cells) - 1) for cells in _held(truth, segments + 1).values()),
        "the background, 0, counts as a segment here; a cell that nobody found is missed, not merged",
    )
    cells, others = strips.places(truth), strips.places(segments)
    yield (
        len(cells) - len(others),
        "cells less segments: a cell that was split elsewhere, or missed, hides what was merged",
    )
    split = Counter(
        cell for cell, mine in cells.items() for theirs in others.values() if 2 * len(mine & theirs) > len(theirs)
    )
    yield sum(count - 1 for count in split.values()), "these are pieces too many of cells that were split"


EXERCISE = Exercise(
    id="score.lost",
    chapter="10_scoring",
    name="lost_in_mergers",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.metrics", "unet_edu.own"),
    needs=("import numpy as np",),
)
