"""Count the parameters of a convolution."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw layers with more channels out than in, fewer, a 1×1; the paper's first layer comes first."""
    few, many = int(rng.integers(2, 9)), int(rng.integers(10, 40))
    return [
        Case((1, 64, 3), "the paper's first convolution"),
        Case((few, many, 3), "more channels come out than go in"),
        Case((many, few, 3), "fewer channels come out than go in"),
        Case((few, many, 1), "a kernel of one pixel"),
        Case((many, few + 1, int(rng.choice([5, 7]))), "a larger kernel"),
    ]


def oracle(args, params):
    """Make the layer and count its parameters."""
    from torch import nn

    return sum(parameter.numel() for parameter in nn.Conv2d(*args).parameters())


def mistakes(args, params):
    """Yield what comes of biases that are forgotten or too many, of a kernel in one direction."""
    inward, outward, kernel = args
    yield outward * inward * kernel**2, "the biases are missing"
    yield outward * inward * kernel**2 + inward, "there is a bias for each channel that comes out, not that goes in"
    yield outward * inward * kernel**2 + 1, "there is a bias for each channel that comes out, not one for all"
    yield (
        outward * inward * (kernel**2 + 1),
        "there is a bias for each channel that comes out, not for each pair of channels",
    )
    yield outward * (inward * kernel + 1), "a kernel has height and width"
    yield outward * (kernel**2 + 1), "each channel that comes out looks at all that go in"
    yield inward * kernel**2 + 1, "that is one of the output channels only"
    yield kernel**2 * inward + outward, "each channel that comes out has weights of its own"


EXERCISE = Exercise(
    id="blocks.conv_params",
    chapter="04_blocks",
    name="conv_params",
    points=2,
    minutes=5,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
)
