"""The same pixels, labelled from tiles that begin one pixel earlier each time: what changes, and when nothing does."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import traitlets

from unet_edu import checkpoints
from unet_edu.data import cells
from unet_edu.figures.base import LiveFigure, integer, pack
from unet_edu.predict import normalisation

NETWORK, SEED, TILE, MOST = "unet8-cells", 11, 268, 32  # MOST: the farthest that the tile is moved, pixels
BORDER, SIDE = 92, 52  # SIDE: the pixels that all tiles answer for


class SeamComb(LiveFigure):
    """Move a tile pixel by pixel under a window whose labels are looked at.

    shift: how far, 0 to 32 pixels. show: "changes" of the probability, or the "probability" itself. guess: which shifts
    change nothing, "none", "even" or "sixteens", or "". Raises TraitError for anything else.
    """

    colour_maps = ("magma",)

    kept = ("shift", "show", "guess")

    shift = integer(0, (0, MOST))
    show = traitlets.Enum(("changes", "probability"), "changes").tag(sync=True)
    guess = traitlets.Enum(("", "none", "even", "sixteens"), "").tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    changed = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode(
        "One piece of drawn tissue, labelled by one network. Only the place where its tile begins is moved, and with "
        "it the pairs that each pooling makes."
    ).tag(sync=True)

    def __init__(self, shift=0, **more):
        found = windows()
        shares = [round(100 * float(((one > 0.5) != (found[0] > 0.5)).mean()), 3) for one in found]
        image = pack(np.round(255 * _tissue()[BORDER + MOST :, BORDER + MOST :][:SIDE, :SIDE]).astype(np.uint8))
        maps = pack(np.round(255 * found).astype(np.uint8))
        super().__init__(shift=shift, maps=maps, image=image, changed=shares, **more)

    def poster(self):
        """Draw the comb: the share of labels that each shift changes."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import DOWN, SKIP

        fig, axes = plt.subplots(figsize=(7.5, 2.8))
        axes.vlines(range(MOST + 1), 0, self.changed, color=DOWN, lw=5)
        nothing = [shift for shift, share in enumerate(self.changed) if share == 0]
        axes.plot(nothing, [0] * len(nothing), "o", color=SKIP, ms=8, clip_on=False)
        axes.set(xlabel="the tile was moved by, pixels", ylabel="labels that change, %", ylim=(0, None))
        others = [share for share in self.changed if share]
        alt = (
            f"A comb: for each shift from 0 to {MOST} pixels the share of labels that change, {min(others):.1f} to "
            f"{max(others):.1f} percent, but none at {', '.join(map(str, nothing))}."
        )
        return fig, alt


@cache
def _tissue():
    return cells.tissue(TILE + MOST, seed=SEED).image


@cache
def windows():
    """Return the probability of a cell of the same pixels, float32 (33, 52, 52): the tile begins 0, 1, … 32 earlier."""
    net = checkpoints.load(NETWORK).eval()
    mean, std = normalisation(net)
    image, found = torch.tensor(_tissue()), []
    with torch.no_grad():
        for shift in range(MOST + 1):
            first = MOST - shift
            tile = image[first : first + TILE, first : first + TILE]
            answer = net(((tile - mean) / std)[None, None]).softmax(1)[0, 1]
            found.append(answer[shift : shift + SIDE, shift : shift + SIDE].numpy())
    return np.stack(found)
