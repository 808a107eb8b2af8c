"""The exercises of the chapter on the ablation.

A cohort may ask for another distance than two pooled standard deviations (`ablate.verdict`).
"""

import math
import statistics

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import as_array, coded, judge_value, recognising
from unet_edu.course.outcome import Case, Raised, Verdict

CHAPTER = "11_ablation"


# ---------------------------------------------------------------------------------------------------- ablate.verdict


def verdict_cases(rng, params):
    """Far above and below, near, near enough for a wrong denominator, lists of unequal length and spread, one run."""
    limit = params["limit"]

    def case(these, others, distance, says, points=1, spreads=None):
        """Two lists whose means lie `distance` limits apart; with `spreads`, these are their standard deviations."""
        lists = [rng.normal(size=count) for count in (these, others)]
        if spreads is not None:
            lists = [each / each.std(ddof=1) * spread for each, spread in zip(lists, spreads, strict=True)]
        pooled = _pooled(*lists)
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


def _pooled(these, others) -> float:
    one, other = (len(each) - 1 for each in (these, others))
    variances = statistics.variance(map(float, these)), statistics.variance(map(float, others))
    return math.sqrt((one * variances[0] + other * variances[1]) / (one + other))


def verdict(args, params):
    """With the statistics of Python's own library."""
    these, others = args
    if len(these) < 2 or len(others) < 2:
        return "too few"
    return _said(statistics.mean(these) - statistics.mean(others), params["limit"] * _pooled(these, others))


def _said(change, limit) -> str:
    return "none" if abs(change) <= limit else "higher" if change > 0 else "lower"


def verdict_mistakes(args, params):
    """Signs, denominators, errors of a mean for deviations."""
    these, others = args
    limit = params["limit"]
    if min(len(these), len(others)) < 2:
        yield "none", "from one run nothing can be said, not even that there is no difference"
        return
    change, pooled = statistics.mean(these) - statistics.mean(others), _pooled(these, others)
    count = len(these) + len(others)
    if limit != 2:
        yield _said(change, 2 * pooled), "it is right for a distance of two standard deviations"
    yield _said(-change, limit * pooled), "higher and lower are mixed up: they are said of the first list"
    yield ("higher" if change > limit * pooled else "none"), "a change downwards is a change, too"
    yield (
        _said(change, limit * pooled * math.sqrt((count - 2) / count)),
        "the denominator of each variance is n here; it is n − 1",
    )
    yield (
        _said(change, limit * pooled * math.sqrt(1 / len(these) + 1 / len(others))),
        "it takes the error of the means, which shrinks with the number of runs, for the spread of the runs",
    )
    yield (
        _said(change, limit * (statistics.stdev(these) + statistics.stdev(others))),
        "the two deviations are added; pooled is one spread for both lists, not the sum of two",
    )
    yield (
        _said(change, limit * statistics.stdev([*these, *others])),
        "all scores are put into one list; so the distance between the means counts as spread, too",
    )
    yield (
        _said(change, limit * math.sqrt((statistics.variance(these) + statistics.variance(others)) / 2)),
        "it takes the plain mean of the two variances; a longer list tells more of the spread, and weighs more",
    )
    yield _said(change, pooled), "one standard deviation is not far enough"
    yield _said(change, 0.0), "any change is called one: how far must it be?"
    for each in args:
        yield (
            _said(change, limit * statistics.stdev(each)),
            "the spread is that of one list alone; pooled means of both together",
        )


def other_limit(rng) -> dict:
    """Another distance than two standard deviations."""
    return {"limit": int(rng.choice([1, 3, 4]))}


# ----------------------------------------------------------------------------------------------------- ablate.paired


def paired_cases(rng, params):
    """Good and bad seeds that both share, a constant difference, two seeds, scores that have nothing to do with it."""

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


def paired(args, params):
    """With the statistics of Python's own library, seed by seed."""
    differences = [one - other for one, other in zip(*args, strict=True)]
    return statistics.mean(differences), statistics.stdev(differences)


def paired_mistakes(args, params):
    """The other direction, no pairs, other denominators."""
    these, others = (np.array(each) for each in args)
    differences = these - others
    mean, deviation = paired(args, params)
    yield (-mean, deviation), "the sign of the mean is wrong: these less others"
    yield (deviation, mean), "the right numbers in the other order"
    yield (mean, float(differences.std())), "the denominator is n − 1, not n"
    yield (mean, float(differences.var(ddof=1))), "this is the variance; the deviation is its root"
    yield (mean, deviation / math.sqrt(len(differences))), "this is the error of the mean, not the deviation"
    yield (mean, _pooled(these, others)), "this is the pooled deviation; take the differences first"
    yield (
        (mean, math.hypot(these.std(ddof=1), others.std(ddof=1))),
        "the deviations of both lists are put together as if they had no seed in common; take the differences first",
    )
    size = np.abs(differences)
    yield (float(size.mean()), float(size.std(ddof=1))), "the differences have lost their sign"


# --------------------------------------------------------------------------------------------------- ablate.luckiest

TRIALS = 4000
FIVE = 5  # standard errors that a mean of random numbers may be off


def luckiest_cases(rng, params):
    """One row, a few, many; one seed, several."""
    few, many = int(rng.integers(4, 7)), int(rng.integers(18, 30))
    return [
        Case((1, 3, int(rng.integers(1 << 30))), "one useless row"),
        Case((few, 1, int(rng.integers(1 << 30))), "some rows, one run each", 2),
        Case((few, 9, int(rng.integers(1 << 30))), "some rows, nine runs each", 2),
        Case((many, 4, int(rng.integers(1 << 30))), "many rows", 2),
    ]


def as_generator(args, params):
    """Rows, seeds, a generator, trials."""
    rows, seeds, seed = args
    return rows, seeds, np.random.default_rng(seed), 4000


def luckiest_probe(answer, args, params):
    """What it returns; and again, with the generator in the state that it had."""
    rows, seeds, rng, trials = args
    state = rng.bit_generator.state
    first = answer(rows, seeds, rng, trials)
    rng.bit_generator.state = state
    return [first, answer(rows, seeds, rng, trials)]


def expected_largest(count: int) -> float:
    """The mean of the largest of `count` standard normal numbers, by integration; 0 for one."""
    edges = np.linspace(-9, 9, 20_001)
    below = np.array([0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in edges]) ** count
    return float(((edges[1:] + edges[:-1]) / 2 * np.diff(below)).sum())


def luckiest(args, params):
    """The mean itself, without chance: the baseline's mean is as often above as below."""
    rows, seeds, _ = args
    return expected_largest(rows) / math.sqrt(seeds)


def judge_luckiest(args, got, wanted, params):
    """A mean of random numbers may be off by a few standard errors; what is further off has a reason."""
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
    error = FIVE * math.sqrt(2 / seeds / TRIALS)

    def near(value, slack=1.0):
        return abs(numbers[0] - value) <= slack * error

    if near(wanted):
        if numbers[0] != numbers[1]:
            words = "with the generator in the same state it returns something else: does all chance come from rng?"
            return Verdict(False, words, "value")
        return Verdict(True)
    largest, root = expected_largest(rows), math.sqrt(seeds)
    for value, words in (
        (-wanted, "the sign is wrong, or it is the unluckiest row: the lead of the best row"),
        (largest, "it is the lead of single runs; the mean of several runs scatters less"),
        (largest / seeds, "a mean of n runs scatters less by the root of n, not by n"),
        (expected_largest(rows * seeds), "it is the best of all runs; wanted is the row with the best mean"),
        (expected_largest(rows * seeds) / root, "it is the best of all runs; wanted is the row with the best mean"),
        (expected_largest(rows + 1) / root, "the baseline is among the rows: one row too many"),
        (0.0, "it is the lead of a row like any other; wanted is that of the best in each trial"),
        (largest * root, "the runs of a row are added up; wanted is their mean"),
    ):
        if abs(value - wanted) > 2 * error and near(value):
            return Verdict(False, words, "value")
    return Verdict(False, f"it returns {numbers[0]:.3g}, which no chance explains", "value")


# ---------------------------------------------------------------------------------------------------- ablate.silence


def silence_cases(rng, params):
    """Off and on, not square, nothing to cut, a level that there is not."""
    height, width = int(rng.integers(4, 7)), int(rng.integers(8, 11))
    down, right = 2 * int(rng.integers(1, 3)), 2 * int(rng.integers(3, 5))

    def maps(batch, channels, more):
        skip = coded(batch, channels, height + more[0], width + more[1])
        return skip, -coded(batch, channels, height, width) - 1  # what the module is called with

    return [
        Case(("off", maps(1, 2, (4, 4))), "off"),
        Case(("off", maps(2, 3, (down, right))), "off, two images, not square"),
        Case(("on", maps(1, 2, (4, 4))), "on: two pixels from every side"),
        Case(("on", maps(2, 3, (down, right))), "on, more columns cut than rows", 2),
        Case(("on", maps(1, 1, (0, 0))), "on, with nothing to cut"),
        Case(("loud", maps(1, 1, (2, 2))), "a level that there is not"),
    ]


def silence_probe(answer, args, params):
    """Make the module and call it; with what comes out, whether it can stand in a network."""
    import torch
    from torch import nn

    level, (skip, up) = args
    module = answer(level)
    with torch.no_grad():
        return {"output": module(skip, up), "module": isinstance(module, nn.Module)}


def silence(args, params):
    """Take rows and columns off both ends until the skip map fits."""
    level, (skip, up) = args
    if level not in ("on", "off"):
        return Raised("ValueError")
    while skip.shape[-2] > up.shape[-2]:
        skip = skip[..., 1:-1, :]
    while skip.shape[-1] > up.shape[-1]:
        skip = skip[..., 1:-1]
    return {"output": 0 * skip if level == "off" else skip, "module": True}


def silence_mistakes(args, params):
    """The other level, the other map, no cut, a cut from the corner."""
    level, (skip, up) = args
    if level not in ("on", "off"):
        return
    height, width = up.shape[-2:]
    cut = silence(("on", (skip, up)), params)["output"]

    def made(output):
        return {"output": output, "module": True}

    yield Raised("ValueError"), 'it raises ValueError for a level that there is: "on" and "off" are both legal'
    yield made(up), "it returns the map that comes up; wanted is what stands in for the skip map"
    if level == "off":
        yield made(cut), "off lets the skip map through: are the two levels the wrong way round?"
        yield made(0 * skip), "the zeros are as large as the skip map; they must fit the map that comes up"
        yield made(0 * cut + 1), "off returns ones; nothing is zero"
        return
    yield made(0 * cut), "on is silent: are the two levels the wrong way round?"
    yield made(skip), "the skip map comes back as it was: it must be cut to the size of the map that comes up"
    yield made(skip[..., :height, :width]), "it is cut from the top left corner, not from the centre"
    top, left = ((a - b) // 2 for a, b in zip(skip.shape[-2:], up.shape[-2:], strict=True))
    yield made(skip[..., left : left + height, top : top + width]), "rows and columns are mixed up"
    if top:
        yield (
            made(skip[..., top:-top, top:-top]),
            "it cuts as many columns as rows: the two differences need not be the same",
        )
    else:
        yield made(skip[..., top:-top, left:-left]), "a slice that ends at -0 is empty: nothing to cut, nothing left"


def judge_silence(args, got, wanted, params):
    """Whether it is a module comes last."""
    if isinstance(got, Raised) or isinstance(wanted, Raised) or not isinstance(got, dict):
        if isinstance(wanted, Raised) and not isinstance(got, Raised):
            return Verdict(False, 'a level other than "on" and "off" is taken as if it were one', "value")
        return judge_value(args, got, wanted, params)
    verdict = judge_value(args, got.get("output"), wanted["output"], params)
    if verdict.passed and got.get("module") is not True:
        words = "what comes out is right, but it is no nn.Module: a network will not have it as a part"
        return Verdict(False, words, "type")
    return verdict


EXERCISES = (
    Exercise(
        id="ablate.verdict",
        chapter=CHAPTER,
        name="verdict",
        points=4,
        minutes=15,
        cases=verdict_cases,
        oracle=verdict,
        judge=recognising(verdict_mistakes),
        params=other_limit,
        book={"limit": 2},
        forbids=("unet_edu.results",),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="ablate.paired",
        chapter=CHAPTER,
        name="paired",
        points=2,
        minutes=10,
        cases=paired_cases,
        oracle=paired,
        judge=recognising(paired_mistakes),
        needs=("import numpy as np",),
    ),
    Exercise(
        id="ablate.luckiest",
        chapter=CHAPTER,
        name="luckiest",
        points=4,
        minutes=20,
        cases=luckiest_cases,
        oracle=luckiest,
        judge=judge_luckiest,
        prepare=as_generator,
        probe=luckiest_probe,
        needs=("import numpy as np",),
    ),
    Exercise(
        id="ablate.silence",
        chapter=CHAPTER,
        name="Silent",
        points=4,
        minutes=15,
        cases=silence_cases,
        oracle=silence,
        judge=recognising(silence_mistakes, judge_silence),
        probe=silence_probe,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
)
