"""Answers to the exercise reading.added: three right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch import nn

from unet_edu.models import UNet


@right()
def by_layers(in_channels, num_classes):
    def count(channels, classes):
        first, last = nn.Conv2d(channels, 64, 3), nn.Conv2d(64, classes, 1)
        return sum(each.numel() for layer in (first, last) for each in layer.parameters())

    return count(in_channels, num_classes) - count(1, 2)


@right()
def multiplied_out(in_channels, num_classes):
    return 576 * in_channels + 65 * num_classes - 706


@right(width=32)
def for_a_cohort(in_channels, num_classes):
    return 288 * (in_channels - 1) + 33 * (num_classes - 2)


@wrong("it is right for another base width", width=32)
def of_last_year(in_channels, num_classes):
    return 576 * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("how many more are there?")
def everything(in_channels, num_classes):
    with torch.device("meta"):
        return sum(each.numel() for each in UNet(in_channels, num_classes).parameters())


@wrong("a further class brings a bias, too")
def no_biases(in_channels, num_classes):
    return 64 * 9 * (in_channels - 1) + 64 * (num_classes - 2)


@wrong("brings no bias")
def a_bias_for_each_channel(in_channels, num_classes):
    return (64 * 9 + 1) * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("one channel and two classes are there already")
def both_layers(in_channels, num_classes):
    return 576 * in_channels + 65 * num_classes


@wrong("one channel of the image is there already")
def nothing_off_the_channels(in_channels, num_classes):
    return 576 * in_channels + 65 * (num_classes - 2)


@wrong("two classes are there already, not one")
def one_class_off(in_channels, num_classes):
    return 576 * (in_channels - 1) + 65 * (num_classes - 1)


@wrong("the last convolution is 1×1")
def large_kernel_at_the_end(in_channels, num_classes):
    return 576 * (in_channels - 1) + (576 + 1) * (num_classes - 2)


@wrong("has height and width")
def a_row_of_weights(in_channels, num_classes):
    return 3 * 64 * (in_channels - 1) + 65 * (num_classes - 2)


@wrong("the classes make no difference here")
def channels_alone(in_channels, num_classes):
    return 576 * (in_channels - 1)


@wrong("less than nothing is possible")
def never_below_zero(in_channels, num_classes):
    return max(0, 576 * (in_channels - 1) + 65 * (num_classes - 2))


@wrong("the sign is lost")
def the_size_of_it(in_channels, num_classes):
    return abs(576 * (in_channels - 1) + 65 * (num_classes - 2))
