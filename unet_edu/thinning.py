"""The thinning of the ISBI 2012 challenge: borders of any width become borders of one pixel.

    1 1 1 . . . . 2 2             1 1 1 1 1 0 2 2 2         numbers: segments
    1 1 1 1 . . . 2 2     ──►     1 1 1 1 1 0 2 2 2         . : membrane
    1 1 1 . . . . 2 2             1 1 1 1 1 0 2 2 2         0 : a dam, one pixel wide

It is the watershed of the inverted map, 4-connected, computed by a queue: who comes first decides on which side of the
middle a dam stands, and so the order of the queue is part of the score. Here it is kept, a whole wave at a time.
"""

import numpy as np
from scipy import ndimage


def regions(cells):
    """Return the 4-connected regions of a map, int32 ``(H, W)``: 0 where it is 0 (False), else 1…n."""
    return ndimage.label(cells)[0]


def thin(cells):
    """Return the segments of a map after thinning, int32 ``(H, W)``: 1…n, and 0 on borders one pixel wide.

    cells: bool or 0 and 1, ``(H, W)``. All its regions grow at one speed until they meet: a border that ends within a
    cell vanishes, a closed one stays. Each region becomes one segment, with the number that `regions` gives it. A map
    without a cell is flat: one basin, one segment.

    The order is that of the challenge. A queue, first in first out, starts with the membrane pixels beside a region,
    column by column. A pixel that is taken from it looks left, up, right, down. It joins the segment that it sees; it
    becomes dam if it sees two, or only dam. Its membrane neighbours that never were in the queue go to its end. So in a
    wall of even width the dam is the right or the lower one of the two middle pixels, and the mirror image of a slice
    may score differently.
    Source: the behaviour of Fiji's plugin Trainable_Segmentation, whose values `tests/test_thinning.py` holds.
    """
    cells = np.asarray(cells, dtype=bool)
    if not cells.any():
        return np.ones(cells.shape, np.int32)
    turned = np.pad(regions(cells).T, 1)  # the pixels of a column follow one another, as in the queue
    height, membrane = turned.shape[1], np.pad(~cells.T, 1).ravel()
    segments = turned.ravel()
    looks = np.array([-height, -1, height, 1])  # left, up, right, down
    later = segments.size
    turn = np.where(membrane, later, -1)  # in the newest wave: the place; -1: settled; later: in no wave yet
    beside = (segments[np.flatnonzero(membrane)[:, None] + looks] > 0).any(axis=1)
    wave = np.flatnonzero(membrane)[beside]
    while wave.size:
        turn[wave] = np.arange(wave.size)
        around = wave[:, None] + looks
        _settle(segments, turn, wave, around, looks)
        turn[wave] = -1
        reached = around.ravel()
        wave = _first_of_each(reached[turn[reached] == later], turn)
    return np.ascontiguousarray(segments.reshape(-1, height)[1:-1, 1:-1].T)


def _settle(segments, turn, wave, around, looks):
    """Write the segments of a wave, in place; `around` are the neighbours of its pixels, ``(N, 4)``.

    What a pixel sees is all that earlier waves settled, and the pixels of its own wave that come before it. The latter
    change nothing but where two segments meet, so those places alone are looked at again, until nothing changes.
    """
    segments[wave], dammed = _seen(segments[around])
    now = segments[around]
    differs = (now > 0) & (now != segments[wave][:, None])
    open_ = wave[differs.any(axis=1) & ~dammed]
    while open_.size:
        around = open_[:, None] + looks
        found, _ = _seen(np.where(turn[around] < turn[open_][:, None], segments[around], 0))
        changed = open_[found != segments[open_]]
        segments[open_] = found
        around = changed[:, None] + looks
        after = (turn[around] > turn[changed][:, None]) & (turn[around] < turn.size)
        open_ = np.unique(around[after])


def _seen(around):
    """Return what pixels become that see these segments, ``(N, 4)``, and whether they see two: then they are dam, 0."""
    highest = around.max(axis=1)
    lowest = np.where(around > 0, around, highest[:, None]).min(axis=1)
    two = lowest != highest
    return np.where(two, 0, highest), two


def _first_of_each(places, scratch):
    """Return each place once, in the order of its first occurrence. scratch: written at these places."""
    number = np.arange(places.size)
    scratch[places[::-1]] = number[::-1]  # of several numbers for one place the last one written stays: the first
    return places[scratch[places] == number]
