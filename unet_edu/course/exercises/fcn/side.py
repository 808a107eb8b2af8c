"""Compute the number of scores per side of an FCN-32s for an image of any size."""

from fractions import Fraction

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw other paddings, poolings that round up or down, one score, none; the size of the prompt comes first."""
    window = params["kernel"]

    def between(low, high):
        return int(rng.integers(low, high))

    def size(scores, rest, padding):
        """Return the size whose first map has `rest` pixels more than just enough for so many scores."""
        return 32 * (scores + window - 1) + rest + 2 - 2 * padding

    many, padding = between(10, 30), between(60, 95)
    return [
        Case((1000,), "the size of the prompt"),
        Case((size(many, 0, 100),), "poolings that divide without a rest"),
        Case((size(many, between(3, 14), 100),), "poolings with a small rest, rounded up"),
        Case((size(many, 31, 100),), "poolings with a rest of nearly all"),
        Case((size(many, 31, padding), padding, False), "another padding, rounded down", 2),
        Case((size(many, 0, padding), padding, False), "rounded down, and nothing to round"),
        Case((size(many, between(18, 30), 0), 0), "no padding at all"),
        Case((size(0, 1, 50), 50), "a size from which one score is left"),
        Case((size(0, 0, 50), 50), "a size from which just none is left", 0.5),
        Case((size(1, -1, 50), 50, False), "a size from which rounding down leaves none", 0.5),
        Case((between(20, 60), 1), "an image that is far too small", 0.5),
    ]


def _side_args(args) -> tuple:
    return (*args, 100, True)[:3] if len(args) == 1 else (*args, True)[:3]


def oracle(args, params):
    """Round once, by thirty-two: it is the same as five times by two."""
    size, padding, ceil = _side_args(args)
    first = size + 2 * padding - 2
    scores = (-(-first // 32) if ceil else first // 32) - params["kernel"] + 1
    return scores if scores > 0 else Raised("ValueError")


def mistakes(args, params):
    """Yield what comes of another padding, of other rounding, of another window of fc6."""
    size, padding, ceil = _side_args(args)
    window = params["kernel"]
    right = oracle(args, params)
    first = size + 2 * padding - 2

    def scores(first, pools=5, window=window, ceil=ceil):
        step = 2**pools
        left = (-(-first // step) if ceil else first // step) - window + 1
        return left if left > 0 else Raised("ValueError")

    if isinstance(right, Raised):
        left = scores(first, window=1) - window + 1 if first >= 32 else None
        if left is not None:
            yield left, "where no score is left it returns a number: this is a case for a ValueError"
        yield 0, "where no score is left it returns a number: this is a case for a ValueError"
    if window != 7:
        yield scores(first, window=7), "it is right for a window of seven values in fc6"
    yield scores(first, window=1), "fc6 has a window: it gives fewer values than it takes"
    yield scores(first, window=window + 1), "the window of fc6 has one place more: how often does it fit?"
    yield scores(first, window=window - 1), "the window of fc6 has one place less: how often does it fit?"
    yield scores(first - padding), "the padding is on both sides"
    if padding:
        yield scores(size - 2), "the padding makes no difference here"
    if padding != 100:
        yield scores(size + 198), "the padding is always the same here; it is an argument"
    yield scores(first + 2), "the first convolution takes pixels away, too"
    yield scores(first + 1), "the first convolution takes a pixel from both ends"
    yield scores(first, ceil=not ceil), "it rounds in the wrong direction: what does `ceil` mean?"
    yield scores(first, ceil=True), "it rounds up for every `ceil`"
    yield scores(first, ceil=False), "it rounds down for every `ceil`"
    yield scores(first, pools=4), "there are five poolings; a pooling is missing"
    yield scores(first, pools=6), "there are five poolings; this is one too many"
    exact = Fraction(first, 32) - window + 1
    yield float(exact), "it is not rounded: there is no half a value"
    near = round(exact) if round(exact) > 0 else Raised("ValueError")
    yield near, "it is rounded to the nearest number; poolings round all in one direction"
    if right == 1:
        yield Raised("ValueError"), "it raises ValueError where a score is left: is the test too strict?"


def other_window(rng) -> dict:
    """Draw another window of fc6 than VGG16's seven values."""
    return {"kernel": int(rng.choice([3, 5, 9]))}


EXERCISE = telling(
    Exercise(
        id="fcn.side",
        chapter="02_fcn",
        name="scores_per_side",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        params=other_window,
        book={"kernel": 7},
        forbids=("unet_edu.arithmetic", "unet_edu.models"),
    ),
    {5: ("the padding is always the same",)},
)
