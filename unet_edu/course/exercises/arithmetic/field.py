"""Compute the receptive field of a stack of layers."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw one convolution, two, a pooling between, strides in any order, no layer; and the paper's way down."""
    path = [*[(3, 1), (3, 1), (2, 2)] * 4, (3, 1), (3, 1)]
    mixed = [(int(rng.integers(2, 6)), int(rng.integers(1, 4))) for _ in range(4)]
    kernel = int(rng.choice([5, 7, 9]))
    return [
        Case(([(kernel, 1)],), "one convolution"),
        Case(([(3, 1), (kernel, 1)],), "two convolutions"),
        Case(([(3, 1), (2, 2), (kernel, 1)],), "a pooling between two convolutions"),
        Case((path,), "U-Net from the image to the bottleneck", 2),
        Case(([*mixed, (3, 1)],), "strides of all sizes", 2),
        Case(([(1, 2), (kernel, 1), (3, 3), (4, 1)],), "a kernel of one pixel with a stride"),
        Case(([],), "no layer at all: the image itself"),
    ]


def oracle(args, params):
    """Go backwards from one output pixel, to the number of values that each layer needs for those behind it."""
    width = 1
    for kernel, stride in reversed(args[0]):
        width = stride * (width - 1) + kernel
    return width


def mistakes(args, params):
    """Yield what comes of strides that are forgotten, or taken in the wrong order."""
    layers = args[0]
    yield (
        1 + sum(kernel - 1 for kernel, _ in layers),
        "the strides make no difference here: after one, pixels lie further apart",
    )
    yield sum(kernel for kernel, _ in layers), "it adds the kernels; neighbouring windows overlap"
    yield oracle(args, params) - 1, "it is one too small: without any layer one pixel sees itself"
    jump, early, product = 1, 1, 1
    for kernel, stride in layers:
        jump *= stride
        early += (kernel - 1) * jump
        product *= kernel
    yield early, "a layer's own stride counts for the layers after it, not for itself"
    yield oracle((layers[::-1],), params), "the layers are taken from the wrong end: the first is next to the image"
    yield product, "it multiplies the kernels; windows that overlap do not add so much"
    own = 1 + sum((kernel - 1) * stride for kernel, stride in layers)
    yield own, "only the layer's own stride counts here; those of all layers before it multiply"
    before, width = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * before
        before = stride
    yield width, "only the stride of the layer before counts here; those of all layers before multiply"
    total, width = 0, 1
    for kernel, stride in layers:
        width += (kernel - 1) * (total or 1)
        total += stride if stride > 1 else 0
    yield width, "strides are added here; one after the other they multiply"


EXERCISE = telling(
    Exercise(
        id="arithmetic.field",
        chapter="03_arithmetic",
        name="field",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        forbids=("unet_edu.arithmetic",),
    ),
    {
        4: (
            "it adds the kernels",
            "only the stride of the layer before",
            "strides are added",
            "the layers are taken from the wrong end",
        )
    },
)
