"""An exercise of my own: how many sizes are legal?"""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """What it is tried on; new for each seed."""
    step = arithmetic.grid_step(params["depth"])
    first = arithmetic.nearest_valid(300, params["depth"])[1]
    first += step * int(rng.integers(9))
    low, high = rng.integers(300, 600), rng.integers(600, 900)
    return [
        Case((first, first), "a single size, and it is legal"),
        Case((first + 1, first + step - 1), "between two legal sizes"),
        Case((first, first + 3 * step), "from legal to legal", points=2),
        Case((1, first), "from one pixel on"),
        Case((int(low), int(high)), "any range", points=2),
    ]


def oracle(args, params):
    """What a right answer returns; the package knows."""
    low, high = args
    return len(arithmetic.valid_sizes(params["depth"], low, high))


def mistakes(args, params):
    """What comes of a mistake, and what to say then."""
    low, high = args
    step = 2 ** params["depth"]
    words = "is left out: it belongs to the range"
    yield oracle((low, high - 1), params), f"the last size {words}"
    yield oracle((low + 1, high), params), f"the first size {words}"
    yield high // step - (low - 1) // step, "are all multiples legal?"
    yield oracle(args, {"depth": 4}), "it is right for four poolings"


EXERCISE = Exercise(
    id="own.legal",
    chapter="legal",
    name="count_legal",
    points=3,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=lambda rng: {"depth": int(rng.choice([2, 3, 5]))},
    book={"depth": 4},
    forbids=("unet_edu.arithmetic",),
)
