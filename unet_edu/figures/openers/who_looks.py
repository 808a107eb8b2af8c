"""Two networks with the same weights: each answers for a place, and looks at one. Is it the same?"""

from __future__ import annotations

from functools import cache

import numpy as np
import traitlets

from unet_edu import arithmetic
from unet_edu.figures.base import LiveFigure, integer
from unet_edu.models import ArticleUNet, UNet
from unet_edu.registration import registration

SIZE = 572  # pixels of the card
BORDER = arithmetic.border()
LIMITS = (BORDER, SIZE - BORDER - 1)  # places that both networks answer for
DISCS = [62 + 112 * number for number in range(5)]
RADIUS = 30


class WhoLooks(LiveFigure):
    """Choose a place on a card with discs; see where the deep path of either network has its answer from.

    x, y: the place, 92 to 479. guess: which network looks there, "A" or "B", or "". Raises TraitError for anything
    else.
    """

    kept = ("x", "y", "guess")

    x = integer(178, LIMITS)
    y = integer(178, LIMITS)
    guess = traitlets.Enum(("", "A", "B"), "").tag(sync=True)
    looked = traitlets.Dict().tag(sync=True)
    caption = traitlets.Unicode(
        "Both networks answer for the place of the cross. A square and a circle show where each has its "
        "evidence from, on the path through the bottom; all weights of a layer are equal, so that nothing but geometry "
        "is left."
    ).tag(sync=True)

    def __init__(self, x=178, **more):
        super().__init__(x=x, looked=looks(), **more)

    def poster(self):
        """Draw the card, the place, and where each network looks."""
        import matplotlib.pyplot as plt

        from unet_edu.plots.style import INK, MUTED, UP, WRONG

        fig, axes = plt.subplots(figsize=(4.6, 4.6))
        for row in DISCS:
            for column in DISCS:
                axes.add_patch(plt.Circle((column, row), RADIUS, fill=False, ec=MUTED))
        axes.plot(self.x, self.y, "+", color=INK, ms=14, mew=2)
        for name, mark, colour in (("A", "s", WRONG), ("B", "o", UP)):
            at = [self.looked[name][place - BORDER] for place in (self.x, self.y)]
            axes.plot(*at, mark, color=colour, ms=13, fillstyle="none", mew=2)
            axes.annotate(name, at, (10, 8), textcoords="offset points", color=colour, fontsize=12)
        axes.set(xlim=(0, SIZE), ylim=(SIZE, 0), aspect="equal", xticks=[], yticks=[])
        apart = {
            name: round(float(np.hypot(*(self.looked[name][at - BORDER] - at for at in (self.x, self.y)))))
            for name in "AB"
        }
        alt = (
            f"A card of 25 discs. A cross marks the place of an answer, column {self.x}, row {self.y}. The evidence of "
            f"network A is centred {apart['A']} pixels from it, that of network B {apart['B']}."
        )
        return fig, alt


@cache
def looks():
    """Return {"A": columns, "B": columns}: where the deep paths of the article's network and the paper's look.

    One column for each place of `LIMITS`, rounded to a tenth of a pixel; for rows it is the same.
    """
    whole = registration(ArticleUNet(2, base_width=1), SIZE)  # answers for every pixel
    valid = registration(UNet(base_width=1), SIZE)
    places = np.arange(LIMITS[0], LIMITS[1] + 1)
    found = {"A": places + whole[places], "B": places + valid}
    return {name: np.round(columns, 1).tolist() for name, columns in found.items()}
