"""Merge the gradients of several processes."""

from dataclasses import replace

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, silent, telling, then
from unet_edu.course.outcome import Case, Raised

SILENT = "right, but its ValueError has no message: name what is wrong with the totals"


def cases(rng, params):
    """Equal and unequal totals, one of zero, one process; totals that cannot be."""
    import numpy as np

    def case(totals, says, points=1, parameters=None):
        gradients = rng.normal(size=(len(totals), parameters or int(rng.integers(4, 8)))).round(3)
        return Case((gradients, np.array(totals)), says, points)

    def quarters(count):
        return (rng.choice(np.arange(2, 40), count, replace=False) / 4).tolist()

    two, three = quarters(2), quarters(3)
    return [
        case([1.5, 1.5], "two processes whose weights are equal"),
        case(two, "two processes whose weights differ", 2),
        case(quarters(4), "four processes, as many parameters", 2, parameters=4),
        case([0.0, *two], "a process whose tiles count nothing", 2),
        case(quarters(1), "one process alone"),
        case(rng.permutation([1, 2, 3]).tolist(), "totals that are integers"),
        case([three[0], -three[1], three[2]], "a total below zero"),
        case([0.0, 0.0], "totals that are all zero"),
    ]


def oracle(args, params):
    """Repeat each gradient as often as its total has quarters, and take the plain mean."""
    import numpy as np

    gradients, totals = args
    if (totals < 0).any() or not totals.any():
        return Raised("ValueError")
    return np.repeat(gradients, np.rint(4 * totals).astype(int), axis=0).mean(0)


def mistakes(args, params):
    """Other means, and sums."""
    import numpy as np

    gradients, totals = args
    if isinstance(oracle(args, params), Raised):
        why = "a total below zero" if (totals < 0).any() else "totals that are all zero"
        with np.errstate(all="ignore"):
            yield totals @ gradients / totals.sum(), f"{why}: this is a case for a ValueError"
        yield np.zeros(gradients.shape[1]), f"{why}: this is a case for a ValueError"
        yield gradients.mean(0), f"{why}: this is a case for a ValueError"
        return
    right = totals @ gradients / totals.sum()
    yield Raised("ValueError"), "it raises ValueError for totals that can be: is the test too strict?"
    yield gradients.mean(0), "it is the plain mean: a process whose tiles count more is to count more"
    yield gradients.sum(0), "it is the plain sum of the gradients"
    yield totals @ gradients, "it is the weighted sum; divide by the weight of all"
    yield totals @ gradients / len(totals), "it divides by the number of processes, not by the weight of all"
    with np.errstate(all="ignore"):
        inverse = 1 / totals
        yield inverse @ gradients / inverse.sum(), "a process with a larger total counts less here"
        yield (gradients / totals[:, None]).sum(0), "gradients are divided by their totals; each is a mean already"
        yield (gradients / totals[:, None]).mean(0), "gradients are divided by their totals; each is a mean already"
        yield (gradients / totals[:, None]).sum(0) / totals.sum(), "gradients are divided by their totals"
    if len(set(gradients.shape)) == 1:
        yield gradients @ totals / totals.sum(), "processes and parameters are mixed up: sum over the processes"
    yield totals[:, None] * gradients / totals.sum(), "the parts are right, but not added up"
    squares = totals**2
    yield squares @ gradients / squares.sum(), "totals count twice"
    shares = np.exp(totals - totals.max())
    yield shares @ gradients / shares.sum(), "this is a softmax of the totals; their shares are wanted"
    counted = totals > 0
    yield gradients[counted].mean(0), "it is the plain mean: a process whose tiles count more is to count more"
    yield gradients[totals.argmax()], "it is the gradient of one process alone"
    yield gradients[0], "it is the gradient of one process alone"
    yield right.sum(), "the gradient is added up over the parameters"


def fitting(args, got, wanted, params):
    """Recognise known mistakes, and an error that NumPy raises for shapes that do not fit."""
    verdict = _known(args, got, wanted, params)
    if isinstance(got, Raised) and any(word in got.said for word in ("mismatch", "broadcast", "aligned")):
        words = "the shapes do not fit: gradients are (processes, parameters), totals (processes,)"
        return replace(verdict, passed=False, message=words, kind="error")
    return verdict


_known = recognising(mistakes)


EXERCISE = telling(
    Exercise(
        id="after.merge",
        chapter="13_after",
        name="merged",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=then(fitting, (silent, SILENT)),
        needs=("import numpy as np",),
    ),
    {
        3: ("it divides by the number",),
        4: ("gradients are divided", "it divides by the number", "it is the weighted sum"),
    },
)
