"""Answers to the exercises of the chapter on augmentation and the weight map: right ones, and the known wrong ones."""

import math

import numpy as np
import torch
from answerkit import right, wrong
from scipy import ndimage
from torch import nn

from unet_edu.data.augment import Draw, augment, draw, warp
from unet_edu.data.weightmap import border_term

# ------------------------------------------------------------------------------------------------ augment.widest_gap


@right("augment.widest_gap")
def solved(least, w0=10.0):
    if least <= 0:
        raise ValueError("least must be above 0")
    if least > w0:
        return 0
    return max(0, int(5 * math.sqrt(2 * math.log(w0 / least)) - 1))


@right("augment.widest_gap")
def from_weight_maps(least, w0=10.0):
    if not least > 0:
        raise ValueError("least must be above 0")
    rows = [np.array([[1] * 2 + [0] * gap + [2] * 2]) for gap in range(1, 40)]
    reached = [gap for gap, row in enumerate(rows, 1) if border_term(row, w0).max() >= least]
    return max(reached, default=0)


@right("augment.widest_gap", sigma=8)
def for_a_cohort(least, w0=10.0):
    if least <= 0:
        raise ValueError
    terms = w0 * np.exp(-(np.arange(2, 100) ** 2) / 128)
    return np.count_nonzero(terms >= least)


def counted(least, sum_of_distances=lambda gap: gap + 1, w0=10.0, first=1, divisor=50.0):
    """How many gaps from `first` on reach it."""
    if least <= 0:
        raise ValueError("least must be above 0")
    gap = first
    while w0 * math.exp(-(sum_of_distances(gap) ** 2) / divisor) >= least:
        gap += 1
    return gap - 1


@wrong("augment.widest_gap", "it is right for another σ", sigma=3)
def of_last_year(least, w0=10.0):
    return counted(least, w0=w0)


@wrong("augment.widest_gap", "the sum of both distances is more than the gap")
def the_gap_itself(least, w0=10.0):
    return counted(least, lambda gap: gap, w0)


@wrong("augment.widest_gap", "a pixel more than the gap, not more")
def the_gap_and_two(least, w0=10.0):
    return max(0, counted(least, lambda gap: gap + 2, w0))


@wrong("augment.widest_gap", "the first gap that no longer reaches it")
def one_too_far(least, w0=10.0):
    return counted(least, w0=w0) + 1


@wrong("augment.widest_gap", "divided by twice σ², not by σ²")
def without_the_two(least, w0=10.0):
    return counted(least, w0=w0, divisor=25.0)


@wrong("augment.widest_gap", "σ is squared in the exponent")
def sigma_not_squared(least, w0=10.0):
    return counted(least, w0=w0, divisor=10.0)


@wrong("augment.widest_gap", "the sum of the distances is squared")
def sum_not_squared(least, w0=10.0):
    return counted(least, lambda gap: math.sqrt(gap + 1), w0)


@wrong("augment.widest_gap", "not twice the gap")
def twice_the_gap(least, w0=10.0):
    return counted(least, lambda gap: 2 * gap, w0)


@wrong("augment.widest_gap", "w0 makes no difference here")
def fixed_height(least, w0=10.0):
    return solved(least)


@wrong("augment.widest_gap", "a gap has whole pixels")
def not_rounded(least, w0=10.0):
    if least <= 0:
        raise ValueError
    return 5 * math.sqrt(2 * math.log(w0 / least)) - 1 if least < w0 else 0


@wrong("augment.widest_gap", "is it rounded up?")
def rounded_up(least, w0=10.0):
    if least <= 0:
        raise ValueError
    return max(0, math.ceil(5 * math.sqrt(2 * math.log(w0 / least)) - 1)) if least < w0 else 0


@wrong("augment.widest_gap", "is it a logarithm that complains?")
def without_a_look(least, w0=10.0):
    return max(0, int(5 * math.sqrt(2 * math.log(w0 / least)) - 1))


@wrong("augment.widest_gap", "every gap reaches that: this is a case for a ValueError")
def nothing_below_nothing(least, w0=10.0):
    return solved(least, w0) if least > 0 else 0


@wrong("augment.widest_gap", "where no gap reaches it, the answer is 0")
def none_for_none(least, w0=10.0):
    return solved(least, w0) or None


@wrong("augment.widest_gap", "but a float: a count is an integer")
def floored(least, w0=10.0):
    return float(solved(least, w0))


# ----------------------------------------------------------------------------------------------------- augment.worth


def blocks_of(labels, side):
    rows, columns = labels.shape[1] // side, labels.shape[2] // side
    cut = np.asarray(labels, float)[:, : rows * side, : columns * side]
    return cut, cut.reshape(len(cut), rows, side, columns, side)


@right("augment.worth")
def block_by_block(labels, side):
    means = []
    for one in np.asarray(labels).astype(float):
        for top in range(0, one.shape[0] // side * side, side):
            for left in range(0, one.shape[1] // side * side, side):
                means.append(one[top : top + side, left : left + side].mean())
    p = np.mean(means)
    return p * (1 - p) / np.var(means, ddof=1)


@right("augment.worth")
def by_pooling(labels, side):
    means = torch.nn.functional.avg_pool2d(torch.tensor(np.asarray(labels, float))[:, None], side)
    return (means.mean() * (1 - means.mean()) / means.var()).item()


@wrong("augment.worth", "divided by n, not by n - 1")
def all_of_n(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).var()


@wrong("augment.worth", "the standard deviation is taken")
def spread(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).std(ddof=1)


@wrong("augment.worth", "here the rest counts, too")
def share_of_all(labels, side):
    _, blocks = blocks_of(labels, side)
    p = np.mean(labels)
    return p * (1 - p) / blocks.mean((2, 4)).var(ddof=1)


@wrong("augment.worth", "blocks are counted from the first pixel on")
def from_the_end(labels, side):
    return block_by_block(labels[:, ::-1, ::-1], side)


@wrong("augment.worth", "p(1 - p), not p")
def share_alone(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.mean() / blocks.mean((2, 4)).var(ddof=1)


@wrong("augment.worth", "it is upside down")
def inverted(labels, side):
    return 1 / block_by_block(labels, side)


@wrong("augment.worth", "that is the share of pixels")
def share_of_a_block(labels, side):
    return block_by_block(labels, side) / side**2


@wrong("augment.worth", "wanted is one of them")
def worth_of_all(labels, side):
    _, blocks = blocks_of(labels, side)
    return block_by_block(labels, side) * blocks.mean((2, 4)).size


@wrong("augment.worth", "the maps are averaged over each other")
def averaged_maps(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).mean(0).var(ddof=1)


@wrong("augment.worth", "the axes are mixed up")
def axes_mixed_up(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 3)).var(ddof=1)


@wrong("augment.worth", "over the blocks, not over the pixels")
def mean_over_blocks(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((1, 3)).var(ddof=1)


@wrong("augment.worth", "the sums of the blocks")
def sums_of_blocks(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.sum((2, 4)).var(ddof=1)


@wrong("augment.worth", "runs of pixels, no blocks")
def runs(labels, side):
    cut, _ = blocks_of(labels, side)
    return cut.var() / cut.reshape(-1, side * side).mean(1).var(ddof=1)


@wrong("augment.worth", "it stops with ValueError: cannot reshape")
def uncut(labels, side):
    labels = np.asarray(labels, float)
    n, height, width = labels.shape
    means = labels.reshape(n, height // side, side, width // side, side).mean((2, 4))
    return labels.var() / means.var(ddof=1)


# ------------------------------------------------------------------------------------------------- augment.bend_row


def looked_up(row, place):
    return np.interp(place, np.arange(len(row)), row)


def displaced(row, nodes, sign=1):
    x = np.arange(len(row))
    return x + sign * np.interp(x, [0, (len(row) - 1) / 2, len(row) - 1], nodes)


def folded(place, last):
    return last - np.abs(np.mod(place, 2 * last) - last)


@right("augment.bend_row")
def by_a_longer_row(row, nodes):
    """The mirrors written out."""
    row = np.asarray(row, dtype=float)
    times = 2 * int(np.abs(nodes).max() // len(row) + 2)
    longer = np.pad(row, times * (len(row) - 1), mode="reflect")
    return looked_up(longer, displaced(row, nodes) + times * (len(row) - 1))


@right("augment.bend_row")
def by_scipy(row, nodes):
    return ndimage.map_coordinates(np.asarray(row, dtype=float), [displaced(row, nodes)], order=1, mode="mirror")


@right("augment.bend_row")
def by_halves(row, nodes):
    middle = len(row) // 2
    shift = np.concatenate([np.linspace(*nodes[:2], middle + 1), np.linspace(*nodes[1:], middle + 1)[1:]])
    place = folded(np.arange(len(row)) + shift, len(row) - 1)
    below = np.minimum(place.astype(int), len(row) - 2)
    return row[below] + (place - below) * (1.0 * row[below + 1] - row[below])


@wrong("augment.bend_row", "a positive displacement looks to the right")
def other_side(row, nodes):
    return looked_up(row, folded(displaced(row, nodes, -1), len(row) - 1))


@wrong("augment.bend_row", "the last grey is repeated; places there are mirrored")
def without_mirrors(row, nodes):
    return looked_up(row, displaced(row, nodes))


@wrong("augment.bend_row", "goes on at the other")
def around(row, nodes):
    return looked_up(row, displaced(row, nodes) % len(row))


@wrong("augment.bend_row", "it stands on its centre")
def edge_seen_twice(row, nodes):
    place = np.mod(displaced(row, nodes) + 0.5, 2 * len(row))
    return looked_up(row, np.where(place > len(row), 2 * len(row) - place, place) - 0.5)


@wrong("augment.bend_row", "is mirrored once; it may take more often")
def mirrored_once(row, nodes):
    last = len(row) - 1
    place = np.abs(displaced(row, nodes))
    return looked_up(row, np.where(place > last, 2 * last - place, place))


@wrong("augment.bend_row", "the mirror at the right end is missing")
def left_mirror(row, nodes):
    return looked_up(row, np.abs(displaced(row, nodes)))


@wrong("augment.bend_row", "it takes the nearest grey")
def nearest(row, nodes):
    return row[folded(displaced(row, nodes), len(row) - 1).round().astype(int)].astype(float)


@wrong("augment.bend_row", "the grey of the pixel to the left")
def to_the_left(row, nodes):
    return row[folded(displaced(row, nodes), len(row) - 1).astype(int)].astype(float)


@wrong("augment.bend_row", "holds floats")
def into_its_own_kind(row, nodes):
    bent = np.empty_like(row)
    bent[:] = by_scipy(row, nodes)
    return bent


@wrong("augment.bend_row", "by a cubic, as in the chapter")
def by_a_cubic(row, nodes):
    from unet_edu.data.augment import displacements

    rows = torch.tensor(nodes, dtype=torch.float32).expand(1, 2, 3, 3)
    bend = displacements(rows, (1, len(row)))[0, 1, 0].numpy()
    return looked_up(row, folded(np.arange(len(row)) + bend, len(row) - 1))


@wrong("augment.bend_row", "which are not 0, n/2 and n")
def nodes_to_n(row, nodes):
    x, n = np.arange(len(row)), len(row)
    return looked_up(row, folded(x + np.interp(x, [0, n / 2, n], nodes), n - 1))


@wrong("augment.bend_row", "nodes are taken from right to left")
def nodes_turned(row, nodes):
    return by_scipy(row, nodes[::-1])


@wrong("augment.bend_row", "the displacements say where each one looks")
def forward_mapping(row, nodes):
    place = displaced(row, nodes)
    order = np.argsort(place, kind="stable")
    return np.interp(np.arange(len(row)), place[order], np.asarray(row)[order])


@wrong("augment.bend_row", "not the greys")
def places(row, nodes):
    return displaced(row, nodes)


@wrong("augment.bend_row", "a list where an array is wanted")
def in_a_list(row, nodes):
    return by_scipy(row, nodes).tolist()


# ------------------------------------------------------------------------------------------------- augment.open_gap


def opened(instances, near, order=1, running=False):
    """Each cell less what is near the others."""
    result = instances.copy()
    for cell in np.unique(instances[instances > 0])[::order]:
        read = result if running else instances
        others = (read > 0) & (read != cell)
        if others.any():
            result[(read == cell) & near(others)] = 0
    return result


def checked(reach):
    if reach < 0:
        raise ValueError(f"reach must be 0 or more, not {reach}")


def distance(others):
    return ndimage.distance_transform_edt(~others)


@right("augment.open_gap")
def by_shifting(instances, reach=1.0):
    checked(reach)
    far = int(reach)
    wide = np.pad(instances, far)
    result = instances.copy()
    height, width = instances.shape
    for down in range(-far, far + 1):
        for across in range(-far, far + 1):
            if down**2 + across**2 <= reach**2:
                there = wide[far + down :, far + across :][:height, :width]
                result[(there > 0) & (instances > 0) & (there != instances)] = 0
    return result


@right("augment.open_gap")
def by_dilation(instances, reach=1.0):
    checked(reach)
    steps = np.arange(-int(reach), int(reach) + 1)
    ball = steps[:, None] ** 2 + steps**2 <= reach**2
    return opened(instances, lambda others: ndimage.binary_dilation(others, ball))


@wrong("augment.open_gap", "nothing is opened")
def untouched(instances, reach=1.0):
    checked(reach)
    return instances


@wrong("augment.open_gap", "a pixel at a distance of `reach` counts, too")
def less_than(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) < reach)


@wrong("augment.open_gap", "a step to a corner is longer")
def squares(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: ndimage.binary_dilation(others, np.ones([2 * int(reach) + 1] * 2)))


@wrong("augment.open_gap", "not steps along rows and columns")
def steps(instances, reach=1.0):
    checked(reach)
    return opened(
        instances, lambda others: ndimage.binary_dilation(others, iterations=int(reach)) if reach >= 1 else others
    )


@wrong("augment.open_gap", "where an image is changed while it is read")
def while_reading(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= reach, running=True)


@wrong("augment.open_gap", "where an image is changed while it is read")
def in_place(instances, reach=1.0):
    checked(reach)
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances != cell)
        if others.any():
            instances[(instances == cell) & (distance(others) <= reach)] = 0
    return instances


@wrong("augment.open_gap", "one of two cells is cut, the other stays")
def later_ones(instances, reach=1.0):
    checked(reach)
    result = instances.copy()
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances < cell)
        if others.any():
            result[(instances == cell) & (distance(others) <= reach)] = 0
    return result


@wrong("augment.open_gap", "cut back all around")
def eroded(instances, reach=1.0):
    checked(reach)
    result = np.zeros_like(instances)
    for cell in np.unique(instances[instances > 0]):
        whole = instances == cell
        result[ndimage.binary_erosion(whole, iterations=int(reach)) if reach >= 1 else whole] = cell
    return result


@wrong("augment.open_gap", "it is the other cells that count")
def from_the_background(instances, reach=1.0):
    checked(reach)
    return np.where(ndimage.distance_transform_edt(instances > 0) <= reach, 0, instances)


@wrong("augment.open_gap", "the numbers of the cells are lost")
def a_mask(instances, reach=1.0):
    return (by_dilation(instances, reach) > 0).astype(int)


@wrong("augment.open_gap", "each keeps its number")
def numbered_anew(instances, reach=1.0):
    return ndimage.label(by_dilation(instances, reach))[0]


@wrong("augment.open_gap", "it is twice as far")
def twice(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= 2 * reach)


@wrong("augment.open_gap", "each side is cut by all of it")
def halved(instances, reach=1.0):
    checked(reach)
    return opened(instances, lambda others: distance(others) <= reach / 2)


@wrong("augment.open_gap", "a negative reach reaches nowhere")
def unchecked(instances, reach=1.0):
    return opened(instances, lambda others: distance(others) <= reach)


@wrong("augment.open_gap", "to what is its distance measured?")
def nobody_else(instances, reach=1.0):
    checked(reach)
    result = instances.copy()
    for cell in np.unique(instances[instances > 0]):
        others = (instances > 0) & (instances != cell)
        far = distance(others) if others.any() else np.zeros(instances.shape)
        result[(instances == cell) & (far <= reach)] = 0
    return result


@wrong("augment.open_gap", "floats (float64) where integers are wanted")
def in_floats(instances, reach=1.0):
    return by_dilation(instances, reach).astype(float)


# ---------------------------------------------------------------------------------------------------- augment.layer


def moved(images, labels, nodes):
    n = len(images)
    still = torch.zeros(n, 2), torch.zeros(n, dtype=torch.float64), torch.zeros(n, 2, dtype=torch.bool)
    return warp(images, labels, Draw(*still, nodes, None), tuple(images.shape[2:]))


class Layer(nn.Module):
    """What the answers are made of."""

    def __init__(self, sigma=10.0, seed=0):
        super().__init__()
        if sigma < 0:
            raise ValueError("sigma must be 0 or more")
        self.sigma, self.seed = sigma, seed
        self.generator = torch.Generator().manual_seed(seed)

    def nodes(self, n):
        return self.sigma * torch.randn(n, 2, 3, 3, generator=self.generator)

    def forward(self, images, labels):
        return moved(images, labels, self.nodes(len(images))) if self.training else (images, labels)


@right("augment.layer")
class ByReplacing(Layer):
    """A draw that changes nothing but for its nodes, with random numbers that are thrown away."""

    def forward(self, images, labels):
        if not self.training:
            return images, labels
        size = tuple(images.shape[2:])
        nothing = dict.fromkeys(("sigma", "rotation", "shift", "grey"), 0)
        calm = draw(len(images), size, size, generator=torch.Generator(), flip=False, **nothing)
        return warp(images, labels, calm._replace(nodes=self.nodes(len(images))), size)


@right("augment.layer")
class OneByOne(Layer):
    """Each image by itself, and an error when it is called."""

    def __init__(self, sigma=10.0, seed=0):
        super().__init__(abs(sigma), seed)
        self.deviation = sigma

    def forward(self, images, labels):
        if self.deviation < 0:
            raise ValueError("no negative deviation")
        if not self.training:
            return images, labels
        pairs = zip(images[:, None], labels[:, None], self.nodes(len(images))[:, None], strict=True)
        tiles, found = zip(*(moved(*each) for each in pairs), strict=True)
        return torch.cat(tiles), torch.cat(found)


@wrong("augment.layer", "it bends in eval(), too")
class Always(Layer):
    def forward(self, images, labels):
        return moved(images, labels, self.nodes(len(images)))


@wrong("augment.layer", "it is the other way round")
class InEval(Layer):
    def forward(self, images, labels):
        return (images, labels) if self.training else moved(images, labels, self.nodes(len(images)))


@wrong("augment.layer", "the generator is seeded once")
class SeededAgain(Layer):
    def nodes(self, n):
        self.generator.manual_seed(self.seed)
        return super().nodes(n)


@wrong("augment.layer", "bent by different nodes")
class BentApart(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        return moved(images, labels, self.nodes(len(images)))[0], moved(images, labels, self.nodes(len(images)))[1]


@wrong("augment.layer", "the label stays where it was")
class LabelStays(Layer):
    def forward(self, images, labels):
        return super().forward(images, labels)[0], labels


@wrong("augment.layer", "random numbers that all share")
class SharedNumbers(Layer):
    def __init__(self, sigma=10.0, seed=0):
        super().__init__(sigma, seed)
        torch.manual_seed(seed)

    def nodes(self, n):
        return self.sigma * torch.randn(n, 2, 3, 3)


@wrong("augment.layer", "all images of a call are bent alike")
class OneForAll(Layer):
    def nodes(self, n):
        return super().nodes(1).expand(n, -1, -1, -1)


@wrong("augment.layer", "`sigma` makes no difference here")
class SigmaForgotten(Layer):
    def nodes(self, n):
        return torch.randn(n, 2, 3, 3, generator=self.generator)


@wrong("augment.layer", "`sigma` is the standard deviation, not its root")
class Squared(Layer):
    def nodes(self, n):
        return self.sigma * super().nodes(n)


@wrong("augment.layer", "rows and columns of the displacements are swapped")
class Swapped(Layer):
    def nodes(self, n):
        return super().nodes(n).flip(1)


@wrong("augment.layer", "other random numbers are drawn first")
class ByDraw(Layer):
    def nodes(self, n):
        return draw(n, (20, 20), (20, 20), generator=self.generator, sigma=self.sigma).nodes


@wrong("augment.layer", "the first call, images: the shape is right")
class TurnedToo(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        return augment(images, labels, generator=self.generator, sigma=self.sigma)


@wrong("augment.layer", "read in between pixels")
class LabelsInBetween(Layer):
    def forward(self, images, labels):
        if not self.training:
            return images, labels
        n = len(images)
        still = torch.zeros(n, 2), torch.zeros(n, dtype=torch.float64), torch.zeros(n, 2, dtype=torch.bool)
        move = Draw(*still, self.nodes(n), None)
        tiles, _, between = warp(images, labels, move, tuple(images.shape[2:]), labels.float())
        return tiles, between.long()


@wrong("augment.layer", "there is no negative standard deviation")
class Unchecked(Layer):
    def __init__(self, sigma=10.0, seed=0):
        super().__init__(abs(sigma), seed)
        self.sigma = sigma


@wrong("augment.layer", "does not return two tensors")
class ImagesAlone(Layer):
    def forward(self, images, labels):
        return [*super().forward(images, labels), None]


@wrong("augment.layer", "stops with AttributeError")
class SuperForgotten(nn.Module):
    def __init__(self, sigma=10.0, seed=0):
        if sigma < 0:
            raise ValueError("sigma must be 0 or more")
        self.sigma = sigma

    def forward(self, images, labels):
        return images, labels
