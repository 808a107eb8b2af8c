"""Judge whether the scores of two lists of runs differ."""

import math
import statistics

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.ablate._shared import pooled_deviation
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw lists whose means lie far apart, near, and near enough for a wrong denominator; lists too short to judge."""
    limit = params["limit"]

    def case(these, others, distance, says, points=1, spreads=None):
        """Return two lists whose means lie `distance` limits apart; `spreads`: their standard deviations."""
        lists = [rng.normal(size=count) for count in (these, others)]
        if spreads is not None:
            lists = [each / each.std(ddof=1) * spread for each, spread in zip(lists, spreads, strict=True)]
        pooled = pooled_deviation(*lists)
        lists[0] += lists[1].mean() - lists[0].mean() + distance * limit * pooled
        return Case(tuple((0.9 + 0.01 * each).tolist() for each in lists), says, points)

    runs = int(rng.integers(4, 6))
    return [
        case(runs, runs, 3, "scores far above the others"),
        case(runs, runs, -3, "scores far below the others"),
        case(runs, runs, 0.2, "scores that hardly differ"),
        case(3, 3, 0.93, "three runs each, nearly a difference", 2),
        case(runs, runs, -0.8, "below the others, but not so far", 2),
        case(3, 3, 1.05, "three runs each, and a difference by a little"),
        case(runs, runs, 1.25, "a difference, and not a large one", 2),
        case(2, 6, 1.2, "two runs that scatter widely against six that do not", 2, (3, 1)),
        case(6, 2, 0.9, "six runs that scatter widely against two that do not", 2, (3, 1)),
        Case(([0.9], [0.5, 0.51, 0.52]), "one run against three"),
        Case(([0.7, 0.71], []), "two runs against none"),
    ]


def oracle(args, params):
    """Compute it with the statistics of Python's own library."""
    these, others = args
    if len(these) < 2 or len(others) < 2:
        return "too few"
    return _word(statistics.mean(these) - statistics.mean(others), params["limit"] * pooled_deviation(these, others))


def mistakes(args, params):
    """Yield wrong signs, other denominators, and other spreads."""
    these, others = args
    limit = params["limit"]
    if min(len(these), len(others)) < 2:
        yield "none", "one run decides nothing, not even that there is no difference"
        return
    change, pooled = statistics.mean(these) - statistics.mean(others), pooled_deviation(these, others)
    count = len(these) + len(others)
    if limit != 2:
        yield _word(change, 2 * pooled), "it is right for a distance of two standard deviations"
    yield _word(-change, limit * pooled), "higher and lower are mixed up: they describe the first list"
    yield ("higher" if change > limit * pooled else "none"), "a change downwards is a change, too"
    yield (
        _word(change, limit * pooled * math.sqrt((count - 2) / count)),
        "the denominator of each variance is n here; it is n − 1",
    )
    yield (
        _word(change, limit * pooled * math.sqrt(1 / len(these) + 1 / len(others))),
        "it takes the error of the means, which shrinks with the number of runs, for the spread of the runs",
    )
    yield (
        _word(change, limit * (statistics.stdev(these) + statistics.stdev(others))),
        "the two deviations are added; pooled is one spread for both lists, not the sum of two",
    )
    yield (
        _word(change, limit * statistics.stdev([*these, *others])),
        "all scores are put into one list; so the distance between the means counts as spread, too",
    )
    yield (
        _word(change, limit * math.sqrt((statistics.variance(these) + statistics.variance(others)) / 2)),
        "it takes the plain mean of the two variances; a longer list measures the spread better, and weighs more",
    )
    yield _word(change, pooled), "one standard deviation is not far enough"
    yield _word(change, 0.0), "any change is called one: how far must it be?"
    for each in args:
        yield (
            _word(change, limit * statistics.stdev(each)),
            "the spread is that of one list alone; pooled means of both together",
        )


def _word(change, limit) -> str:
    """Return the word for a change of the mean: there is none up to `limit`."""
    return "none" if abs(change) <= limit else "higher" if change > 0 else "lower"


def other_limit(rng) -> dict:
    """Return another distance than two standard deviations."""
    return {"limit": int(rng.choice([1, 3, 4]))}


EXERCISE = Exercise(
    id="ablate.verdict",
    chapter="11_ablation",
    name="verdict",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=other_limit,
    book={"limit": 2},
    forbids=("unet_edu.results",),
    needs=("import numpy as np",),
)
