"""Compute the share of the values that come out of a network in any number of dimensions."""

import itertools
import math

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import judge_value, recognising, silent, telling, then
from unet_edu.course.outcome import Case, Raised

SILENT = "right, but its ValueError has no message: name the size that is not legal"


def cases(rng, params):
    """A square, a volume with unequal sides, a row; sizes that are not legal, for each reason."""
    convs = params["convs"]

    def legal(depth):
        """A legal size at which something comes out, and a little more."""
        step = 2**depth
        size = _loss(depth, convs) + int(rng.integers(2, 5)) * step
        while _follow(size, depth, convs) is None:
            size += 1
        return size

    first = 572
    while _follow(first, 4, convs) is None:
        first += 1
    deep, volume, few = [legal(4) for _ in range(2)], [legal(3) for _ in range(3)], legal(2)
    nothing = next(size for size in itertools.count(2, 2) if _walk(size, 1, convs) == 0)
    small = nothing - 2 * int(rng.integers(1, 3))
    return [
        Case(((first, first),), "a square near that of the paper, depth not given"),
        Case(((deep[0] + 32, deep[1]), 4), "two axes of different sizes", 2),
        Case((tuple(volume), 3), "a volume", 2),
        Case(([few], 2), "a row, less deep"),
        Case(((legal(1), legal(1), legal(1)), 1), "a volume, one pooling"),
        Case(((volume[0], volume[1] + 1), 3), "an odd size on the second axis", 2),
        Case(((few + 2, few), 2), "an even size that is not legal"),
        Case(((legal(1), nothing), 1), "a size from which nothing comes out"),
        Case(((small, small), 1), "sizes that are too small, though each pooling meets an even one"),
    ]


def _loss(depth, convs) -> int:
    """What the convolutions take from the size in all: two pixels each, more further down."""
    return 2 * convs * (sum(2**level for level in range(depth)) * 2 + 2**depth)


def _walk(size, depth, convs) -> int | None:
    """Down and up again, layer by layer: the size that comes out; None where a pooling meets an odd one."""
    for _ in range(depth):
        for _ in range(convs):
            size -= 2
        if size % 2:
            return None
        size //= 2
    for level in range(depth + 1):
        if level > 0:
            size *= 2
        for _ in range(convs):
            size -= 2
    return size


def _follow(size, depth, convs) -> int | None:
    """The size that comes out of a legal size, None for another."""
    out = _walk(size, depth, convs)
    return out if out is not None and out > 0 else None


def oracle(args, params):
    """Count the values that come out and those that go in."""
    sizes, depth = args if len(args) == 2 else (*args, 4)
    out = [_follow(size, depth, params["convs"]) for size in sizes]
    return Raised("ValueError") if None in out else math.prod(out) / math.prod(sizes)


def mistakes(args, params):
    """Half of the border, other ways to put axes together, conditions that are not asked for."""
    sizes, depth = args if len(args) == 2 else (*args, 4)
    convs = params["convs"]
    if convs != 2:
        yield oracle(args, {"convs": 2}), "it is right for blocks of two convolutions"
    loss = _loss(depth, convs)
    odd = any(_walk(size, depth, convs) is None for size in sizes)
    closed = math.prod((size - loss) / size for size in sizes)
    if isinstance(oracle(args, params), Raised):
        why = "a pooling meets an odd size" if odd else "nothing comes out"
        yield closed, f"{why} on one of the axes: this is a case for a ValueError"
        yield 0.0, f"{why} on one of the axes: this is a case for a ValueError"
        rounded = math.prod(max(_rounding(size, depth, convs), 0) / size for size in sizes)
        yield rounded, f"{why} on one of the axes: this is a case for a ValueError"
        first = (sizes[0] - loss) / sizes[0]
        yield first ** len(sizes), "only the first axis counts here"
        return
    shares = [(size - loss) / size for size in sizes]
    yield Raised("ValueError"), "it raises ValueError for sizes that are legal: is the test too strict?"
    if len(shares) > 1:
        yield shares[0], "it is the share of the first axis alone"
        yield shares[-1], "it is the share of the last axis alone"
        yield shares[0] ** len(shares), "only the first axis counts here"
        yield sum(shares) / len(shares), "it is the mean over the axes; pixels are counted, and the axes multiply"
        yield sum(shares), "the shares of the axes are added; pixels are counted, and the axes multiply"
        yield min(shares), "it is the smallest share of an axis; pixels are counted, and the axes multiply"
    yield shares, "these are the shares of the axes; one for all pixels together is wanted"
    yield tuple(shares), "these are the shares of the axes; one for all pixels together is wanted"
    yield 1 - closed, "it is the share that is lost"
    yield 100 * closed, "it is in percent; wanted is a number between 0 and 1"
    yield 1 / closed, "it is upside down: what comes out, over what goes in"
    yield math.prod(size - loss for size in sizes), "it is how many values come out; their share is wanted"
    yield math.prod((size - loss / 2) / size for size in sizes), "the border is lost on one side alone; there are two"
    if depth != 4 and min(sizes) > _loss(4, convs):
        yield math.prod((size - _loss(4, convs)) / size for size in sizes), "the depth makes no difference here"
    down = 2 * convs * (2 ** (depth + 1) - 1)
    yield (
        math.prod((size - down) / size for size in sizes),
        "only the way down is counted; the way up takes pixels, too",
    )


def _rounding(size, depth, convs) -> int:
    """What would come out if each pooling dropped a last pixel."""
    for _ in range(depth):
        size = (size - 2 * convs) // 2
    for _ in range(depth):
        size = 2 * (size - 2 * convs)
    return size - 2 * convs


def other_convs(rng) -> dict:
    """Another number of convolutions a block than the book's two, and a legal size for depth 4."""
    convs = int(rng.choice([1, 3]))
    return {"convs": convs, "size": next(size for size in itertools.count(565) if _follow(size, 4, convs))}


EXERCISE = telling(
    Exercise(
        id="after.share",
        chapter="13_after",
        name="share_out",
        points=3,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes, then(judge_value, (silent, SILENT))),
        params=other_convs,
        book={"convs": 2, "size": 572},
        forbids=("unet_edu.arithmetic",),
    ),
    {1: ("only the first axis",), 2: ("only the first axis",), 4: ("only the first axis",)},
)
