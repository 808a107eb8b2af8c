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

from unet_edu.letters import holds_pixels, narrowed, raise_letters, width_on_a_phone

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
    ``narrow`` is the same picture drawn for a phone, `letters.PHONE_INCHES` wide; most need none, see
    `letters.narrowed`.

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
        narrow = narrowed(fig)
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

    kind = "webp" if holds_pixels(fig) else "svg"
    light = _encode(fig, kind)
    recolour(fig, DARK)
    return light, _encode(fig, kind)


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
