"""A window slides over a row of pixels: one value wherever it fits."""

from __future__ import annotations

import traitlets

from unet_edu import arithmetic
from unet_edu.figures.base import LiveFigure, integer

VALUES = (3, 8, 2, 9, 4, 7, 1, 6, 5, 9)  # grey values of ten pixels


class RowOfTen(LiveFigure):
    """Slide a window along ten pixels and count what comes out.

    kernel: width of the window, 1 to 7. at: where it begins, 0 to 9; beyond the last place where it fits it stands
    there. guess: how many values come out, "10", "9" or "8", or "". Raises TraitError for anything else.
    """

    kept = ("at", "kernel", "guess")

    at = integer(0, (0, len(VALUES) - 1))
    kernel = integer(3, (1, 7))
    guess = traitlets.Enum(("", "10", "9", "8"), "").tag(sync=True)
    values = traitlets.List(list(VALUES)).tag(sync=True)
    caption = traitlets.Unicode(
        "A window of three slides over ten pixels and leaves the mean of what it covers, wherever all of it "
        "stands on the row."
    ).tag(sync=True)

    def __init__(self, at=0, **more):
        super().__init__(at=at, **more)

    @property
    def out(self):
        """How many values come out."""
        return arithmetic.conv_out(len(VALUES), kernel=self.kernel)

    def poster(self):
        """Draw the row, the window at its place, and the values that come out of all places."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import DOWN, DOWN_AREA, UP, UP_AREA

        fig, axes = plt.subplots(figsize=(7.5, 2.2))
        at = min(self.at, self.out - 1)
        for x, value in enumerate(VALUES):
            covered = at <= x < at + self.kernel
            axes.add_patch(plt.Rectangle((x, 0), 0.92, 0.92, fc=DOWN_AREA if covered else "none", ec=DOWN))
            axes.text(x + 0.46, 0.46, value, ha="center", va="center", fontsize=13)
        for x in range(self.out):
            mean = sum(VALUES[x : x + self.kernel]) / self.kernel
            left = x + (self.kernel - 1) / 2
            axes.add_patch(plt.Rectangle((left, 1.4), 0.92, 0.92, fc=UP_AREA, ec=UP))
            axes.text(left + 0.46, 1.86, f"{mean:.1f}", ha="center", va="center", fontsize=12)
        axes.set(xlim=(-0.1, 10.1), ylim=(2.5, -0.1))
        axes.axis("off")
        alt = (
            f"A row of {len(VALUES)} pixels, a window of {self.kernel} on them, and below it {self.out} values, one "
            f"for each place where the window fits; {len(VALUES) - self.out} pixels fewer than went in."
        )
        return fig, alt
