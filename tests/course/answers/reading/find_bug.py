"""Answers to the exercise reading.find_bug: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn

from unet_edu.models import OneLevelUNet

SIDES = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
RELUS = tuple((part, number) for part in ("d0", "d1", "u0") for number in (0, 2))


def suspects(net, image, sides=SIDES[1:], relus=RELUS):
    """Pairs of a name and what comes out, made by exchanging modules."""

    def joined(fine, up, side=(0, 0), swapped=False):
        top, left = (4 + step for step in side)
        skip = fine[..., top : top + up.shape[2], left : left + up.shape[3]]
        return net.score(net.u0(torch.cat([up, skip] if swapped else [skip, up], 1)))

    def run(**options):
        fine = net.d0(image)
        return joined(fine, net.up0(net.d1(net.pool1(fine))), **options)

    yield "none", run()
    for side in sides:
        yield "off_by_one", run(side=side)
    yield "swapped", run(swapped=True)
    yield "softmax", run().softmax(1)
    pooled = net.pool1(net.d0(image))
    yield "late", joined(pooled.repeat_interleave(2, 2).repeat_interleave(2, 3), net.up0(net.d1(pooled)))
    for part, number in relus:
        conv = getattr(net, part)[number]
        getattr(net, part)[number + 1] = nn.Identity()
        yield "no_relu", run()
        getattr(net, part)[number + 1] = nn.ReLU()
        assert isinstance(conv, nn.Conv2d)


def first_that_fits(forward, net, image, **options):
    with torch.no_grad():
        came = forward(net, image)
        for name, made in suspects(net, image, **options):
            if came.shape == made.shape and (came - made).abs().max() < 1e-5:
                return name
    return None


def raised(name):
    if name is None:
        raise ValueError("another mistake")
    return name


@right()
def by_exchanging_modules(forward):
    return raised(first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(2, 1, 20, 26)))


@right()
def by_the_nearest(forward):
    """The suspect with the smallest distance, if that is next to nothing."""
    net, image = OneLevelUNet(), torch.rand(1, 1, 24, 24)
    with torch.no_grad():
        came = forward(net, image)
        far = [((came - made).abs().max().item(), name) for name, made in suspects(net, image)]
    distance, name = min(far)
    if distance > 1e-4:
        raise ValueError(f"the nearest is {name}, but it is not the same")
    return name


@wrong("on an image with structure?")
def by_shapes(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    for name, made in suspects(net, image):
        if forward(net, image).shape == made.shape:
            return name
    raise ValueError


@wrong("on an image with structure?")
def on_a_grey_card(forward):
    return raised(first_that_fits(forward, OneLevelUNet(base_width=2), torch.ones(1, 1, 20, 20)))


@wrong("in more places than it tries")
def one_side(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    return raised(first_that_fits(forward, net, image, sides=[(1, 1)]))


@wrong("in more places than it tries")
def no_relu_tried(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    return raised(first_that_fits(forward, net, image, relus=()))


@wrong("the same network and the same image?")
def another_image(forward):
    net = OneLevelUNet(base_width=2)
    came = forward(net, torch.randn(1, 1, 20, 20))
    return raised(first_that_fits(lambda *args: came, net, torch.randn(1, 1, 20, 20)))


@wrong("this is a case for a ValueError")
def right_if_nothing_fits(forward):
    return first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(1, 1, 20, 20)) or "none"


@wrong("where no suspect fits it returns nothing")
def nothing_if_nothing_fits(forward):
    return first_that_fits(forward, OneLevelUNet(base_width=3), torch.randn(1, 1, 20, 20))


@wrong("but that mistake gives another output")
def names_mixed_up(forward):
    name = by_exchanging_modules(forward)
    return {"late": "swapped", "swapped": "late"}.get(name, name)


@wrong("for a forward pass that is right")
def always_swapped(forward):
    return "swapped"


@wrong("none of the six names")
def in_words(forward):
    return by_exchanging_modules(forward).replace("no_relu", "missing ReLU")


@wrong("small and capital letters")
def in_capitals(forward):
    return by_exchanging_modules(forward).upper()


@wrong("stops with RuntimeError")
def stacked(forward):
    net, image = OneLevelUNet(base_width=2), torch.randn(1, 1, 20, 20)
    with torch.no_grad():
        return ["none", "swapped"][int((forward(net, image)[..., 1:] == net(image)).all())]
