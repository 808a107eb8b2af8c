"""A window for every pixel, against one pass for all: what is computed again and again, counted.

    window at 0    ▕██████████▏
    window at 1     ▕██████████▏          of 92 values of conv1, 91 were there before
    window at 2      ▕██████████▏

A value of layer l stands 2^(l-1) pixels beside its neighbour in the same window, so two windows share it where they lie
that far apart. Each place counted once is what a fully convolutional pass costs (`SlidingWindowNet.dense`).
"""

from __future__ import annotations

import numpy as np
import traitlets

from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.models.sliding_window import HIDDEN, KERNELS, MAPS, WINDOW

LIMITS = {"side": (8, 128), "done": (0, 128**2)}
SEED = 3
CLASSES = 2


def layers():
    """Return [(name, values along one axis of a window, pixels from one to the next, multiply-adds of one value)]."""
    found, size, channels = [], WINDOW, 1
    for level, kernel in enumerate(KERNELS):
        size = size - kernel + 1
        found.append((f"conv{level + 1}", size, 2**level, MAPS * channels * kernel**2))
        size, channels = size // 2, MAPS
    return found


LAST = MAPS * 9 * HIDDEN + HIDDEN * CLASSES  # multiply-adds of the two layers after the convolutions, for one pixel


class SlidingWindow(LiveFigure):
    """Let the window of network N4 slide over an image and watch how often each value is computed.

    side: pixels of the square image, 8 to 128. done: windows that have been computed, row by row, 0 to side².
    layer: whose values are counted, "conv1" … "conv4". Raises TraitError for anything else.
    """

    colour_maps = ("magma",)

    kept = ("side", "done", "layer")

    side = integer(64, LIMITS["side"])
    done = integer(420, LIMITS["done"])
    layer = traitlets.Enum([name for name, *_ in layers()], "conv1").tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    caption = traitlets.Unicode(
        "A window of 95 × 95 pixels for every pixel of the image. Bright: values of a layer that have been computed "
        "many times already, by one window after another; a fully convolutional pass computes each of them once."
    ).tag(sync=True)

    def __init__(self, side=64, done=420, **more):
        image = np.round(255 * cells.tissue(LIMITS["side"][1] + WINDOW - 1, seed=SEED).image).astype(np.uint8)
        super().__init__(side=side, done=done, image=pack(image), **more)

    def poster(self):
        """Draw how often each value of every layer is computed in the end."""
        import matplotlib.pyplot as plt

        windows = min(self.done, self.side**2)
        fig, axes = plt.subplots(1, len(KERNELS), figsize=(10, 2.9))
        for panel, (name, *_) in zip(axes, layers(), strict=True):
            counted = visits(self.side, windows, name)
            panel.imshow(np.log1p(counted), cmap="magma")
            panel.set_title(f"{name}: up to {counted.max():,}", fontsize=9)
            panel.axis("off")
        patchwise, dense = work(self.side, self.side**2)
        alt = (
            f"Four heat maps of how often the values of conv1 to conv4 are computed by {windows:,} windows. For all "
            f"{self.side**2:,} pixels of an image of {self.side} × {self.side} the windows need {patchwise / 1e9:,.1f} "
            f"GMAC, one fully convolutional pass {dense / 1e9:,.1f}, {patchwise / dense:.0f} times fewer."
        )
        return fig, alt


def visits(side, windows, layer):
    """Return how many of the first `windows` windows of an image computed each value of a layer: int (n, n)."""
    size, step = next((size, step) for name, size, step, _ in layers() if name == layer)
    places = side + step * (size - 1)
    full, part = divmod(windows, side)

    def along(count):
        """How many of the windows 0 … count - 1 of a row compute each place."""
        found = np.zeros(places, int)
        for first in range(count):
            found[first : first + step * (size - 1) + 1 : step] += 1
        return found

    last = np.zeros(places, int)
    if full < side:
        last[full : full + step * (size - 1) + 1 : step] = 1
    return np.outer(along(full), along(side)) + np.outer(last, along(part))


def work(side, windows):
    """Return (multiply-adds of that many windows one by one, multiply-adds with every value computed once)."""
    patchwise = windows * (sum(size**2 * macs for _, size, _, macs in layers()) + LAST)
    dense = sum(int((visits(side, windows, name) > 0).sum()) * macs for name, _, _, macs in layers()) + windows * LAST
    return patchwise, dense
