"""Answers to the exercise blocks.incoming_nodes: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn


@right()
def by_weight(layer):
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.weight.shape[0]
    return layer.weight[0].numel()


@right()
def by_trying(layer):
    with torch.no_grad():
        ones = nn.utils.skip_init(type(layer), layer.in_channels, 1, layer.kernel_size, stride=layer.stride, bias=False)
        ones.weight.fill_(1)
        return ones(torch.ones(1, layer.in_channels, 11, 11)).max().long()


@wrong("a value is made of a whole window")
def channels_alone(layer):
    return layer.in_channels


@wrong("it counts the channels that come out")
def coming_out(layer):
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.out_channels
    return layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1]


@wrong("all weights of the layer")
def all_weights(layer):
    return layer.weight.numel()


@wrong("a window has height and width")
def a_row(layer):
    return layer.in_channels * (layer.kernel_size[0] if isinstance(layer, nn.Conv2d) else 1)


@wrong("the kernel is not square")
def squared(layer):
    return layer.in_channels * (layer.kernel_size[0] ** 2 if isinstance(layer, nn.Conv2d) else 1)


@wrong("every channel that goes in")
def window_alone(layer):
    return layer.kernel_size[0] * layer.kernel_size[1] if isinstance(layer, nn.Conv2d) else layer.in_channels


@wrong("the bias is no incoming value")
def bias_too(layer):
    return by_weight(layer) + isinstance(layer, nn.Conv2d)


@wrong("each output value gets one pixel of the input")
def as_a_convolution(layer):
    return layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]


@wrong("an up-convolution's weight is (in, out, …)")
def weight_of_the_first(layer):
    return layer.weight[0].numel()
