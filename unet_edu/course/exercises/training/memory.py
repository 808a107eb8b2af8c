"""Compute how many of the newest gradients carry a share of the weight."""

import math

import numpy as np

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """Draw half and other shares, no memory, a share that is met exactly, and what is not legal."""
    while True:  # a share that no rounding can push to the other side of a whole number
        momentum, share = round(float(rng.uniform(0.6, 0.97)), 3), round(float(rng.uniform(0.7, 0.97)), 3)
        if abs(momentum ** np.arange(200) - (1 - share)).min() > 1e-6:
            break
    count = int(rng.integers(2, 6))
    wrong = float(rng.choice([-0.5, -0.1, 1.5]))
    infinite = "with a momentum of 1 or more no gradient is ever forgotten, and the weights add up to infinity"
    below = "a momentum below 0 is none"
    open_ends = "a share lies between none and all, which infinitely many carry"
    return [
        Case((0.9,), "half of the weight, momentum 0.9"),
        Case((float(rng.choice([0.99, 0.995, 0.98])),), "half of the weight, a longer memory"),
        Case((momentum, share), "more than half of the weight", 2),
        Case((momentum, round(float(rng.uniform(0.05, 0.2)), 2) + 1e-4), "a small share of the weight"),
        Case((0.5, 1 - 0.5**count), "a share that is met exactly"),
        Case((0.0, 0.9), "no momentum"),
        Case((1.0,), "a momentum of 1", why=infinite),
        Case((wrong, 0.5), "a momentum that is no momentum", why=infinite if wrong > 1 else below),
        Case((0.9, float(rng.choice([0.0, 1.0]))), "a share that is none or all", why=open_ends),
    ]


def oracle(args, params):
    """Search between a number that is too small and one that is enough."""
    momentum, share = args if len(args) == 2 else (*args, 0.5)
    if momentum < 0 or momentum >= 1 or share <= 0 or share >= 1:
        return Raised("ValueError")
    few, enough = 0, 1
    while momentum**enough > 1 - share:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (middle, enough) if momentum**middle > 1 - share else (few, middle)
    return enough


def mistakes(args, params):
    """Yield sums that are not divided, the weight of one gradient for that of many, other roundings, other shares."""
    right = oracle(args, params)
    if isinstance(right, Raised):
        return
    momentum, share = args if len(args) == 2 else (*args, 0.5)
    if momentum == 0:
        yield (
            Raised("ValueError"),
            "it raises ValueError without momentum, which is allowed: is there a logarithm of 0?",
        )
        yield Raised("ZeroDivisionError"), "it divides by zero without momentum, which is allowed"
    if share != 0.5:
        yield oracle((momentum,), params), "the share makes no difference here"
        yield (
            oracle((momentum, 1 - share), params),
            "it stops where a single gradient weighs as little as the share; wanted is what the newest weigh together",
        )
    if right > 1:
        yield 1, "the weights do not add up to one: a share of all that they add up to is wanted"
        yield right - 1, "that is one gradient too few: do these carry the share already?"
    met = momentum > 0 and math.isclose(momentum**right, 1 - share, rel_tol=1e-9)
    yield right + 1, "exactly the share is enough" if met else "that is one gradient too many: fewer carry the share"
    if momentum > 0:
        yield (
            math.log(1 - share) / math.log(momentum),
            "so many gradients there are not: round to a whole number, in the direction that carries enough",
        )
    of_all = 1 / (1 - momentum)
    for each in (of_all, round(of_all), int(of_all)):
        yield each, "that is what all gradients weigh, if the newest counts once; how many carry a share of it?"
    for each in (share * of_all, math.ceil(share * of_all - 1e-9), int(share * of_all)):
        yield each, "older gradients are counted as if they weighed as much as the newest"


EXERCISE = telling(
    Exercise(
        id="training.memory",
        chapter="08_training",
        name="memory_length",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
    ),
    {2: ("older gradients", "that is what all gradients"), 4: ("older gradients", "that is what all gradients")},
)
