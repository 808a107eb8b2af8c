"""The book's look, and the static pictures that several chapters share.

One palette, readable for the colour-blind, with a partner for every colour on dark pages: draw with the names below, and
:func:`unet_edu.book.show` makes the dark picture from the same figure.
"""

from __future__ import annotations

import numpy as np

# ink, paper and what lies between
INK, MUTED, GRID, PAPER = "#1b1f24", "#5f6875", "#d5dbe3", "#ffffff"
# one meaning each in all figures: contracting path, expansive path, skip connection, warning, extra
DOWN, UP, SKIP, WRONG, EXTRA = "#0b6fa4", "#00795c", "#b35900", "#b3261e", "#7d4a94"
# the same hues, light, for areas
DOWN_AREA, UP_AREA, SKIP_AREA, WRONG_AREA, EXTRA_AREA = "#d3e7f3", "#d0ebe2", "#fae2cb", "#f8d7d4", "#eadcf0"
# lines and text on top of a micrograph stay as they are on both pages
ON_IMAGE, ON_IMAGE_MARK = "#fefefe", "#ffd60a"

DARK = {
    INK: "#e6e9ed", MUTED: "#9aa5b1", GRID: "#39424e", PAPER: "#121212", "#000000": "#e6e9ed",
    DOWN: "#5ab6ec", UP: "#40c9a0", SKIP: "#f2a24e", WRONG: "#ff8a80", EXTRA: "#cf9be6",
    DOWN_AREA: "#17405a", UP_AREA: "#124a3c", SKIP_AREA: "#573615", WRONG_AREA: "#5c2522", EXTRA_AREA: "#45305a",
}  # fmt: skip


def use_style() -> None:
    """Set matplotlib's defaults to the book's look (no background, palette above, readable sizes)."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "figure.dpi": 100,
            "font.size": 10.5,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "text.color": INK,
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "grid.color": GRID,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": mpl.cycler(color=[DOWN, SKIP, UP, EXTRA, WRONG]),
            "legend.frameon": False,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
        }
    )


def recolour(fig, mapping: dict[str, str]) -> None:
    """Replace colours in all artists of ``fig``: ``mapping`` goes from hex to hex; alpha is kept, other colours stay."""
    from matplotlib.colors import to_hex, to_rgb

    table = {to_hex(old): to_rgb(new) for old, new in mapping.items()}

    def mapped(colour):
        rgba = np.atleast_2d(np.asarray(colour, dtype=float))
        return [(*table.get(to_hex(row[:3]), row[:3]), *row[3:]) for row in rgba]

    for artist in fig.findobj():
        for prop in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            getter, setter = getattr(artist, f"get_{prop}", None), getattr(artist, f"set_{prop}", None)
            if getter is None or setter is None or getattr(artist, "_A", None) is not None:
                continue  # no such property, or coloured by data through a colour map
            new = mapped(_to_rgba(getter()))
            if new:
                setter(new if hasattr(artist, "get_offsets") or hasattr(artist, "get_paths") else new[0])


def _to_rgba(colour):
    from matplotlib.colors import to_rgba_array

    return to_rgba_array(colour)
