"""Compute by how much the best of several useless rows seems to lead, by chance."""

import math

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, judge_value
from unet_edu.course.outcome import Case, Raised, Verdict

TRIALS = 4000
ERRORS = 5  # standard errors that a mean of random numbers may be off


def cases(rng, params):
    """Draw one row, a few and many, with one seed and with several."""
    few, many = int(rng.integers(4, 7)), int(rng.integers(18, 30))
    return [
        Case((1, 3, int(rng.integers(1 << 30))), "one useless row"),
        Case((few, 1, int(rng.integers(1 << 30))), "some rows, one run each", 2),
        Case((few, 9, int(rng.integers(1 << 30))), "some rows, nine runs each", 2),
        Case((many, 4, int(rng.integers(1 << 30))), "many rows", 2),
    ]


def oracle(args, params):
    """Compute the expected lead without random numbers: the baseline's mean is 0."""
    rows, seeds, _ = args
    return _expected_largest(rows) / math.sqrt(seeds)


def within_chance(args, got, wanted, params):
    """Compare means of random numbers, which may be off by a few standard errors, and recognise other means."""
    if isinstance(got, Raised) or not isinstance(got, list | tuple) or len(got) != 2:
        return judge_value(args, got, [wanted, wanted], params)
    rows, seeds, _ = args
    numbers = []
    for each in got:
        fault = judge_value(args, each, 0.0, params)
        if fault.kind == "type":
            return fault
        numbers.append(float(as_array(each) if hasattr(each, "numpy") else each))
    if not all(map(math.isfinite, numbers)):
        return Verdict(False, "it returns no finite number", "value")
    error = ERRORS * math.sqrt(2 / seeds / TRIALS)

    def near(value):
        return abs(numbers[0] - value) <= error

    if near(wanted):
        if numbers[0] != numbers[1]:
            words = "with the generator in the same state it returns something else: does all chance come from rng?"
            return Verdict(False, words, "value")
        return Verdict(True)
    largest, root = _expected_largest(rows), math.sqrt(seeds)
    for value, words in (
        (-wanted, "the sign is wrong, or it is the unluckiest row: the lead of the best row"),
        (largest, "it is the lead of single runs; the mean of several runs scatters less"),
        (largest / seeds, "a mean of n runs scatters less by the root of n, not by n"),
        (_expected_largest(rows * seeds), "it is the best of all runs; wanted is the row with the best mean"),
        (_expected_largest(rows * seeds) / root, "it is the best of all runs; wanted is the row with the best mean"),
        (_expected_largest(rows + 1) / root, "the baseline is among the rows: one row too many"),
        (0.0, "it is the lead of a row like any other; wanted is that of the best in each trial"),
        (largest * root, "the runs of a row are added up; wanted is their mean"),
    ):
        if abs(value - wanted) > 2 * error and near(value):
            return Verdict(False, words, "value")
    return Verdict(False, f"it returns {numbers[0]:.3g}, which no chance explains", "value")


def probe(answer, args, params):
    """Return the answer, twice: the second time with the generator in the state that it had."""
    rows, seeds, rng, trials = args
    state = rng.bit_generator.state
    first = answer(rows, seeds, rng, trials)
    rng.bit_generator.state = state
    return [first, answer(rows, seeds, rng, trials)]


def prepare(args, params):
    """Return rows, seeds, a generator and the number of trials."""
    rows, seeds, seed = args
    return rows, seeds, np.random.default_rng(seed), TRIALS


def _expected_largest(count: int) -> float:
    """Return the mean of the largest of `count` standard normal numbers, by integration; 0 for one."""
    edges = np.linspace(-9, 9, 20_001)
    below = np.array([0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in edges]) ** count
    return float(((edges[1:] + edges[:-1]) / 2 * np.diff(below)).sum())


EXERCISE = Exercise(
    id="ablate.luckiest",
    chapter="11_ablation",
    name="luckiest",
    points=4,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=within_chance,
    prepare=prepare,
    probe=probe,
    needs=("import numpy as np",),
)
