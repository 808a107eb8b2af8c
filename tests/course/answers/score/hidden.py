"""Answers to the exercise score.hidden: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def parts(sizes, groups, bridge):
    """(pixels, bridges, lots that still count as a match, cells alone)."""
    walls = sum(len(group) - 1 for group in groups)
    matched = 0
    for group in groups:
        own = [sizes[cell] for cell in group]
        matched += max(own) / (sum(own) + bridge * (len(own) - 1)) > 0.5
    return sum(sizes), walls, matched, len(sizes) - sum(map(len, groups))


def scores(sizes, groups, bridge):
    pixels, walls, matched, alone = parts(sizes, groups, bridge)
    return pixels / (pixels + bridge * walls), 2 * (alone + matched) / (2 * len(sizes) - walls)


@right()
def by_counting(sizes, groups):
    return scores(sizes, groups, 2)


@right(bridge=5)
def longer_bridges(sizes, groups):
    return scores(sizes, groups, 5)


@right()
def drawn(sizes, groups):
    """Pixel by pixel, a row for each lot."""
    lots = [*groups, *([cell] for cell in range(len(sizes)) if not any(cell in group for group in groups))]
    truth, found = [], []
    for number, lot in enumerate(lots, 1):
        for place, cell in enumerate(lot):
            between = 2 if place else 1
            truth += [0] * between + [cell + 1] * sizes[cell]
            found += [number * (place > 0)] * between + [number] * sizes[cell]
    truth, found = np.array(truth), np.array(found)
    mask = np.sum((truth > 0) & (found > 0)) / np.sum((truth > 0) | (found > 0))
    right = 0
    for cell in range(1, len(sizes) + 1):
        for number in range(1, len(lots) + 1):
            mine, theirs = truth == cell, found == number
            right += np.sum(mine & theirs) / np.sum(mine | theirs) > 0.5
    return [mask, 2 * right / (len(sizes) + len(lots))]


@wrong("its bridges are as long as those of the book", bridge=5)
def as_in_the_book(sizes, groups):
    return scores(sizes, groups, 2)[0], scores(sizes, groups, 5)[1]


@wrong("first the mask, then the cells")
def swapped(sizes, groups):
    return scores(sizes, groups, 2)[::-1]


@wrong("the bridges are missing in the mask")
def without_bridges(sizes, groups):
    return 1.0, scores(sizes, groups, 2)[1]


@wrong("has k - 1 bridges between them, not k")
def one_bridge_each(sizes, groups):
    pixels = sum(sizes)
    return pixels / (pixels + 2 * sum(map(len, groups))), scores(sizes, groups, 2)[1]


@wrong("the bridges are not taken off the cells")
def taken_off(sizes, groups):
    pixels, walls, _, _ = parts(sizes, groups, 2)
    return (pixels - 2 * walls) / pixels, scores(sizes, groups, 2)[1]


@wrong("this is recall")
def recall(sizes, groups):
    _, _, matched, alone = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], (alone + matched) / len(sizes)


@wrong("this is precision")
def precision(sizes, groups):
    _, walls, matched, alone = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], (alone + matched) / (len(sizes) - walls)


@wrong("this is TP / (TP + FP + FN)")
def of_the_bowl(sizes, groups):
    _, walls, matched, alone = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], (alone + matched) / (2 * len(sizes) - walls - alone - matched)


@wrong("each lot counts as a match")
def every_lot(sizes, groups):
    _, walls, _, alone = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], 2 * (alone + len(groups)) / (2 * len(sizes) - walls)


@wrong("no lot counts as a match")
def no_lot(sizes, groups):
    _, walls, _, alone = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], 2 * alone / (2 * len(sizes) - walls)


@wrong("all cells count as found")
def all_found(sizes, groups):
    _, walls, _, _ = parts(sizes, groups, 2)
    return scores(sizes, groups, 2)[0], 2 * len(sizes) / (2 * len(sizes) - walls)
