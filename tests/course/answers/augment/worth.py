"""Answers to the exercise augment.worth: two right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong


def blocks_of(labels, side):
    rows, columns = labels.shape[1] // side, labels.shape[2] // side
    cut = np.asarray(labels, float)[:, : rows * side, : columns * side]
    return cut, cut.reshape(len(cut), rows, side, columns, side)


@right()
def block_by_block(labels, side):
    means = []
    for one in np.asarray(labels).astype(float):
        for top in range(0, one.shape[0] // side * side, side):
            for left in range(0, one.shape[1] // side * side, side):
                means.append(one[top : top + side, left : left + side].mean())
    p = np.mean(means)
    return p * (1 - p) / np.var(means, ddof=1)


@right()
def by_pooling(labels, side):
    means = torch.nn.functional.avg_pool2d(torch.tensor(np.asarray(labels, float))[:, None], side)
    return (means.mean() * (1 - means.mean()) / means.var()).item()


@wrong("divided by n, not by n - 1")
def all_of_n(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).var()


@wrong("the standard deviation is taken")
def spread(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).std(ddof=1)


@wrong("here the rest counts, too")
def share_of_all(labels, side):
    _, blocks = blocks_of(labels, side)
    p = np.mean(labels)
    return p * (1 - p) / blocks.mean((2, 4)).var(ddof=1)


@wrong("blocks are counted from the first pixel on")
def from_the_end(labels, side):
    return block_by_block(labels[:, ::-1, ::-1], side)


@wrong("p(1 - p), not p")
def share_alone(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.mean() / blocks.mean((2, 4)).var(ddof=1)


@wrong("it is upside down")
def inverted(labels, side):
    return 1 / block_by_block(labels, side)


@wrong("that is the share of pixels")
def share_of_a_block(labels, side):
    return block_by_block(labels, side) / side**2


@wrong("wanted is one of them")
def worth_of_all(labels, side):
    _, blocks = blocks_of(labels, side)
    return block_by_block(labels, side) * blocks.mean((2, 4)).size


@wrong("the maps are averaged over each other")
def averaged_maps(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 4)).mean(0).var(ddof=1)


@wrong("the axes are mixed up")
def axes_mixed_up(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((2, 3)).var(ddof=1)


@wrong("over the blocks, not over the pixels")
def mean_over_blocks(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.mean((1, 3)).var(ddof=1)


@wrong("the sums of the blocks")
def sums_of_blocks(labels, side):
    cut, blocks = blocks_of(labels, side)
    return cut.var() / blocks.sum((2, 4)).var(ddof=1)


@wrong("runs of pixels, no blocks")
def runs(labels, side):
    cut, _ = blocks_of(labels, side)
    return cut.var() / cut.reshape(-1, side * side).mean(1).var(ddof=1)


@wrong("it stops with ValueError: cannot reshape")
def uncut(labels, side):
    labels = np.asarray(labels, float)
    n, height, width = labels.shape
    means = labels.reshape(n, height // side, side, width // side, side).mean((2, 4))
    return labels.var() / means.var(ddof=1)
