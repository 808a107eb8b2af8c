"""What a page is called where it is not read: in a tab, in a list of bookmarks, in a message that links to it.

    <title>, description            from the page's heading and its first paragraph
    og:title, og:image, …           the same, for whoever draws a preview of a link
    favicon, picture of previews    drawn here, into _static/ of the built book
    viewport                        once: Sphinx, docutils and the theme each write one

Pages are changed once they are all written; what is changed already stays. The page at the root of the site, which only
leads to the first one, gets all of it too.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from unet_edu import arithmetic
from unet_edu.files import written_whole
from unet_edu.plots.style import DARK, DOWN, INK, MUTED, PAPER, SKIP, UP

ICON, CARD, CARD_SIZE = "u-net-icon.svg", "u-net-card.png", (1200, 630)
LONGEST = 200  # letters of a description
SHORTEST = 40
MARK = '<meta name="generator" content="U-Net, inside out" />'

_VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_PARAGRAPH = re.compile(r"<p(?P<attributes>[^>]*)>(?P<text>.*?)</p>", re.S)
_OTHER = ("chapter-opening", "caption", "lf-", "sd-", "admonition-title", "topless", "prev-next")


def description(text: str) -> str:
    """Return the first real paragraph of a page's article as plain text of at most `LONGEST` letters, or ""."""
    article = text.partition("<article")[2].partition("</article>")[0]
    for match in _PARAGRAPH.finditer(article):
        if any(name in match["attributes"] for name in _OTHER):
            continue
        words = " ".join(html.unescape(re.sub(r"<[^>]+>", "", match["text"])).split())
        words = re.sub(r" \((?:[^()]*\d{4}[^()]*)\)", "", words)  # what is cited
        if len(words) >= SHORTEST:
            return words if len(words) <= LONGEST else words[: LONGEST - 1].rpartition(" ")[0] + "…"
    return ""


def title(text: str, project: str) -> str:
    """Return the title of a page, with the book's name behind it, once."""
    found = _TITLE.search(text)
    own = html.unescape(found[1]).split(" — ")[0].strip() if found else ""
    return own if own in ("", project) and own else f"{own} — {project}" if own else project


def tags(name: str, words: str, up: str, address: str, base: str) -> str:
    """Return the tags of a page: its title, description, preview and icon.

    up: the way from the page to the root of the site, "../" say. address: of the page below the root. base: of the
    site; "" where it is not known, and then the addresses lead from the page.
    """
    picture = f"{base.rstrip('/')}/_static/{CARD}" if base else f"{up}_static/{CARD}"
    width, height = map(str, CARD_SIZE)
    given = {
        "og:type": "website", "og:site_name": "U-Net, inside out", "og:title": name, "og:description": words,
        "og:image": picture, "og:image:width": width, "og:image:height": height,
        "og:image:alt": "The sizes of all maps of a U-Net, in the shape of the letter",
    }  # fmt: skip
    if base:
        given["og:url"] = f"{base.rstrip('/')}/{address}"
    lines = [MARK, f'<link rel="icon" type="image/svg+xml" href="{up}_static/{ICON}" />']
    lines += [f'<meta name="description" content="{html.escape(words)}" />'] if words else []
    lines += [f'<meta property="{key}" content="{html.escape(value)}" />' for key, value in given.items() if value]
    lines.append('<meta name="twitter:card" content="summary_large_image" />')
    return "\n    ".join(lines)


def headed(text: str, address: str, project: str, base: str = "") -> str:
    """Return a page with one viewport tag, one title, and the tags of `tags`; address: of the page below the root."""
    if MARK in text or "</head>" not in text:
        return text
    head, end, body = text.partition("</head>")
    name = title(text, project)
    first = _VIEWPORT.search(head)
    head = _VIEWPORT.sub("", head)
    viewport = first[0].strip() if first else '<meta name="viewport" content="width=device-width, initial-scale=1" />'
    more = tags(name, description(text), "../" * address.count("/"), address, base)
    head = _TITLE.sub("", head)
    head = re.sub(
        r"(<meta charset[^>]*>)",
        lambda match: f"{match[1]}\n    {viewport}\n    <title>{html.escape(name)}</title>\n    {more}",
        head,
        count=1,
    )
    return head + end + body


def front_door(to: str, words: str, project: str, base: str = "") -> str:
    """Return the page at the root of the site, which leads to the page `to`, the first of the book."""
    more = tags(project, words, "", to, base)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>{html.escape(project)}</title>
    {more}
    <meta http-equiv="Refresh" content="0; url={to}" />
    <link rel="canonical" href="{f"{base.rstrip('/')}/" if base else ""}{to}" /></head>
<body><p><a href="{to}">{html.escape(project)}</a></p></body></html>
"""


def icon() -> str:
    """Return the icon of the book: the letter, its paths in their colours and a skip between them."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        '<g fill="none" stroke-width="6" stroke-linecap="round">'
        f'<path d="M6 5v12a10 10 0 0 0 10 10" stroke="{DOWN}"/><path d="M26 5v12a10 10 0 0 1-10 10" stroke="{UP}"/>'
        f'<path d="M12 8h8" stroke="{SKIP}" stroke-width="3" stroke-dasharray="1 4"/></g></svg>\n'
    )


def card(project: str, words: str):
    """Return the picture of previews: the maps of the paper's network as bars, true to scale, and what this is."""
    picture = Image.new("RGB", CARD_SIZE, DARK[PAPER])
    draw = ImageDraw.Draw(picture)
    draw.text((60, 48), project, fill=DARK[INK], font=ImageFont.load_default(76))
    draw.text((62, 146), words, fill=DARK[MUTED], font=ImageFont.load_default(32))
    plan, middle, scale = arithmetic.plan(572), CARD_SIZE[0] // 2, 0.66
    for level in plan.levels:
        top, inner = 230 + 74 * level.index, level.index < plan.depth
        for row, size in enumerate(level.down):
            left = middle - 90 - size * scale if inner else middle - size * scale / 2
            draw.rectangle((left, top + 18 * row, left + size * scale, top + 18 * row + 11), fill=DARK[DOWN])
        if not inner:
            continue
        for row, size in enumerate(reversed(level.up)):
            draw.rectangle(
                (middle + 90, top + 18 * row, middle + 90 + size * scale, top + 18 * row + 11), fill=DARK[UP]
            )
        for at in range(middle - 78, middle + 70, 24):
            draw.line((at, top + 23, at + 12, top + 23), fill=DARK[SKIP], width=4)
    return picture


def write(app, error):
    """Give every page its head, and write the icon, the picture and the page at the root."""
    if error is not None or app.builder.name != "html":
        return
    outdir, project, base = Path(app.outdir), app.config.html_title or app.config.project, app.config.html_baseurl
    static = outdir / "_static"
    with written_whole(static / ICON) as partial:
        partial.write_text(icon(), "utf-8")
    with written_whole(static / CARD) as partial:
        card(project, "A book that computes what it shows").save(partial, "PNG", optimize=True)
    for path in outdir.rglob("*.html"):
        if static in path.parents:
            continue
        text = path.read_text("utf-8")
        changed = headed(text, path.relative_to(outdir).as_posix(), project, base)
        if changed != text:
            with written_whole(path) as partial:
                partial.write_text(changed, "utf-8")
    first = f"{app.config.root_doc}.html"
    if first != "index.html" and os.path.exists(outdir / first):
        words = description((outdir / first).read_text("utf-8"))
        with written_whole(outdir / "index.html") as partial:
            partial.write_text(front_door(first, words, project, base), "utf-8")


def setup(app):
    app.connect(
        "build-finished", write, priority=800
    )  # after what leads to the first page is written, and pages are lightened
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
