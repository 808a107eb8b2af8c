"""Compute mean and standard deviation of the differences between runs with the same seed."""

import math
import statistics

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.exercises.ablate._shared import pooled_deviation
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw seeds that both lists share, a constant difference, two seeds, and no change."""

    def case(runs, shared, own, change, says, points=1):
        seeds = shared * rng.normal(size=runs)
        these, others = (0.8 + seeds + own * rng.normal(size=runs) for _ in range(2))
        return Case(((these + change).round(4).tolist(), others.round(4).tolist()), says, points)

    runs = int(rng.integers(4, 8))
    return [
        case(runs, 0.1, 0.01, 0.03, "seeds matter more than the change", 2),
        case(runs, 0.0, 0.05, -0.1, "a change downwards"),
        case(2, 0.05, 0.02, 0.01, "two seeds"),
        Case(([0.5, 0.75, 1.0], [0.25, 0.5, 0.75]), "the same difference for every seed"),
        case(runs + 1, 0.05, 0.05, 0.0, "no change at all"),
    ]


def oracle(args, params):
    """Compute it seed by seed with the statistics of Python's own library."""
    differences = [one - other for one, other in zip(*args, strict=True)]
    return statistics.mean(differences), statistics.stdev(differences)


def mistakes(args, params):
    """Yield the other direction, other denominators, and lists that are not paired."""
    these, others = (np.array(each) for each in args)
    differences = these - others
    mean, deviation = oracle(args, params)
    yield (-mean, deviation), "the sign of the mean is wrong: these less others"
    yield (deviation, mean), "the right numbers in the other order"
    yield (mean, float(differences.std())), "the denominator is n − 1, not n"
    yield (mean, float(differences.var(ddof=1))), "this is the variance; the deviation is its root"
    yield (mean, deviation / math.sqrt(len(differences))), "this is the error of the mean, not the deviation"
    yield (mean, pooled_deviation(these, others)), "this is the pooled deviation; take the differences first"
    yield (
        (mean, math.hypot(these.std(ddof=1), others.std(ddof=1))),
        "the deviations of both lists are put together as if they had no seed in common; take the differences first",
    )
    size = np.abs(differences)
    yield (float(size.mean()), float(size.std(ddof=1))), "the differences have lost their sign"


EXERCISE = telling(
    Exercise(
        id="ablate.paired",
        chapter="11_ablation",
        name="paired",
        points=2,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        needs=("import numpy as np",),
    ),
    {
        2: (
            "the differences have lost",
            "this is the pooled",
        )
    },
)
