"""Blend overlapping tiles with weights."""

import math
from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, is_map, judge_value, recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """One tile, overlaps of two and three, a gap, a crop, integers, tiles in any order."""
    import numpy as np

    def bell(size):
        return np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / (0.25 * size)) ** 2)

    def tiles(count, size):
        return rng.normal(size=(count, size)).round(3)

    size = 2 * int(rng.integers(3, 6))
    half = size // 2
    gap = int(rng.integers(1, 4))
    lean = np.linspace(1, 3, size)
    crop = np.ones(size)
    crop[[0, 1, -1]] = 0
    whole = rng.integers(1, 200, (2, size))
    return [
        Case((tiles(1, size), [0], size, bell(size)), "one tile as long as the row"),
        Case((tiles(2, size), [0, half], size + half, bell(size)), "two tiles that overlap by half", 2),
        Case((tiles(2, size), [0, half], size + half, lean), "weights that are not symmetric", 2),
        Case((tiles(4, size), [half, 2, 0, half + 1], size + half + 1, bell(size)), "four tiles, not in order", 2),
        Case(
            (tiles(2, size), [1, size + 1 + gap], 2 * size + 3 + gap, bell(size)), "gaps between tiles and at the ends"
        ),
        Case((tiles(3, size), [0, size - 3, 2 * size - 6], 3 * size - 6, crop), "weights of one and zero"),
        Case((whole, [0, half], size + half, np.arange(1, size + 1)), "integers, tiles and weights"),
        Case((tiles(3, size), [2, 2, 2], size + 4, lean), "three tiles at the same place"),
    ]


def oracle(args, params):
    """Pixel by pixel: collect what lies there."""
    import numpy as np

    tiles, starts, length, weight = args
    row = []
    for place in range(length):
        lying = [
            (tile[place - start], weight[place - start])
            for tile, start in zip(tiles, starts, strict=True)
            if 0 <= place - start < len(tile)
        ]
        total = math.fsum(count for _, count in lying)
        row.append(math.fsum(value * count for value, count in lying) / total if total else math.nan)
    return np.array(row)


def mistakes(args, params):
    """A sum for a mean, a mean without weights, one tile over the other, another value where nothing counts."""
    import numpy as np

    tiles, starts, length, weight = args
    right = oracle(args, params)
    sums, counts, covers = np.zeros((3, length))
    last, first, best = (np.full(length, np.nan) for _ in range(3))
    strongest = np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        here = np.s_[start : start + len(tile)]
        sums[here] += weight * tile
        counts[here] += weight
        covers[here] += 1
        last[here] = tile
        first[here] = np.where(np.isnan(first[here]), tile, first[here])
        best[here] = np.where(weight > strongest[here], tile, best[here])
        strongest[here] = np.maximum(strongest[here], weight)
    with np.errstate(all="ignore"):
        yield sums, "it is the weighted sum; divide by the weights that lie there"
        yield np.where(counts > 0, sums, np.nan), "it is the weighted sum; divide by the weights that lie there"
        plain = np.nansum([_laid(tile, start, length) for tile, start in zip(tiles, starts, strict=True)], axis=0)
        for mean in (plain / covers, np.nan_to_num(plain / covers)):
            yield mean, "the weights make no difference here: it is a plain mean"
        for mean in (sums / covers, np.nan_to_num(sums / covers)):
            yield mean, "it divides by the number of tiles; divide by the weights that lie there"
        yield sums / np.sum(weight), "it divides by the weights of a whole tile, not by those that lie there"
        for one, words in ((last, "the last tile overwrites those before it"), (first, "only the first tile is kept")):
            yield one, f"{words}; where tiles overlap a mean is wanted"
            yield np.nan_to_num(one), f"{words}; where tiles overlap a mean is wanted"
        yield best, "only the tile that counts most is kept; where tiles overlap a mean is wanted"
        yield np.nan_to_num(right), "where nothing counts it is 0, as if that had been predicted; NaN is wanted"
        for tiny in (1e-6, 1e-8, 1e-12):
            yield sums / (counts + tiny), "where nothing counts it is 0, as if that had been predicted; NaN is wanted"
            yield sums / np.maximum(counts, tiny), "where nothing counts it is 0, not NaN"
        yield np.where(counts > 0, right, np.inf), "where nothing counts it is infinite; NaN is wanted"
        yield right[~np.isnan(right)], "pixels where nothing counts are left out; the row keeps its length"
        turned = oracle((tiles, starts, length, weight[::-1]), params)
        yield turned, "the weights are turned around"
        yield (
            oracle((tiles, sorted(starts), length, weight), params),
            "the starts are sorted, but not the tiles with them",
        )
        yield np.trunc(right), "the values are cut to integers: is the row made of them?"


def _laid(tile, start, length):
    """The tile in a row of NaN."""
    import numpy as np

    row = np.full(length, np.nan)
    row[start : start + len(tile)] = tile
    return row


def judge_row(args, got, wanted, params):
    """Say where in the row it is wrong: at the overlaps, where nothing counts, or everywhere."""
    import numpy as np

    verdict = judge_value(args, got, wanted, params)
    if verdict.kind != "value" or not is_map(got) or as_array(got).shape != wanted.shape:
        return verdict
    tiles, starts, length, weight = args
    came = as_array(got)
    covers = np.sum([~np.isnan(_laid(tile, start, length)) for tile, start in zip(tiles, starts, strict=True)], axis=0)
    wrong = ~np.isclose(came, wanted, rtol=1e-4, atol=1e-6, equal_nan=True)
    if not wrong[~np.isnan(wanted)].any():
        return replace(verdict, message="it is right but where nothing counts: NaN is wanted there")
    if np.isnan(came[~np.isnan(wanted)]).any():
        return replace(verdict, message="it is NaN where something counts")
    if not wrong[covers < 2].any():
        return replace(verdict, message="it is right where one tile lies, and wrong where several do")
    return verdict


def picture(args, got):
    """Where the tiles lie, and the row that the answer makes of them."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import DOWN, MUTED, SKIP

    tiles, starts, length, weight = args
    figure = Figure(figsize=(5, 2.6), layout="constrained")
    axes = figure.subplots()
    for tile, start in zip(tiles, starts, strict=True):
        places = range(start, start + len(tile))
        axes.plot(places, tile, color=MUTED, lw=1, zorder=1)
        axes.scatter(places, tile, s=40 * weight / weight.max(), color=DOWN, zorder=2)
    axes.plot(range(length), as_array(got), "o-", color=SKIP, ms=4, lw=1.5, zorder=3)
    axes.set(xlabel="pixel", title="tiles (a large dot counts much), and your row")
    return figure


EXERCISE = Exercise(
    id="after.blend",
    chapter="13_after",
    name="blended",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes, judge_row),
    needs=("import numpy as np",),
    picture=picture,
)
