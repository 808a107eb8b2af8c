"""Answers to the exercise blocks.conv_params: two right ones, and the known wrong ones."""

from answerkit import right, wrong
from torch import nn


@right()
def by_the_layer(in_channels, out_channels, kernel):
    return sum(each.numel() for each in nn.Conv2d(in_channels, out_channels, kernel).parameters())


@right()
def weights_and_biases(in_channels, out_channels, kernel):
    weights = in_channels * out_channels * kernel**2
    return weights + out_channels


@wrong("the biases are missing")
def no_biases(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2


@wrong("not that goes in")
def biases_going_in(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2 + in_channels


@wrong("not one for all")
def one_bias(in_channels, out_channels, kernel):
    return in_channels * out_channels * kernel**2 + 1


@wrong("not for each pair of channels")
def bias_for_each_pair(in_channels, out_channels, kernel):
    return in_channels * out_channels * (kernel**2 + 1)


@wrong("a kernel has height and width")
def one_dimension(in_channels, out_channels, kernel):
    return out_channels * (in_channels * kernel + 1)


@wrong("looks at all that go in")
def each_its_own(in_channels, out_channels, kernel):
    return out_channels * (kernel**2 + 1)


@wrong("one of the output channels only")
def one_channel(in_channels, out_channels, kernel):
    return in_channels * kernel**2 + 1


@wrong("has weights of its own")
def shared_weights(in_channels, out_channels, kernel):
    return in_channels * kernel**2 + out_channels
