"""Decide whether a channel can fire at all."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """A filter for each way to be wrong; whole eighths, so that a sum of exactly zero is one."""
    import numpy as np

    def spread(total, count):
        """`count` positive eighths that add up to `total` eighths."""
        cuts = np.sort(rng.choice(np.arange(1, total), count - 1, replace=False))
        return np.diff([0, *cuts, total]) / 8

    def weight(positive, negative, channels=3, side=3):
        """For each channel eighths that add up to these, at places drawn anew: (C, k, k)."""
        made = np.zeros((channels, side * side))
        for row, plus, minus in zip(made, positive, negative, strict=True):
            places = rng.permutation(side * side)
            if plus:
                row[places[:3]] = spread(plus, 3)
            if minus:
                row[places[3:6]] = -spread(minus, 3)
        return made.reshape(channels, side, side)

    def some(low=10, high=25):
        return int(rng.integers(low, high))

    a, b, c = some(), some(), some()
    tops = np.array([2.0, 0.5, 1.0])
    most = (2 * a + 0.5 * b + c) / 8  # with positive weights of a, b, c eighths and these highest values
    more = (some(60, 90), some(60, 90), some(60, 90))
    one = np.array([[[float(some()) / 8]]])
    none, mixed = (0, 0, 0), (some(), some(), some())
    least = some(1, 4) / 8
    return [
        Case((weight((a, b, c), none), -most - least, tops), "a bias that is further below zero than its inputs reach"),
        Case((weight((a, b, c), more), -most + least, tops), "many weights below zero, and one input fires"),
        Case((weight((a, b, c), (a + 1, b + 1, c + 1)), 0.0, tops), "no bias, a little more below zero than above"),
        Case((weight(none, more), some(1, 9) / 8, tops), "no weight above zero, but a bias", 0.5),
        Case((weight((a, b, c), mixed), -most, tops), "a sum of exactly zero at the most", 2),
        Case((weight((a, 900, c), more), -(2 * a + c) / 8 - 0.125, tops * [1, 0, 1]), "large weights on a silent one"),
        Case((weight((a, b, c), more), -(a + b + c) / 8 - 0.5, tops * 8), "inputs that reach far", 2),
        Case((weight((a, b, 0), more), -1.5 * (a + b) / 8 - 0.25, tops * 0 + 1.5), "inputs that all reach as far"),
        Case((weight((0, b, 0), (a, 0, c)), -0.5 * b / 8 + 0.125, tops), "only one channel that can make it fire"),
        Case((one, -float(one[0, 0, 0]) * 0.5, np.array([0.5])), "one weight, which reaches zero"),
        Case((weight((a, b, c), none), -least, tops), "a bias that is a little below zero"),
    ]


def oracle(args, params):
    """Take each pixel of the window at that end of its range at which it brings more, one after the other."""
    weight, bias, highest = args
    most = float(bias)
    for channel, top in zip(weight, highest, strict=True):
        for value in channel.flat:
            most += max(float(value) * float(top), 0.0)
    return most <= 0


def mistakes(args, params):
    """Other bounds than the highest sum. One answer cannot tell which it is; several can."""
    import numpy as np

    weight, bias, highest = args
    plus = weight.clip(min=0)
    tops = highest[:, None, None]
    most = (plus * tops).sum() + bias
    yield (
        bool((weight * tops).sum() + bias <= 0),
        "it tries all inputs at their highest; where a weight is below zero, an input of zero lets it fire more",
    )
    yield (
        bool((weight.sum((1, 2)).clip(min=0) * highest).sum() + bias <= 0),
        "weights of one channel are added up first; each pixel of the window may have a value of its own",
    )
    yield bool((plus * tops).sum() <= 0), "the bias makes no difference here"
    yield bool(most < 0), "a sum of exactly zero does not fire either: at or below zero"
    yield bool(plus.sum() + bias <= 0), "the highest values make no difference here"
    yield bool((plus * highest.max()).sum() + bias <= 0), "each channel has a highest value of its own"
    yield bool((abs(weight) * tops).sum() + bias <= 0), "a weight below zero brings nothing: its input may be zero"
    yield bool(bias <= 0), "it tests the bias alone; inputs may bring the sum above zero"
    yield (
        bool((plus.max((1, 2)) * highest).sum() + bias <= 0),
        "all pixels of a window can be high at once",
    )
    yield bool((plus.mean((1, 2)) * highest).sum() + bias <= 0), "a filter adds up; it takes no mean"
    yield (
        bool((plus * tops).sum((1, 2)).max() + bias <= 0),
        "all channels can be at their highest at once, not the strongest alone",
    )
    yield bool((weight <= 0).all()), "weights above zero need not make it fire: how far do they reach?"
    yield bool(most > 0), "it is the other way round: True means that no input makes it fire"
    inputs = np.random.default_rng(0).uniform(size=(300, *weight.shape)) * tops
    yield (
        bool(((inputs * weight).sum((1, 2, 3)) + bias).max() <= 0),
        "samples need not hold the input that lets it fire most: which one is that?",
    )
    yield True, "it returns True for every filter"
    yield False, "it returns False for every filter"


EXERCISE = telling(
    Exercise(
        id="inside.never",
        chapter="12_inside",
        name="never_fires",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        needs=("import numpy as np",),
    ),
    {
        1: ("the highest values make",),
        6: (
            "a filter adds up",
            "samples need not",
        ),
    },
)
