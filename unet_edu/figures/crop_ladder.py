"""The crop ladder: every size in a U-Net, to scale, and what each skip connection has to cut off.

       572 ▆▆▆▆▆▆▆▆▆▆▆  ┊          ┊     ▆▆▆▆▆▆▆     388
       568 ▆▆▆▆▆▆▆▆▆▆▆  ┊─crop 88─▶┊  ░░▆▆▆▆▆▆▆▆░░   392 of 568
                ▆▆▆▆▆▆  ┊─crop 40─▶┊  ░▆▆▆▆░
                   ▆▆▆  ┊─crop 16─▶┊  ░▆▆░

The two rails are the contracting and the expansive path, each rung is a skip connection. Beside a small map a crop is
long, beside a large one short; in pixels it is the same for every size.
"""

from __future__ import annotations

import traitlets

from unet_edu import arithmetic
from unet_edu.figures.base import LiveFigure, integer

LIMITS = {"size": (1, 1100), "depth": (1, 5), "kernel": (1, 7), "padding": (0, 3)}


class CropLadder(LiveFigure):
    """Drag the input size, the number of poolings, the kernel and the padding of the convolutions of a U-Net.

    An illegal size is legal here: the figure shows where it breaks. Raises TraitError for a value out of range:
    size 1 to 1100 pixels, depth 1 to 5, kernel 1 to 7, padding 0 to 3.
    """

    scripts = ("arithmetic.js",)

    kept = ("size", "depth", "kernel", "padding")

    size = integer(572, LIMITS["size"])
    depth = integer(4, LIMITS["depth"])
    kernel = integer(3, LIMITS["kernel"])
    padding = integer(0, LIMITS["padding"])
    caption = traitlets.Unicode(
        "Every size in a U-Net, to scale. Each rung is a skip connection; what is hatched at its right end is cut off. "
        "Change the size and the crops stay as they are; change the depth or the kernel and they change."
    ).tag(sync=True)

    def __init__(self, size=572, depth=4, kernel=3, padding=0, **more):
        super().__init__(size=size, depth=depth, kernel=kernel, padding=padding, **more)

    def poster(self):
        """Draw the ladder as a still picture; for an illegal size that of the nearest legal one, and why."""
        padding = min(self.padding, (self.kernel - 1) // 2)
        layers = self.depth, self.kernel, padding
        below, above = arithmetic.nearest_valid(self.size, *layers)
        size = above if below is None or above - self.size < self.size - below else below
        plan = arithmetic.plan(size, *layers)
        crops = ", ".join(str(crop) for crop in plan.crops)
        alt = (
            f"A ladder of {self.depth} rungs, one for each skip connection of a U-Net with {self.kernel}×{self.kernel} "
            f"convolutions and padding {padding}. {size} pixels go in and {plan.output_size} come out; from top to "
            f"bottom the skips lose {crops} pixels per side."
        )
        if padding != self.padding:
            alt += f" Padding {self.padding} would make maps grow."
        if fault := arithmetic.first_fault(self.size, *layers):
            alt += f" {self.size} pixels are not legal: {fault}."
        return _draw(plan), alt


def _draw(plan):
    """The sizes of `plan` as a ladder, a matplotlib figure."""
    import matplotlib.pyplot as plt

    from unet_edu.plots.style import DOWN, DOWN_AREA, SKIP, SKIP_AREA, UP, UP_AREA

    fig, axes = plt.subplots(figsize=(8.6, 1.15 * plan.depth + 0.9))
    rail, pitch, slot, height = 0.14 * plan.size, 5.4, 1.0, 0.78

    def bar(centre, y, size, fill, edge, **style):
        axes.barh(y, size, height, centre - size / 2, facecolor=fill, edgecolor=edge, lw=1, **style)

    def number(x, y, text, **style):
        axes.text(x, y, str(text), va="center", fontsize=9, **style)

    for level in plan.levels:
        top, middle = level.index * pitch, level.index < plan.depth
        skip = level.down[2]
        left = -rail - skip / 2 if middle else 0
        for row, size in enumerate(level.down):
            bar(left, top + row * slot, size, DOWN_AREA, DOWN)
            number(left - level.down[0] / 2 - 6, top + row * slot, size, ha="right")
        if not middle:
            continue
        right, at = -left, top + 2 * slot
        bar(right, at, skip, "none", SKIP, linestyle=(0, (2, 2)))
        bar(right, at, level.cropped, SKIP_AREA, SKIP)
        for row, size in ((3, level.up[0]), (1, level.up[1]), (0, level.up[2])):
            bar(right, top + row * slot, size, UP_AREA, UP)
            number(right + skip / 2 + 6, top + row * slot, size, ha="left")
        number(right + skip / 2 + 6, at, f"{level.cropped} of {skip}", ha="left")
        arrow = {"arrowstyle": "-|>", "color": SKIP, "lw": 1.2, "linestyle": (0, (4, 2))}
        axes.annotate("", (rail, at), (-rail, at), arrowprops=arrow)
        number(0, at - 0.75, f"crop {level.crop}", ha="center", color=SKIP)
    reach = plan.size + rail + 0.14 * plan.size
    axes.set(xlim=(-reach, reach), ylim=(plan.depth * pitch + 3, -1))
    axes.axis("off")
    return fig
