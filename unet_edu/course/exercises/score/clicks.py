"""Count the clicks that mend a prediction."""

from collections import Counter

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import equal, judge_value, recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
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


def oracle(args, params):
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


def mistakes(args, params):
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


def picture(args, got):
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


EXERCISE = Exercise(
    id="score.clicks",
    chapter="10_scoring",
    name="clicks",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes, judge_clicks),
    params=lambda rng: {"draw": int(rng.choice([3, 4, 5]))},
    book=BOOK_CLICKS,
    forbids=("unet_edu.metrics", "unet_edu.own"),
    needs=("import numpy as np",),
    picture=picture,
)
