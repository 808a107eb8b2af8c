"""What tests of the book's pictures read off a figure: its texts, and the colours that it uses."""

from __future__ import annotations

import matplotlib.collections
import matplotlib.lines
import matplotlib.patches
import matplotlib.text
from matplotlib.colors import to_hex, to_rgba_array

from unet_edu.plots import style

PALETTE = {*style.DARK, style.ON_IMAGE, style.ON_IMAGE_MARK}
KINDS = matplotlib.lines.Line2D, matplotlib.patches.Patch, matplotlib.text.Text, matplotlib.collections.Collection
PROPERTIES = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


def texts(artist) -> list[str]:
    """Return all texts of a figure, or of a part of it, that are not empty."""
    return [text.get_text() for text in artist.findobj(matplotlib.text.Text) if text.get_text()]


def colours(fig) -> set[str]:
    """Return the colours, as hex, of all that is drawn and visible but the pixels of images."""
    fig.draw_without_rendering()
    found = set()
    for artist in fig.findobj(lambda artist: isinstance(artist, KINDS) and artist.get_visible()):
        for name in PROPERTIES:
            value = getattr(artist, f"get_{name}", lambda: None)()
            found |= {to_hex(one) for one in to_rgba_array("none" if value is None else value) if one[3]}
    return found


def greys(hexes) -> set[str]:
    """Return those of the colours that are greys."""
    return {colour for colour in hexes if colour[1:3] == colour[3:5] == colour[5:7]}
