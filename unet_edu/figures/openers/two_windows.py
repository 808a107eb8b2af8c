"""Two windows of tissue, one pixel apart: the middle of one is inside a cell, that of the other on a membrane."""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.plots.shared import straight_borders

SIDE, SEED, PAIRS, HALF, REACH = 256, 5, 5, 47, 2  # pixels; how many pairs; half a window at most; of a straight border


class TwoWindows(LiveFigure):
    """Say which of two windows has a membrane in its middle; widen or narrow them.

    pair: 0 to 4. half: pixels to each side of the middle, 1 to 47. guess: "left", "right" or "". Raises TraitError for
    anything else.
    """

    kept = ("pair", "half", "guess")

    pair = integer(0, (0, PAIRS - 1))
    half = integer(HALF, (1, HALF))
    guess = traitlets.Enum(("", "left", "right"), "").tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    places = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode(
        "Two windows around two neighbouring pixels, which sit in the small frames, in drawn tissue. One of the two "
        "pixels lies on a membrane, the other inside a cell."
    ).tag(sync=True)

    def __init__(self, pair=0, **more):
        image = pack(np.round(255 * _tissue().image).astype(np.uint8))
        super().__init__(pair=pair, image=image, places=places(_tissue().label), **more)

    def poster(self):
        """Draw the two windows of the pair."""
        import matplotlib.pyplot as plt

        row, left, right, _ = self.places[self.pair]
        fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.3))
        for panel, column, title in zip(axes, (left, right), ("left", "right"), strict=True):
            window = _tissue().image[row - self.half : row + self.half + 1, column - self.half : column + self.half + 1]
            panel.imshow(window, cmap="gray")
            panel.add_patch(plt.Rectangle((self.half - 1.5, self.half - 1.5), 3, 3, fill=False, ec="#ffd60a", lw=1.5))
            panel.set_title(title)
            panel.axis("off")
        width = 2 * self.half + 1
        alt = (
            f"Two pictures of drawn tissue, {width} pixels wide, which look the same: one shows the place of the "
            "other, moved by one pixel. A small frame marks the middle of each. One middle lies on a membrane, the "
            "other does not."
        )
        return fig, alt


@cache
def _tissue():
    return cells.tissue(SIDE, seed=SEED)


def places(label):
    """Return `PAIRS` times [row, column of the left window, of the right one, "left" or "right": the membrane].

    The two columns are neighbours, one on each side of a straight piece of border between cell and membrane; the
    places lie apart from each other, and far enough from the edge of `label` (H, W) for the widest window.
    """
    chosen: list[list[int]] = []
    for row, column in straight_borders(label, HALF, REACH).tolist():
        if len(chosen) < PAIRS and all(abs(row - r) + abs(column - c) > 12 for r, c in chosen):
            chosen.append([row, column])
    sides = np.random.default_rng(SEED).permutation(PAIRS) % 2
    return [
        [row, column + 1, column, "left"] if side else [row, column, column + 1, "right"]
        for (row, column), side in zip(chosen, sides, strict=True)
    ]
