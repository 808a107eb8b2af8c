"""Compute what mergers do to the IoU of the mask, and what to the F1 of the cells."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Equal cells, a large and a small one, three, nothing, all in one, several lots."""

    def some(low, high):
        return int(rng.integers(low, high))

    equal = [some(30, 60)] * 6
    large = [some(80, 99), some(20, 30), *[some(40, 60)] * 2]
    mixed = [*(some(31, 60) for _ in range(5)), some(200, 250), some(20, 30), some(20, 30)]
    return [
        Case((equal, [[0, 1], [2, 3], [4, 5]]), "equal cells, all of them two by two"),
        Case((large, [[0, 1]]), "a large cell and a small one"),
        Case((large, [[2, 3]]), "two of one size, and two alone"),
        Case((mixed, [[0, 1, 2]]), "three cells in one"),
        Case((mixed, []), "nothing has run together"),
        Case((mixed[:5], [[0, 1, 2, 3, 4]]), "all cells in one"),
        Case((mixed, [[5, 6, 7], [0, 1]]), "two lots, one of them with a cell that is larger than the rest", 2),
    ]


def oracle(args, params):
    """Lay the cells out in a row, pixel by pixel, and match each with each."""
    sizes, groups = args
    truth, found = _laid_out(sizes, groups, params["bridge"])
    shared = sum(a > 0 and b > 0 for a, b in zip(truth, found, strict=True))
    either = sum(a > 0 or b > 0 for a, b in zip(truth, found, strict=True))
    pairs = set(zip(truth, found, strict=True))
    right = 0
    for cell, segment in pairs:
        both = sum(pair == (cell, segment) for pair in zip(truth, found, strict=True))
        right += cell > 0 and segment > 0 and 2 * both > truth.count(cell) + found.count(segment) - both
    return shared / either, 2 * right / (len(set(truth) - {0}) + len(set(found) - {0}))


def _laid_out(sizes, groups, bridge):
    """Truth and prediction as two rows of pixels."""
    alone = [[cell] for cell in range(len(sizes)) if not any(cell in group for group in groups)]
    truth, found = [], []
    for lot, cells in enumerate([*groups, *alone], start=1):
        for place, cell in enumerate(cells):
            between = bridge if place else 1
            truth += [0] * between + [cell + 1] * sizes[cell]
            found += [lot if place else 0] * between + [lot] * sizes[cell]
    return truth, found


def mistakes(args, params):
    """Bridges forgotten or too many, lots all right or all wrong, another share than F1, the two swapped."""
    sizes, groups = args
    bridge, whole, number = params["bridge"], sum(sizes), len(sizes)
    walls = sum(len(group) - 1 for group in groups)
    held = [(max(sizes[cell] for cell in group), sum(sizes[cell] for cell in group), len(group)) for group in groups]
    alone = number - sum(len(group) for group in groups)
    large = sum(2 * most > total + bridge * (count - 1) for most, total, count in held)
    right, segments = alone + large, number - walls
    mask, f1 = whole / (whole + bridge * walls), 2 * right / (number + segments)
    yield (f1, mask), "the two are swapped: first the mask, then the cells"
    if groups:
        yield (1.0, f1), "the bridges are missing in the mask: they are predicted as cell where there is none"
        bridges = sum(len(group) for group in groups)
        yield (
            (whole / (whole + bridge * bridges), f1),
            "a lot of k cells has k - 1 bridges between them, not k",
        )
        yield (
            ((whole - bridge * walls) / whole, f1),
            "the bridges are not taken off the cells; they are added to the union",
        )
        if bridge != BOOK["bridge"]:
            yield (whole / (whole + BOOK["bridge"] * walls), f1), "its bridges are as long as those of the book"
    yield (mask, right / number), "this is recall: what was matched, divided by the true cells alone"
    yield (mask, right / segments), "this is precision: what was matched, divided by the segments alone"
    yield (mask, right / (number + segments - right)), "this is TP / (TP + FP + FN); F1 counts TP twice above and below"
    yield (
        (mask, 2 * (alone + len(groups)) / (number + segments)),
        "each lot counts as a match; that takes a cell with more than half of all pixels of the lot",
    )
    yield (
        (mask, 2 * alone / (number + segments)),
        "no lot counts as a match; a cell that is larger than all the rest of its lot still has an IoU above one half",
    )
    yield (
        (mask, 2 * number / (number + segments)),
        "all cells count as found; a cell whose segment is more than twice as large is not",
    )


BOOK = {"bridge": 2}

EXERCISE = Exercise(
    id="score.hidden",
    chapter="10_scoring",
    name="mask_and_cells",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=lambda rng: {"bridge": int(rng.choice([3, 4, 5]))},
    book=BOOK,
    forbids=("unet_edu.metrics", "unet_edu.own"),
    needs=("import numpy as np",),
)
