"""Answers to the exercise window.cost: two right ones, and the known wrong ones."""

import torch
from answerkit import right, wrong
from torch.nn import functional


@right()
def by_numel(size, kernels, maps, hidden, classes):
    x, total = torch.zeros(1, 1, size, size), 0
    for kernel in kernels:
        weight = torch.zeros(maps, x.shape[1], kernel, kernel)
        x = functional.conv2d(x, weight)
        total += x[0, 0].numel() * weight.numel()
        x = functional.max_pool2d(x, 2)
    return total + x.numel() * hidden + hidden * classes


@right()
def by_recursion(size, kernels, maps, hidden, classes, channels=1):
    if not kernels:
        return channels * size * size * hidden + hidden * classes
    side = size - kernels[0] + 1
    first = side * side * maps * channels * kernels[0] * kernels[0]
    return first + by_recursion(side // 2, kernels[1:], maps, hidden, classes, maps)


def bill(size, kernels, maps, hidden, classes, conv=None, pool=lambda side: side // 2, end=None):
    channels, total = 1, 0
    for kernel in kernels:
        before, size = size, size - kernel + 1
        total += conv(before, size, kernel, channels) if conv else size**2 * maps * channels * kernel**2
        size, channels = pool(size), maps
    return total + (end(size, channels) if end else size**2 * channels * hidden + hidden * classes)


@wrong("more than one channel")
def grey_all_the_way(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, _: side**2 * maps * kernel**2)


@wrong("a single channel, the grey values")
def maps_from_the_start(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, _: (side * maps * kernel) ** 2)


@wrong("poolings are missing")
def unpooled(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: side)


@wrong("is rounded up")
def rounding_up(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: (side + 1) // 2)


@wrong("no half values")
def true_division(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: side / 2)


@wrong("each makes its map smaller")
def padded(size, kernels, maps, hidden, classes):
    channels, total = 1, 0
    for kernel in kernels:
        total += size**2 * maps * channels * kernel**2
        size, channels = size // 2, maps
    return total + size**2 * channels * hidden + hidden * classes


@wrong("loses less than its kernel")
def off_by_one(size, kernels, maps, hidden, classes):
    channels, total = 1, 0
    for kernel in kernels:
        size = size - kernel
        total += size**2 * maps * channels * kernel**2
        size, channels = size // 2, maps
    return total + size**2 * channels * hidden + hidden * classes


@wrong("as many values as come out of it")
def size_that_goes_in(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return before**2 * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv)


@wrong("before the pooling takes some away")
def counted_after_pooling(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return (side // 2) ** 2 * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv)


@wrong("a map has height and width")
def rows_only(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return side * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv, end=lambda side, c: side * c * hidden + hidden * classes)


@wrong("a kernel has height and width")
def flat_kernels(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, c: side**2 * maps * c * kernel)


@wrong("the last layer is missing")
def without_the_classes(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda side, channels: side**2 * channels * hidden)


@wrong("not one value a map")
def one_value_a_map(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda _, channels: channels * hidden + hidden * classes)


@wrong("the two layers at the end")
def convolutions_alone(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda side, channels: 0)


@wrong("it counts the biases, too")
def with_biases(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return side**2 * maps * (channels * kernel**2 + 1)

    def end(side, channels):
        return (side**2 * channels + 1) * hidden + (hidden + 1) * classes

    return bill(size, kernels, maps, hidden, classes, conv, end=end)


@wrong("count as one")
def floating_point_operations(size, kernels, maps, hidden, classes):
    return 2 * bill(size, kernels, maps, hidden, classes)
