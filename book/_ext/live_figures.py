"""Sphinx side of :mod:`unet_edu.figures`.

A live figure becomes a numbered ``figure`` with its two posters, of which the theme shows one, and a mark that tells
``_static/live-figures.js`` which of the page's figures to put in their place. Where no script runs the posters stay.
The mark stands in a space as high as the figure will be, so that the page does not grow under who reads it.

The weights of the networks that run in pages are written as scripts, into ``_static/weights/`` of the built book.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from pathlib import Path

from docutils import nodes
from myst_nb.core import render

import unet_edu
from _ext.figure_output import figure_node
from unet_edu.book import LIVE_FIGURE_MIME

WEIGHTS = Path(unet_edu.__file__).parent / "weights"  # `checkpoints.FOLDER`, without the seconds that PyTorch takes
IN_PAGES = ("unet8-cells", "unet8-isbi", "unet8-nuclei")  # as their checkpoints call them


class LiveFigureOutput(render.MimeRenderPlugin):
    """Renders the output of a live figure; comes before all other kinds of output."""

    mime_priority_overrides = [("*", LIVE_FIGURE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != LIVE_FIGURE_MIME or inline:
            return None
        figure = figure_node(renderer, data.content, "live-figure-frame")
        mark = json.dumps({"model_id": data.content["model_id"], "version_major": 2, "version_minor": 0})
        script = f'<script type="{render.WIDGET_VIEW_MIMETYPE}">{mark}</script>'
        space = f'<div class="live-figure-space" style="min-height: {data.content["height"]}">{script}</div>'
        figure.insert(len(figure) - 1, nodes.raw(text=space, format="html"))  # before the caption
        return [figure]


def packed(content: bytes) -> bytes:
    """Return a file of 16-bit numbers, deflated: first every even byte, then every odd one, which repeat more."""
    return zlib.compress(content[0::2] + content[1::2], 9)


def write_weights(app, error):
    """Write each network as a script that hands it over, `packed`, as base64: file:// loads only ``<script>``."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    for name in IN_PAGES:
        text = b64encode(packed((WEIGHTS / f"{name}.safetensors").read_bytes())).decode()
        (folder / f"{name}.js").write_text(f'unetEduWeights.deliver("{name}", "{text}");\n', encoding="utf-8")


def setup(app):
    app.connect("build-finished", write_weights)
    plugins = render.load_mime_renders()
    if LiveFigureOutput not in plugins:
        plugins.append(LiveFigureOutput)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
