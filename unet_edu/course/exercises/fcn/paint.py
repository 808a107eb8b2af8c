"""Paint a row of scores with a tent for each: an up-convolution with bilinear weights, by hand."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, telling
from unet_edu.course.outcome import Case, Verdict


def cases(rng, params):
    """Draw odd and large strides, negative scores, one, none; the row of the text comes first."""

    def scores(count):
        return [int(number) / 4 for number in rng.permutation(range(-20, 60))[:count]]

    return [
        Case(([4.0, 4.0, 8.0], 2), "the row of the text"),
        Case((scores(int(rng.integers(4, 7))), 2), "more scores, some negative", 2),
        Case((scores(int(rng.integers(3, 5))), 3), "an odd stride", 2),
        Case((scores(3), int(rng.choice([4, 5, 8]))), "a larger stride"),
        Case((scores(4), 1), "a stride of one"),
        Case((scores(1), int(rng.integers(3, 6))), "a single score"),
        Case(([], 3), "no score", 0.5),
    ]


def oracle(args, params):
    """Join the scores by straight lines, each in the middle of its brush, with a score of zero before and behind."""
    import numpy as np

    scores, stride = args
    middles = stride * np.arange(len(scores) + 2) - 0.5
    return np.interp(np.arange(stride * (len(scores) + 1)), middles, [0, *scores, 0]).tolist()


def mistakes(args, params):
    """Yield what comes of brushes of another form or place, of paint that does not add up."""
    scores, stride = args
    right = oracle(args, params)
    taps = range(2 * stride)
    tent = [1 - abs(tap - stride + 0.5) / stride for tap in taps]

    whole = len(right)

    def paint(brush, start=0, length=whole):
        row = [0.0] * length
        for number, score in enumerate(scores):
            for tap, weight in enumerate(brush):
                if 0 <= number * stride + start + tap < length:
                    row[number * stride + start + tap] += weight * score
        return row

    over = [0.0] * len(right)
    for number, score in enumerate(scores):
        over[number * stride : (number + 2) * stride] = [weight * score for weight in tent]
    yield over, "a later score replaces the values before it; where brushes overlap they add up"
    once = [0.0] * len(right)
    for number, score in enumerate(scores):
        for tap in taps:
            once[number * stride + tap] = max(once[number * stride + tap], tent[tap] * score, key=abs)
    yield once, "it takes the larger value; where brushes overlap they add up"
    yield (
        paint([1 - abs(tap - stride) / stride for tap in taps]),
        "the brush is not symmetric: its middle lies between two of its pixels",
    )
    yield (
        paint([1 - abs(tap - stride + 1) / stride for tap in taps]),
        "the brush is not symmetric: its middle lies between two of its pixels",
    )
    yield (
        paint([weight / max(tent) for weight in tent]),
        "the brush is too strong: between equal scores all values equal the scores",
    )
    yield (
        paint([weight / stride for weight in tent]),
        "the brush is too weak: between equal scores all values equal the scores",
    )
    yield (
        paint([weight / 2 for weight in tent]),
        "the brush is too weak: between equal scores all values equal the scores",
    )
    yield paint([weight * stride for weight in tent]), "the brush is too strong: its middle is about one"
    yield paint([1.0] * (2 * stride)), "the brush is equally strong everywhere; it falls off from its middle"
    yield paint([0.5] * (2 * stride)), "the brush is equally strong everywhere; it falls off from its middle"
    yield paint([1.0] * stride), "each score paints its own stretch alone: a brush is twice as wide as the stride"
    yield (
        paint([1 - abs(tap - stride + 0.5) / (2 * stride) for tap in taps]),
        "the brush falls off too slowly: at its rim little is left",
    )
    yield (
        paint([(tap + 0.5) / stride for tap in taps]),
        "the brush grows from left to right; behind its middle it falls off",
    )
    yield (
        paint([1 - (tap + 0.5) / (2 * stride) for tap in taps]),
        "the brush falls off from its left end, not its middle",
    )
    yield paint([1 - tap / stride for tap in range(stride)]), "this is half a brush: it falls off to both sides"
    yield paint(tent, -stride // 2), "the whole row is shifted: the first brush begins at the first pixel"
    yield paint(tent, -stride), "the whole row is shifted: the first brush begins at the first pixel"
    yield paint(tent, 0, stride * len(scores)), "the row is too short: the last brush reaches a stride further"
    yield paint(tent, 0, stride * (len(scores) + 1) + stride), "the row is too long: the last brush ends it"
    yield [0.0] * len(right), "nothing is painted: are the weights rounded to whole numbers?"


def judge_floats(args, got, wanted, params) -> Verdict:
    """Judge whole numbers as the floats that they equal; an array is still no list."""
    if isinstance(got, list | tuple):
        got = type(got)(float(value) if isinstance(value, int) else value for value in got)
    return judge_value(args, got, wanted, params)


def picture(args, got):
    """Draw the scores in their places, and what was painted."""
    from matplotlib.figure import Figure

    from unet_edu.plots.style import MUTED, UP, UP_AREA

    scores, stride = args
    figure = Figure(figsize=(5, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.bar(range(len(got)), got, width=0.9, color=UP_AREA, label="what yours paints")
    axes.plot([stride * (number + 1) - 0.5 for number in range(len(scores))], scores, "o", color=UP, label="scores")
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set(xlabel="pixel", xlim=(-1, stride * (len(scores) + 1)))
    axes.legend(fontsize=8)
    return figure


EXERCISE = telling(
    Exercise(
        id="fcn.paint",
        chapter="02_fcn",
        name="paint_tents",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, judge_floats),
        picture=picture,
    ),
    {
        2: ("it takes the larger",),
        3: ("it takes the larger",),
        5: ("each score", "nothing is painted", "the brush", "the whole row", "this is half"),
    },
)
