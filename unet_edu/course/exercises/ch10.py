"""The exercises of the chapter on scores.

A cohort's walls may take more clicks to draw than the book's (`score.clicks`).
"""

import itertools
import math
from collections import Counter
from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import equal, judge_value, recognising
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "10_scoring"
EVERY_PAIR = "the share is right, but an array with a place for every pair of pixels has no room on a real image"


# -------------------------------------------------------------------------------------------------------- score.dice


def dice_cases(rng, params):
    """A half, the ends, two values in between, values that no IoU has."""
    return [
        Case((0.5,), "half of the union is shared"),
        Case((round(float(rng.uniform(0.05, 0.3)), 3),), "little in common", 2),
        Case((round(float(rng.uniform(0.6, 0.95)), 3),), "much in common", 2),
        Case((0,), "nothing in common"),
        Case((1,), "all in common"),
        Case((round(float(rng.uniform(1.05, 1.5)), 2),), "a value above 1"),
        Case((-round(float(rng.uniform(0.05, 0.5)), 2),), "a value below 0"),
    ]


def dice(args, params):
    """Two sets whose union has size 1: what they share, and what they have in all."""
    (shared,) = args
    if shared < 0 or shared > 1:
        return Raised("ValueError")
    in_all = 1 + shared  # what is shared is in both
    return shared / (in_all / 2)


def dice_mistakes(args, params):
    """The formula turned round, halves and doubles, ends that are refused."""
    (value,) = args
    if not 0 <= value <= 1:
        return
    yield Raised("ValueError"), "it raises ValueError for a value that an IoU may have: 0 and 1 are among them"
    yield value, "it returns the IoU itself"
    yield value / (2 - value), "this is the way back: the IoU of two sets whose Dice coefficient is the value"
    yield value / (1 + value), "what is shared counts twice above the line, once for each set"
    yield 2 * value, "twice the IoU: the two sets together are more than their union"
    yield min(1.0, 2 * value), "twice the IoU: the two sets together are more than their union"
    yield 1 - 2 * value / (1 + value), "this is what lacks to 1: the loss, not the score"


# -------------------------------------------------------------------------------------------------------- score.rand


def rand_cases(rng, params):
    """Small divisions, names that do not matter, all and nothing together, many pixels, too few."""

    def division(groups, *shape):
        return rng.integers(0, groups, shape)

    height, width = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    truth = division(4, height, width)
    names = rng.permutation(4) + 5
    large = int(rng.integers(110, 130))
    return [
        Case((truth, division(3, height, width)), "two divisions of a small image", 2),
        Case((division(2, width), division(5, width)), "a row of pixels"),
        Case((truth, names[truth]), "the same division under other names"),
        Case((np.zeros((3, 4), int), np.arange(12).reshape(3, 4)), "one group against one group a pixel"),
        Case((np.array([0, 0]), np.array([1, 0])), "two pixels"),
        Case((division(40, large, large), division(60, large, large)), "more pairs than can be visited", 2),
        Case((np.array([[3]]), np.array([[3]])), "a single pixel"),
    ]


def _pairs(counts) -> int:
    return sum(math.comb(count, 2) for count in counts)


def _disagreeing(truth, segments) -> int:
    """How many pairs one division joins and the other parts."""
    one, other = truth.ravel().tolist(), segments.ravel().tolist()
    both = _pairs(Counter(zip(one, other, strict=True)).values())
    return _pairs(Counter(one).values()) + _pairs(Counter(other).values()) - 2 * both


def rand(args, params):
    """Count pairs, group by group."""
    truth, segments = args
    if truth.size < 2:
        return Raised("ValueError")
    return _disagreeing(truth, segments) / math.comb(truth.size, 2)


def rand_probe(answer, args, params):
    """What it returns, and how many bytes it had at a time while it computed that; 0 for a small image."""
    import tracemalloc

    if args[0].size < 5_000 or tracemalloc.is_tracing():
        return {"share": answer(*args), "bytes": 0}
    tracemalloc.start()
    try:
        return {"share": answer(*args), "bytes": tracemalloc.get_traced_memory()[1]}
    finally:
        tracemalloc.stop()


def judge_rand(args, got, wanted, params) -> Verdict:
    """The share, and whether there was room for every pair: an array of truth values has a byte for each."""
    if isinstance(got, Raised):
        return judge_share(args, got, wanted, params)
    verdict = judge_share(args, got["share"], wanted, params)
    if verdict.passed and got["bytes"] > args[0].size ** 2 / 2:
        return replace(verdict, passed=False, message=EVERY_PAIR, kind="value", clues=((EVERY_PAIR, True),))
    return verdict


def rand_mistakes(args, params):
    """Agreement, pairs of a pixel with itself, names compared, a group left out."""
    truth, segments = args
    if truth.size < 2:
        return
    disagreeing, pairs = _disagreeing(truth, segments), math.comb(truth.size, 2)
    yield 1 - disagreeing / pairs, "this is the share of pairs on which they agree"
    yield 2 * disagreeing / truth.size**2, "a pixel makes no pair with itself: there are fewer pairs than n²"
    yield disagreeing / truth.size**2, "of n² pairs, those of a pixel with itself are none, and the others come twice"
    yield disagreeing / (2 * pairs), "each pair is counted once above the line and twice below it"
    yield 2 * disagreeing / pairs, "each pair is counted twice above the line and once below it"
    yield disagreeing, "this is how many pairs, not which share of them"
    yield float(np.mean(truth != segments)), "it compares the names of groups, pixel by pixel; names say nothing"
    inside = truth.ravel() > 0
    if 1 < inside.sum() < truth.size:
        left = _disagreeing(truth.ravel()[inside], segments.ravel()[inside]) / math.comb(int(inside.sum()), 2)
        yield left, "the pixels with number 0 are left out; here 0 is a group like any other"


judge_share = recognising(rand_mistakes)


# ----------------------------------------------------------------------------------------------------- score.mergers


def mergers_cases(rng, params):
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


def mergers(args, params):
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


def mergers_mistakes(args, params):
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


# --------------------------------------------------------------------------------------------------- score.threshold


def threshold_cases(rng, params):
    """Slices that differ, one slice, one threshold, a table of lists, nothing."""

    def table(slices, thresholds):
        scores = rng.uniform(0.2, 0.99, (slices, thresholds)).round(3)
        if min(slices, thresholds) > 1:  # the first slice likes best what no other does
            liked = rng.integers(thresholds)
            scores[:, liked] = 0.15
            scores[0, liked] = 0.995
        return scores

    slices, thresholds = int(rng.integers(3, 6)), int(rng.integers(7, 10))
    return [
        Case((table(slices, thresholds),), "slices that want different thresholds", 2),
        Case((table(thresholds, slices),), "more slices than thresholds", 2),
        Case((table(1, thresholds),), "one slice"),
        Case((table(slices, 1),), "one threshold"),
        Case((table(3, 4).tolist(),), "a table of lists"),
        Case((np.zeros((0, 5)),), "no slices"),
        Case((np.zeros((3, 0)),), "no thresholds"),
    ]


def threshold(args, params):
    """Go through slices and thresholds one by one."""
    (table,) = args
    rows = [list(map(float, row)) for row in table]
    if not rows or not rows[0]:
        return Raised("ValueError")
    own = sum(max(row) for row in rows) / len(rows)
    return own, max(sum(column) / len(rows) for column in zip(*rows, strict=True))


def threshold_mistakes(args, params):
    """Axes, order, thresholds for scores."""
    table = np.asarray(args[0], float)
    if table.size == 0:
        return
    own, shared = threshold(args, params)
    yield (shared, own), "the right two numbers in the other order"
    yield (own, own), "both are the mean with own thresholds: the shared one is the same for all slices"
    yield (shared, shared), "both are the mean with one threshold: a slice may also choose its own"
    yield (
        (float(table.max(axis=0).mean()), float(table.mean(axis=1).max())),
        "rows and columns are mixed up: a row is a slice, a column a threshold",
    )
    yield (
        (own, float(table.max())),
        "the second is the best score of all, on one slice; wanted is the mean of all slices",
    )
    yield (float(table.max()), shared), "the first is the best score of all; each slice has its own best"
    first = float(table[:, table[0].argmax()].mean())
    yield (own, first), "the shared threshold is that of the first slice; it must be the best for all together"
    votes = Counter(table.argmax(axis=1).tolist()).most_common(1)[0][0]
    yield (own, float(table[:, votes].mean())), "the threshold that most slices prefer need not have the best mean"
    yield (
        (float(table.argmax(axis=1).mean()), float(table.mean(axis=0).argmax())),
        "these are places of thresholds, not scores",
    )


# ------------------------------------------------------------------------------------------------------ score.clicks


def clicks_cases(rng, params):
    """Right, split, merged, both, borders, cells that nothing answers to."""
    low, high = int(rng.integers(2, 5)), int(rng.integers(6, 9))
    truth = rng.integers(0, 4, (6, 7)) * low
    return [
        Case((np.array([[1, 1, 0, 2, 2]]), np.array([[high, high, 0, low, low]])), "all as it should be"),
        Case((np.array([[1, 1, 1, 1, 0, 2]]), np.array([[low, low, high, high, 0, 1]])), "a cell in two segments"),
        Case((np.array([[1, 1, 0, 2, 2, 0, 3]]), np.array([[7, 7, 7, 7, 7, 7, 7]])), "three cells in one segment"),
        Case((truth, rng.integers(0, 5, (6, 7)) + 0), "both at once, everywhere", 2),
        Case((np.array([[1, 1, 1, 2, 2]]), np.array([[5, 0, 6, 0, 0]])), "a cell in pieces, and one that is missed", 2),
        Case((rng.integers(1, 6, (9, 8)), rng.integers(1, 6, (9, 8))), "no border at all"),
        Case((np.array([[0, 0, 1]]), np.array([[1, 2, 0]])), "nothing that counts"),
    ]


def clicks(args, params):
    """For every cell the segments that it meets, and the other way round, pixel by pixel."""
    remove, draw = _walls(*args)
    return remove, params["draw"] * draw


def _walls(truth, segments) -> tuple[int, int]:
    """(walls to remove, walls to draw)."""
    met: tuple[dict, dict] = {}, {}
    for cell, segment in zip(truth.ravel().tolist(), segments.ravel().tolist(), strict=True):
        if cell and segment:
            met[0].setdefault(cell, set()).add(segment)
            met[1].setdefault(segment, set()).add(cell)
    return tuple(sum(len(others) - 1 for others in each.values()) for each in met)


def clicks_mistakes(args, params):
    """The price of a wall forgotten or misplaced, the other order, border that counts, one too many each."""
    truth, segments = (each.ravel() for each in args)
    price = params["draw"]
    remove, draw = _walls(truth, segments)

    def priced(walls):
        return walls[0], price * walls[1]

    def counted(inside, off=1, worse=False):
        pairs = set(zip(truth[inside].tolist(), segments[inside].tolist(), strict=True))
        counts = [Counter(pair[side] for pair in pairs).values() for side in (0, 1)]
        return priced([sum((n > 1) if worse else n - off for n in each) for each in counts])

    everywhere = np.ones(truth.size, bool)
    inside = (truth > 0) & (segments > 0)
    yield (remove, draw), "it counts walls: to draw one takes more than one click"
    if price != BOOK_CLICKS["draw"]:
        yield (remove, BOOK_CLICKS["draw"] * draw), "its walls take as many clicks to draw as those of the book"
    for outcome in ((price * remove, draw), (price * remove, price * draw)):
        yield outcome, "a wall that is removed takes 1 click, whatever drawing takes"
    for outcome in ((price * draw, remove), (draw, price * remove)):
        yield outcome, "removing and drawing are swapped: a cell in several segments has walls too many"
    yield remove + price * draw, "that is the sum; wanted are both numbers, removals first"
    yield counted(everywhere), "0 is border, not a cell and not a segment: such pixels do not count"
    yield counted(truth > 0), "pixels that are border among the segments count here; they should not"
    yield counted(segments > 0), "pixels that are border in the truth count here; they should not"
    yield counted(inside, 0), "a cell in k segments needs one wall less than k removed"
    yield counted(inside, worse=True), "it counts cells and segments that are wrong; wanted are walls"
    missed = len(set(truth[truth > 0].tolist()) - set(truth[inside].tolist()))
    added = len(set(segments[segments > 0].tolist()) - set(segments[inside].tolist()))
    if missed or added:
        yield (
            priced((remove - missed, draw - added)),
            "what meets nothing needs no click: here it takes one away from the count",
        )


def judge_clicks(args, got, wanted, params):
    """Numbers of NumPy will do, and so will an array of two."""
    if isinstance(got, np.ndarray) and got.shape == (2,) and equal(tuple(got.tolist()), wanted):
        return judge_value(args, tuple(got.tolist()), wanted, params)
    return judge_value(args, got, wanted, params)


def clicks_picture(args, got):
    """Truth and segments, each area in a tint of its own, border black."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.2), layout="constrained")
    for axes, areas, title in zip(figure.subplots(1, 2), args, ("truth", "segments"), strict=True):
        names, places = np.unique(areas, return_inverse=True)
        tints = colormaps["viridis"](np.linspace(0.3, 1, len(names)))
        tints[names == 0] = (0, 0, 0, 1)
        axes.imshow(tints[places.reshape(areas.shape)])
        axes.set(xticks=[], yticks=[], title=title)
    return figure


BOOK_CLICKS = {"draw": 2}


EXERCISES = (
    Exercise(
        id="score.dice",
        chapter=CHAPTER,
        name="dice_from_iou",
        points=2,
        minutes=10,
        cases=dice_cases,
        oracle=dice,
        judge=recognising(dice_mistakes),
        forbids=("unet_edu.metrics",),
    ),
    Exercise(
        id="score.rand",
        chapter=CHAPTER,
        name="pair_disagreement",
        points=5,
        minutes=25,
        cases=rand_cases,
        oracle=rand,
        judge=judge_rand,
        probe=rand_probe,
        forbids=("unet_edu.metrics",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="score.mergers",
        chapter=CHAPTER,
        name="after_merging",
        points=4,
        minutes=20,
        cases=mergers_cases,
        oracle=mergers,
        judge=recognising(mergers_mistakes),
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
        oracle=threshold,
        judge=recognising(threshold_mistakes),
        forbids=("unet_edu.metrics",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="score.clicks",
        chapter=CHAPTER,
        name="clicks",
        points=5,
        minutes=25,
        cases=clicks_cases,
        oracle=clicks,
        judge=recognising(clicks_mistakes, judge_clicks),
        params=lambda rng: {"draw": int(rng.choice([3, 4, 5]))},
        book=BOOK_CLICKS,
        forbids=("unet_edu.metrics",),
        needs=("import numpy as np",),
        picture=clicks_picture,
    ),
)
