"""Count the parameters that a silent channel wastes."""

from unet_edu.course.exercise import Exercise
from unet_edu.course.judging import recognising
from unet_edu.course.outcome import Case


def cases(rng, params):
    """Readers of every kind: one, two, none, an up-convolution, a 1×1."""

    def count(low=10, high=90):
        return int(rng.integers(low, high))

    return [
        Case((512, [(9, 1024)]), "the reader of a channel of d4.relu1"),
        Case((128, [(9, 256), (9, 128)]), "the readers of a channel of d1.relu2, which goes down and across", 2),
        Case((count(), [(9, count())]), "one reader"),
        Case((count(), [(9, count()), (9, count())]), "two readers", 2),
        Case((count(), [(4, count()), (1, count(2, 9)), (25, count())]), "three readers with different kernels", 2),
        Case((1, [(9, count())]), "a channel made of the image"),
        Case((count(), []), "no reader at all"),
    ]


def oracle(args, params):
    """Build the layers with two channels between them and with one, and count both."""
    reads, readers = args
    return _between(2, reads, readers, params["side"]) - _between(1, reads, readers, params["side"])


def _between(channels, reads, readers, side) -> int:
    import torch
    from torch import nn

    with torch.device("meta"):
        layers = [nn.Conv2d(reads, channels, side)]
        layers += [nn.Conv2d(channels, made, (pixels, 1)) for pixels, made in readers]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def mistakes(args, params):
    """A bias forgotten, or too many of them; one side forgotten; a kernel in one direction."""
    reads, readers = args
    side = params["side"]
    make, read = side**2 * reads + 1, sum(pixels * made for pixels, made in readers)
    if side != 3:
        yield 9 * reads + 1 + read, "it is right for a convolution of 3×3 pixels"
    yield make - 1 + read, "the bias of the silent channel is missing"
    yield make, "the weights that read the channel are missing"
    yield read, "the weights that make the channel are missing"
    yield make - 1, "the weights that read the channel are missing, and its bias"
    yield (
        make + sum((pixels + 1) * made for pixels, made in readers),
        "biases of the readers go with their own channels",
    )
    yield make + read + len(readers), "biases of the readers go with their own channels"
    yield side**2 * (reads + 1) + read, "a channel has one bias, not one for each pixel of the kernel"
    yield side * reads + 1 + read, "a kernel has height and width"
    yield make + sum(pixels**2 * made for pixels, made in readers), "the readers' kernels are given in pixels already"
    yield make + sum(made for _, made in readers), "the readers' kernels make no difference here"
    yield make + 9 * sum(made for _, made in readers), "a reader's kernel need not have nine pixels"
    yield make + sum(pixels for pixels, _ in readers), "a reader has a kernel for each channel that it makes"
    yield make + side**2 * sum(made for _, made in readers), "each reader has a kernel of its own, given in the pair"
    if len(readers) > 1:
        yield make + readers[0][0] * readers[0][1], "only the first of the readers is counted"
        yield make + readers[-1][0] * readers[-1][1], "only the last of the readers is counted"
    yield reads * (make - 1) + 1 + read, "one channel of the convolution is silent, not all of them"
    yield reads + 1 + read, "the kernel of the convolution that makes the channel is missing"


def other_side(rng) -> dict:
    """Another kernel than the book's 3×3."""
    return {"side": int(rng.choice([5, 7]))}


EXERCISE = Exercise(
    id="inside.wasted",
    chapter="12_inside",
    name="wasted",
    points=2,
    minutes=10,
    cases=cases,
    oracle=oracle,
    judge=recognising(mistakes),
    params=other_side,
    book={"side": 3},
    forbids=("unet_edu.interpret",),
)
