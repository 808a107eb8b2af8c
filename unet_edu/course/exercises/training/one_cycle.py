"""Compute the learning rate of every step of a one-cycle schedule."""

import math

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case

BOOK = {"percent": 30, "start": 25, "end": 10000}


def cases(rng, params):
    """Draw many steps and few, a single one, and a top that lies between two steps."""
    odd = int(rng.integers(3, 9)) * 20 + int(rng.choice([1, 3, 7, 9]))  # whatever the share, its top is between steps
    return [
        Case((10, 1.0), "ten steps, the highest rate 1"),
        Case((100, float(rng.choice([0.01, 0.002, 0.05]))), "a hundred steps"),
        Case((odd, round(float(rng.uniform(0.001, 0.02)), 5)), "a number of steps that is not round", 2),
        Case((int(rng.integers(5, 9)), 0.1), "few steps"),
        Case((1, round(float(rng.uniform(0.1, 0.9)), 3)), "a single step"),
        Case((2, 0.01), "two steps"),
    ]


def oracle(args, params):
    """Compute the half waves as squares of a sine."""
    return _cycle(args, params)


def mistakes(args, params):
    """Yield other waves, other ends, and steps counted from elsewhere."""
    steps, highest = args
    low, end, top = highest / params["start"], highest / params["end"], params["percent"] * steps / 100
    if params != BOOK:
        yield _cycle(args, BOOK), "these are the rates of another cycle, that of the book"
        for name, what in (("percent", "it rises for"), ("start", "it begins at"), ("end", "it ends at")):
            if params[name] != BOOK[name]:
                yield _cycle(args, {**params, name: BOOK[name]}), f"{what} what is right in the book, but not here"

    def straight(part):
        return part

    def quarter(part):
        return math.sin(math.pi * part / 2)

    def late(part):
        return 1 - math.cos(math.pi * part / 2)

    def whole(part):
        return (1 - math.cos(2 * math.pi * part)) / 2

    def double(part):
        return 1 - math.cos(math.pi * part)

    yield _cycle(args, params, straight, straight), "it goes up and down in straight lines, not along a cosine"
    yield _cycle(args, params, straight), "it goes up in a straight line, not along a cosine"
    yield _cycle(args, params, fall=straight), "it comes down in a straight line, not along a cosine"
    for rise, fall in ((quarter, quarter), (late, late), (quarter, late), (late, quarter)):
        yield _cycle(args, params, rise, fall), "that is a quarter of a wave: half a wave is level at both ends"
    yield _cycle(args, params, whole, whole), "that is a whole wave: it comes back to where it began"
    yield _cycle(args, params, double, double), "a cosine goes from 1 to −1, which is two: halve it"
    yield _cycle(args, params, low=0.0), "it begins at a rate of 0"
    yield _cycle(args, params, end=0.0), "it comes down to a rate of 0"
    yield (
        _cycle(args, params, end=low / params["end"]),
        "it ends at a part of the first rate; a part of the highest is wanted",
    )
    yield _cycle(args, params, low=end, end=low), "the rates of the beginning and of the end are swapped"
    yield _cycle(args, params, end=low), "it comes down to where it began; the end is lower"
    if steps > 1:
        yield (
            _cycle(args, params, last=1),
            "the last step has the rate of the end already; that of step `steps` would have it",
        )
    yield _cycle(args, params, early=1), "the steps are counted from one: the first one is step 0"
    if top != int(top):
        for rounded in {int(top), math.ceil(top), round(top)}:
            yield _cycle(args, params, top=rounded), "the top is rounded to a whole step; it may lie between two"
    yield (
        _cycle(args, params, top=steps - top),
        "the share of the steps in which it goes up is that in which it should come down",
    )
    yield _cycle(args, params)[::-1], "the rates are in reverse order"


def picture(args, got):
    """Draw the rates that the answer returned, step by step."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import EXTRA, MUTED

    steps, highest = args
    figure = Figure(figsize=(4.2, 2.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(np.array(got, dtype=float), "o-", ms=3, lw=1, color=EXTRA)
    axes.axhline(highest, color=MUTED, lw=1, ls=":")
    axes.set(title="your rates; dotted: the highest that was wanted", xlabel="step", ylim=(0, None))
    axes.title.set(fontsize=9)
    return figure


def _squared(part):
    return math.sin(math.pi * part / 2) ** 2


def _cycle(args, params, rise=_squared, fall=_squared, low=None, end=None, last=0, top=None, early=0):
    """Return the rates of a cycle with these waves and ends; the end is reached `last` steps before step `steps`."""
    steps, highest = args
    low = highest / params["start"] if low is None else low
    end = highest / params["end"] if end is None else end
    top = params["percent"] * steps / 100 if top is None else top
    rates = []
    for step in range(early, steps + early):
        if step < top:
            rates.append(low + (highest - low) * rise(step / top))
        else:
            rates.append(highest + (end - highest) * fall((step - top) / max(steps - last - top, 1e-9)))
    return rates


def other_cycle(rng) -> dict:
    """Return another share of the steps, another first rate, another last one."""
    return {
        "percent": int(rng.choice([20, 40, 45])),
        "start": int(rng.choice([10, 20, 50])),
        "end": int(rng.choice([500, 1000, 2000])),
    }


EXERCISE = Exercise(
    id="training.one_cycle",
    chapter="08_training",
    name="cycle_rates",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=other_cycle,
    book=BOOK,
    forbids=("unet_edu.training",),
    needs=("import numpy as np",),
    picture=picture,
)
