"""Compute V_Rand after some cells have run together."""

import itertools
from collections import Counter

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """A pair, several lots, none, all, a lot of one, a cell in two lots."""
    sizes = rng.integers(5, 40, 7).tolist()
    order = rng.permutation(7).tolist()
    return [
        Case((sizes, [order[:2]]), "two cells have run together"),
        Case((sizes, [order[:2], order[2:5]]), "two lots, one of three cells", 2),
        Case((sizes, []), "nothing has run together"),
        Case((sizes[:4], [[0, 1, 2, 3]]), "all cells in one segment", 2),
        Case((sizes, [[order[0]], order[1:3]]), "a lot of one cell"),
        Case((sizes, [order[:3], [order[2], order[3]]]), "a cell in two lots"),
    ]


def _segments(sizes, groups) -> list[int]:
    """The segment of each cell."""
    return [
        next((len(sizes) + lot for lot, group in enumerate(groups) if cell in group), cell)
        for cell in range(len(sizes))
    ]


def oracle(args, params):
    """Lay out the pixels one by one and compare what is in the same cell with what is in the same segment."""
    sizes, groups = args
    if any(set(one) & set(other) for one, other in itertools.combinations(groups, 2)):
        return Raised("ValueError")
    belongs = _segments(sizes, groups)
    pixels = [(cell, belongs[cell]) for cell, size in enumerate(sizes) for _ in range(size)]
    both, cells, segments = (
        sum(count**2 for count in Counter(each).values())
        for each in (pixels, [cell for cell, _ in pixels], [segment for _, segment in pixels])
    )
    return both / (0.5 * cells + 0.5 * segments)


def mistakes(args, params):
    """Half of the score, the wrong mean, squares and sums in the wrong order, cells left out."""
    sizes, groups = args
    merged = [cell for group in groups for cell in group]
    if len(set(merged)) < len(merged):
        return
    squares = sum(size**2 for size in sizes)
    together = sum(sum(sizes[cell] for cell in group) ** 2 for group in groups)
    alone = sum(size**2 for cell, size in enumerate(sizes) if cell not in merged)
    yield Raised("ValueError"), "it raises ValueError where every cell is in one lot at most"
    yield squares / (alone + together), "this is the half that punishes mergers; V_Rand weighs it with the other half"
    yield (
        (1 + squares / (alone + together)) / 2,
        "the plain mean of the two halves; V_Rand takes the harmonic one, which puts the sums below the line",
    )
    if together:
        yield 2 * squares / (squares + together), "the cells that have not run together are missing among the segments"
        yield (
            2 * squares / (squares + squares + together),
            "the cells that have run together still count as segments of their own",
        )
        yield 1.0, "a segment counts with the square of its size: first add the cells up, then square"
    yield 1 - 2 * squares / (squares + alone + together), "this is what lacks to 1: the error, not the score"
    plain = sum(sizes)
    yield 2 * plain / (2 * plain), "sizes are added without being squared"


EXERCISE = telling(
    Exercise(
        id="score.mergers",
        chapter="10_scoring",
        name="after_merging",
        points=4,
        minutes=20,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        forbids=("unet_edu.metrics", "unet_edu.own"),
        needs=("import numpy as np",),
    ),
    {0: ("the plain mean",)},
)
