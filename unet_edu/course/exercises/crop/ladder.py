"""Compute the crop of every skip connection of any network."""

import itertools

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case

DEEPEST = 6


def cases(rng, params):
    """The network of the text, other kernels, other depths, one level, a kernel that takes nothing."""
    deep = int(rng.integers(5, DEEPEST + 1))
    kernel = int(rng.choice([5, 7, 9]))
    return [
        Case((4,), "the paper's depth and kernel"),
        Case((4, kernel), "the same depth, a larger kernel", 2),
        Case((1, 3), "one level"),
        Case((deep, 3), "a deeper network"),
        Case((int(rng.integers(2, 4)), int(rng.choice([11, 13]))), "less deep, and a much larger kernel", 2),
        Case((3, 1), "a kernel of one pixel"),
    ]


def oracle(args, params):
    """Look for a size whose poolings all come out even; send it down and up, and lay the maps on each other."""
    depth, kernel = args if len(args) == 2 else (*args, 3)
    eaten = params["convs"] * (kernel - 1)
    for size in itertools.count(2 ** (depth + 2) * (eaten + 1)):
        skips = []
        for _ in range(depth):
            skips.append(size - eaten)
            size = (size - eaten) / 2
        if size == int(size):
            break
    crops = []
    for skip in reversed(skips):
        size = 2 * (size - eaten)
        crops.append(int(skip - size) // 2)
    return tuple(reversed(crops))


def mistakes(args, params):
    """What comes of a step that is left out or done twice."""
    depth, kernel = args if len(args) == 2 else (*args, 3)
    convs = params["convs"]
    wanted = oracle((depth, kernel), params)
    side = (kernel - 1) / 2
    if convs != 2:
        yield oracle((depth, kernel), {"convs": 2}), "it is right for blocks of two convolutions"
    yield wanted[::-1], "the right values from the bottom up; wanted is top to bottom"
    yield tuple(2 * crop for crop in wanted), "this is what is cut off in all; wanted is what is cut off each side"
    yield (
        tuple(crop // 2 for crop in wanted),
        "every value is half of the right one: count all convolutions of a block, and an up-convolution doubles",
    )
    if kernel != 3:
        yield oracle((depth, 3), params), "the kernel makes no difference here; a larger one takes more"
    for bottom, step, words in (
        (
            convs,
            convs,
            "on the way only the convolutions of one side are counted: there are some going down and some up",
        ),
        (2 * convs, 2 * convs, "the bottom has no second block: there the way is one block of convolutions"),
    ):
        yield _ladder(depth, 2 * bottom * side, 2 * step * side), words
    yield (
        _ladder(depth, 2 * convs * kernel, 4 * convs * kernel),
        "a convolution takes fewer pixels than its kernel is wide",
    )
    yield (
        _ladder(depth, 2 * convs * (kernel // 2 + 1), 4 * convs * (kernel // 2 + 1)),
        "each convolution takes one pixel too many",
    )
    yield _ladder(depth, convs * side, 2 * convs * side, 1), "what is lost below is not doubled on the way up"
    yield (
        _ladder(depth, 2 * convs * side, 2 * convs * side, 1, 2 * convs * side),
        ("what is lost below is not doubled on the way up"),
    )
    yield wanted[1:], "one level is missing: is the top one in it?"
    yield (
        _ladder(depth + 1, 2 * convs * side, 4 * convs * side),
        "one level too many: the bottom has no skip connection",
    )


def _ladder(depth, bottom, step, factor=2, more=0):
    found = [bottom]
    while len(found) < depth:
        found.append(factor * found[-1] + step + more)
    return tuple(int(crop) if crop == int(crop) else crop for crop in reversed(found))


EXERCISE = Exercise(
    id="crop.ladder",
    chapter="05_skips",
    name="crops",
    points=4,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=lambda rng: {"convs": int(rng.choice([1, 3]))},
    book={"convs": 2},
    forbids=("unet_edu.arithmetic",),
)
