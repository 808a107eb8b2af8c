"""Bending a true label towards a proposal, without joining, cutting, making or removing a cell or a hole.

    truth      proposal     bent
    # # . #    # . # #      # . # #       the wall moved: nothing is left that is wrong
    # # . #    # . # #  ──► # . # #
    # # . #    # # # #      # . # #       the gap stays: it joins two cells

# is cell, 4-connected; . is membrane, 8-connected, and so is what lies outside of the image. Arrays are (H, W), of 0
and 1.
"""

import numpy as np
from scipy import ndimage

from unet_edu.thinning import regions

EIGHT = np.ones((3, 3), np.uint8)


def connectivity_number(ring):
    """Return how many 4-connected pieces of cell a pixel would join, of its eight neighbours in order, ``(N, 8)``.

    The order is once around the pixel, from its right neighbour on. 1 means that the pixel is simple: it may change its
    class without a change of topology. 0 means that it lies inside cell or inside membrane.
    Source: Yokoi, Toriwaki and Fukumura, Computer Graphics and Image Processing 4 (1975).
    """
    ring = np.asarray(ring, np.int8)
    straight, corner, next_straight = ring[:, 0::2], ring[:, 1::2], np.roll(ring, -2, axis=1)[:, 0::2]
    return np.sum(straight - straight * corner * next_straight, axis=1)


# For each of the 256 neighbourhoods, one bit a neighbour, whether the pixel in the middle is simple.
SIMPLE = (connectivity_number(np.arange(256)[:, None] >> np.arange(8) & 1) == 1).tolist()


def bend(label, proposal, certainty):
    """Return the label, bent towards the proposal, uint8: pixel after pixel takes its value where it is simple.

    certainty: how sure the proposal is of each pixel. The surest goes first; of equals, the one further to the left,
    then the one further up. Sweep follows sweep until none changes anything: as in the challenge's plugin.
    """
    width = label.shape[1] + 2
    bent, goal = (np.pad(array, 1).astype(np.uint8) for array in (label, proposal))
    rows, columns = np.nonzero(bent != goal)
    order = np.lexsort((rows, columns, -certainty[rows - 1, columns - 1]))
    waiting = (rows * width + columns)[order].tolist()
    pixels, goal = bytearray(bent), bytes(goal)  # one at a time these are quicker than arrays
    due = bytearray(b"\1" * len(pixels))  # whose neighbourhood has changed since the pixel was last looked at
    before = None
    while len(waiting) != before:
        before, waiting = len(waiting), _sweep(pixels, goal, due, waiting, width)
    return np.frombuffer(pixels, np.uint8).reshape(-1, width)[1:-1, 1:-1].copy()


def _sweep(pixels, goal, due, places, width):
    """Change the simple ones of some pixels, one after the other, in place; return the places of the others."""
    left = []
    for place in places:
        if not due[place]:
            left.append(place)
            continue
        above, below = place - width, place + width
        around = (
            pixels[place + 1]
            | pixels[above + 1] << 1
            | pixels[above] << 2
            | pixels[above - 1] << 3
            | pixels[place - 1] << 4
            | pixels[below - 1] << 5
            | pixels[below] << 6
            | pixels[below + 1] << 7
        )
        if SIMPLE[around]:
            pixels[place] = goal[place]
            due[above - 1 : above + 2] = due[place - 1 : place + 2] = due[below - 1 : below + 2] = b"\1\1\1"
        else:
            due[place] = 0
            left.append(place)
    return left


def splits_and_mergers(bent, proposal):
    """Return where a bent label differs from the proposal by a split or a merger, bool ``(H, W)``.

    Each pixel is asked alone. One that should be cell is part of a merger where different cells lie among its eight
    neighbours. One that should be membrane is part of a split where different cells lie there once it is membrane.
    What is wrong besides is neither: holes that were made or filled, specks, cells that are lost or invented.
    Source: the behaviour of Fiji's plugin Trainable_Segmentation, "minimum splits and mergers".
    """
    width = bent.shape[1] + 2
    ring = np.array([1, 1 - width, -width, -width - 1, -1, width - 1, width, width + 1])  # once around a pixel
    padded = np.pad(bent, 1)
    cells, membranes = regions(padded).ravel(), ndimage.label(padded == 0, EIGHT)[0].ravel()
    wrong = np.flatnonzero(np.pad(bent != proposal, 1))
    around, own = wrong[:, None] + ring, cells[wrong][:, None]
    others = _different(np.where(cells[around] == own, 0, cells[around]))
    joins = connectivity_number(cells[around] == own)
    sides = np.any(cells[around[:, ::2]] == own, axis=1)
    # A membrane through the pixel cuts its cell once more for each two of its ends that are one membrane already.
    pieces = np.where(joins > 0, 1 + joins - _different(membranes[around]), sides)
    found = np.zeros(padded.size, bool)
    found[wrong] = np.where(own[:, 0] > 0, pieces + others, others) >= 2
    return found.reshape(padded.shape)[1:-1, 1:-1]


def _different(numbers):
    """Return how many different numbers above 0 stand in each row, ``(N,)``."""
    return np.sum(np.diff(np.sort(numbers, axis=1), axis=1, prepend=0) > 0, axis=1)
