"""What tests look for in a figure: its words, its panels, its colours."""

from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from unet_edu.plots import style

PALETTE = {value for name, value in vars(style).items() if name.isupper() and isinstance(value, str)}


def drawn(fig) -> list:
    """Return the artists of a figure that are drawn; axes that are off draw no ticks and no frame."""
    fig.draw_without_rendering()
    off = [axes for axes in fig.axes if not axes.axison]
    hidden = {part for axes in off for side in (axes.xaxis, axes.yaxis, axes.patch) for part in side.findobj()}
    hidden |= {spine for axes in off for spine in axes.spines.values()}
    return [artist for artist in fig.findobj() if artist.get_visible() and artist not in hidden]


def words(fig) -> list[str]:
    """Return the texts of a figure, those of ticks too, without empty ones."""
    return [artist.get_text() for artist in drawn(fig) if isinstance(artist, Text) and artist.get_text()]


def texts(artist) -> list[str]:
    """Return the texts in a part of a figure, hidden ones too, without empty ones."""
    return [text.get_text() for text in artist.findobj(Text) if text.get_text()]


def greys(hexes) -> set[str]:
    """Return those of the colours that are greys."""
    return {colour for colour in hexes if colour[1:3] == colour[3:5] == colour[5:7]}


def pictures(fig) -> list:
    """Return the arrays that the panels of a figure show, in order."""
    return [image.get_array() for axes in fig.axes for image in axes.findobj(AxesImage)]


def bars(axes, colour=None) -> list[tuple[float, float]]:
    """Return the bars of horizontal or drawn rectangles in ``axes`` as (left, width), if given of one face colour."""
    found = [patch for patch in axes.patches if hasattr(patch, "get_width")]
    return [
        (patch.get_x(), patch.get_width())
        for patch in found
        if colour is None or to_hex(patch.get_facecolor()) == colour
    ]


def colours(fig) -> set[str]:
    """Return the colours of all that is drawn, but for the pixels of images."""
    found = []
    for artist in drawn(fig):
        if isinstance(artist, Text) and artist.get_text():
            found.append(artist.get_color())
        elif isinstance(artist, Line2D):
            if artist.get_linestyle() != "None":
                found.append(artist.get_color())
            if artist.get_marker() not in ("None", None, ""):
                found += [artist.get_markerfacecolor(), artist.get_markeredgecolor()]
        elif isinstance(artist, Patch):
            found.append(artist.get_facecolor())
            if artist.get_linewidth():
                found.append(artist.get_edgecolor())
        elif isinstance(artist, Collection):
            found += [*artist.get_facecolor(), *artist.get_edgecolor()]
    rows = [row for colour in found for row in to_rgba_array(colour)]
    return {to_hex(row[:3]) for row in rows if row[3] > 0}
