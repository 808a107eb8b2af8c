"""Sixteen cells and borders of one pixel: paint or erase a single one and watch five scores."""

from __future__ import annotations

import numpy as np
import traitlets

from unet_edu import metrics, thinning
from unet_edu.figures.base import LiveFigure, integer
from unet_edu.metrics.instances import merged_and_split

CELL, COUNT = 12, 4  # pixels of a cell, cells a side
SIDE = CELL * COUNT + COUNT - 1
LINES = [CELL + (CELL + 1) * number for number in range(COUNT - 1)]  # of the borders
BEGINS = ("truth", "gap", "wall", "broad", "moved")
MOST = 64  # pixels that a reader may change


class OnePixel(LiveFigure):
    """Change pixels of a prediction, and see which score minds.

    begin: what the prediction is at first: the "truth", a "gap" of one pixel in a border, one more "wall", "broad"
    borders of three pixels, or the truth "moved" by one. flips: pixels that are changed, 51 · row + column each, 64
    at most. x, y: the pixel that keys change, 0 to 50. Raises TraitError for anything else.
    """

    scripts = ("cells.js",)

    kept = ("begin", "flips", "x", "y")

    begin = traitlets.Enum(BEGINS, "truth").tag(sync=True)
    flips = traitlets.List(traitlets.Int(min=0, max=SIDE**2 - 1), maxlen=MOST).tag(sync=True)
    x = integer(LINES[0], (0, SIDE - 1))
    y = integer(CELL // 2, (0, SIDE - 1))
    caption = traitlets.Unicode(
        "Sixteen cells, white, with borders of one pixel. Click a pixel and it changes sides; five scores compare the "
        "result with the truth."
    ).tag(sync=True)

    def __init__(self, begin="truth", **more):
        super().__init__(begin=begin, **more)

    @property
    def prediction(self):
        """The labels as they are now, 1 is cell: uint8 (51, 51)."""
        found = starting(self.begin).copy()
        for at in self.flips:
            found[at // SIDE, at % SIDE] ^= 1
        return found

    def scores(self):
        """Return the share of wrong pixels, IoU and Dice of the cells, V_Rand after thinning, and cells to mend."""
        truth, found = starting("truth"), self.prediction
        merged, split = merged_and_split(metrics.regions(truth), thinning.thin(found))
        return {
            "wrong": float((truth != found).mean()), "iou": float(metrics.iou(truth, found, cls=1)),
            "dice": float(metrics.dice(truth, found, cls=1)),
            "vRand": float(metrics.v_rand(truth, found.astype(float)).score),
            "mend": int(merged + split),
        }  # fmt: skip

    def poster(self):
        """Draw the truth and a prediction with a gap of one pixel, with their scores."""
        import matplotlib.pyplot as plt

        fig, axes = plt.subplots(1, 2, figsize=(6.2, 3.4))
        gap = OnePixel(begin="gap").scores()
        for panel, begin, title in zip(axes, ("truth", "gap"), ("the truth", "one pixel changed"), strict=True):
            panel.imshow(starting(begin), cmap="gray", vmin=0, vmax=1)
            panel.set_title(title)
            panel.axis("off")
        alt = (
            f"Sixteen white cells with borders of one pixel, and the same with a single border pixel missing: "
            f"{100 * gap['wrong']:.2f} percent of the pixels are wrong, and V_Rand falls from 1 to {gap['vRand']:.3f}."
        )
        return fig, alt


def starting(begin):
    """Return what a prediction is at first, 1 is cell: uint8 (51, 51). Raises KeyError for a name that is not known."""
    truth = np.ones((SIDE, SIDE), np.uint8)
    truth[LINES] = truth[:, LINES] = 0
    if begin == "truth":
        return truth
    changed = truth.copy()
    if begin == "gap":
        changed[CELL // 2, LINES[0]] = 1
    elif begin == "wall":
        changed[LINES[0] + 1 : LINES[1], LINES[0] + 1 + CELL // 2] = 0
    elif begin == "broad":
        for line in LINES:
            changed[line - 1 : line + 2] = changed[:, line - 1 : line + 2] = 0
    else:
        if begin != "moved":
            raise KeyError(begin)
        changed[1:, 1:] = truth[:-1, :-1]
    return changed
