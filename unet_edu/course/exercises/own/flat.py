"""Count the poolings that leave the sections of a stack alone."""

from fractions import Fraction

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """The book's sections, cubes, sections as thick as a power of two pixels, a little less, nonsense."""
    pixel = int(rng.integers(3, 9))
    times = int(rng.integers(3, 6))
    return [
        Case((4, 50), "4 nm to 50 nm", 2),
        Case((pixel, pixel), "cubes"),
        Case((pixel, pixel * 2**times), "sections of a power of two of pixels", 2),
        Case((pixel, pixel * 2**times - 1), "sections a little thinner than that", 2),
        Case((pixel, pixel * 2**times + 1), "sections a little thicker than that"),
        Case((0.25, 2), "micrometres"),
        Case((2 * pixel, pixel), "sections thinner than a pixel is wide"),
        Case((0, 50), "a pixel of no width"),
        Case((pixel, -pixel), "sections of a negative thickness"),
    ]


def oracle(args, params):
    """Try numbers of poolings from none on, in fractions."""
    pixel, section = map(Fraction, args)
    if pixel <= 0 or section <= 0:
        return Raised("ValueError")
    return next(count for count in range(100) if 2 * pixel * 2**count > section)


def mistakes(args, params):
    """One too many or too few, the ratio, the nearest power of two."""
    import math

    pixel, section = args
    if pixel <= 0 or section <= 0:
        yield 0, "lengths are more than zero: this is a case for a ValueError"
        return
    right = oracle(args, params)
    ratio = section / pixel
    yield Raised("ValueError"), "it raises ValueError for lengths that can be"
    yield (
        next(n for n in range(100) if 2 * pixel * 2**n >= section),
        "a pixel of exactly half the thickness is pooled once more",
    )
    yield (
        next(n for n in range(100) if pixel * 2**n > section),
        "it goes on until a pixel is wider than the whole section",
    )
    yield (
        next(n for n in range(100) if pixel * 2**n >= section),
        "it goes on until a pixel is as wide as the whole section",
    )
    yield (
        max(round(math.log2(ratio)), 0),
        "the power of two that is nearest; wanted is when a pixel exceeds half a section",
    )
    yield math.log2(ratio), "this is no whole number; poolings are counted"
    yield ratio, "this is how many pixels thick a section is, not how often to halve"
    yield round(ratio), "this is how many pixels thick a section is, not how often to halve"
    yield math.floor(math.log2(ratio)), "sections thinner than a pixel: no pooling, not fewer than none"
    yield right + 1, "one too many: the last pooling makes pixels wider than is needed"


EXERCISE = Exercise(
    id="own.flat",
    chapter="14_own_images",
    name="flat_poolings",
    points=3,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
)
