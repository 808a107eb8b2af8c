"""Answers to the exercise reading.five: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn import functional


def centre(x, like, beside=0):
    top, left = ((a - b) // 2 + beside for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[..., top : top + like.shape[2], left : left + like.shape[3]]


def two_levels(net, image, late=False, swapped=False, relu=True, beside=(0, 0), softmax=False):
    """The file of the exercise, with what is left of its mistakes."""
    d0 = net.d0(image)
    p1 = net.pool1(d0)
    d1 = net.d1(p1)
    p2 = net.pool2(d1)
    up1 = net.up1(net.d2(p2))
    skip1 = centre(functional.interpolate(p2, scale_factor=2) if late else d1, up1, beside[1])
    x = net.u1.conv2(net.u1.conv1(torch.cat([up1, skip1] if swapped else [skip1, up1], dim=1)).relu())
    up0 = net.up0(x.relu() if relu else x)
    scores = net.score(net.u0(torch.cat([centre(d0, up0, beside[0]), up0], dim=1)))
    return scores.softmax(dim=1) if softmax else scores


@right()
def line_by_line(net, image):
    return two_levels(net, image)


@right()
def by_skip_modules(net, image):
    fine = net.d0(image)
    middle = net.d1(net.pool1(fine))
    x = net.up1(net.d2(net.pool2(middle)))
    x = net.up0(net.u1(torch.cat([net.skip1(middle, x), x], 1)))
    return net.score(net.u0(torch.cat([net.skip0(fine, x), x], 1)))


@wrong("all five mistakes are there")
def as_it_was(net, image):
    return two_levels(net, image, True, True, False, (1, 1), True)


@wrong("is still taken after the pooling")
def late_left(net, image):
    return two_levels(net, image, late=True)


@wrong("still in the other order")
def swapped_left(net, image):
    return two_levels(net, image, swapped=True)


@wrong("a ReLU is still missing")
def relu_left_out(net, image):
    return two_levels(net, image, relu=False)


@wrong("the skips are still cut beside the centre")
def beside_left(net, image):
    return two_levels(net, image, beside=(1, 1))


@wrong("the skip of the upper join is still cut beside")
def upper_cut_left(net, image):
    return two_levels(net, image, beside=(1, 0))


@wrong("the skip of the lower join is still cut beside")
def lower_cut_left(net, image):
    return two_levels(net, image, beside=(0, 1))


@wrong("it still returns a softmax, and the loss")
def softmax_left(net, image):
    return two_levels(net, image, softmax=True)


@wrong("two of the five mistakes are left")
def two_left(net, image):
    return two_levels(net, image, late=True, relu=False)


@wrong("three of the five mistakes are left")
def three_left(net, image):
    return two_levels(net, image, swapped=True, beside=(1, 1), softmax=True)


@wrong("the loss takes the logarithm of the softmax itself")
def log_probabilities(net, image):
    return two_levels(net, image).log_softmax(1)


@wrong("is each skip cut?")
def uncut(net, image):
    fine = net.d0(image)
    middle = net.d1(net.pool1(fine))
    return torch.cat([middle, net.up1(net.d2(net.pool2(middle)))], 1)


@wrong("call its layers one by one")
def by_itself(net, image):
    return net(image)
