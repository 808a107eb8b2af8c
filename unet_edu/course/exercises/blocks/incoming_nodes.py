"""Count the values that one output value of a layer is made of."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw convolutions of several kernels, one that is not square; up-convolutions of several."""
    few, many = int(rng.integers(2, 9)), int(rng.integers(10, 40))
    return [
        Case((("Conv2d", 64, 64, 3),), "a convolution of the paper"),
        Case((("Conv2d", few, many, 3),), "more channels out than in"),
        Case((("Conv2d", many, few, 1),), "a kernel of one pixel"),
        Case((("Conv2d", few, many, (3, 5)),), "a kernel that is not square", 2),
        Case((("ConvTranspose2d", many, few, 2),), "an up-convolution of the paper", 2),
        Case((("ConvTranspose2d", few, many, 3),), "an up-convolution with a larger kernel"),
    ]


def prepare(args, params):
    """Return the layer of the case: class, channels in and out, kernel (for up-convolutions the stride, too)."""
    from torch import nn

    ((kind, inward, outward, kernel),) = args
    if kind == "Conv2d":
        return (nn.Conv2d(inward, outward, kernel),)
    return (nn.ConvTranspose2d(inward, outward, kernel, stride=kernel),)


def oracle(args, params):
    """Feed ones through weights of one: what comes out, away from the border, is how many went in."""
    import torch
    from torch import nn

    (layer,) = prepare(args, params)
    with torch.no_grad():
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
        out = layer(torch.ones(1, layer.in_channels, 9, 9))
    return round(out[0, 0, out.shape[2] // 2, out.shape[3] // 2].item())


def mistakes(args, params):
    """Yield what comes of the wrong channels, of a kernel forgotten, of one kind of layer taken for the other."""
    (layer,) = prepare(args, params)
    inward, outward = layer.in_channels, layer.out_channels
    height, width = layer.kernel_size
    right = oracle(args, params)
    if type(layer).__name__ == "Conv2d":
        yield inward, "the kernel makes no difference here: a value is made of a whole window"
        yield outward * height * width, "it counts the channels that come out; values come in through the others"
        yield (
            inward * outward * height * width,
            "that is all weights of the layer; one output value uses a part of them",
        )
        yield inward * height, "a window has height and width"
        yield inward * height**2, "the kernel is not square: height times width"
        yield inward * width**2, "the kernel is not square: height times width"
        yield height * width, "a window looks at every channel that goes in"
        yield right + 1, "the bias is no incoming value"
    else:
        yield (
            inward * height * width,
            "where stride and kernel are equal, each output value gets one pixel of the input",
        )
        yield (
            outward * height * width,
            "an up-convolution's weight is (in, out, …), and each output value gets one pixel",
        )
        yield outward, "it counts the channels that come out; values come in through the others"


EXERCISE = telling(
    Exercise(
        id="blocks.incoming_nodes",
        chapter="04_blocks",
        name="incoming_nodes",
        points=3,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        prepare=prepare,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    {4: ("an up-convolution's weight",)},
)
