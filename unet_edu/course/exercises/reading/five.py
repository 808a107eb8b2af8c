"""Mend the five mistakes of a forward pass."""

import itertools

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import explaining, noise, recognising, set_weights_by_shape, unet_layers, without_gradients
from unet_edu.course.outcome import Case

SEED = 6
ERRORS = (  # parts of their messages, and the words for them
    ("layer by layer", "it lets the network run itself; call its layers one by one"),
    ("Sizes of tensors must match", "two maps that are joined are not equally large: is each skip cut?"),
)


def cases(rng, params):
    """Draw images for two levels: square, not square, two of them, the smallest; wide and narrow networks."""

    def case(width, shape, says, points=1):
        image = noise((shape[0], 1, *shape[1:]), int(rng.integers(1 << 30)))
        return Case(((1, 2, width), image), says, points)

    width = int(rng.integers(3, 6))
    side = 44 + 4 * int(rng.integers(1, 5))
    return [
        case(4, (1, 60, 60), "a square image"),
        case(width, (1, side, side + 8), "an image that is not square", 2),
        case(width + 1, (2, side + 4, side), "two images", 2),
        case(3, (1, 44, 44), "the smallest image that there can be"),
    ]


def prepare(args, params):
    """Return the layers of a U-Net of two levels, in one module that does not run them itself, and the image."""
    channels, classes, width = args[0]
    return unet_layers(channels, classes, width, 2, SEED), args[1]


def oracle(args, params):
    """Run the package's own network."""
    import torch

    from unet_edu.models.unet import UNet

    channels, classes, width = args[0]
    with torch.no_grad():
        return set_weights_by_shape(UNet(channels, classes, width, depth=2), SEED).eval()(args[1])


FIVE = {
    "late": "the skip of the lower join is still taken after the pooling",
    "swapped": "the two halves of the lower join are still in the other order",
    "no_relu": "a ReLU is still missing",
    "beside": "the skips are still cut beside the centre",
    "softmax": "it still returns a softmax, and the loss applies another",
}


def _variants(net, image):
    """Yield all that can be left of the five mistakes, pairs (their names, what comes out); none left comes first."""
    import torch
    from torch.nn import functional

    def cut(x, like, beside):
        top, left = ((a - b) // 2 + beside for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
        return x[..., top : top + like.shape[2], left : left + like.shape[3]]

    d0 = net.d0(image)
    d1 = net.d1(net.pool1(d0))
    p2 = net.pool2(d1)
    up1 = net.up1(net.d2(p2))
    for late, swapped, silent, low, high in itertools.product((False, True), repeat=5):
        skip = cut(functional.interpolate(p2, scale_factor=2) if late else d1, up1, int(low))
        x = net.u1.conv1(torch.cat([up1, skip] if swapped else [skip, up1], 1)).relu()
        x = net.u1.conv2(x) if silent else net.u1.conv2(x).relu()
        up0 = net.up0(x)
        scores = net.score(net.u0(torch.cat([cut(d0, up0, int(high)), up0], 1)))
        if low != high:
            if not (late or swapped or silent):
                yield ("lower" if low else "upper",), scores
            continue
        left = tuple(name for name, is_left in zip(FIVE, (late, swapped, silent, low), strict=False) if is_left)
        yield left, scores
        yield (*left, "softmax"), scores.softmax(1)


def mistakes(args, params):
    """Yield all combinations of mistakes that are left; then what is spoilt on the way."""
    import torch

    net, image = prepare(args, params)
    with torch.no_grad():
        found = dict(_variants(net, image))
    right = found.pop(())
    yield found.pop(tuple(FIVE)), "nothing is mended yet: all five mistakes are there"
    for left, output in found.items():
        if left[0] in ("lower", "upper"):
            yield output, f"the skip of the {left[0]} join is still cut beside the centre"
        else:
            yield output, FIVE[left[0]] if len(left) == 1 else f"{_count(len(left))} of the five mistakes are left"
    yield right.argmax(1), "scores are wanted, not classes"
    yield right.relu(), "there is no ReLU after the scores"
    yield right.log_softmax(1), "the loss takes the logarithm of the softmax itself; scores are wanted"
    yield right.sigmoid(), "scores are wanted, without a sigmoid"


def _count(number) -> str:
    return ("none", "one", "two", "three", "four")[number]


EXERCISE = Exercise(
    id="reading.five",
    chapter="06_reading",
    name="mended",
    points=5,
    minutes=20,
    cases=cases,
    oracle=oracle,
    judge=explaining(recognising(mistakes), *ERRORS),
    prepare=prepare,
    probe=without_gradients,
    forbids=("unet_edu.models",),
    needs=("import torch", "from torch import nn", "from torch.nn import functional as F"),
)
