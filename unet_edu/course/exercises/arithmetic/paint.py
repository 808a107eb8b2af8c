"""Count how many input pixels of an up-convolution reach each output pixel."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw overlaps, gaps, a stride of one, a single pixel; the up-convolution of the paper comes first."""
    size = int(rng.integers(5, 9))
    return [
        Case((4, 2, 2), "the paper's up-convolution: kernel and stride of two"),
        Case((size, 3, 2), "a kernel that is larger than the stride: it overlaps", 2),
        Case((size, 4, 2), "a kernel of twice the stride"),
        Case((int(rng.integers(3, 6)), 2, 3), "a kernel that is smaller than the stride: it leaves gaps", 2),
        Case((size, int(rng.choice([3, 5])), 1), "a stride of one"),
        Case((1, int(rng.integers(3, 6)), 2), "one pixel alone"),
        Case((int(rng.integers(3, 6)), int(rng.choice([5, 7])), 3), "a larger kernel and a larger stride"),
    ]


def oracle(args, params):
    """Convolve the places of the input pixels with a kernel of ones."""
    import numpy as np

    size, kernel, stride = args
    places = np.zeros(stride * (size - 1) + 1, dtype=np.int64)
    places[::stride] = 1
    return np.convolve(places, np.ones(kernel, dtype=np.int64)).tolist()


def mistakes(args, params):
    """Yield what comes of two arguments mixed up, of a row that is too long, of ends forgotten."""
    size, kernel, stride = args
    right = oracle(args, params)
    if stride != kernel:
        yield oracle((size, stride, kernel), params), "kernel and stride are mixed up"
    if stride != 1:
        yield oracle((size, kernel, 1), params), "the stride makes no difference here"
    yield [min(count, 1) for count in right], "where pixels overlap they add up: count them all"
    yield right + [0] * (stride - 1), "it is too long: after the last input pixel there is one kernel more, no stride"
    yield (right + [0] * stride)[: stride * size], "it is stride times as long as the input; the kernel hangs over, too"
    yield [max(count, 1) for count in right], "between strides that are longer than the kernel there are gaps: no pixel"
    yield [kernel] * len(right), "it counts the pixels of a kernel; only those that reach this place are wanted"
    yield [-(-kernel // stride)] * len(right), "it is the same everywhere here; towards the ends fewer reach"
    spread = [sum(0 <= place - stride * pixel <= kernel for pixel in range(size)) for place in range(len(right))]
    yield spread, "each input pixel reaches one place too far"


EXERCISE = Exercise(
    id="arithmetic.paint",
    chapter="03_arithmetic",
    name="paint",
    points=3,
    minutes=15,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    forbids=("unet_edu.arithmetic",),
)
