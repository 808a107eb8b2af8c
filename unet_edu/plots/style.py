"""The book's look: one palette, readable for the colour-blind, with a partner for every colour on dark pages.

Draw with the names below; :func:`unet_edu.book.show` makes the dark picture from the same figure.
"""

from __future__ import annotations

# ink, paper and what lies between
INK, MUTED, GRID, PAPER = "#1b1f24", "#5f6875", "#d5dbe3", "#ffffff"
# one meaning each in all figures: contracting path, expansive path, skip connection, warning, extra
DOWN, UP, SKIP, WRONG, EXTRA = "#0074ce", "#00795c", "#b35900", "#a81c18", "#7b4a8f"
# the same hues, light, for areas
DOWN_AREA, UP_AREA, SKIP_AREA, WRONG_AREA, EXTRA_AREA = "#d3e7f3", "#d0ebe2", "#fae2cb", "#f8d7d4", "#eadcf0"
# lines and text on top of a micrograph stay as they are on both pages
ON_IMAGE, ON_IMAGE_MARK = "#fefefe", "#ffd60a"

DARK = {
    INK: "#e6e9ed", MUTED: "#9aa5b1", GRID: "#39424e", PAPER: "#121212", "#000000": "#e6e9ed",
    DOWN: "#59b3ec", UP: "#1ae1b0", SKIP: "#fbac56", WRONG: "#ff7d7a", EXTRA: "#be86ba",
    DOWN_AREA: "#17405a", UP_AREA: "#124a3c", SKIP_AREA: "#573615", WRONG_AREA: "#5c2522", EXTRA_AREA: "#45305a",
}  # fmt: skip

# what a colour means in every figure; areas, the same hues lighter, mean the same as their lines
MEANING = {
    "DOWN": "contracting path",
    "UP": "expansive path",
    "SKIP": "skip connection",
    "EXTRA": "scores, and what belongs to no path",
    "WRONG": "what is wrong, lost or made up",
    "INK": "text and outlines",
    "MUTED": "axes, sizes, remarks",
    "GRID": "guiding lines, and what does not count",
    "PAPER": "the page",
    "ON_IMAGE": "text on a micrograph",
    "ON_IMAGE_MARK": "frames and marks on a micrograph",
}


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
    """Replace colours in all artists of ``fig``: ``mapping`` goes from hex to hex; alpha is kept, other colours stay.

    Pixels of images and what a colour map paints (meshes, scatters by value) stay too: they are data.
    """
    from matplotlib.collections import Collection
    from matplotlib.colors import to_hex, to_rgb

    table = {to_hex(old): to_rgb(new) for old, new in mapping.items()}
    fig.draw_without_rendering()  # ticks take their colours when they are made, and drawing makes them
    for artist in _artists(fig):
        several = isinstance(artist, Collection)  # which holds a list of colours, and may take them from a colour map
        for prop in ("facecolor", "edgecolor") if several else _COLOUR_PROPERTIES:
            getter, setter = getattr(artist, f"get_{prop}", None), getattr(artist, f"set_{prop}", None)
            if getter is None or setter is None or getattr(artist, f"_{prop[:4]}_is_mapped", False):
                continue
            if new := _mapped(getter(), table):
                setter(new if several else new[0])
        for effect in artist.get_path_effects() or ():  # halos around text and lines
            foreground = getattr(effect, "_gc", {}).get("foreground")
            if new := _mapped(foreground, table):
                effect._gc["foreground"] = new[0]
        _recolour_contours(artist, table)


_COLOUR_PROPERTIES = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor", "gapcolor", "hatchcolor")


def _artists(fig):
    """All artists of ``fig``, with those that ``findobj`` leaves out."""
    for artist in fig.findobj():
        yield artist
        hidden = [getattr(artist, "arrow_patch", None)]
        if hasattr(artist, "get_bbox_patch"):
            hidden.append(artist.get_bbox_patch())
        if hasattr(artist, "get_text_bounds"):  # a cell of a table
            hidden.append(artist.get_text())
        yield from (part for part in hidden if part is not None)


def _mapped(colours, table: dict) -> list[tuple] | None:
    """``colours`` (one or several, in any of matplotlib's forms) mapped to RGBA; ``None`` when nothing changes."""
    from matplotlib.colors import to_hex, to_rgba_array

    old = [tuple(map(float, row)) for row in to_rgba_array("none" if colours is None else colours)]
    # alpha 0 is how matplotlib stores "none", as a black that nobody has chosen
    new = [(*table.get(to_hex(row[:3]), row[:3]), row[3]) if row[3] else row for row in old]
    return new if new != old else None


def _recolour_contours(artist, table: dict) -> None:
    """Contour lines drawn with ``colors=`` keep them in a colour map of their own."""
    from matplotlib.colors import ListedColormap
    from matplotlib.contour import ContourSet

    if isinstance(artist, ContourSet) and artist.colors is not None and (new := _mapped(artist.cmap.colors, table)):
        artist.set_cmap(ListedColormap(new))


# --- the palette -------------------------------------------------------------------------------------


def palette():
    """Draw every colour of the book's figures beside its name and its meaning; return the figure.

    A line and an area for the colours of the paths; on a piece of grey those that stand on micrographs.
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(figsize=(7, 0.4 * len(MEANING)))
    for row, (name, meaning) in enumerate(MEANING.items()):
        colour, area, y = globals()[name], globals().get(f"{name}_AREA"), row + 0.5
        if name.startswith("ON_IMAGE"):
            axes.add_patch(plt.Rectangle((2.4, y - 0.38), 1.9, 0.76, facecolor="#6b6b6b", edgecolor="none"))
        if name == "PAPER":
            axes.add_patch(plt.Rectangle((2.4, y - 0.3), 1.9, 0.6, facecolor=colour, edgecolor=MUTED, lw=0.9))
        else:
            axes.plot([2.55, 3.2], [y, y], color=colour, lw=3, solid_capstyle="butt")
            axes.add_patch(
                plt.Rectangle((3.45, y - 0.24), 0.7, 0.48, facecolor=area or colour, edgecolor=colour, lw=1.4)
            )
        axes.text(0, y, name, va="center", family="monospace", fontsize=10)
        axes.text(4.6, y, meaning, va="center", fontsize=10.5)
    axes.set(xlim=(0, 9), ylim=(len(MEANING), 0))
    axes.axis("off")
    return fig
