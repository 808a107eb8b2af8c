"""Compute the size that a block of convolutions and a pooling returns."""

from unet_edu import arithmetic
from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw sizes that come out odd, a kernel of one, and an even one; the numbers of the prompt come first."""

    def size():
        return int(rng.integers(60, 400))

    eaten = 2 * params["convs"]
    even, odd = (2 * size() + number + eaten for number in (0, 1))
    return [
        Case((572,), "the paper's size, kernel not given"),
        Case((572, 5), "a larger kernel"),
        Case((even, 3), "an even size before the pooling"),
        Case((odd, 3), "an odd size before the pooling"),
        Case((size(), 1), "a kernel of one pixel"),
        Case((2 * size() + 1, int(rng.choice([7, 9, 11]))), "an odd size, a much larger kernel"),
        Case((2 * size() + 1, 4), "a kernel with an even number of pixels", 0.5),
    ]


def oracle(args, params):
    """Apply the size rules of the package, layer by layer."""
    size, kernel = args if len(args) == 2 else (*args, 3)
    for _ in range(params["convs"]):
        size = arithmetic.conv_out(size, kernel)
    return arithmetic.pool_out(size)


def mistakes(args, params):
    """Yield what comes of a layer more or less, of a kernel that is overlooked, of other rounding."""
    size, kernel = args if len(args) == 2 else (*args, 3)
    convs = params["convs"]
    left = size - convs * (kernel - 1)
    if convs != 2:
        yield (size - 2 * (kernel - 1)) // 2, "it is right for a block of two convolutions"
    yield (size - (kernel - 1)) // 2, "it counts one convolution alone"
    yield left, "the pooling is missing"
    yield size // 2, "the convolutions make no difference here: without padding each takes some pixels"
    yield -(-left // 2), "an odd size is rounded up; this pooling drops the last pixel"
    yield size // 2 - convs * (kernel - 1), "the pooling comes first here; it is the last of the block"
    yield left / 2, "it is not rounded: there is no half pixel"
    yield (
        (size - convs * kernel) // 2,
        "each convolution takes one pixel too many: how often does a window of three fit?",
    )
    yield (size - convs * (kernel // 2)) // 2, "it takes what a convolution loses on one side; there are two"
    yield (size - 2 * convs * (kernel // 2)) // 2, "a kernel with an even number of pixels takes an odd number away"
    if kernel != 3:
        yield (size - 2 * convs) // 2, "the kernel makes no difference here"


def other_number(rng) -> dict:
    """Draw another number of convolutions a block than the book's two."""
    return {"convs": int(rng.choice([1, 3, 4]))}


EXERCISE = Exercise(
    id="arithmetic.block_out",
    chapter="03_arithmetic",
    name="block_out",
    points=2,
    minutes=5,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=other_number,
    book={"convs": 2},
    forbids=("unet_edu.arithmetic",),
)
