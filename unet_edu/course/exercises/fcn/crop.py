"""Compute how much is cropped from what FCN-32s paints, so that it lies on the image."""

from fractions import Fraction

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw other paddings and bodies, a crop of nothing, paint that comes too late; FCN-32s comes first."""
    poolings, kernel = int(rng.choice([3, 4, 6])), int(rng.choice([5, 9]))
    few, narrow = int(rng.integers(1, 4)), int(rng.choice([3, 5]))
    least = _least(5, 7, params)
    return [
        Case((100,), "FCN-32s"),
        Case((int(rng.integers(150, 300)),), "another padding"),
        Case((_least(poolings, kernel, params) + int(rng.integers(5, 40)), poolings, kernel), "another backbone", 2),
        Case((_least(few, narrow, params) + int(rng.integers(1, 9)), few, narrow), "a shallow backbone", 2),
        Case((int(rng.integers(8, 30)), few, 1), "a first fully connected layer of one value"),
        Case((least,), "the paint begins at the image's first pixel"),
        Case((least - 1,), "the paint begins one pixel too late", 0.5),
        Case((_least(4, 9, params) - int(rng.integers(2, 30)), 4, 9), "the paint begins far too late", 0.5),
    ]


def _least(poolings, kernel, params) -> int:
    """Return the least padding that lets the paint reach the image."""
    return (kernel - 2) * 2 ** (poolings - 1) + (params["first"] - 1) // 2


def _crop_args(args) -> tuple:
    return (*args, 5, 7) if len(args) == 1 else args


def oracle(args, params):
    """Follow the place of each map's first value, exactly."""
    padding, poolings, kernel = _crop_args(args)
    grid = arithmetic.Grid().conv(params["first"], padding=padding)
    for _ in range(poolings):
        grid = grid.pool()
    painted = grid.conv(kernel).up(2 ** (poolings + 1), 2**poolings)
    return Raised("ValueError") if painted.offset > 0 else int(-painted.offset)


def mistakes(args, params):
    """Yield what comes of a step that is forgotten, of another length, or taken twice."""
    padding, poolings, kernel = _crop_args(args)
    first, stride = params["first"], 2**poolings
    half = Fraction(1, 2)
    begins = (first - 1) * half - padding
    pooled, fc6, brush = (stride - 1) * half, (kernel - 1) * stride * half, (2 * stride - 1) * half

    def crop(*moves):
        place = -sum(moves)
        if place < 0:
            return Raised("ValueError")
        return int(place) if place == int(place) else float(place)

    late = begins + pooled + fc6 - brush
    if late > 0:
        yield -int(late), "where the paint comes too late it returns a number below zero: a case for a ValueError"
        yield 0, "where the paint comes too late it returns a number: a case for a ValueError"
        yield int(late), "where the paint comes too late it returns a number: a case for a ValueError"
    if first != 3:
        yield crop(1 - padding, pooled, fc6, -brush), "it is right for a first convolution of three pixels"
    if len(args) > 1:
        yield oracle((padding,), params), "the backbone makes no difference here"
        if poolings != 5:
            yield oracle((padding, 5, kernel), params), "the number of poolings makes no difference here"
        if kernel != 7:
            yield (
                oracle((padding, poolings, 7), params),
                "the window of the fully connected layer makes no difference here",
            )
    yield (
        crop(-padding, pooled, fc6, -brush),
        "the first convolution's window must not be forgotten: its middle is not its first pixel",
    )
    yield (
        crop((first - 1) - padding, pooled, fc6, -brush),
        "the first value sits in the middle of its window, not at its end",
    )
    yield crop(begins, fc6, -brush), "the poolings move the first value, too: to the middle of its pair"
    yield crop(begins, 2 * pooled, fc6, -brush), "a pooling moves the first value by half a step, not by a whole one"
    yield crop(begins, poolings * half, fc6, -brush), "the steps grow: a later pooling moves by more pixels"
    yield crop(begins, pooled, -brush), "the window of the fully connected layer moves the first value to its middle"
    yield crop(begins, pooled, 2 * fc6, -brush), "a value sits in the middle of its window, not at its end"
    yield (
        crop(begins, pooled, kernel * stride * half, -brush),
        "it is half a stride too little: is the brush twice as wide as the stride, and the middle of an odd window a "
        "whole number of steps from its first value?",
    )
    yield (
        crop(begins, pooled, (kernel - 1) * half, -brush),
        "at the fully connected layer a step is as long as the stride, not a pixel",
    )
    yield crop(begins, pooled, fc6), "the brush reaches to the left of its score"
    yield crop(begins, pooled, fc6, brush), "the brush reaches to the left of its score, not to the right"
    yield crop(begins, pooled, fc6, -2 * brush), "a score sits in the middle of its brush, not at the right end"
    yield crop(begins, pooled, fc6, -stride), "it is rounded on the way: the brush's middle lies between two pixels"
    right = crop(begins, pooled, fc6, -brush)
    if right and not isinstance(right, Raised):
        yield -right, "it is where the paint begins, not how much is cut: mind the sign"
    if late == 0:
        yield (
            Raised("ValueError"),
            "it raises ValueError where the paint just reaches the first pixel: is the test too strict?",
        )


def other_first(rng) -> dict:
    """Draw another kernel of the first convolution than 3×3."""
    return {"first": int(rng.choice([5, 7, 9]))}


EXERCISE = telling(
    Exercise(
        id="fcn.crop",
        chapter="02_fcn",
        name="last_crop",
        points=5,
        minutes=25,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        params=other_first,
        book={"first": 3},
        forbids=("unet_edu.arithmetic", "unet_edu.registration", "unet_edu.models"),
    ),
    {3: ("the steps grow",), 4: ("the steps grow",), 7: ("a score sits", "the window of the fully")},
)
