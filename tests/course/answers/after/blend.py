"""Answers to the exercise after.blend: right ones, and the known wrong ones."""

import numpy as np
from answerkit import right, wrong


def number(depth):
    return depth * (depth - 1) // 2


@right()
def by_nan_rows(tiles, starts, length, weight):
    rows, weights = np.zeros((2, len(tiles), length))
    for number, start in enumerate(starts):
        rows[number, start : start + len(weight)] = tiles[number]
        weights[number, start : start + len(weight)] = weight
    with np.errstate(invalid="ignore"):
        return (rows * weights).sum(0) / weights.sum(0)


@right()
def by_bincount(tiles, starts, length, weight):
    places = (np.array(starts)[:, None] + np.arange(len(weight))).ravel()
    weights = np.tile(np.asarray(weight, float), len(tiles))
    count = np.bincount(places, weights, length)
    total = np.bincount(places, weights * np.ravel(tiles), length)
    row = np.full(length, np.nan)
    row[count > 0] = total[count > 0] / count[count > 0]
    return row


def sums(tiles, starts, length, weight):
    total, count = np.zeros(length), np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        total[start : start + len(tile)] += weight * tile
        count[start : start + len(tile)] += weight
    return total, count


@wrong("it is the weighted sum")
def not_divided(tiles, starts, length, weight):
    return sums(tiles, starts, length, weight)[0]


@wrong("it is a plain mean")
def plain_mean(tiles, starts, length, weight):
    return by_nan_rows(tiles, starts, length, np.ones(len(weight)))


@wrong("it divides by the number of tiles")
def by_number(tiles, starts, length, weight):
    total, _ = sums(tiles, starts, length, weight)
    _, number = sums(tiles, starts, length, np.ones(len(weight)))
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


@wrong("divides by the weights of a whole tile")
def by_whole_weight(tiles, starts, length, weight):
    return sums(tiles, starts, length, weight)[0] / weight.sum()


@wrong("the last tile overwrites")
def overwritten(tiles, starts, length, weight):
    row = np.full(length, np.nan)
    for tile, start in zip(tiles, starts, strict=True):
        row[start : start + len(tile)] = tile
    return row


@wrong("only the tile that counts most is kept")
def strongest(tiles, starts, length, weight):
    row, best = np.full(length, np.nan), np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        for place, (value, count) in enumerate(zip(tile, weight, strict=True), start):
            if count > best[place]:
                row[place], best[place] = value, count
    return row


@wrong("where nothing counts it is 0")
def nought_in_gaps(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total / np.where(count > 0, count, 1)


@wrong("where nothing counts it is 0")
def with_epsilon(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total / (count + 1e-8)


@wrong("the row keeps its length")
def gaps_left_out(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total[count > 0] / count[count > 0]


@wrong("the starts are sorted, but not the tiles")
def sorted_starts(tiles, starts, length, weight):
    return by_nan_rows(tiles, sorted(starts), length, weight)


@wrong("it is right where one tile lies, and wrong where several do")
def one_after_the_other(tiles, starts, length, weight):
    row = np.full(length, np.nan)
    for tile, start in zip(tiles, starts, strict=True):
        part = row[start : start + len(tile)]
        row[start : start + len(tile)] = np.where(np.isnan(part), np.where(weight > 0, tile, np.nan), (part + tile) / 2)
    return row


@wrong("is the row made of them")
def integer_row(tiles, starts, length, weight):
    row = by_nan_rows(tiles, starts, length, weight)
    return np.trunc(row) if tiles.dtype.kind == "i" else row
