"""Sphinx side of :func:`unet_edu.book.show`, and the rule that no picture goes without alt text.

A figure output becomes one numbered ``figure`` with two images, of which the theme shows the one that fits the page's
colours. Every image of every page must carry alt text: what has none is a warning, and warnings fail the build.
"""

from __future__ import annotations

import base64
import hashlib

from docutils import nodes
from myst_nb.core import render
from sphinx.util import logging

FIGURE_MIME = "application/vnd.unet-edu.figure+json"
SUFFIX = {"image/png": ".png", "image/svg+xml": ".svg"}

logger = logging.getLogger(__name__)


class FigureOutput(render.MimeRenderPlugin):
    """Renders the output of ``show``; comes before all other kinds of output."""

    mime_priority_overrides = [("*", FIGURE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != FIGURE_MIME or inline:
            return None
        content = data.content
        figure = nodes.figure(classes=["unet-figure"], align="center")
        for theme in ("light", "dark"):
            picture = base64.b64decode(content[theme]["data"])
            filename = hashlib.sha256(picture).hexdigest()[:32] + SUFFIX[content[theme]["mime"]]
            uri = renderer.write_file([filename], picture, exists_ok=True)
            figure += nodes.image(uri=uri, alt=content["alt"], classes=[f"only-{theme}"])
        figure += nodes.caption(content["caption"], content["caption"])
        document = renderer.renderer.document
        if content.get("name"):
            figure["names"].append(nodes.fully_normalize_name(content["name"]))
            document.note_explicit_target(figure, figure)
        return [figure]


def check_alt_text(app, doctree):
    """Warn of every image without alt text (run on each page when it is read)."""
    for image in doctree.findall(nodes.image):
        if not image.get("alt", "").strip():
            logger.warning(
                "image %s has no alt text: draw it with unet_edu.book.show(fig, alt=..., caption=...) or give :alt:",
                image["uri"],
                location=image,
                type="unet_edu",
                subtype="alt",
            )


def setup(app):
    plugins = render.load_mime_renders()
    if FigureOutput not in plugins:
        plugins.append(FigureOutput)
    app.connect("doctree-read", check_alt_text)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
