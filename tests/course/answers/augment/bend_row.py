"""Answers to the exercise augment.bend_row: three right ones, and the known wrong ones."""

import numpy as np
import torch
from answerkit import right, wrong
from scipy import ndimage


def looked_up(row, place):
    return np.interp(place, np.arange(len(row)), row)


def displaced(row, nodes, sign=1):
    x = np.arange(len(row))
    return x + sign * np.interp(x, [0, (len(row) - 1) / 2, len(row) - 1], nodes)


def folded(place, last):
    return last - np.abs(np.mod(place, 2 * last) - last)


@right()
def by_a_longer_row(row, nodes):
    """The mirrors written out."""
    row = np.asarray(row, dtype=float)
    times = 2 * int(np.abs(nodes).max() // len(row) + 2)
    longer = np.pad(row, times * (len(row) - 1), mode="reflect")
    return looked_up(longer, displaced(row, nodes) + times * (len(row) - 1))


@right()
def by_scipy(row, nodes):
    return ndimage.map_coordinates(np.asarray(row, dtype=float), [displaced(row, nodes)], order=1, mode="mirror")


@right()
def by_halves(row, nodes):
    middle = len(row) // 2
    shift = np.concatenate([np.linspace(*nodes[:2], middle + 1), np.linspace(*nodes[1:], middle + 1)[1:]])
    place = folded(np.arange(len(row)) + shift, len(row) - 1)
    below = np.minimum(place.astype(int), len(row) - 2)
    return row[below] + (place - below) * (1.0 * row[below + 1] - row[below])


@wrong("a positive one reads further right")
def other_side(row, nodes):
    return looked_up(row, folded(displaced(row, nodes, -1), len(row) - 1))


@wrong("the last grey is repeated; places there are mirrored")
def without_mirrors(row, nodes):
    return looked_up(row, displaced(row, nodes))


@wrong("goes on at the other")
def around(row, nodes):
    return looked_up(row, displaced(row, nodes) % len(row))


@wrong("it stands on its centre")
def edge_seen_twice(row, nodes):
    place = np.mod(displaced(row, nodes) + 0.5, 2 * len(row))
    return looked_up(row, np.where(place > len(row), 2 * len(row) - place, place) - 0.5)


@wrong("is mirrored once; it may take more often")
def mirrored_once(row, nodes):
    last = len(row) - 1
    place = np.abs(displaced(row, nodes))
    return looked_up(row, np.where(place > last, 2 * last - place, place))


@wrong("the mirror at the right end is missing")
def left_mirror(row, nodes):
    return looked_up(row, np.abs(displaced(row, nodes)))


@wrong("it takes the nearest grey")
def nearest(row, nodes):
    return row[folded(displaced(row, nodes), len(row) - 1).round().astype(int)].astype(float)


@wrong("the grey of the pixel to the left")
def to_the_left(row, nodes):
    return row[folded(displaced(row, nodes), len(row) - 1).astype(int)].astype(float)


@wrong("holds floats")
def into_its_own_kind(row, nodes):
    bent = np.empty_like(row)
    bent[:] = by_scipy(row, nodes)
    return bent


@wrong("by a cubic, as in the chapter")
def by_a_cubic(row, nodes):
    from unet_edu.data.augment import displacements

    rows = torch.tensor(nodes, dtype=torch.float32).expand(1, 2, 3, 3)
    bend = displacements(rows, (1, len(row)))[0, 1, 0].numpy()
    return looked_up(row, folded(np.arange(len(row)) + bend, len(row) - 1))


@wrong("which are not 0, n/2 and n")
def nodes_to_n(row, nodes):
    x, n = np.arange(len(row)), len(row)
    return looked_up(row, folded(x + np.interp(x, [0, n / 2, n], nodes), n - 1))


@wrong("nodes are taken from right to left")
def nodes_turned(row, nodes):
    return by_scipy(row, nodes[::-1])


@wrong("a displacement is where a new pixel reads its value")
def forward_mapping(row, nodes):
    place = displaced(row, nodes)
    order = np.argsort(place, kind="stable")
    return np.interp(np.arange(len(row)), place[order], np.asarray(row)[order])


@wrong("not the greys")
def places(row, nodes):
    return displaced(row, nodes)


@wrong("a list where an array is wanted")
def in_a_list(row, nodes):
    return by_scipy(row, nodes).tolist()
