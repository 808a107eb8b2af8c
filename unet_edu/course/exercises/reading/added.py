"""Count how many parameters more channels and classes bring."""

import functools

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising, telling
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Draw more channels and more classes, either alone, none of both, fewer."""
    channels, classes = int(rng.integers(4, 13)), int(rng.integers(5, 40))
    return [
        Case((3, 21), "a colour image and 21 classes"),
        Case((channels, 2), "more channels, as many classes"),
        Case((1, classes), "as many channels, more classes"),
        Case((channels + 1, classes + 1), "more of both", 2),
        Case((1, 2), "the paper's own network"),
        Case((1, 1), "a class less"),
        Case((channels, 1), "more channels, a class less"),
    ]


def oracle(args, params):
    """Make small networks with and without, and count: the layers in between are the same at any depth."""
    return _weights_of_one_level(*args, params["width"]) - _weights_of_one_level(1, 2, params["width"])


@functools.lru_cache(maxsize=512)
def _weights_of_one_level(channels, classes, width) -> int:
    import torch

    from unet_edu.models.one_level import OneLevelUNet

    with torch.device("meta"):
        return sum(each.numel() for each in OneLevelUNet(channels, classes, width).parameters())


@functools.lru_cache(maxsize=512)
def _weights_of_four_levels(channels, classes, width) -> int:
    import torch

    from unet_edu.models.unet import UNet

    with torch.device("meta"):
        return sum(each.numel() for each in UNet(channels, classes, width).parameters())


def mistakes(args, params):
    """Yield what comes of biases, of kernels, of what was there already, of the wrong layer."""
    channels, classes = args
    width = params["width"]
    first, last = 9 * width * (channels - 1), (width + 1) * (classes - 2)
    if width != 64:
        yield 9 * 64 * (channels - 1) + 65 * (classes - 2), "it is right for another base width"
    yield _weights_of_four_levels(channels, classes, width), "that is all parameters; how many more are there?"
    yield first + width * (classes - 2), "a further class brings a bias, too"
    yield (
        (9 * width + 1) * (channels - 1) + last,
        "a further channel of the image brings no bias: biases belong to the channels that come out",
    )
    yield (
        9 * width * channels + (width + 1) * classes,
        "that is all weights of the first and of the last layer; one channel and two classes are there already",
    )
    yield 9 * width * channels + last, "one channel of the image is there already"
    yield first + (width + 1) * classes, "two classes are there already"
    yield first + (width + 1) * (classes - 1), "two classes are there already, not one"
    yield first + (9 * width + 1) * (classes - 2), "the last convolution is 1×1"
    yield first + 9 * width * (classes - 2), "the last convolution is 1×1"
    yield 3 * width * (channels - 1) + last, "a kernel of the first convolution has height and width"
    yield (
        width * (channels - 1) + last,
        "the first convolution is 3×3: a further channel brings nine weights a kernel",
    )
    yield first + (2 * width + 1) * (classes - 2), "the last convolution reads the channels of the top level, once"
    yield first, "the classes make no difference here"
    yield last, "the channels of the image make no difference here"
    yield -(first + last), "the sign is wrong: more than before is positive"
    if first + last < 0:
        yield 0, "less than nothing is possible: fewer classes need fewer weights"
        yield -first - last, "the sign is lost: with fewer weights than before it is negative"
    yield (
        9 * width * (classes - 2) + (width + 1) * (channels - 1),
        "channels and classes are swapped: which are read first, and which come out last?",
    )


EXERCISE = telling(
    Exercise(
        id="reading.added",
        chapter="06_reading",
        name="added",
        points=2,
        minutes=10,
        cases=cases,
        oracle=oracle,
        judge=recognising(mistakes),
        params=lambda rng: {"width": int(rng.choice([16, 24, 32, 48, 96]))},
        book={"width": 64},
        forbids=("unet_edu.models", "unet_edu.arithmetic"),
    ),
    {3: ("channels and classes are swapped",)},
)
