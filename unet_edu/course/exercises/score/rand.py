"""Compute the share of pixel pairs on which two divisions of an image disagree."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised, Verdict

EVERY_PAIR = "the share is right, but an array with a place for every pair of pixels has no room on a real image"


def cases(rng, params):
    """Small divisions, names that do not matter, all and nothing together, many pixels, too few."""

    def division(groups, *shape):
        return rng.integers(0, groups, shape)

    height, width = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    truth = division(4, height, width)
    names = rng.permutation(4) + 5
    large = int(rng.integers(110, 130))
    return [
        Case((truth, division(3, height, width)), "two divisions of a small image", 2),
        Case((division(2, width), division(5, width)), "a row of pixels"),
        Case((truth, names[truth]), "the same division under other names"),
        Case((np.zeros((3, 4), int), np.arange(12).reshape(3, 4)), "one group against one group a pixel"),
        Case((np.array([0, 0]), np.array([1, 0])), "two pixels"),
        Case((division(40, large, large), division(60, large, large)), "more pairs than can be visited", 2),
        Case((np.array([[3]]), np.array([[3]])), "a single pixel"),
    ]


def _pairs(counts) -> int:
    return sum(math.comb(count, 2) for count in counts)


def _disagreeing(truth, segments) -> int:
    """How many pairs one division joins and the other parts."""
    one, other = truth.ravel().tolist(), segments.ravel().tolist()
    both = _pairs(Counter(zip(one, other, strict=True)).values())
    return _pairs(Counter(one).values()) + _pairs(Counter(other).values()) - 2 * both


def oracle(args, params):
    """Count pairs, group by group."""
    truth, segments = args
    if truth.size < 2:
        return Raised("ValueError")
    return _disagreeing(truth, segments) / math.comb(truth.size, 2)


def probe(answer, args, params):
    """What it returns, and how many bytes it had at a time while it computed that; 0 for a small image."""
    import tracemalloc

    if args[0].size < 5_000 or tracemalloc.is_tracing():
        return {"share": answer(*args), "bytes": 0}
    tracemalloc.start()
    try:
        return {"share": answer(*args), "bytes": tracemalloc.get_traced_memory()[1]}
    finally:
        tracemalloc.stop()


def judge_rand(args, got, wanted, params) -> Verdict:
    """The share, and whether there was room for every pair: an array of truth values has a byte for each."""
    if isinstance(got, Raised):
        return judge_share(args, got, wanted, params)
    verdict = judge_share(args, got["share"], wanted, params)
    if verdict.passed and got["bytes"] > args[0].size ** 2 / 2:
        return replace(verdict, passed=False, message=EVERY_PAIR, kind="value", clues=((EVERY_PAIR, True),))
    return verdict


def mistakes(args, params):
    """Agreement, pairs of a pixel with itself, names compared, a group left out."""
    truth, segments = args
    if truth.size < 2:
        return
    disagreeing, pairs = _disagreeing(truth, segments), math.comb(truth.size, 2)
    yield 1 - disagreeing / pairs, "this is the share of pairs on which they agree"
    yield 2 * disagreeing / truth.size**2, "a pixel makes no pair with itself: there are fewer pairs than n²"
    yield disagreeing / truth.size**2, "of n² pairs, those of a pixel with itself are none, and the others come twice"
    yield disagreeing / (2 * pairs), "each pair is counted once above the line and twice below it"
    yield 2 * disagreeing / pairs, "each pair is counted twice above the line and once below it"
    yield disagreeing, "this is how many pairs, not which share of them"
    yield float(np.mean(truth != segments)), "it compares the numbers of groups, pixel by pixel; numbers mean nothing"
    inside = truth.ravel() > 0
    if 1 < inside.sum() < truth.size:
        left = _disagreeing(truth.ravel()[inside], segments.ravel()[inside]) / math.comb(int(inside.sum()), 2)
        yield left, "the pixels with number 0 are left out; here 0 is a group like any other"


judge_share = recognising(mistakes)


EXERCISE = Exercise(
    id="score.rand",
    chapter="10_scoring",
    name="pair_disagreement",
    points=5,
    minutes=25,
    cases=cases,
    oracle=oracle,
    judge=judge_rand,
    probe=probe,
    forbids=("unet_edu.metrics", "unet_edu.own"),
    needs=("import numpy as np",),
)
