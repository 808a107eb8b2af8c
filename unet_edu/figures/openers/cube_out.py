"""A row, a square, a cube of pixels goes into a network without padding: how much of it comes out?"""

from __future__ import annotations

import traitlets

from unet_edu import arithmetic
from unet_edu.figures.base import LiveFigure, integer

DEPTH = 3  # of the 3D U-Net
BORDER = arithmetic.border(depth=DEPTH)
LIMITS = (92, 508)  # both legal


class CubeOut(LiveFigure):
    """Choose how many axes a volume has, and how long they are.

    size: pixels a side, 92 to 508, taken up to the next legal one. axes: 1, 2 or 3. guess: how much of a cube of 132
    comes out, "third", "tenth" or "27th", or "". Raises TraitError for anything else.
    """

    scripts = ("arithmetic.js",)

    kept = ("size", "axes", "guess")

    size = integer(132, LIMITS)
    axes = traitlets.Enum((1, 2, 3), 1).tag(sync=True)
    guess = traitlets.Enum(("", "third", "tenth", "27th"), "").tag(sync=True)
    caption = traitlets.Unicode(
        "What a network with three poolings and no padding returns of a row, a square and a cube. Blue is lost, "
        "green comes out."
    ).tag(sync=True)

    def __init__(self, size=132, **more):
        super().__init__(size=size, **more)

    @property
    def legal_size(self):
        """The size that goes in: the smallest legal one that is at least as large."""
        return arithmetic.nearest_valid(self.size, depth=DEPTH)[1]

    def share(self, axes=None):
        """Return which part comes out, 0 to 1, of a row (axes=1), a square or a cube; None: of what is shown."""
        size = self.legal_size
        return (arithmetic.output_size(size, depth=DEPTH) / size) ** (axes or self.axes)

    def poster(self):
        """Draw the three shares as bars."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import DOWN, DOWN_AREA, UP, UP_AREA

        names = ("row", "square", "cube")
        shares = [self.share(axes) for axes in (1, 2, 3)]
        fig, axes = plt.subplots(figsize=(6.8, 2.2))
        axes.barh(names, [1] * 3, color=DOWN_AREA, edgecolor=DOWN)
        axes.barh(names, shares, color=UP_AREA, edgecolor=UP)
        for row, share in enumerate(shares):
            axes.text(share + 0.02, row, f"{share:.1%}", va="center")
        axes.set(xlim=(0, 1), ylim=(2.6, -0.6), xticks=[])
        alt = (
            f"Three bars. With sides of {self.legal_size} pixels {shares[0]:.0%} of a row comes out, {shares[1]:.0%} "
            f"of a square and {shares[2]:.1%} of a cube."
        )
        return fig, alt
