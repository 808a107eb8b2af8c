"""Write the block of two valid convolutions, each with a ReLU."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import noise, part, recognising, run_by_shape, telling, unless, weights
from unet_edu.course.outcome import Case

SEED = 4
OTHER_WEIGHTS = "what comes out is right, but it has other weights than two convolutions"


def cases(rng, params):
    """Draw inputs that are not square, a batch, one channel in, fewer out than in."""

    def case(inward, outward, batch, height, width, says, points=1):
        return Case((inward, outward, noise((batch, inward, height, width), int(rng.integers(1 << 30)))), says, points)

    height, width = int(rng.integers(8, 12)), int(rng.integers(13, 18))
    return [
        case(1, 4, 1, 9, 9, "one channel in, four out"),
        case(3, 5, 1, height, width, "an input that is not square", 2),
        case(6, 2, 2, width, height, "fewer channels out than in, two images", 2),
        case(2, 3, 1, 5, 7, "the smallest height that there can be"),
    ]


def probe(answer, args, params):
    """Make the module, set its weights by their shapes, run it; return with its output the shapes of all weights."""
    return run_by_shape(answer, args, SEED)


def oracle(args, params):
    """Compute the same with functions alone, weights from their shapes."""
    inward, outward, x = args
    shapes = [(outward, inward, 3, 3), (outward,), (outward, outward, 3, 3), (outward,)]
    return {"output": _double(x, shapes), "weights": sorted(shapes)}


def _double(x, shapes, relus=(True, True), padding=0, bias=True):
    from torch.nn import functional

    for (kernel, offset), relu in zip((shapes[:2], shapes[2:]), relus, strict=True):
        x = functional.conv2d(x, weights(kernel, SEED), weights(offset, SEED) if bias else None, padding=padding)
        x = x.relu() if relu else x
    return x


def mistakes(args, params):
    """Yield what comes of other ReLUs, padding, biases, channels."""
    from torch.nn import functional

    inward, outward, x = args
    shapes = [(outward, inward, 3, 3), (outward,), (outward, outward, 3, 3), (outward,)]
    yield _double(x, shapes, (True, False)), "the ReLU after the second convolution is missing"
    yield _double(x, shapes, (False, True)), "the ReLU between the two convolutions is missing"
    yield _double(x, shapes, (False, False)), "there is no ReLU: two convolutions without one are a single one"
    yield _double(x, shapes, padding=1), "it pads: valid convolutions take a pixel from every side"
    yield _double(x, shapes, bias=False), "the biases are missing: a convolution has them unless told otherwise"
    yield (
        _double(x, [(inward, inward, 3, 3), (inward,), (outward, inward, 3, 3), (outward,)]),
        "the second convolution changes the number of channels here; the first one does",
    )
    once = functional.conv2d(x, weights(shapes[0], SEED), weights(shapes[1], SEED))
    yield once.relu(), "there is one convolution; a block has two"
    yield once, "there is one convolution and no ReLU; a block has two of each"
    if min(x.shape[2:]) > 5:
        yield functional.max_pool2d(_double(x, shapes), 2), "the pooling is not part of the block"


def other_weights(args, got, wanted, params) -> bool:
    """Return whether the module has other weights than two convolutions."""
    return got["weights"] != wanted["weights"]


EXERCISE = telling(
    Exercise(
        id="blocks.double_conv",
        chapter="04_blocks",
        name="DoubleConv",
        points=4,
        minutes=15,
        cases=cases,
        oracle=oracle,
        judge=unless(part("output", recognising(mistakes)), (other_weights, OTHER_WEIGHTS)),
        probe=probe,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    {3: ("the ReLU after the second",)},
)
