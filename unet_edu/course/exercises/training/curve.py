"""Read from its losses what becomes of a run."""

import math
from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Raised

WORDS = ("diverged", "stuck", "overfit", "learning")
BOOK = {"tail": 10, "stuck": 95, "rise": 10}


def cases(rng, params):
    """Draw runs of every kind, some close to a threshold; a loss that is not finite, few losses, no losses."""
    baseline = round(float(rng.uniform(0.3, 0.6)), 3)
    stuck, rise = params["stuck"] / 100, params["rise"] / 100
    steps = 20 * int(rng.integers(5, 9))
    last = steps * params["tail"] // 100

    def run(*levels, scatter=0.03):
        """Return losses at these multiples of the baseline, exponentials in between, `last` of them at the last."""
        way = np.exp(np.interp(np.linspace(0, 1, steps - last), np.linspace(0, 1, len(levels)), np.log(levels)))
        way = np.concatenate([way, np.full(last, levels[-1])])
        uneven = rng.uniform(1 - scatter, 1 + scatter, steps)
        uneven[-last:] *= last / uneven[-last:].sum()
        return [round(float(each), 4) for each in baseline * way * uneven]

    def seen(*levels):
        return [round(baseline * level, 4) for level in levels]

    lowest = float(rng.uniform(0.5, 0.6))
    unlucky = run(2, 1, 0.35, 0.3)
    unlucky[-1] = round(1.2 * baseline, 4)
    turning = run(1.6, 1.6)
    turning[-(last // 2) :] = [round(baseline * 0.5, 4)] * (last // 2)
    infinite, no_number = run(2, 0.6, 0.4), run(2, 0.6, 0.4)
    infinite[int(rng.integers(5, 30))] = math.inf
    no_number[-int(rng.integers(2, 6))] = math.nan
    few = [round(baseline * level, 4) for level in rng.uniform(1.3, 1.8, int(rng.integers(4, 8)))]
    down = seen(1.1, 0.8, 0.6, 0.5)
    near, rising, early = run(2, 1, stuck + 0.02), seen(1, lowest, 1), seen(lowest, 0.9)
    off, risen = run(2, 1, stuck - 0.03), seen(1.1, lowest, lowest * (0.97 + rise))
    return [
        Case((unlucky, down, baseline), "a run that ends with an unlucky step"),
        Case((near, rising, baseline), "close to the baseline, and the unseen loss rises"),
        Case((off, risen, baseline), "a little off two thresholds", 2),
        Case((run(2, 0.5, 0.2), seen(1.2, lowest, lowest * (1.06 + rise)), baseline), "the unseen loss turns", 2),
        Case((run(2, 0.5, 0.2), early, baseline), "the unseen loss only rises"),
        Case((run(1.5, 0.6, 3), seen(0.9, 0.8), baseline), "a run that was good before"),
        Case((turning, rising, baseline), "a run that begins to fall just now; the unseen loss rises", 2),
        Case((infinite, down, baseline), "one loss is infinite"),
        Case((no_number, down, baseline), "one loss is no number"),
        Case(([*few, round(baseline * 0.5, 4)], [], baseline), "a few losses, and none of unseen images"),
        Case(([], down[:1], baseline), "no losses", why="without losses there is nothing to read"),
    ]


def oracle(args, params):
    """Take the losses that are late by their place, and test one condition after the other."""
    losses, unseen, baseline = args
    if not losses:
        return Raised("ValueError")
    count = max(int(params["tail"] * len(losses) / 100 + 1e-9), 1)
    late = [loss for place, loss in enumerate(losses) if place >= len(losses) - count]
    late = sum(late) / len(late)
    if not all(math.isfinite(loss) for loss in losses) or late / baseline > 2:
        return "diverged"
    if 100 * late / baseline > params["stuck"]:
        return "stuck"
    if unseen and 100 * (unseen[-1] / sorted(unseen)[0] - 1) > params["rise"]:
        return "overfit"
    return "learning"


def mistakes(args, params):
    """Yield other means, another order, other thresholds, and comparisons that NaN passes."""
    losses, unseen, baseline = args
    if not losses:
        return
    count = max(1, params["tail"] * len(losses) // 100)
    tail = losses[-count:]
    limit = 1 + params["rise"] / 100

    def mean(losses):
        return sum(losses) / len(losses)

    rises = bool(unseen) and unseen[-1] > limit * min(unseen)

    def read(
        late=None, asked=losses, is_finite=math.isfinite, twice=2.0, stuck=params["stuck"], turned=rises, first="stuck"
    ):
        late = mean(tail) if late is None else late
        if not all(map(is_finite, asked)) or late > twice * baseline:
            return "diverged"
        found = [name for name, true in (("stuck", late > stuck / 100 * baseline), ("overfit", turned)) if true]
        return first if first in found else (*found, "learning")[0]

    if params != BOOK:
        yield oracle(args, BOOK), "it reads with the thresholds of the book; here they are others"
    for name, words in (
        ("tail", "the part of the losses that is late is that of the book; here it is another"),
        ("stuck", "the threshold of a run that is stuck is that of the book; here it is another"),
        ("rise", "the rise of the unseen loss that is too much is that of the book; here it is another"),
    ):
        if params[name] != BOOK[name]:
            yield oracle(args, {**params, name: BOOK[name]}), words
    yield read(asked=()), "a loss that is not finite slips through: test for it, since no comparison with NaN is true"
    for outcome in (read(asked=tail), read(is_finite=lambda loss: not math.isnan(loss))):
        yield outcome, "an infinite loss early in the run slips through: test all losses, and not for NaN alone"
    yield read(is_finite=lambda loss: not math.isinf(loss)), "it tests for infinity alone; NaN is not finite either"
    if count == 1:
        yield read(mean(losses)), "the last part of a few losses is none at all, and a slice from -0 takes everything"
    yield read(mean(losses)), "late is the mean of all losses here, the first ones too"
    yield read(losses[-1]), "late is the last loss alone here, which may be a lucky or an unlucky one"
    yield read(min(losses)), "late is the lowest loss here"
    yield read(mean(losses[:count])), "late is the mean of the first losses here, not of the last"
    yield read(mean(tail[len(tail) // 2 :])), "late is the mean of fewer losses than it should be"
    yield read(mean(losses[-2 * count :])), "late is the mean of more losses than it should be"
    yield read(first="overfit"), "the unseen loss is tested too early: the first that is true, in the order given"
    yield read(twice=1.0), "it takes every run above the baseline for one that has left; the mark is twice as high"
    yield read(twice=math.inf), "a run far above the baseline gets the same word as one that stands at it"
    yield read(stuck=100.0), "a run that is just below the baseline has not passed it yet: mind the percentage"
    if unseen:
        last, lowest = unseen[-1], min(unseen)
        yield read(turned=last > lowest), "any rise of the unseen loss is too much here: mind the percentage"
        yield read(turned=last > limit * unseen[0]), "the unseen loss is compared with its first value, not its lowest"
        yield read(turned=max(unseen) > limit * lowest), "the highest unseen loss counts here; the last one should"
        yield (
            read(turned=last > limit * mean(tail)),
            "the unseen loss is compared with the training's, not its own lowest",
        )
        yield (
            read(turned=len(unseen) > 1 and last > limit * unseen[-2]),
            "the unseen loss is compared with the one before it, not with its lowest",
        )
        yield read(turned=False), "the unseen losses make no difference here"


def one_of_four(args, got, wanted, params):
    """Compare the words; note those that are none of the four, and errors without unseen losses."""
    _, unseen, _ = args
    verdict = judge_value(args, got, wanted, params)
    if verdict.passed or isinstance(wanted, Raised):
        return verdict
    if isinstance(got, Raised) and not unseen:
        words = "without losses of unseen images the run cannot be overfit"
        return replace(verdict, message=f"{verdict.message}: {words}")
    if isinstance(got, str) and got not in WORDS:
        close = got.strip().lower() in WORDS
        words = "the words are written in small letters, without spaces" if close else "that is none of the four words"
        return replace(verdict, message=words)
    return verdict


def picture(args, got):
    """Draw the losses, those of unseen images and the baseline, under the word that the answer returned."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import INK, MUTED, SKIP

    losses, unseen, baseline = args
    figure = Figure(figsize=(4.6, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(losses, ".", ms=3, color=MUTED)
    if unseen:
        axes.plot(np.linspace(0, max(len(losses) - 1, 1), len(unseen) + 1)[1:], unseen, "s", ms=5, color=SKIP)
    axes.axhline(baseline, color=INK, lw=1, ls=":")
    axes.set(
        title=f"yours calls this {got}\ndots: losses, squares: unseen, dotted: the baseline",
        xlabel="step",
        ylim=(0, None),
    )
    axes.title.set(fontsize=9)
    return figure


def other_thresholds(rng) -> dict:
    """Return another part of the losses, another distance to the baseline, another rise."""
    return {
        "tail": int(rng.choice([20, 25, 40])),
        "stuck": int(rng.choice([80, 85, 90])),
        "rise": int(rng.choice([20, 25, 30])),
    }


EXERCISE = telling(
    Exercise(
        id="training.curve",
        chapter="08_training",
        name="read_curve",
        points=4,
        minutes=20,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, one_of_four),
        params=other_thresholds,
        book=BOOK,
        needs=("import numpy as np",),
        picture=picture,
    ),
    {1: ("late is the lowest",), 9: ("late is the mean of more",)},
)
