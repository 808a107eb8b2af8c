"""Letters of a figure that can be read: in the column of a page, and on a phone.

raise_letters(fig)        small ones grow, until the column shows them large enough
width_on_a_phone(fig)     how wide a phone must show the picture; 0 where it fits as it is
narrowed(fig)             the same picture laid out for a phone, where that comes out readable
"""

from __future__ import annotations

import pickle
import warnings

COLUMN, PHONE = 672, 342  # pixels of CSS: how wide a picture is on screens of 1280 and 390 pixels, the least
LEAST, LEAST_ON_A_PHONE = 11, 9  # pixels of CSS that a letter is high, its font size, at the least
POINT = 96 / 72  # pixels of CSS
SPARE = 0.4  # pixels, for what a file is wider
PHONE_INCHES = 3.9  # the width of a picture for phones
LETTER = 0.55  # the width of a letter, of its height
TALLER = 1.06  # a step
APART = 1.0  # pixels of a figure between two texts of a line, at the least


def letters_of(fig) -> list:
    """Return the texts of a figure that are seen."""
    from matplotlib.text import Text

    fig.draw_without_rendering()  # ticks get their texts when they are drawn
    return [text for text in fig.findobj(Text) if text.get_text().strip() and text.get_visible()]


def holds_pixels(fig) -> bool:
    """Return whether a figure holds a raster image."""
    from matplotlib.collections import QuadMesh
    from matplotlib.image import AxesImage, BboxImage, FigureImage

    return bool(fig.findobj(lambda artist: isinstance(artist, AxesImage | BboxImage | FigureImage | QuadMesh)))


def width_of(fig) -> float:
    """Return the width of the picture that is made of a figure, in points."""
    import matplotlib as mpl

    return 72 * fig.get_tightbbox().padded(mpl.rcParams["savefig.pad_inches"]).width


def raise_letters(fig) -> None:
    """Make letters that would be below `LEAST` pixels in the column of a page as large as that; others stay."""
    for _ in range(8):  # larger letters may make the picture wider, and then everything is smaller
        floor = (LEAST + SPARE) / min(COLUMN / width_of(fig), POINT)
        small = [text for text in letters_of(fig) if text.get_fontsize() < floor - 1e-6]
        if not small:
            return
        for label in {side for axes in fig.axes for side in (axes.xaxis, axes.yaxis)}:
            if any(text in small for text in label.get_ticklabels(which="both")):
                label.set_tick_params(which="both", labelsize=floor)
        for text in small:
            text.set_fontsize(floor)


def width_on_a_phone(fig) -> int:
    """Return how wide a picture must be, in pixels of CSS, for its smallest letter to have `LEAST_ON_A_PHONE` pixels.

    0 where it has no letters, or is readable as it stands in the column of a phone.
    """
    sizes = [text.get_fontsize() for text in letters_of(fig)]
    needed = (LEAST_ON_A_PHONE + SPARE) * width_of(fig) / min(sizes) if sizes else 0
    return 0 if needed <= PHONE else round(needed)


def narrowed(fig):
    """Return a copy of a figure laid out for phones, `PHONE_INCHES` wide; None where none is needed, or none is good.

    The panels of a row stand below each other, four or more of them in pairs; those of a grid in pairs, in the order
    of reading. Long titles break. A copy is good where all letters can be read without scrolling, none lie over each
    other that did not before, and no legend lies across its panel. A figure has none that has texts, legends or colour
    bars of all of it, panels over several cells, or rows with names of their own.
    """
    if width_on_a_phone(fig) == 0 or not _is_plain_grid(fig):
        return None
    already = _covered(fig)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of a layout for which there is no room
        for columns in _columns(fig):
            try:
                copy = _laid_out(fig, columns)
                if width_on_a_phone(copy) == 0 and _covered(copy) <= already and not _hidden_by_legends(copy):
                    return copy
            except (UserWarning, AttributeError, TypeError, pickle.PicklingError):  # it holds a function of its own
                pass
    return None


def _is_plain_grid(fig) -> bool:
    specs = [axes.get_subplotspec() for axes in fig.axes]
    if None in specs or len({id(spec.get_gridspec()) for spec in specs}) != 1:
        return False
    whole = fig.texts or fig.legends or fig.artists or fig.lines
    return not whole and all(spec.num1 == spec.num2 for spec in specs)


def _columns(fig) -> tuple[int, ...]:
    """Return how many panels may stand beside each other, the best first."""
    grid = fig.axes[0].get_subplotspec().get_gridspec()
    panels = {axes.get_subplotspec().num1 for axes in fig.axes}
    if grid.ncols == 1:
        return (1,)
    if grid.nrows == 1:
        return (2, 1) if len(panels) >= 4 and len(panels) % 2 == 0 else (1,)
    named = any(axes.images and axes.get_ylabel() for axes in fig.axes)
    return () if grid.ncols > 4 or (grid.ncols == 3 and (named or grid.nrows > 2)) else (2,)


def _laid_out(fig, columns):
    """Return a copy with so many panels side by side. A figure that holds a function, to write ticks, has none."""
    import matplotlib.pyplot as plt

    copy = pickle.loads(pickle.dumps(fig))
    plt.close(copy)
    for axes in copy.axes:
        if not (axes.axison or axes.has_data() or axes.texts):  # what a grid has too many
            axes.remove()
    old = copy.axes[0].get_subplotspec().get_gridspec()
    panels = sorted({axes.get_subplotspec().num1 for axes in copy.axes})
    rows = -(-len(panels) // columns)
    width, height = fig.get_size_inches()
    side = PHONE_INCHES / columns
    tall = rows * side * (height / old.nrows) / (width / old.ncols)  # panels keep their shape
    if old.ncols == 1 and not holds_pixels(fig):
        tall = height if old.nrows > 1 else min(height, PHONE_INCHES)  # drawings may be narrower than they were
    copy.set_size_inches(PHONE_INCHES, max(tall, 1.2))
    new = copy.add_gridspec(rows, columns)
    for axes in copy.axes:
        place = panels.index(axes.get_subplotspec().num1)
        axes.set_subplotspec(new[place // columns, place % columns])
        if axes.axison and len(axes.get_shared_y_axes().get_siblings(axes)) > 1:
            axes.tick_params(labelleft=True)
        for text in (axes.title, axes.xaxis.label):
            _broken(text, 72 * side * 0.9)
    _arrange(copy)
    while holds_pixels(copy) and _grown(copy):
        pass
    return copy


def _arrange(fig) -> float:
    """Lay a figure out; return the width of its widest panel, of the whole width."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not isinstance(fig.get_layout_engine(), ConstrainedLayoutEngine):
        fig.tight_layout()
    fig.draw_without_rendering()
    return max(axes.get_position().width for axes in fig.axes)


def _grown(fig) -> bool:
    """Make a figure of images taller, where panels become wider by that: broken titles have taken of their height."""
    width, height = fig.get_size_inches()
    before = _arrange(fig)
    fig.set_size_inches(width, height * TALLER)
    if _arrange(fig) > before * (1 + (TALLER - 1) / 2):
        return True
    fig.set_size_inches(width, height)
    _arrange(fig)
    return False


def _broken(text, points) -> None:
    """Break a line of plain words that is wider than so many points."""
    import textwrap

    letters, words = int(points / (LETTER * text.get_fontsize())), text.get_text()
    if len(words) > letters and not set("\n$") & set(words):
        text.set_text(textwrap.fill(words, letters))


def _covered(fig) -> int:
    """Return how many pairs of texts lie over each other, or with less than a pixel between them."""
    seen, unseen = letters_of(fig), _undrawn(fig)
    boxes = [text.get_window_extent() for text in seen if not any(text is one for one in unseen)]

    def meet(one, other):
        beside = min(one.x1, other.x1) - max(one.x0, other.x0)
        below = min(one.y1, other.y1) - max(one.y0, other.y0)
        return beside > -APART and below > 2  # boxes hold the room of letters such as g and É

    return sum(meet(one, other) for number, one in enumerate(boxes) for other in boxes[:number])


def _undrawn(fig) -> list:
    """Return the texts of axes that are switched off, and of ticks beyond the ends of an axis."""
    found = []
    for axes in fig.axes:
        for side, at in ((axes.xaxis, 0), (axes.yaxis, 1)):
            low, high = sorted(side.get_view_interval())
            ticks = side.get_ticklabels(which="both")
            found += [tick for tick in ticks if not axes.axison or not low <= tick.get_position()[at] <= high]
            found += [] if axes.axison else [side.label]
    return found


def _hidden_by_legends(fig) -> bool:
    """Return whether a legend takes nearly the whole width of the panel that it stands in."""
    for axes in fig.axes:
        if legend := axes.get_legend():
            box = legend.get_window_extent()
            if box.width > 0.9 * axes.bbox.width and box.overlaps(axes.bbox):
                return True
    return False
