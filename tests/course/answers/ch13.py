"""Answers to the exercises of the chapter on what came after U-Net: two right ones each, and the known wrong ones."""

import math

import numpy as np
import torch
from answerkit import right, wrong
from torch import nn
from torch.nn import functional

# ------------------------------------------------------------------------------------------------------- after.share


def layer_by_layer(size, depth, convs=2):
    for _ in range(depth):
        size -= 2 * convs
        if size % 2:
            raise ValueError("a pooling meets an odd size")
        size //= 2
    size -= 2 * convs
    for _ in range(depth):
        size = 2 * size - 2 * convs
    if size < 1:
        raise ValueError("too small")
    return size


@right("after.share")
def by_layers(sizes, depth=4):
    return math.prod(layer_by_layer(size, depth) / size for size in sizes)


@right("after.share")
def by_remainder(sizes, depth=4):
    sizes, step = np.array(sizes), 2**depth
    out = sizes - (12 * step - 8)
    if (out <= 0).any() or ((sizes + 4) % step).any():
        raise ValueError(f"one of {sizes} is not legal")
    return np.prod(out) / np.prod(sizes)


@right("after.share", convs=3, size=570)
def of_three(sizes, depth=4):
    return np.prod([layer_by_layer(size, depth, 3) for size in sizes]) / np.prod(sizes)


@right("after.share")
def without_a_word(sizes, depth=4):
    try:
        return by_layers(sizes, depth)
    except ValueError:
        raise ValueError from None


def closed(sizes, depth):
    return math.prod((size - 12 * 2**depth + 8) / size for size in sizes)


@wrong("after.share", "a pooling meets an odd size on one of the axes")
def never_raising(sizes, depth=4):
    return closed(sizes, depth)


@wrong("after.share", "nothing comes out on one of the axes")
def poolings_alone(sizes, depth=4):
    for size in sizes:
        for _ in range(depth):
            size -= 4
            if size % 2:
                raise ValueError("odd")
            size //= 2
    return closed(sizes, depth)


@wrong("after.share", "a pooling meets an odd size on one of the axes")
def largeness_alone(sizes, depth=4):
    if min(sizes) <= 12 * 2**depth - 8:
        raise ValueError("too small")
    return closed(sizes, depth)


@wrong("after.share", "nothing comes out on one of the axes")
def nought_is_enough(sizes, depth=4):
    if all(size == 12 * 2**depth - 8 or layer_by_layer(size, depth) for size in sizes):
        return closed(sizes, depth)
    return None


@wrong("after.share", "is the test too strict")
def divisible(sizes, depth=4):
    if any(size % 2**depth for size in sizes):
        raise ValueError("not a multiple")
    return by_layers(sizes, depth)


@wrong("after.share", "the axes multiply")
def mean_of_axes(sizes, depth=4):
    return sum(layer_by_layer(size, depth) / size for size in sizes) / len(sizes)


@wrong("after.share", "only the first axis counts")
def as_a_cube(sizes, depth=4):
    return (layer_by_layer(sizes[0], depth) / sizes[0]) ** len(sizes)


@wrong("after.share", "the shares of the axes; one for all")
def one_an_axis(sizes, depth=4):
    return [layer_by_layer(size, depth) / size for size in sizes]


@wrong("after.share", "the share that is lost")
def what_is_lost(sizes, depth=4):
    return 1 - by_layers(sizes, depth)


@wrong("after.share", "it is in percent")
def percent(sizes, depth=4):
    return 100 * by_layers(sizes, depth)


@wrong("after.share", "the border is lost on one side alone")
def one_side(sizes, depth=4):
    by_layers(sizes, depth)
    return math.prod((size - 6 * 2**depth + 4) / size for size in sizes)


@wrong("after.share", "the way up takes pixels, too")
def down_alone(sizes, depth=4):
    by_layers(sizes, depth)
    return math.prod((size - 4 * (2 ** (depth + 1) - 1)) / size for size in sizes)


@wrong("after.share", "it is right for blocks of two convolutions", convs=1, size=574)
def of_the_book(sizes, depth=4):
    return by_layers(sizes, depth)


# ------------------------------------------------------------------------------------------------------- after.nodes


@right("after.nodes")
def by_loops(depth):
    found = []
    for level in range(depth):
        for column in range(1, depth - level):
            found.append((level, column, column + 1))
    return found


@right("after.nodes")
def by_subtraction(depth):
    nodes = {(level, column) for level in range(depth + 1) for column in range(depth + 1 - level)}
    for level in range(depth + 1):
        nodes.discard((level, 0))
        nodes.discard((level, depth - level))
    return tuple([level, column, 1 + column] for level, column in sorted(nodes))


@wrong("after.nodes", "the last node of each level is in U-Net")
def right_edge_too(depth):
    return [(level, column, column + 1) for level in range(depth) for column in range(1, depth - level + 1)]


@wrong("after.nodes", "the first node of each level is in U-Net")
def left_edge_too(depth):
    found = [(level, column, column + 1) for level in range(depth) for column in range(depth - level)]
    return [*found, (depth, 0, 1)]


@wrong("after.nodes", "these are all nodes")
def everything(depth):
    return [(level, column, column + 1) for level in range(depth + 1) for column in range(depth - level + 1)]


@wrong("after.nodes", "comes up from below is missing")
def without_below(depth):
    return [(level, column, column) for level, column, _ in by_loops(depth)]


@wrong("after.nodes", "not the nearest alone")
def always_two(depth):
    return [(level, column, 2) for level, column, _ in by_loops(depth)]


@wrong("after.nodes", "how many maps each node hears is missing")
def pairs(depth):
    return [(level, column) for level, column, _ in by_loops(depth)]


@wrong("after.nodes", "level and column are swapped")
def column_first(depth):
    return sorted((column, level, maps) for level, column, maps in by_loops(depth))


@wrong("after.nodes", "sorted, they go level by level")
def by_columns(depth):
    return [(level, column, column + 1) for column in range(1, depth) for level in range(depth - column)]


@wrong("after.nodes", "wanted is the list of them")
def number(depth):
    return depth * (depth - 1) // 2


@wrong("after.nodes", "right for one pooling less")
def levels_counted(depth):
    return by_loops(depth - 1)


@wrong("after.nodes", "these nodes fill a square")
def square(depth):
    return [(level, column, column + 1) for level in range(depth) for column in range(1, depth)]


# ------------------------------------------------------------------------------------------------------- after.blend


@right("after.blend")
def by_nan_rows(tiles, starts, length, weight):
    rows, weights = np.zeros((2, len(tiles), length))
    for number, start in enumerate(starts):
        rows[number, start : start + len(weight)] = tiles[number]
        weights[number, start : start + len(weight)] = weight
    with np.errstate(invalid="ignore"):
        return (rows * weights).sum(0) / weights.sum(0)


@right("after.blend")
def by_bincount(tiles, starts, length, weight):
    places = (np.array(starts)[:, None] + np.arange(len(weight))).ravel()
    weights = np.tile(np.asarray(weight, float), len(tiles))
    count = np.bincount(places, weights, length)
    total = np.bincount(places, weights * np.ravel(tiles), length)
    row = np.full(length, np.nan)
    row[count > 0] = total[count > 0] / count[count > 0]
    return row


def sums(tiles, starts, length, weight):
    total, count = np.zeros(length), np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        total[start : start + len(tile)] += weight * tile
        count[start : start + len(tile)] += weight
    return total, count


@wrong("after.blend", "it is the weighted sum")
def not_divided(tiles, starts, length, weight):
    return sums(tiles, starts, length, weight)[0]


@wrong("after.blend", "it is a plain mean")
def plain_mean(tiles, starts, length, weight):
    return by_nan_rows(tiles, starts, length, np.ones(len(weight)))


@wrong("after.blend", "it divides by the number of tiles")
def by_number(tiles, starts, length, weight):
    total, _ = sums(tiles, starts, length, weight)
    _, number = sums(tiles, starts, length, np.ones(len(weight)))
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


@wrong("after.blend", "divides by the weights of a whole tile")
def by_whole_weight(tiles, starts, length, weight):
    return sums(tiles, starts, length, weight)[0] / weight.sum()


@wrong("after.blend", "the last tile overwrites")
def overwritten(tiles, starts, length, weight):
    row = np.full(length, np.nan)
    for tile, start in zip(tiles, starts, strict=True):
        row[start : start + len(tile)] = tile
    return row


@wrong("after.blend", "only the tile that counts most is kept")
def strongest(tiles, starts, length, weight):
    row, best = np.full(length, np.nan), np.zeros(length)
    for tile, start in zip(tiles, starts, strict=True):
        for place, (value, count) in enumerate(zip(tile, weight, strict=True), start):
            if count > best[place]:
                row[place], best[place] = value, count
    return row


@wrong("after.blend", "where nothing counts it is 0")
def nought_in_gaps(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total / np.where(count > 0, count, 1)


@wrong("after.blend", "where nothing counts it is 0")
def with_epsilon(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total / (count + 1e-8)


@wrong("after.blend", "the row keeps its length")
def gaps_left_out(tiles, starts, length, weight):
    total, count = sums(tiles, starts, length, weight)
    return total[count > 0] / count[count > 0]


@wrong("after.blend", "the starts are sorted, but not the tiles")
def sorted_starts(tiles, starts, length, weight):
    return by_nan_rows(tiles, sorted(starts), length, weight)


@wrong("after.blend", "it is right where one tile lies, and wrong where several do")
def one_after_the_other(tiles, starts, length, weight):
    row = np.full(length, np.nan)
    for tile, start in zip(tiles, starts, strict=True):
        part = row[start : start + len(tile)]
        row[start : start + len(tile)] = np.where(np.isnan(part), np.where(weight > 0, tile, np.nan), (part + tile) / 2)
    return row


@wrong("after.blend", "is the row made of them")
def integer_row(tiles, starts, length, weight):
    row = by_nan_rows(tiles, starts, length, weight)
    return np.trunc(row) if tiles.dtype.kind == "i" else row


# ------------------------------------------------------------------------------------------------------- after.merge


def check_totals(totals):
    if min(totals) < 0 or not any(totals):
        raise ValueError(f"these totals cannot be: {totals}")


@right("after.merge")
def by_average(gradients, totals):
    check_totals(totals)
    return np.average(gradients, axis=0, weights=totals)


@right("after.merge")
def by_adding(gradients, totals):
    check_totals(totals)
    found = np.zeros(gradients.shape[1])
    for gradient, total in zip(gradients, totals, strict=True):
        found += gradient * (total / sum(totals))
    return found


@wrong("after.merge", "it is the plain mean")
def plain(gradients, totals):
    check_totals(totals)
    return gradients.mean(0)


@wrong("after.merge", "it is the plain sum")
def added(gradients, totals):
    check_totals(totals)
    return gradients.sum(0)


@wrong("after.merge", "divide by the weight of all")
def weighted_sum(gradients, totals):
    check_totals(totals)
    return totals @ gradients


@wrong("after.merge", "divides by the number of processes")
def by_processes(gradients, totals):
    check_totals(totals)
    return (totals[:, None] * gradients).mean(0)


@wrong("after.merge", "a larger total counts less")
def inverse(gradients, totals):
    check_totals(totals)
    with np.errstate(all="ignore"):
        return (1 / totals) @ gradients / (1 / totals).sum()


@wrong("after.merge", "processes and parameters are mixed up")
def wrong_axis(gradients, totals):
    check_totals(totals)
    return gradients @ totals / totals.sum()


@wrong("after.merge", "the shapes do not fit")
def not_turned(gradients, totals):
    check_totals(totals)
    return (totals * gradients).sum(0) / totals.sum()


@wrong("after.merge", "not added up")
def parts(gradients, totals):
    check_totals(totals)
    return totals[:, None] * gradients / totals.sum()


@wrong("after.merge", "a softmax of the totals")
def softmax(gradients, totals):
    check_totals(totals)
    return torch.tensor(totals, dtype=torch.float64).softmax(0).numpy() @ gradients


@wrong("after.merge", "a total below zero: this is a case for a ValueError")
def only_zeros_refused(gradients, totals):
    if totals.sum() == 0:
        raise ValueError("all zero")
    return totals @ gradients / totals.sum()


@wrong("after.merge", "totals that are all zero: this is a case for a ValueError")
def only_negative_refused(gradients, totals):
    if (totals < 0).any():
        raise ValueError("below zero")
    return totals @ gradients / max(totals.sum(), 1e-9)


@wrong("after.merge", "is the test too strict")
def none_may_be_zero(gradients, totals):
    if (totals <= 0).any():
        raise ValueError("not above zero")
    return totals @ gradients / totals.sum()


# ---------------------------------------------------------------------------------------------------- after.residual


@right("after.residual")
class CroppedAfter(nn.Module):
    """The straight way is cut after its convolution, and each layer has a name of its own."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.beside = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3), nn.ReLU(), nn.Conv2d(out_channels, out_channels, 3)
        )

    def forward(self, x):
        return functional.relu(self.block(x) + self.beside(x)[:, :, 2:-2, 2:-2])


@right("after.residual")
class NegativePadding(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, padding=-2 + 2, bias=False)

    def forward(self, x):
        change = self.conv2(self.conv1(x).clamp(min=0))
        change += functional.pad(self.straight(x), (-2, -2, -2, -2))
        return change.clamp(min=0)


@right("after.residual", kernel=5, border=8)
class OfACohort(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 5)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 5)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        change = self.conv2(self.conv1(x).relu())
        return (change + self.straight(x[..., 4:-4, 4:-4])).relu()


class Pair(nn.Module):
    """What the wrong ones are made of."""

    options, bias = {}, False

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, **self.options)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, **self.options)
        self.straight = nn.Conv2d(in_channels, out_channels, 1, bias=self.bias)

    def change(self, x):
        return self.conv2(self.conv1(x).relu())

    def beside(self, x):
        return self.straight(x[..., 2:-2, 2:-2])

    def forward(self, x):
        return (self.change(x) + self.beside(x)).relu()


@wrong("after.residual", "the ReLU after the sum is missing")
class NoLastRelu(Pair):
    def forward(self, x):
        return self.change(x) + self.beside(x)


@wrong("after.residual", "not after the second convolution")
class ReluBeforeTheSum(Pair):
    def forward(self, x):
        return self.change(x).relu() + self.beside(x)


@wrong("after.residual", "a ReLU after the second convolution, before the sum")
class ReluTwice(Pair):
    def change(self, x):
        return super().change(x).relu()


@wrong("after.residual", "the ReLU between the two convolutions is missing")
class NoReluBetween(Pair):
    def change(self, x):
        return self.conv2(self.conv1(x))


@wrong("after.residual", "a ReLU on the straight way")
class ReluBeside(Pair):
    def beside(self, x):
        return super().beside(x).relu()


@wrong("after.residual", "nothing comes through the straight way")
class Forgotten(Pair):
    def forward(self, x):
        return self.change(x).relu()


@wrong("after.residual", "cut from the top left corner")
class Corner(Pair):
    def beside(self, x):
        return self.straight(x[..., :-4, :-4])


@wrong("after.residual", "the straight way is resized")
class Resized(Pair):
    def forward(self, x):
        change = self.change(x)
        return (change + functional.interpolate(self.straight(x), change.shape[2:], mode="bilinear")).relu()


@wrong("after.residual", "the straight way has a bias")
class Biased(Pair):
    bias = True


@wrong("after.residual", "it pads the convolutions")
class Padded(Pair):
    options = {"padding": 1}

    def beside(self, x):
        return self.straight(x)


@wrong("after.residual", "not equally large where they are added")
class Uncut(Pair):
    def beside(self, x):
        return self.straight(x)


@wrong("after.residual", "not equally large where they are added")
class CutForOne(Pair):
    def beside(self, x):
        return self.straight(x[..., 1:-1, 1:-1])


@wrong("after.residual", "joined as channels")
class Joined(Pair):
    def forward(self, x):
        return torch.cat([self.change(x), self.beside(x)], dim=1).relu()


@wrong("after.residual", "it has other weights than two convolutions and a straight way")
class More(Pair):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels)
        self.unused = nn.BatchNorm2d(out_channels)


@wrong("after.residual", "it is right for a kernel of three pixels", kernel=7, border=12)
class OfTheBook(Pair):
    pass
