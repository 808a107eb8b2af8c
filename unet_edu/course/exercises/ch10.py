"""The exercises of the chapter on scores: pairs of pixels, mergers, thresholds, clicks.

A cohort's V_Rand may weigh segments and cells otherwise (`score.mergers`), and its walls may be dearer (`score.clicks`).
"""

import itertools
from fractions import Fraction

import numpy as np

from unet_edu import metrics

from ..exercise import Case, Exercise, Raised, Verdict
from ._judging import judge_value, knowing

CHAPTER = "10_scoring"


# -------------------------------------------------------------------------------------------------------- score.dice


def dice_cases(rng, params):
    """Both ends, a half, something between, and what is no IoU."""
    low, high = int(rng.integers(1, 16)), int(rng.integers(17, 32))
    return [
        Case((0.5,), "the IoU of the question"),
        Case((low / 32,), "a small overlap", 2),
        Case((high / 32,), "a large overlap", 2),
        Case((1.0,), "two equal sets"),
        Case((0.0,), "two sets that have nothing in common"),
        Case((1 + int(rng.integers(1, 9)) / 16,), "more than there can be"),
        Case((-int(rng.integers(1, 9)) / 16,), "less than there can be"),
    ]


def dice_from_iou(args, params):
    """Make two sets of pixels with that IoU, and let the package score them."""
    (value,) = args
    if not 0 <= value <= 1:
        return Raised("ValueError")
    share = Fraction(value)
    whole = 4 * share.denominator
    both = 4 * share.numerator
    one, other = np.ones((1, whole), int), np.zeros((1, whole), int)
    other[0, :both] = 1  # a part of the first: the union is the first
    return metrics.dice(one, other)


def dice_mistakes(args, params):
    """The formula the wrong way round, a factor, a step between."""
    (value,) = args
    if not 0 <= value <= 1:
        yield 2 * value / (1 + value), "an IoU lies between 0 and 1, both included: all else is a ValueError"
        yield min(max(value, 0.0), 1.0), "it is cut off to what there can be; such an IoU is a ValueError"
        yield None, "it returns None; such an IoU is a ValueError"
        return
    yield Raised("ValueError"), "it raises ValueError for an IoU that there can be: 0 and 1 are allowed"
    yield value / (2 - value), "this is the other way round: the IoU that belongs to a Dice coefficient"
    yield value / (1 + value), "a factor is missing: Dice counts the intersection twice"
    yield 2 * value, "the sum of the sizes is more than the union: by the intersection"
    yield 2 * value / (2 + value), "in the sum of the sizes the intersection counts twice, in the union once"
    yield (1 + value) / 2, "this is the mean of the IoU and 1"
    yield 1 - value, "this is what is left to 1, the Jaccard distance"
    yield value, "the IoU comes back as it is; Dice is never smaller"
    yield 200 * value / (1 + value), "it is in per cent; wanted is 0 to 1"
    yield 2 * value // (1 + value), "it is rounded down: // divides whole numbers"


# -------------------------------------------------------------------------------------------------------- score.rand

LARGE = 150  # pixels a side of an image whose pairs nobody wants to visit
ALL_PAIRS = 100  # pixels of which the oracle does


def rand_cases(rng, params):
    """By hand, alike under other numbers, group 0, small integers, too few, too many for a loop over pairs."""
    height, width = int(rng.integers(4, 7)), int(rng.integers(7, 10))
    truth = rng.integers(0, 4, (height, width))
    names = rng.permutation(50)[:4] + 3
    single = np.arange(12).reshape(3, 4)[:, rng.permutation(4)]
    rows, columns = int(rng.integers(9, 20)), int(rng.integers(9, 20))
    place = np.arange(LARGE)
    large = 10 * (place[:, None] // rows) + place // 40
    return [
        Case((np.array([1, 1, 1, 2, 2]), np.array([1, 1, 2, 2, 2])), "the five pixels of the chapter"),
        Case((truth, names[truth]), "the same groups under other numbers"),
        Case((truth, rng.integers(0, 3, (height, width))), "two divisions that have little in common", 2),
        Case((single, np.zeros((3, 4), int)), "every pixel alone, and all pixels together"),
        Case(
            (rng.integers(100, 256, (5, 8)).astype("uint8"), (rng.integers(0, 5, (5, 8)) * 50).astype("uint8")),
            "integers of one byte, with large numbers",
        ),
        Case((np.array([[int(rng.integers(0, 9))]]), np.array([[1]])), "a single pixel"),
        Case((np.zeros((0, 3), int), np.zeros((0, 3), int)), "no pixel at all"),
        Case(
            (large.astype("int32"), (place[:, None] // 40 + 20 * (place // columns)).astype("int32")),
            "an image with very many pairs",
            2,
        ),
    ]


def rand(args, params):
    """Visit every pair where there are few; else count pairs group by group, in whole numbers."""
    truth, segments = (each.ravel().tolist() for each in args)
    if len(truth) < 2:
        return Raised("ValueError")
    pixels = list(zip(truth, segments, strict=True))
    if len(pixels) <= ALL_PAIRS:
        wrong = sum((a == c) != (b == d) for (a, b), (c, d) in itertools.combinations(pixels, 2))
    else:
        wrong = _pairs(truth) + _pairs(segments) - 2 * _pairs(pixels)
    return wrong / (len(pixels) * (len(pixels) - 1) / 2)


def _pairs(groups) -> int:
    """How many pairs of two different members there are in the same group."""
    count: dict = {}
    pairs = 0
    for group in groups:
        pairs += count.get(group, 0)
        count[group] = count.get(group, 0) + 1
    return pairs


def rand_mistakes(args, params):
    """Other denominators, one kind of fault alone, group 0 left out, other scores."""
    truth, segments = (each.ravel().tolist() for each in args)
    pixels = list(zip(truth, segments, strict=True))
    count = len(pixels)
    if count < 2:
        for nothing in (0, 0.0, 1.0, None):
            yield nothing, "fewer than two pixels make no pair, and no share of it: this is a case for a ValueError"
        yield Raised("ZeroDivisionError"), "without a pair it divides by zero; a ValueError is wanted"
        return
    joined, found, both = _pairs(truth), _pairs(segments), _pairs(pixels)
    all_pairs = count * (count - 1) / 2
    wrong = joined + found - 2 * both
    yield 1 - wrong / all_pairs, "this is the share of pairs on which the two agree"
    yield wrong, "it counts pairs; wanted is their share of all"
    yield wrong / 2 / all_pairs, "it is half of what it is: does one of the two count a pair in both orders?"
    yield 2 * wrong / all_pairs, "it is twice what it is: does one of the two count a pair in both orders?"
    yield 2 * wrong / count**2, "a pixel makes no pair with itself: these are other pairs to divide by"
    yield (joined - both) / all_pairs, "pairs that the segments join and the truth parts are faults, too"
    yield (found - both) / all_pairs, "pairs that the truth joins and the segments part are faults, too"
    yield (joined + found - both) / all_pairs, "pairs that are together in both are no faults, on either side"
    yield abs(joined - found) / all_pairs, "faults of the two kinds do not make up for each other: they add up"
    yield (
        1 - 2 * _squares(pixels) / (_squares(truth) + _squares(segments)),
        "this is 1 − V_Rand, which leaves out the pairs that are apart in both",
    )
    yield np.mean(np.not_equal(truth, segments)), "this is the pixel error: the numbers of the groups are only names"
    for kept, words in (
        ([pair for pair in pixels if pair[0]], "0 is a group like the others, in the truth, too"),
        ([pair for pair in pixels if pair[1]], "0 is a group like the others, in the segments, too"),
        ([pair for pair in pixels if all(pair)], "0 is a group like the others"),
    ):
        if 2 <= len(kept) < count:
            parts = [_pairs(each) for each in (*zip(*kept, strict=True), kept)]
            yield (parts[0] + parts[1] - 2 * parts[2]) / (len(kept) * (len(kept) - 1) / 2), words


def _squares(groups) -> int:
    """Pairs in both orders, a member with itself included."""
    return 2 * _pairs(groups) + len(groups)


def judge_rand(args, got, wanted, params):
    """What is beyond [0, 1] is no share; numbers of one byte run over."""
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or verdict.kind != "value" or isinstance(wanted, Raised):
        return verdict
    if args[0].dtype == np.uint8:
        return Verdict(False, f"{verdict.message}: the numbers are of one byte; do products of them still fit?", "value")
    if not 0 <= got <= 1:
        return Verdict(False, f"{verdict.message}, and a share lies between 0 and 1", "value")
    return verdict


# ----------------------------------------------------------------------------------------------------- score.mergers


def mergers_cases(rng, params):
    """Nothing merged, a pair, several lots, a lot of one, all in one; one cell in two lots."""

    def cells(low, high):
        return rng.permutation(np.arange(3, 30))[: int(rng.integers(low, high))].tolist()

    few, some, many = cells(3, 5), cells(5, 7), cells(8, 10)
    order = rng.permutation(len(many)).tolist()
    last = len(some) - 1
    return [
        Case(([int(rng.integers(5, 20))] * 16, [[5, 6]]), "two of sixteen equal cells, as in the chapter"),
        Case((few, []), "nothing has run together"),
        Case((some, [[last, 1]]), "two cells of different sizes", 2),
        Case((many, [order[:3], order[3:5]]), "a lot of three and a lot of two", 2),
        Case((few, [list(range(len(few)))]), "all cells are one segment"),
        Case((some, [[2], [0, last]]), "a lot of one cell, besides another"),
        Case((some, [[0, 2], [2, last]]), "a cell that is in two lots"),
    ]


def after_merging(args, params):
    """Draw the cells and the segments as rows of pixels, and weigh what the package finds split and merged."""
    sizes, groups = args
    if any(set(one) & set(other) for one, other in itertools.combinations(groups, 2)):
        return Raised("ValueError")
    names = list(range(1, len(sizes) + 1))
    for group in groups:
        for position in group:
            names[position] = group[0] + 1
    truth = np.repeat(np.arange(1, len(sizes) + 1), sizes)[None]
    parts = metrics.rand_parts(truth, np.repeat(names, sizes)[None])
    return 1 / (params["weight"] / parts.merge + (1 - params["weight"]) / parts.split)


def mergers_mistakes(args, params):
    """Sums of squares for squares of sums, cells counted twice or not at all, weights."""
    sizes, groups = args
    weight = params["weight"]
    merged = [position for group in groups for position in group]
    cells = sum(size**2 for size in sizes)
    together = sum(sum(sizes[position] for position in group) ** 2 for group in groups)
    alone = sum(size**2 for position, size in enumerate(sizes) if position not in merged)

    def score(segments, top=cells, weight=weight):
        below = weight * segments + (1 - weight) * cells
        return top / below if below else 0.0

    if len(set(merged)) < len(merged):
        for text in (score(alone + together), score(cells + together), score(cells)):
            yield text, "a cell cannot lie in two segments: a position in two groups is a ValueError"
        return
    segments = alone + together
    yield Raised("ValueError"), "it raises ValueError though no position is in two groups: is the test too strict?"
    if weight != 0.5:
        yield score(segments, weight=0.5), "it weighs segments and cells alike; this year it is otherwise"
        yield score(segments, weight=1 - weight), "the weights of segments and cells are swapped"
    yield cells / segments, "this is the merge part alone; the cells have a share in what is below the line, too"
    yield score(cells), "the mergers change nothing here: a lot counts as the square of its sum, not the sum of squares"
    yield score(cells + together), "the merged cells are still counted as segments of their own besides"
    yield score(together), "the cells that are still alone are segments, too"
    yield score(segments, alone), "no true pair is lost: what is together in the truth is together here, all of it"
    yield score(segments, segments), "on top stand the pairs that are together in both; a lot has false ones besides"
    yield cells / (cells + segments), "a factor is missing: a perfect prediction has the score 1"
    yield 1 - score(segments), "this is the error; wanted is the score"
    plain = sum(sizes)
    count = len(sizes) - len(merged) + len(groups)
    yield count / len(sizes), "it counts cells; V_Rand counts pairs of pixels"
    yield 1 - sum(sizes[position] for position in merged) / plain, "it counts pixels; V_Rand counts pairs of them"
    yield _linear(sizes, groups, weight), "pairs grow with the square of a size, not with the size"


def _linear(sizes, groups, weight):
    """V_Rand of numbers of cells: sizes left out."""
    alone = len(sizes) - sum(map(len, groups))
    segments = alone + sum(len(group) ** 2 for group in groups)
    return len(sizes) / (weight * segments + (1 - weight) * len(sizes))


# --------------------------------------------------------------------------------------------------- score.threshold


def threshold_cases(rng, params):
    """A table by hand, large ones, as many slices as thresholds, one row, one column, nothing."""

    def table(slices, thresholds):
        """Slices of different difficulty, with their best thresholds in different places."""
        best = rng.permutation(np.arange(slices) % thresholds)[:, None]
        drop = rng.uniform(0.01, 0.06, (slices, 1)) * abs(np.arange(thresholds) - best)
        return np.round(rng.uniform(0.7, 0.95, (slices, 1)) - drop + rng.uniform(0, 0.005, drop.shape), 4)

    slices, side = int(rng.integers(4, 8)), int(rng.integers(4, 6))
    same = table(slices, 5)
    same[:, 3] = same.max(axis=1) + 0.02
    return [
        Case((np.array([[0.9, 0.7, 0.1], [0.2, 0.6, 0.8]]),), "two slices, three thresholds"),
        Case((table(slices, 11),), "as many thresholds as the challenge has", 2),
        Case((table(side, side),), "as many slices as thresholds", 2),
        Case((same,), "all slices like the same threshold best"),
        Case((table(1, 6),), "one slice"),
        Case((table(slices, 1),), "one threshold"),
        Case((np.zeros((0, 11)),), "no slice"),
        Case((np.zeros((slices, 0)),), "no threshold"),
    ]


def own_and_shared(args, params):
    """Try every threshold for all, and for every slice; no NumPy."""
    rows = args[0].tolist()
    if not rows or not rows[0]:
        return Raised("ValueError")
    own = [sorted(row)[-1] for row in rows]
    shared = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return sum(own) / len(rows), sorted(shared)[-1]


def threshold_mistakes(args, params):
    """The axes swapped, one number for the other, thresholds chosen in another way."""
    (table,) = args
    if not table.size:
        for nothing in ((0, 0), (np.nan, np.nan), None, (np.nan, 0), (0, np.nan), np.nan):
            yield nothing, "an empty table has no mean and no best: this is a case for a ValueError"
        yield Raised("IndexError"), "an empty table is to be a ValueError"
        yield Raised("ZeroDivisionError"), "an empty table is to be a ValueError"
        return
    own, shared = table.max(axis=1).mean(), table.mean(axis=0).max()
    first = table.argmax(axis=1)
    common = int(np.bincount(first).argmax())
    peak = np.unravel_index(table.argmax(), table.shape)[1]
    yield Raised("ValueError"), "it raises ValueError for a table that has scores"
    yield (shared, own), "the two are swapped: first each slice its own, then one for all"
    swapped = table.T
    yield (
        (swapped.max(axis=1).mean(), swapped.mean(axis=0).max()),
        "rows and columns are mixed up: a row is a slice, a column a threshold",
    )
    yield (table.max(axis=0).mean(), shared), "the first takes the best slice of each threshold: another axis"
    yield (own, table.mean(axis=1).max()), "the second takes the best slice, not the best threshold: another axis"
    yield (table.max(), shared), "the first is the best of all scores; each slice has a best of its own"
    yield (own, table.max()), "the second is the best of all scores, not the mean of one column"
    yield (own, table[:, peak].mean()), "the shared threshold is that of the best single score, not of the best mean"
    yield (own, table[:, common].mean()), "the shared threshold is the one that most slices like best, not the best"
    middle = int(np.rint(first.mean()))
    yield (own, table[:, middle].mean()), "the shared threshold is the mean of the own ones, not the best"
    yield (own, table[:, first[0]].mean()), "the shared threshold is that of the first slice"
    yield (own, table.min(axis=0).max()), "the shared threshold is judged by the worst slice, not by the mean"
    yield (own, np.median(table, axis=0).max()), "the shared threshold is judged by the median, not by the mean"
    yield (own, own), "both have their own thresholds"
    yield (shared, shared), "both have the shared threshold"
    yield (own, table.mean()), "the second is the mean of all scores: which threshold is the best?"
    yield (len(table) * own, len(table) * shared), "it adds up the slices; wanted are their means"
    yield (first.mean(), table.mean(axis=0).argmax()), "it returns thresholds, or their places; wanted are scores"


# ------------------------------------------------------------------------------------------------------ score.clicks


def clicks_cases(rng, params):
    """Alike, mended one way, the other way, both; cells and segments that meet nothing but border."""

    def stripes(*widths):
        """A row of areas, one to each width, with a border of one pixel between them."""
        row = []
        for number, width in enumerate(widths, 1):
            row += [number] * width + [0]
        return np.tile(np.array(row[:-1]), (4, 1))

    def renamed(areas):
        names = np.concatenate([[0], rng.permutation(np.arange(2, 90))[: areas.max()]])
        return names[areas]

    a, b, c = (int(side) for side in rng.integers(5, 9, 3))
    cut = int(rng.integers(2, a - 1))
    one = stripes(a, b, c)
    merged = stripes(a, b + c + 1)
    halved = stripes(cut, a - cut - 1, b, c)
    wide = one.copy()
    wide[:, -c:] = 0
    beside = stripes(a, b, c)
    beside[:, :a] = 0
    both = np.vstack([renamed(stripes(a, b + 1 + c)), renamed(stripes(cut, a - cut - 1, b, c)) + 100])
    mosaic, other = rng.integers(0, 6, (6, 8)), rng.integers(0, 5, (6, 8))
    return [
        Case((one, renamed(one)), "the same cells under other numbers"),
        Case((one, renamed(merged)), "two cells in one segment", 2),
        Case((one, renamed(halved)), "a cell in two segments", 2),
        Case((np.vstack([one, np.where(one > 0, one + 3, 0)]), both), "something merged and something cut", 2),
        Case((one, renamed(wide)), "a cell that the prediction takes for border"),
        Case((beside, renamed(one)), "a segment where the truth has border alone"),
        Case((mosaic, other), "numbers at random", 2),
        Case((np.zeros((3, 5), int), np.ones((3, 5), int)), "a truth that is all border"),
    ]


def clicks(args, params):
    """Look at every cell and every segment in turn, and count whom it meets."""
    truth, segments = args
    return _beyond_one(truth, segments), params["draw"] * _beyond_one(segments, truth)


def _beyond_one(areas, others, least=0) -> int:
    """How many of the others each area meets beyond one, added up; `least`: from what an area is begun to count."""
    more = 0
    for area in np.unique(areas[areas > 0]):
        met = len(np.unique(others[(areas == area) & (others > 0)]))
        more += max(met - 1, least)
    return more


def clicks_mistakes(args, params):
    """One for the other, a price forgotten, border as a segment, all for what is too many."""
    truth, segments = args
    price = params["draw"]
    remove, draw = _beyond_one(truth, segments), _beyond_one(segments, truth)
    cells, found = (set(np.unique(each[each > 0]).tolist()) for each in args)
    yield (draw, price * remove), "removing and drawing are swapped: a cell in several segments has walls too many"
    yield (remove, draw), "it counts walls to be drawn; each takes more than one click" if price > 1 else "as it is"
    if price != 2:
        yield (remove, 2 * draw), "it is right for walls that take 2 clicks"
    yield (price * remove, draw), "the price of a wall that is drawn is put on those that are removed"
    yield (price * remove, price * draw), "a wall that is removed takes one click, whatever drawing costs"
    yield remove + price * draw, "it returns the sum; wanted are both numbers, removals first"
    pairs = np.unique(np.stack([each.ravel() for each in args]), axis=1)
    met = pairs[:, (pairs > 0).all(axis=0)]
    count = met.shape[1]
    yield (
        (count - len(cells), price * (count - len(found))),
        "what meets nothing but border needs no click, and no click less either",
    )
    yield (
        (_beyond_one(truth, segments, -1), price * _beyond_one(segments, truth, -1)),
        "what meets nothing but border needs no click, and no click less either",
    )
    yield (count, price * count), "what lies in one segment alone is as it should be: one less for each"
    yield (
        (_with_border(truth, segments), price * _with_border(segments, truth)),
        "border is no segment and no cell: pixels that are border in either do not count",
    )
    yield (
        (pairs.shape[1] - len(np.unique(truth)), price * (pairs.shape[1] - len(np.unique(segments)))),
        "border is no segment and no cell: pixels that are border in either do not count",
    )
    yield (
        (_several(truth, segments), price * _several(segments, truth)),
        "it counts how many need mending; what lies in k segments needs k − 1 clicks",
    )
    yield (
        (max(len(found) - len(cells), 0), price * max(len(cells) - len(found), 0)),
        "it compares numbers of cells: a wall too many and one too few do not make up for each other",
    )
    yield (
        (len(found - cells), price * len(cells - found)),
        "it compares the numbers of the areas, which are only names",
    )


def _with_border(areas, others) -> int:
    return sum(len(np.unique(others[areas == area])) - 1 for area in np.unique(areas[areas > 0]))


def _several(areas, others) -> int:
    return sum(len(np.unique(others[(areas == area) & (others > 0)])) > 1 for area in np.unique(areas[areas > 0]))


def clicks_picture(args, got):
    """Both divisions, each area in a tint of its own, border black."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.2), layout="constrained")
    for axes, areas, title in zip(figure.subplots(1, 2), args, ("truth", "segments"), strict=True):
        names, place = np.unique(areas, return_inverse=True)
        tints = colormaps["viridis"](0.3 + 0.7 * np.linspace(0, 1, len(names)))
        tints[names == 0] = (0, 0, 0, 1)
        axes.imshow(tints[place.reshape(areas.shape)])
        axes.set(xticks=[], yticks=[], title=title)
        for row, column in zip(*np.nonzero(areas), strict=True):
            if areas.size <= 60:
                axes.text(column, row, areas[row, column], ha="center", va="center", fontsize=7)
    return figure


EXERCISES = (
    Exercise(
        id="score.dice",
        chapter=CHAPTER,
        name="dice_from_iou",
        points=2,
        minutes=5,
        cases=dice_cases,
        oracle=dice_from_iou,
        judge=knowing(dice_mistakes),
    ),
    Exercise(
        id="score.rand",
        chapter=CHAPTER,
        name="pair_disagreement",
        points=5,
        minutes=20,
        cases=rand_cases,
        oracle=rand,
        judge=knowing(rand_mistakes, judge_rand),
        forbids=("unet_edu.metrics",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="score.mergers",
        chapter=CHAPTER,
        name="after_merging",
        points=4,
        minutes=15,
        cases=mergers_cases,
        oracle=after_merging,
        judge=knowing(mergers_mistakes),
        params=lambda rng: {"weight": float(rng.choice([0.2, 0.25, 0.7, 0.75]))},
        book={"weight": 0.5},
        forbids=("unet_edu.metrics",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="score.threshold",
        chapter=CHAPTER,
        name="own_and_shared",
        points=3,
        minutes=10,
        cases=threshold_cases,
        oracle=own_and_shared,
        judge=knowing(threshold_mistakes),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="score.clicks",
        chapter=CHAPTER,
        name="clicks",
        points=5,
        minutes=20,
        cases=clicks_cases,
        oracle=clicks,
        judge=knowing(clicks_mistakes),
        params=lambda rng: {"draw": int(rng.choice([3, 4, 5]))},
        book={"draw": 2},
        forbids=("unet_edu.metrics", "unet_edu.results"),
        needs=("import numpy as np",),
        picture=clicks_picture,
    ),
)
