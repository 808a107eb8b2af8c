"""Cells that were merged and cells that were split, as lines to draw on the image; the fullest window of a mask."""

from typing import NamedTuple

import numpy as np

from unet_edu.metrics import regions, thin

SHARE = (
    0.25  # of the smaller of the two: what a cell and a segment must have in common for one to hold part of the other
)


class Mistakes(NamedTuple):
    """What a segmentation got wrong, as V_Rand sees it. Maps are bool (H, W), lines one pixel wide.

    merged: true borders between cells that one segment holds. split: borders of the proposal between parts of one cell.
    cells: how many true cells there are. merged_cells: how many share a segment with another. split_cells: how many
    are held by several segments.
    """

    merged: np.ndarray
    split: np.ndarray
    cells: int
    merged_cells: int
    split_cells: int


def mistakes(label, probability, threshold):
    """Return the `Mistakes` of a probability of being inside a cell, (H, W), at a threshold; label: 0 or 1, (H, W).

    Truth and proposal are both thinned first, as the challenge does: a membrane that is too broad, or a pixel or two
    beside its place, is no mistake, and one with a hole is as good as missing. A segment holds part of a true cell
    where they have at least a quarter of the smaller of the two in common; less is a border beside its place.
    """
    label = np.asarray(label)
    cells, territories = regions(label), thin(label)  # a territory is its cell, grown up to borders of one pixel
    segments = thin(np.asarray(probability) > threshold)
    shape = cells.max() + 1, segments.max() + 1
    common = np.bincount(cells.ravel() * shape[1] + segments.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
    smaller = np.minimum(np.bincount(cells.ravel())[:, None], np.bincount(segments.ravel(), minlength=shape[1])[None])
    part = common >= np.maximum(SHARE * smaller, 1)
    part[0], part[:, 0] = False, False  # borders are nobody's
    return Mistakes(
        merged=_borders_inside(territories, segments, part.T),
        split=_borders_inside(segments, territories, part),
        cells=shape[0] - 1,
        merged_cells=int(part[:, part.sum(0) > 1].any(1).sum()),
        split_cells=int((part.sum(1) > 1).sum()),
    )


def _borders_inside(lines, areas, part):
    """Where a border between two of `lines` runs inside one of `areas` that has part in both, bool (H, W)."""
    row, column = np.nonzero((lines == 0) & (areas > 0))
    padded = np.pad(lines, 1)
    around = np.stack([padded[row + r, column + c] for r in range(3) for c in range(3)])  # (9, N)
    held = np.where(part[areas[row, column][None], around], around, 0)
    highest = held.max(0)
    lowest = np.where(held > 0, held, highest).min(0)
    found = np.zeros(lines.shape, bool)
    found[row, column] = highest != lowest
    return found


def busiest_window(mask, side):
    """Return (top, left) of the square of `side` pixels that holds most of a mask; the first if several do."""
    sums = np.pad(np.cumsum(np.cumsum(mask, 0), 1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.unravel_index(inside.argmax(), inside.shape)
