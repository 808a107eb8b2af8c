"""Answers to the exercise blocks.assemble: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn import functional


def parts(net, image):
    fine = net.d0(image)
    return fine, net.up0(net.d1(net.pool1(fine)))


def cut(fine, up):
    top, left = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return fine[..., top : top + up.shape[2], left : left + up.shape[3]]


def end(net, *maps):
    return net.score(net.u0(torch.cat(maps, dim=1)))


@right()
def by_own_crop(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), up)


@right()
def by_skip_module(net, image):
    fine, up = parts(net, image)
    return net.score(net.u0(torch.concat((net.skip0(fine, up), up), axis=-3)))


@wrong("the skip comes first")
def swapped(net, image):
    fine, up = parts(net, image)
    return end(net, up, cut(fine, up))


@wrong("top left corner")
def from_the_corner(net, image):
    fine, up = parts(net, image)
    return end(net, fine[..., : up.shape[2], : up.shape[3]], up)


@wrong("bottom right corner")
def from_the_other_corner(net, image):
    fine, up = parts(net, image)
    return end(net, fine[..., -up.shape[2] :, -up.shape[3] :], up)


@wrong("the skip is resized, not cut")
def resized(net, image):
    fine, up = parts(net, image)
    return end(net, functional.interpolate(fine, up.shape[2:], mode="bilinear"), up)


@wrong("nothing comes through the skip connection")
def zeros_across(net, image):
    fine, up = parts(net, image)
    return end(net, torch.zeros_like(up), up)


@wrong("nothing comes up from below")
def zeros_up(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), torch.zeros_like(up))


@wrong("the skip is joined to itself")
def skip_twice(net, image):
    fine, up = parts(net, image)
    return end(net, cut(fine, up), cut(fine, up))


@wrong("what comes up is joined to itself")
def up_twice(net, image):
    _, up = parts(net, image)
    return end(net, up, up)


@wrong("score, is missing")
def no_scores(net, image):
    fine, up = parts(net, image)
    return net.u0(torch.cat([cut(fine, up), up], dim=1))


@wrong("without a softmax")
def probabilities(net, image):
    return by_own_crop(net, image).softmax(dim=1)


@wrong("no ReLU after the scores")
def relu_at_the_end(net, image):
    return by_own_crop(net, image).relu()


@wrong("scores are wanted, not classes")
def classes(net, image):
    return by_own_crop(net, image).argmax(dim=1)


@wrong("the deep map is padded")
def padded(net, image):
    fine, up = parts(net, image)
    down, right = ((a - b) // 2 for a, b in zip(fine.shape[2:], up.shape[2:], strict=True))
    return end(net, fine, functional.pad(up, (right, right, down, down)))


@wrong("the deep map is resized")
def deep_resized(net, image):
    fine, up = parts(net, image)
    return end(net, fine, functional.interpolate(up, fine.shape[2:], mode="bilinear"))


@wrong("is the skip cut?")
def uncut(net, image):
    fine, up = parts(net, image)
    return end(net, fine, up)


@wrong("call its layers one by one")
def by_itself(net, image):
    return net(image)


@wrong("call its layers one by one")
def by_its_class(net, image):
    return type(net).forward(net, image)
