"""Answers to the exercises of the chapter on the sliding window: at least two right ones each, and known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from torch.nn import functional

# --------------------------------------------------------------------------------------------------- window.readings


def fitting(size, width):
    if not 0 < width <= size:
        raise ValueError("the window does not fit")


@right("window.readings")
def closed_rule(size, width):
    fitting(size, width)
    return [min(i + 1, size - i, width, size - width + 1) for i in range(size)]


@right("window.readings")
def by_differences(size, width):
    fitting(size, width)
    steps = np.zeros(size + 1, dtype=int)
    steps[: size - width + 1] += 1
    steps[width:] -= 1
    return tuple(np.cumsum(steps)[:size])


def by_steps(size, width, step):
    fitting(size, width)
    counts = [0] * size
    for first in range(0, size - width + 1, step):
        for pixel in range(first, first + width):
            counts[pixel] += 1
    return counts


@right("window.readings", step=3)
def in_steps_of_three(size, width):
    return by_steps(size, width, 3)


@wrong("window.readings", "moves on by one pixel here", step=2)
def last_years_steps(size, width):
    return closed_rule(size, width)


@wrong("window.readings", "is the same for every pixel")
def always_the_width(size, width):
    fitting(size, width)
    return [width] * size


@wrong("window.readings", "the last window is missing")
def range_too_short(size, width):
    fitting(size, width)
    counts = [0] * size
    for first in range(size - width):
        for pixel in range(first, first + width):
            counts[pixel] += 1
    return counts


@wrong("window.readings", "one pixel too narrow")
def window_without_its_end(size, width):
    fitting(size, width)
    return [sum(first <= pixel < first + width - 1 for first in range(size - width + 1)) for pixel in range(size)]


@wrong("window.readings", "one pixel too wide")
def window_with_one_more(size, width):
    fitting(size, width)
    return [sum(first <= pixel <= first + width for first in range(size - width + 1)) for pixel in range(size)]


@wrong("window.readings", "hang over the end of the row")
def hanging_over(size, width):
    fitting(size, width)
    return [min(i + 1, width) for i in range(size)]


@wrong("window.readings", "hang over both ends")
def around_each_pixel(size, width):
    fitting(size, width)
    middles = range(size)
    return [sum(m - width // 2 <= i < m - width // 2 + width for m in middles) for i in range(size)]


@wrong("window.readings", "grows without end")
def pyramid(size, width):
    fitting(size, width)
    return [min(i + 1, size - i) for i in range(size)]


@wrong("window.readings", "wider than half of the row")
def for_long_rows(size, width):
    fitting(size, width)
    return [min(i + 1, width, size - i) for i in range(size)]


@wrong("window.readings", "begin at each pixel")
def beginnings(size, width):
    fitting(size, width)
    return [int(i <= size - width) for i in range(size)]


@wrong("window.readings", "this is a case for a ValueError")
def no_error(size, width):
    return [sum(first <= i < first + width for first in range(size - width + 1)) for i in range(size)]


@wrong("window.readings", "an array")
def as_array(size, width):
    return np.array(closed_rule(size, width))


@wrong("window.readings", "is the test too strict?")
def not_the_whole_row(size, width):
    if width >= size:
        raise ValueError
    return closed_rule(size, width)


# ------------------------------------------------------------------------------------------------------- window.cost


@right("window.cost")
def by_numel(size, kernels, maps, hidden, classes):
    x, total = torch.zeros(1, 1, size, size), 0
    for kernel in kernels:
        weight = torch.zeros(maps, x.shape[1], kernel, kernel)
        x = functional.conv2d(x, weight)
        total += x[0, 0].numel() * weight.numel()
        x = functional.max_pool2d(x, 2)
    return total + x.numel() * hidden + hidden * classes


@right("window.cost")
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


@wrong("window.cost", "more than one channel")
def grey_all_the_way(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, _: side**2 * maps * kernel**2)


@wrong("window.cost", "a single channel, the grey values")
def maps_from_the_start(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, _: (side * maps * kernel) ** 2)


@wrong("window.cost", "poolings are missing")
def unpooled(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: side)


@wrong("window.cost", "is rounded up")
def rounding_up(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: (side + 1) // 2)


@wrong("window.cost", "no half values")
def true_division(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, pool=lambda side: side / 2)


@wrong("window.cost", "each makes its map smaller")
def padded(size, kernels, maps, hidden, classes):
    channels, total = 1, 0
    for kernel in kernels:
        total += size**2 * maps * channels * kernel**2
        size, channels = size // 2, maps
    return total + size**2 * channels * hidden + hidden * classes


@wrong("window.cost", "loses less than its kernel")
def off_by_one(size, kernels, maps, hidden, classes):
    channels, total = 1, 0
    for kernel in kernels:
        size = size - kernel
        total += size**2 * maps * channels * kernel**2
        size, channels = size // 2, maps
    return total + size**2 * channels * hidden + hidden * classes


@wrong("window.cost", "as many values as come out of it")
def size_that_goes_in(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return before**2 * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv)


@wrong("window.cost", "before the pooling takes some away")
def counted_after_pooling(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return (side // 2) ** 2 * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv)


@wrong("window.cost", "a map has height and width")
def rows_only(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return side * maps * channels * kernel**2

    return bill(size, kernels, maps, hidden, classes, conv, end=lambda side, c: side * c * hidden + hidden * classes)


@wrong("window.cost", "a kernel has height and width")
def flat_kernels(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, lambda before, side, kernel, c: side**2 * maps * c * kernel)


@wrong("window.cost", "the last layer is missing")
def without_the_classes(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda side, channels: side**2 * channels * hidden)


@wrong("window.cost", "not one value a map")
def one_value_a_map(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda _, channels: channels * hidden + hidden * classes)


@wrong("window.cost", "the two layers at the end")
def convolutions_alone(size, kernels, maps, hidden, classes):
    return bill(size, kernels, maps, hidden, classes, end=lambda side, channels: 0)


@wrong("window.cost", "it counts the biases, too")
def with_biases(size, kernels, maps, hidden, classes):
    def conv(before, side, kernel, channels):
        return side**2 * maps * (channels * kernel**2 + 1)

    def end(side, channels):
        return (side**2 * channels + 1) * hidden + (hidden + 1) * classes

    return bill(size, kernels, maps, hidden, classes, conv, end=end)


@wrong("window.cost", "count as one")
def floating_point_operations(size, kernels, maps, hidden, classes):
    return 2 * bill(size, kernels, maps, hidden, classes)


# --------------------------------------------------------------------------------------------------- window.balanced


def halves(label, count):
    if count % 2:
        raise ValueError("an odd number")
    half = count // 2
    if min(np.sum(label == 0), np.sum(label == 1)) < half:
        raise ValueError("too few pixels")
    return half


@right("window.balanced")
def by_flat_indices(label, count, rng):
    half = halves(label, count)
    flat = [rng.permutation(np.flatnonzero(label == kind))[:half] for kind in (1, 0)]
    return np.stack(np.unravel_index(rng.permutation(np.concatenate(flat)), label.shape), axis=1)


@right("window.balanced")
def by_waiting(label, count, rng):
    half = halves(label, count)
    found = {0: set(), 1: set()}
    while min(map(len, found.values())) < half:
        row, column = (int(rng.integers(side)) for side in label.shape)
        kind = found[int(label[row, column])]
        if len(kind) < half:
            kind.add((row, column))
    return [list(place) for kind in found.values() for place in kind]


@right("window.balanced")
def as_a_tensor(label, count, rng):
    half = halves(label, count)
    order = rng.random(label.shape)
    ranks = [np.argsort(np.where(label == kind, order, 2), axis=None)[:half] for kind in (0, 1)]
    return torch.tensor([divmod(int(place), label.shape[1]) for place in np.concatenate(ranks)])


@wrong("window.balanced", "this is a case for a ValueError")
def rounding_down(label, count, rng):
    return by_flat_indices(label, count - count % 2, rng)


@wrong("window.balanced", "too few pixels: this is a case for a ValueError")
def what_there_is(label, count, rng):
    if count % 2:
        raise ValueError("odd")
    return np.concatenate([rng.permutation(np.argwhere(label == kind))[: count // 2] for kind in (0, 1)])


@wrong("window.balanced", "a pixel comes twice: all must be different")
def with_replacement(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([each[rng.choice(len(each), half)] for each in places])


@wrong("window.balanced", "not half of them")
def as_they_come(label, count, rng):
    halves(label, count)
    return rng.permutation(np.argwhere(label >= 0))[:count]


@wrong("window.balanced", "is one of the classes lost?")
def membrane_alone(label, count, rng):
    half = halves(label, count)
    return rng.permutation(np.argwhere(label == 0))[:half]


@wrong("window.balanced", "as many of each class as are wanted in all")
def not_halved(label, count, rng):
    halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([each[rng.choice(len(each), count, replace=False)] for each in places])


@wrong("window.balanced", "rows and columns are mixed up")
def column_first(label, count, rng):
    return by_flat_indices(label, count, rng)[:, ::-1]


@wrong("window.balanced", "a row of the array is wanted for each place")
def two_rows(label, count, rng):
    return by_flat_indices(label, count, rng).T


@wrong("window.balanced", "counted through the map")
def flat(label, count, rng):
    return by_flat_indices(label, count, rng) @ [label.shape[1], 1]


@wrong("window.balanced", "does all chance come from rng?")
def global_chance(label, count, rng):
    halves(label, count)
    return by_flat_indices(label, count, np.random.default_rng())


@wrong("window.balanced", "does it use rng?")
def own_generator(label, count, rng):
    return by_flat_indices(label, count, np.random.default_rng(0))


@wrong("window.balanced", "does it use rng?")
def the_first_ones(label, count, rng):
    half = halves(label, count)
    return np.concatenate([np.argwhere(label == kind)[:half] for kind in (0, 1)])


@wrong("window.balanced", "some pixels never come")
def top_of_the_map(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([rng.permutation(each[: max(half, len(each) - 4)])[:half] for each in places])


@wrong("window.balanced", "far more often than others")
def anchored(label, count, rng):
    half = halves(label, count)
    places = [np.argwhere(label == kind) for kind in (0, 1)]
    return np.concatenate([[each[0], *rng.permutation(each[1:])[: half - 1]] for each in places])


@wrong("window.balanced", "is the test too strict?")
def too_strict(label, count, rng):
    if min(np.sum(label == 0), np.sum(label == 1)) <= count // 2:
        raise ValueError("too few")
    return by_flat_indices(label, count, rng)


@wrong("window.balanced", "rows and columns are whole numbers")
def floats(label, count, rng):
    return by_flat_indices(label, count, rng).astype(float)


# ------------------------------------------------------------------------------------------------------ window.dense


def every_pool(row, conv, pool=2):
    maps = functional.relu(conv(row.reshape(1, 1, -1)))
    return functional.max_pool1d(maps, pool, stride=1)


@right("window.dense")
def by_slices(row, conv, decide):
    pooled = every_pool(row, conv)[0]
    count = pooled.shape[-1] - 2
    first, second = decide.weight[:, 0::2], decide.weight[:, 1::2]
    return first @ pooled[:, :count] + second @ pooled[:, 2:] + decide.bias[:, None]


@right("window.dense")
def by_the_linear_layer(row, conv, decide):
    maps = conv(row[None, None])
    pairs = torch.maximum(maps[..., :-1], maps[..., 1:]).clamp(min=0)
    together = torch.stack([pairs[..., :-2], pairs[..., 2:]], dim=2).flatten(1, 2)
    return decide(together.transpose(1, 2))[0].T


@right("window.dense")
def by_two_rows(row, conv, decide):
    """Even and odd pooled rows apart, woven together at the end."""
    maps = conv(row[None, None]).relu()[0]
    count = maps.shape[-1] - 3
    scores = row.new_zeros(len(decide.bias), count)
    for shift in range(min(2, count)):
        pooled = functional.max_pool1d(maps[:, shift:], 2)
        part = functional.conv1d(pooled, decide.weight.view(len(decide.bias), -1, 2), decide.bias)
        scores[:, shift::2] = part
    return scores


def dense(row, conv, decide, pool, feet):
    weight = decide.weight.unflatten(1, (-1, 2))
    return functional.conv1d(every_pool(row, conv, pool), weight, decide.bias, dilation=feet)[0]


@right("window.dense", pool=3, more=5)
def pooling_three(row, conv, decide):
    return dense(row, conv, decide, 3, 3)


@wrong("window.dense", "look how many they are here", pool=3, more=5)
def last_years_network(row, conv, decide):
    return dense(row, conv, decide, 2, 2)


@wrong("window.dense", "look how far the pooled values lie apart here", pool=4, more=7)
def last_years_feet(row, conv, decide):
    return dense(row, conv, decide, 4, 2)


@wrong("window.dense", "are no neighbours")
def undilated(row, conv, decide):
    return dense(row, conv, decide, 2, 1)


@wrong("window.dense", "the pooling takes its own steps here")
def own_steps(row, conv, decide):
    maps = functional.max_pool1d(conv(row[None, None]).relu(), 2)
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias)[0]


@wrong("window.dense", "the ReLU is missing")
def linear(row, conv, decide):
    maps = functional.max_pool1d(conv(row[None, None]), 2, stride=1)
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias, dilation=2)[0]


@wrong("window.dense", "the pooling is missing")
def never_pooled(row, conv, decide):
    maps = conv(row[None, None]).relu()
    return functional.conv1d(maps, decide.weight.unflatten(1, (-1, 2)), decide.bias, dilation=2)[0]


@wrong("window.dense", "the bias of `decide` is missing")
def unbiased(row, conv, decide):
    return by_slices(row, conv, decide) - decide.bias[:, None]


@wrong("window.dense", "takes them channel by channel")
def place_by_place(row, conv, decide):
    weight = decide.weight.unflatten(1, (2, -1)).transpose(1, 2)
    return functional.conv1d(every_pool(row, conv), weight, decide.bias, dilation=2)[0]


@wrong("window.dense", "a convolution flips nothing")
def flipped(row, conv, decide):
    weight = decide.weight.unflatten(1, (-1, 2)).flip(2)
    return functional.conv1d(every_pool(row, conv), weight, decide.bias, dilation=2)[0]


@wrong("window.dense", "the axes are swapped: classes first")
def windows_first(row, conv, decide):
    return by_slices(row, conv, decide).T


@wrong("window.dense", "an axis too many")
def still_in_its_batch(row, conv, decide):
    return by_slices(row, conv, decide)[None]


@wrong("window.dense", "the last window is missing")
def one_window_short(row, conv, decide):
    return by_slices(row, conv, decide)[:, :-1]


@wrong("window.dense", "without a softmax")
def probabilities(row, conv, decide):
    return by_slices(row, conv, decide).softmax(0)


@wrong("window.dense", "again for each window")
def one_by_one(row, conv, decide):
    width = conv.kernel_size[0] + 3
    windows = row.unfold(0, width, 1)[:, None]
    return decide(functional.max_pool1d(conv(windows).relu(), 2).flatten(1)).T


@wrong("window.dense", "again for each window")
def in_a_loop(row, conv, decide):
    width, scores = conv.kernel_size[0] + 3, []
    for first in range(len(row) - width + 1):
        maps = conv(row[None, None, first : first + width]).relu()
        scores.append(decide(functional.max_pool1d(maps, 2).flatten(1))[0])
    return torch.stack(scores, dim=1)
