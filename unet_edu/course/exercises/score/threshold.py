"""Compare a threshold for each slice with one threshold for all."""

from collections import Counter

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
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


def oracle(args, params):
    """Go through slices and thresholds one by one."""
    (table,) = args
    rows = [list(map(float, row)) for row in table]
    if not rows or not rows[0]:
        return Raised("ValueError")
    own = sum(max(row) for row in rows) / len(rows)
    return own, max(sum(column) / len(rows) for column in zip(*rows, strict=True))


def mistakes(args, params):
    """Axes, order, thresholds for scores."""
    table = np.asarray(args[0], float)
    if table.size == 0:
        return
    own, shared = oracle(args, params)
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


EXERCISE = telling(
    Exercise(
        id="score.threshold",
        chapter="10_scoring",
        name="own_and_shared",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        forbids=("unet_edu.metrics", "unet_edu.own"),
        needs=("import numpy as np",),
    ),
    {0: ("the threshold that most",), 4: ("the threshold that most",)},
)
