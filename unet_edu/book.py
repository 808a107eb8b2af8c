"""What a chapter needs beside the package itself: numbers for its prose, pictures with words.

    glue("params", 31_030_658)      the prose prints it:  {glue:text}`params:,d`
    glue_all(facts)                 the same for each entry of a mapping
    show(fig, alt=..., caption=...) one picture for the light page, one for the dark, with alt text and caption
    table(head, rows, caption=...)  computed numbers side by side

All work in the built page, in JupyterLab and in Colab (which has no myst-nb), and need nothing but IPython.
"""

from __future__ import annotations

import base64
import html
import io
import re

GLUE_PREFIX = "application/papermill.record/"
FIGURE_MIME = "application/vnd.unet-edu.figure+json"
LOSSLESS_BYTES = 100_000  # what a picture without loss may take
LIVE_FIGURE_MIME = "application/vnd.unet-edu.live-figure+json"  # of unet_edu.figures, which is not light to import


def glue(name: str, value) -> None:
    """Store ``value`` under ``name`` in the notebook, so that the page's text can print it.

    Emits what ``myst_nb.glue(name, value, display=False)`` emits; the text says ``{glue:text}`name```, with an optional
    format as in ``{glue:text}`name:,d```. NumPy and torch scalars are stored as plain numbers. Outside a notebook
    nothing happens.

    Raises:
        ValueError: ``name`` is empty or holds a character that the role would take apart (``:`` or white space).
    """
    from IPython import get_ipython
    from IPython.core.formatters import format_display_data
    from IPython.display import display

    if not re.fullmatch(r"[^\s:`]+", name):
        raise ValueError(f"glue name {name!r}: use letters, digits, '.', '_' or '-', for example 'unet_params'")
    if get_ipython() is None:
        return
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    bundle, metadata = format_display_data(value)
    metadata["scrapbook"] = {"name": name, "mime_prefix": GLUE_PREFIX}
    display({GLUE_PREFIX + mime: data for mime, data in bundle.items()}, raw=True, metadata=metadata)


def glue_all(facts) -> None:
    """Store every entry of the mapping ``facts`` under its key; functions of `unet_edu.plots` return such facts.

    Raises:
        ValueError: as `glue`.
    """
    for name, value in facts.items():
        glue(name, value)


def show(fig, *, alt: str, caption: str, name: str | None = None, links: dict | None = None, narrow=None) -> None:
    """Show a matplotlib figure, drawn for the light and for the dark page, with alt text and caption; closes ``fig``.

    ``alt`` says what the picture shows and what follows from it, for a reader who cannot see it; ``caption`` (plain
    text) stands below the picture. Both may hold computed numbers. ``name`` is the label under which the text refers to
    the figure (``{numref}`name```). Colours of :mod:`unet_edu.plots.style` change with the page; pictures inside the
    figure do not. ``links`` makes parts of the picture links, in the book's pages only: {axes: (address, words)}.
    ``narrow`` is the same picture drawn for a phone, `STACK_INCHES` wide; a row of panels needs none: see `stacked`.

    Raises:
        ValueError: ``alt`` or ``caption`` is empty, or ``alt`` only repeats the caption.
    """
    import matplotlib.pyplot as plt

    alt, caption = " ".join(alt.split()), " ".join(caption.split())
    if not alt:
        raise ValueError("show(alt=...) is empty: say what the picture shows and what follows from it")
    if not caption:
        raise ValueError("show(caption=...) is empty: say in one sentence what to look at")
    if alt == caption:
        raise ValueError("alt text and caption are the same: the caption says what to look at, alt what is seen")
    raise_letters(fig)
    if narrow is None and not links:
        narrow = stacked(fig)
    shown = {"alt": alt, "caption": caption, "name": name, **_pictures(fig, links or {})}
    if narrow is not None:
        shown["narrow"] = _pictures(narrow, links or {})
        plt.close(narrow)
    plt.close(fig)
    _display_figure(shown)


def _pictures(fig, links) -> dict:
    """What the page gets of one layout: both pictures, the links of its axes, and how wide a phone must show it."""
    areas = [[*area_of(fig, axes), *target] for axes, target in links.items() if axes.figure is fig]
    light, dark = render_light_and_dark(fig)
    return {"light": light, "dark": dark, "links": areas, "phone": width_on_a_phone(fig)}


# --- letters that can be read --------------------------------------------------------------------------

COLUMN, PHONE = 672, 342  # pixels of CSS: how wide a picture is on screens of 1280 and 390 pixels, the least
LEAST, LEAST_ON_A_PHONE = 11, 9  # pixels of CSS that a letter is high, its font size, at the least
POINT = 96 / 72  # pixels of CSS
STACK_INCHES, LONG_TITLE, SPARE = 3.9, 20, 0.4  # of a picture for phones; letters; pixels, for what a file is wider


def letters_of(fig) -> list:
    """Return the texts of a figure that are seen."""
    from matplotlib.text import Text

    fig.draw_without_rendering()  # ticks get their texts when they are drawn
    return [text for text in fig.findobj(Text) if text.get_text().strip() and text.get_visible()]


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


def stacked(fig):
    """Return a copy of a figure whose panels stand one below the other, for phones; None where it has no row of panels.

    A row is two panels or more of one grid, with nothing that belongs to the whole figure (texts, legends, colour
    bars).
    """
    import pickle

    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    specs = [axes.get_subplotspec() for axes in fig.axes]
    grids = {id(spec.get_gridspec()) for spec in specs if spec is not None}
    if len(specs) < 2 or None in specs or len(grids) != 1 or fig.texts or fig.legends or fig.artists or fig.lines:
        return None
    grid = specs[0].get_gridspec()
    if width_on_a_phone(fig) == 0 or grid.nrows != 1 or any(spec.num1 != spec.num2 for spec in specs):
        return None
    try:
        copy = pickle.loads(pickle.dumps(fig))
    except (AttributeError, TypeError, pickle.PicklingError):  # it holds a function of its own, to write ticks, say
        return None
    widest = max((len(axes.get_title()) for axes in fig.axes), default=0)
    panels = len(copy.axes)
    columns = 2 if panels >= 4 and panels % 2 == 0 and widest <= LONG_TITLE else 1
    rows = -(-panels // columns)
    width, height = fig.get_size_inches()
    shape = height / (width / len(fig.axes))  # of a panel
    side = STACK_INCHES / columns
    copy.set_size_inches(STACK_INCHES, max(rows * side * shape, 1.2))
    new = copy.add_gridspec(rows, columns)
    for number, axes in enumerate(copy.axes):
        axes.set_subplotspec(new[number // columns, number % columns])
        if axes.axison and len(axes.get_shared_y_axes().get_siblings(axes)) > 1:
            axes.tick_params(labelleft=True)
    if not isinstance(copy.get_layout_engine(), ConstrainedLayoutEngine):
        copy.tight_layout()
    plt.close(copy)
    return copy


def area_of(fig, axes) -> list[float]:
    """Return where ``axes`` lie in the picture of ``fig``: left, top, width, height, in percent of the picture."""
    import matplotlib as mpl

    whole = fig.get_tightbbox().padded(mpl.rcParams["savefig.pad_inches"])
    part = axes.get_window_extent().transformed(fig.dpi_scale_trans.inverted())
    left, top = (part.x0 - whole.x0) / whole.width, (whole.y1 - part.y1) / whole.height
    return [round(100 * share, 2) for share in (left, top, part.width / whole.width, part.height / whole.height)]


HEAD, LONG_CELL = 'th scope="col"', 22  # of a table: the tag of a column's head; letters of a line


def table(head: list[str], rows: list[list[str]], *, caption: str) -> None:
    """Show a table of texts; the first of each row names it. A table that is wider than the page scrolls by itself.

    A line feed in a cell begins a new line there; what stands between backticks is code. A cell of more than
    `LONG_CELL` letters may break at any space.

    Raises:
        ValueError: ``caption`` is empty, or a row is not as long as ``head``.
    """
    from IPython import get_ipython
    from IPython.display import display

    caption = " ".join(caption.split())
    if not caption:
        raise ValueError("table(caption=...) is empty: say in one sentence what the rows are")
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"the row {row} has {len(row)} entries and the head {len(head)}: give as many")
    lines = [list(map(str, line)) for line in (head, *rows)]
    flat = [[cell.replace("\n", " ") for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*flat, strict=True)]
    plain = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in flat]
    if get_ipython() is None:
        print(caption, "", *plain, sep="\n")
        return

    def is_long(cell):
        return max(map(len, cell.split("\n"))) > LONG_CELL

    columns = enumerate(zip(*lines, strict=True))
    sides = ["right" if number and not any(map(is_long, column[1:])) else "left" for number, column in columns]

    def line(cells, first, others):
        """One row. first, others: the tags of the cell that names it and of the rest."""
        marked = []
        for number, cell in enumerate(cells):
            tag = others if number else first
            style = f"text-align:{sides[number]}"
            if tag != HEAD:
                style += ";min-width:11em" if is_long(cell) else ";white-space:nowrap"
            shown = re.sub(r"\x60([^\x60]+)\x60", r"<code>\1</code>", html.escape(cell)).replace("\n", "<br>")
            marked.append(f'<{tag} style="{style}">{shown}</{tag[:2]}>')
        return f"<tr>{''.join(marked)}</tr>"

    top = line(lines[0], HEAD, HEAD)
    body = "".join(line(cells, 'th scope="row"', "td") for cells in lines[1:])
    words = html.escape(caption)
    markup = (  # "dataframe" is the class whose colours the book's theme leaves alone
        f'<p style="margin:0 0 0.5em">{words}</p>'
        f'<div role="region" tabindex="0" aria-label="{words}" style="overflow-x:auto">'
        f'<table class="table dataframe"><thead>{top}</thead><tbody>{body}</tbody></table></div>'
    )
    display({"text/html": markup, "text/plain": "\n".join([caption, "", *plain])}, raw=True)


def render_light_and_dark(fig) -> tuple[dict, dict]:
    """Return the figure in ink for a light page and for a dark one: two ``{"mime": ..., "data": base64}``.

    Drawings come out as SVG, figures that hold a raster image as WebP: without loss where that is small, else, as most
    micrographs are, with a loss that is not seen, at half the size. ``fig`` keeps the dark colours.
    """
    from unet_edu.plots.style import DARK, recolour

    kind = "webp" if _holds_pixels(fig) else "svg"
    light = _encode(fig, kind)
    recolour(fig, DARK)
    return light, _encode(fig, kind)


def _holds_pixels(fig) -> bool:
    from matplotlib.collections import QuadMesh
    from matplotlib.image import AxesImage, BboxImage, FigureImage

    return bool(fig.findobj(lambda artist: isinstance(artist, AxesImage | BboxImage | FigureImage | QuadMesh)))


def _encode(fig, kind: str) -> dict:
    import matplotlib as mpl

    stream = io.BytesIO()
    # without a date and with a fixed salt the same figure is the same file: rebuilt pages do not change by themselves
    with mpl.rc_context({"svg.hashsalt": "unet-edu", "svg.fonttype": "path"}):
        more = {"metadata": {"Date": None}} if kind == "svg" else {"pil_kwargs": {"lossless": True, "quality": 30}}
        fig.savefig(stream, format=kind, dpi=170, transparent=True, bbox_inches="tight", **more)
    data = stream.getvalue()
    if kind == "webp" and len(data) > LOSSLESS_BYTES:
        data = _with_loss(data)
    mime = {"svg": "image/svg+xml", "webp": "image/webp"}[kind]
    return {"mime": mime, "data": base64.b64encode(data).decode()}


def _with_loss(picture: bytes) -> bytes:
    """The same picture with a loss that is not seen; it need not be drawn again for that."""
    from PIL import Image

    stream = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.save(stream, "WEBP", quality=70, method=5)  # 6 takes ten times as long for 1 % less
    return stream.getvalue()


def _display_figure(figure: dict) -> None:
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:  # a plain script: the words, not a screen full of base64
        print(figure["alt"])
        return
    light = figure["light"]
    picture = (  # for notebooks; the book's page is made from the FIGURE_MIME entry by book/_ext/figure_output.py
        f'<figure style="margin:1em 0"><img alt="{html.escape(figure["alt"])}" '
        f'style="max-width:100%;background:#fff;padding:6px" src="data:{light["mime"]};base64,{light["data"]}">'
        f"<figcaption>{html.escape(figure['caption'])}</figcaption></figure>"
    )
    display({FIGURE_MIME: figure, "text/html": picture, "text/plain": figure["alt"]}, raw=True)
