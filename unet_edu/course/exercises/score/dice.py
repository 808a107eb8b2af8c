"""Compute the Dice coefficient of two sets from their IoU."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case, Raised


def cases(rng, params):
    """A half, the ends, two values in between, values that no IoU has."""
    return [
        Case((0.5,), "half of the union is shared"),
        Case((round(float(rng.uniform(0.05, 0.3)), 3),), "little in common", 2),
        Case((round(float(rng.uniform(0.6, 0.95)), 3),), "much in common", 2),
        Case((0,), "nothing in common"),
        Case((1,), "all in common"),
        Case((round(float(rng.uniform(1.05, 1.5)), 2),), "a value above 1"),
        Case((-round(float(rng.uniform(0.05, 0.5)), 2),), "a value below 0"),
    ]


def oracle(args, params):
    """Two sets whose union has size 1: what they share, and what they have in all."""
    (shared,) = args
    if shared < 0 or shared > 1:
        return Raised("ValueError")
    in_all = 1 + shared  # what is shared is in both
    return shared / (in_all / 2)


def mistakes(args, params):
    """The formula turned round, halves and doubles, ends that are refused."""
    (value,) = args
    if not 0 <= value <= 1:
        return
    yield Raised("ValueError"), "it raises ValueError for a value that an IoU may have: 0 and 1 are among them"
    yield value, "it returns the IoU itself"
    yield value / (2 - value), "this is the way back: the IoU of two sets whose Dice coefficient is the value"
    yield value / (1 + value), "what is shared counts twice above the line, once for each set"
    yield 2 * value, "twice the IoU: the two sets together are more than their union"
    yield min(1.0, 2 * value), "twice the IoU: the two sets together are more than their union"
    yield 1 - 2 * value / (1 + value), "this is what lacks to 1: the loss, not the score"


EXERCISE = Exercise(
    id="score.dice",
    chapter="10_scoring",
    name="dice_from_iou",
    points=2,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.metrics", "unet_edu.own"),
)
