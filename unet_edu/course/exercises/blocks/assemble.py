"""Run the layers of a one-level U-Net, one by one."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import (
    explaining,
    noise,
    recognising,
    set_weights_by_shape,
    telling,
    unet_layers,
    without_gradients,
)
from unet_edu.course.outcome import Case

SEED = 4
ERRORS = (  # parts of their messages, and the words for them
    ("layer by layer", "it lets the network run itself; call its layers one by one"),
    ("Sizes of tensors must match", "the two maps that are joined are not equally large: is the skip cut?"),
)


def cases(rng, params):
    """Draw an image that is not square, colours and classes, two images; the size of the text comes first."""
    width = 2 * int(rng.integers(2, 5))
    side = 18 + 2 * int(rng.integers(1, 6))

    def case(channels, classes, width, shape, says, points=1):
        image = noise((shape[0], channels, *shape[1:]), int(rng.integers(1 << 30)))
        return Case(((channels, classes, width), image), says, points)

    return [
        case(1, 2, 4, (1, 36, 36), "the size of the chapter"),
        case(1, 2, width, (1, side, side + 6), "an image that is not square", 2),
        case(3, 4, width, (2, side + 4, side), "three channels, four classes, two images", 2),
        case(1, 2, 4, (1, 18, 18), "the smallest image that there can be"),
    ]


def prepare(args, params):
    """Return the layers of a one-level network, in one module that does not run them itself, and the image."""
    channels, classes, width = args[0]
    return unet_layers(channels, classes, width, 1, SEED), args[1]


def oracle(args, params):
    """Run the package's own network."""
    import torch

    from unet_edu.models.one_level import OneLevelUNet

    with torch.no_grad():
        return set_weights_by_shape(OneLevelUNet(*args[0]), SEED)(args[1])


def mistakes(args, params):
    """Yield what comes of halves swapped, of a crop elsewhere, of a layer left out."""
    import torch
    from torch.nn import functional

    net, image = prepare(args, params)
    with torch.no_grad():
        fine = net.d0(image)
        up = net.up0(net.d1(net.pool1(fine)))
        height, width = up.shape[2:]
        skip = net.skip0(fine, up)

        def end(skip, up):
            return net.score(net.u0(torch.cat([skip, up], 1)))

        right = end(skip, up)
        yield end(up, skip), "the halves of the concatenation are swapped: the skip comes first"
        yield end(fine[..., :height, :width], up), "the skip is cut from the top left corner, not from the centre"
        yield end(fine[..., -height:, -width:], up), "the skip is cut from the bottom right corner, not from the centre"
        resized = functional.interpolate(fine, (height, width), mode="bilinear", align_corners=False)
        yield end(resized, up), "the skip is resized, not cut"
        yield end(functional.interpolate(fine, (height, width)), up), "the skip is resized, not cut"
        yield end(torch.zeros_like(skip), up), "nothing comes through the skip connection"
        yield end(skip, torch.zeros_like(up)), "nothing comes up from below"
        yield end(skip, skip), "the skip is joined to itself; the other half comes up from below"
        yield end(up, up), "what comes up is joined to itself; the other half comes across"
        yield net.u0(torch.cat([skip, up], 1)), "the last layer, score, is missing"
        yield right.softmax(1), "scores are wanted, without a softmax"
        yield right.relu(), "there is no ReLU after the scores"
        yield right.argmax(1), "scores are wanted, not classes"
        padded = functional.pad(up, _fill(fine, up))
        yield end(fine, padded), "the deep map is padded to fit the skip; the skip is cut to fit the deep map"
        larger = functional.interpolate(up, fine.shape[2:], mode="bilinear", align_corners=False)
        yield end(fine, larger), "the deep map is resized to fit the skip; the skip is cut to fit the deep map"


def _fill(fine, up) -> list[int]:
    down, right = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return [right, right, down, down]


EXERCISE = telling(
    Exercise(
        id="blocks.assemble",
        chapter="04_blocks",
        name="assemble",
        points=5,
        minutes=20,
        cases=cases,
        oracle=oracle,
        judge=explaining(recognising(mistakes), *ERRORS),
        prepare=prepare,
        probe=without_gradients,
        forbids=("unet_edu.models",),
        needs=("import torch", "from torch import nn"),
    ),
    {1: ("there is no ReLU after",), 3: ("there is no ReLU after",)},
)
