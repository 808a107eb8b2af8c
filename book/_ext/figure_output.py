"""Sphinx side of :func:`unet_edu.book.show`.

A figure output becomes one numbered ``figure`` with two images, of which the theme shows the one that fits the page's
colours.
"""

from __future__ import annotations

import base64
import hashlib
import html

from docutils import nodes
from myst_nb.core import render

from unet_edu.book import FIGURE_MIME

SUFFIX = {"image/webp": ".webp", "image/svg+xml": ".svg"}


class FigureOutput(render.MimeRenderPlugin):
    """Renders the output of ``show``; comes before all other kinds of output."""

    mime_priority_overrides = [("*", FIGURE_MIME, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != FIGURE_MIME or inline:
            return None
        return [figure_node(renderer, data.content, "unet-figure")]


def figure_node(renderer, content: dict, kind: str) -> nodes.figure:
    """A numbered figure of class ``kind``: a picture for each theme, alt text, caption, and the label if it has one."""
    narrow = content.get("narrow")
    figure = nodes.figure(classes=[kind, "with-narrow"] if narrow else [kind], align="center")
    for pictures, size in ((content, "wide"), *([(narrow, "narrow")] if narrow else [])):
        around = "phone" in pictures  # of `show`; the poster of a live figure stands alone
        if around:
            tag = opening(size, pictures["phone"], content["alt"], bool(pictures.get("links")))
            figure += nodes.raw(text=tag, format="html")
        for theme in ("light", "dark"):
            picture = base64.b64decode(pictures[theme]["data"])
            filename = hashlib.sha256(picture).hexdigest()[:32] + SUFFIX[pictures[theme]["mime"]]
            uri = renderer.write_file([filename], picture, exists_ok=True)
            figure += nodes.image(uri=uri, alt=content["alt"], classes=[f"only-{theme}"])
        if around:
            figure += nodes.raw(text=f"{''.join(map(link, pictures.get('links') or []))}</div>", format="html")
    figure += nodes.caption(content["caption"], content["caption"])
    document = renderer.renderer.document
    if content.get("name"):
        figure["names"].append(nodes.fully_normalize_name(content["name"]))
        document.note_explicit_target(figure, figure)
    return figure


def opening(size: str, phone: int, alt: str, links: bool) -> str:
    """Return the tag around a picture. phone: how wide it must be on phones to be read; there it scrolls by itself."""
    names = f"picture-{size}{' picture-with-links' if links else ''}"
    if not phone:
        return f'<div class="{names}">'
    words = html.escape(f"A picture that is wider than a narrow screen: {alt[:60]}…", quote=True)
    more = f'style="--phone: {phone}px" role="region" tabindex="0" aria-label="{words}"'
    return f'<div class="{names} picture-scrolls" {more}>'


def link(area: list) -> str:
    """Return the HTML of a link over a part of a picture: left, top, width, height in percent; address; words."""
    *place, address, words = area
    style = "".join(f"{key}:{value}%;" for key, value in zip(("left", "top", "width", "height"), place, strict=True))
    words = html.escape(words)
    return f'<a href="{html.escape(address)}" style="{style}" aria-label="{words}" title="{words}"></a>'


def setup(app):
    plugins = render.load_mime_renders()
    if FigureOutput not in plugins:
        plugins.append(FigureOutput)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
