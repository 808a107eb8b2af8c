"""Rows of cells, made of pieces: what became of each cell is known, where it lies and how it is numbered is drawn.

A piece is a pair of rows of pixels, truth and prediction; 0 is background, other numbers are cells of this piece.
"""

import numpy as np


def exact(size):
    return [1] * size, [1] * size


def trimmed(size, left):
    """A cell of which the prediction has `left` pixels."""
    return [1] * size, [1] * left + [0] * (size - left)


def merged(*sizes):
    """Cells that touch, and are one in the prediction."""
    return [cell for cell, size in enumerate(sizes, 1) for _ in range(size)], [1] * sum(sizes)


def split(*sizes):
    return merged(*sizes)[::-1]


def bitten(size, other, bite):
    """Two cells; the first takes `bite` pixels of the second."""
    return [1] * size + [2] * other, [1] * (size + bite) + [2] * (other - bite)


def missed(size):
    return [1] * size, [0] * size


def invented(size):
    return missed(size)[::-1]


def strip(rng, *pieces, height=2):
    """Truth and prediction ``(height, W)``: the pieces in random order, one pixel of background between two of them."""
    rows = ([], [])
    names = rng.permutation(np.arange(1, 1 + 10 * len(pieces))).tolist()
    for place in rng.permutation(len(pieces)).tolist():
        for row, part in zip(rows, pieces[place], strict=True):
            own = {0: 0} | {cell: names.pop() for cell in sorted(set(part) - {0})}
            row.extend([*(own[cell] for cell in part), 0])
    return tuple(np.array([row[:-1]] * height) for row in rows)


def places(areas):
    """The pixels of each cell: {number: set of positions}."""
    found: dict = {}
    for place, name in enumerate(areas.ravel().tolist()):
        if name:
            found.setdefault(name, set()).add(place)
    return found
