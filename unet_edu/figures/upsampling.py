"""Four ways to make a map twice as large, and who paints which pixel.

nearest     bilinear     2×2, stride 2     3×3, stride 2
1 1 1 1     mixtures     1 1 1 1           1 2 1 2 1       how often a pixel is painted, along a row
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import traitlets
from torch.nn import functional

from unet_edu import checkpoints
from unet_edu.figures.base import LiveFigure

SIDE = 6  # pixels of the coarse map
METHODS = ("nearest", "bilinear", "two", "three")
COARSE = (
    "......"
    ".##.+."
    ".##..."
    "...#.."
    ".+..#."
    "......"
)  # fmt: skip
VALUES = {".": 0, "+": 50, "#": 100}
LINEAR = [25, 50, 25, 50, 100, 50, 25, 50, 25]
NETWORK, LAYER = "unet8-cells", "up0"


class Upsampling(LiveFigure):
    """Paint a coarse map, choose how it grows, edit the weights, point at a pixel and see what it is made of.

    method: "nearest", "bilinear" (align_corners=False), "two" or "three": transposed convolution with a 2×2 or a 3×3
    kernel, stride 2, no padding. coarse: 36 values in percent, 0 to 100, row by row. two, three: the weights of the
    kernels in hundredths, -200 to 200, row by row. x, y: the fine pixel that is pointed at; cell: the coarse one that
    is painted, 0 to 35. show: "values" or "count". Raises TraitError for anything else.
    """

    kept = ("method", "show", "coarse", "two", "three", "x", "y", "cell")

    method = traitlets.Enum(METHODS, "three").tag(sync=True)
    coarse = traitlets.List(traitlets.Int(min=0, max=100), minlen=SIDE**2, maxlen=SIDE**2).tag(sync=True)
    two = traitlets.List(traitlets.Int(min=-200, max=200), minlen=4, maxlen=4).tag(sync=True)
    three = traitlets.List(traitlets.Int(min=-200, max=200), minlen=9, maxlen=9).tag(sync=True)
    trained = traitlets.List(traitlets.Int(), minlen=4, maxlen=4).tag(sync=True)
    x = traitlets.Int(4, min=0, max=2 * SIDE).tag(sync=True)
    y = traitlets.Int(4, min=0, max=2 * SIDE).tag(sync=True)
    cell = traitlets.Int(7, min=0, max=SIDE**2 - 1).tag(sync=True)
    show = traitlets.Enum(("values", "count"), "values").tag(sync=True)
    caption = traitlets.Unicode(
        "A map of 6 × 6 pixels made twice as large. The marked fine pixel is the sum of what the framed coarse pixels "
        "paint there, each with its weight."
    ).tag(sync=True)

    def __init__(self, method="three", **more):
        given = {"coarse": [VALUES[sign] for sign in COARSE], "two": [100] * 4, "three": [100] * 9}
        super().__init__(**({"method": method, "trained": trained(), **given} | more))

    @property
    def fine(self):
        """The map that comes out, float32 (12, 12), or (13, 13) for the 3×3 kernel, as PyTorch computes it."""
        return upsampled(np.reshape(self.coarse, (SIDE, SIDE)) / 100, self.method, self._weights())

    def _weights(self):
        return np.array({"three": self.three}.get(self.method, self.two)) / 100

    def poster(self):
        """Draw the coarse map and all four ways to double it."""
        import matplotlib.pyplot as plt

        coarse = np.reshape(self.coarse, (SIDE, SIDE)) / 100
        titles = ["coarse", "nearest", "bilinear", "2×2, stride 2", "3×3, stride 2"]
        kernels = {"three": np.array(self.three) / 100}
        maps = [coarse] + [upsampled(coarse, one, kernels.get(one, np.array(self.two) / 100)) for one in METHODS]
        fig, axes = plt.subplots(1, 5, figsize=(10, 2.4))
        for panel, picture, title in zip(axes, maps, titles, strict=True):
            panel.imshow(picture, cmap="gray")
            panel.set_title(f"{title}, {len(picture)} px", fontsize=9)
            panel.axis("off")
        alt = (
            f"A coarse map of {SIDE} × {SIDE} pixels with a few bright squares, and four ways to double it: nearest, "
            "in blocks; bilinear, smooth; a transposed convolution of 2×2 pixels, here like nearest where its weights "
            f"are equal; and one of 3×3 pixels, {len(maps[-1])} pixels wide, up to {maps[-1].max():.1f} bright where "
            "neighbouring windows overlap."
        )
        return fig, alt


def upsampled(coarse, method, weights):
    """Return the map (n, n) twice as large: (2n, 2n), or (2n + 1, 2n + 1) for "three". weights: 4 or 9 numbers."""
    x = torch.tensor(coarse, dtype=torch.float32)[None, None]
    if method == "nearest":
        out = functional.interpolate(x, scale_factor=2, mode="nearest")
    elif method == "bilinear":
        out = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    else:
        side = 3 if method == "three" else 2
        kernel = torch.tensor(np.reshape(weights, (1, 1, side, side)), dtype=torch.float32)
        out = functional.conv_transpose2d(x, kernel, stride=2)
    return out[0, 0].numpy()


@cache
def trained():
    """Return one 2×2 kernel of a trained up-convolution, the strongest, in hundredths: [int] of four."""
    weight = getattr(checkpoints.load(NETWORK), LAYER).weight.detach().flatten(0, 1).flatten(1)
    strongest = weight[weight.square().sum(1).argmax()]
    return [int(value) for value in (100 * strongest).round().clamp(-200, 200)]
