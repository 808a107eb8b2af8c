"""What a page makes a reader's phone fetch: icons that are used, and pictures when they come into view.

The theme brings a script of 1.5 MB that draws every icon of Font Awesome, a style sheet that names every one of them,
and their font. Here the script is left out, for the style sheet can do the same with the font; and of style sheet and
font only the icons that stand on some page are kept. Pictures get their size, so that the text does not jump, and are
fetched when they are scrolled to.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import DictLoader
from PIL import Image

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
MACROS = "static/webpack-macros.html"
SHEET = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
FONT = "fa-solid-900"  # the only one that is used

_SCRIPT = re.compile(r"<script[^>]*fontawesome\.js[^>]*></script>")
_ICON = re.compile(r"\bfa-[a-z0-9-]+")
_RULE = re.compile(r"((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:\"([^\"]+)\"\}")
_SVG_SIZE = re.compile(r'<svg [^>]*\bwidth="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS_A_POINT = 96 / 72  # of CSS
_IMAGE = re.compile(r'<img (?![^>]*\bloading=)(?P<rest>[^>]*\bsrc="(?P<src>[^"]+)")')


class ThemeChanged(Exception):
    """The theme's files are not what this extension was written for."""


def leave_script_out(app):
    """Let the theme's templates ask for everything but the script that draws icons."""
    text = (STATIC / "webpack-macros.html").read_text("utf-8")
    without, count = _SCRIPT.subn("", text)
    if count != 1:
        raise ThemeChanged(f"{STATIC / 'webpack-macros.html'}: one script of icons was expected, {count} were found")
    if hasattr(app.builder, "templates"):
        app.builder.templates.loaders.insert(0, DictLoader({MACROS: without}))


def size_images(app, pagename, templatename, context, doctree):
    """Say of every picture how large it is, and that it may be fetched when it is needed."""
    if "body" not in context:
        return
    # where they come from: they are copied to where the page says only when all pages are written
    pictures = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    folder = (Path(app.outdir) / f"{pagename}.html").parent

    def sized(match):
        size = image_size(pictures.get(Path(match["src"]).name, folder / match["src"]))
        both = f'width="{size[0]}" height="{size[1]}" ' if size and " width=" not in match["rest"] else ""
        return f'<img loading="lazy" {both}{match["rest"]}'

    context["body"] = _IMAGE.sub(sized, context["body"])


def image_size(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture in pixels, or of a drawing (SVG) in CSS pixels; None where it cannot be told."""
    if not path.is_file():
        return None
    if path.suffix == ".svg":
        found = _SVG_SIZE.search(path.read_text("utf-8")[:2000])
        return (round(float(found[1]) * PIXELS_A_POINT), round(float(found[2]) * PIXELS_A_POINT)) if found else None
    with Image.open(path) as picture:
        return picture.size


def keep_used_icons(app, exception):
    """Once all pages are written: of the theme's icons keep those that some page shows."""
    if exception is not None or app.builder.format != "html":
        return
    outdir = Path(app.outdir)
    used = {icon for page in outdir.rglob("*.html") for icon in _ICON.findall(page.read_text("utf-8"))}
    sheet, letters = used_rules((STATIC / SHEET).read_text("utf-8"), used)
    letters |= set(re.findall(r"[\ue000-\uf8ff]", sheet))  # icons that the sheet itself puts on admonitions
    for other in (outdir / "_static").rglob("*.css"):
        if other.name != Path(SHEET).name:
            letters |= {
                chr(int(code, 16)) for code in re.findall(r'content:\s*"\\([ef][0-9a-f]{3})"', other.read_text("utf-8"))
            }
    (outdir / "_static" / SHEET).write_text(sheet, "utf-8")
    small_font(STATIC / FONTS / f"{FONT}.ttf", outdir / "_static" / FONTS / f"{FONT}.woff", letters)
    for name in [f"{FONTS}/*.ttf", f"{FONTS}/*.woff2", "scripts/fontawesome.js*", "scripts/*.map", "styles/*.map"]:
        for path in (outdir / "_static").glob(name):
            path.unlink()


def used_rules(sheet: str, used: set[str]) -> tuple[str, set[str]]:
    """Return the theme's style sheet without the rules of icons that are not used, and the letters of those that are.

    Its font is that of `small_font`. Raises ThemeChanged where it has no such rules.
    """
    letters: set[str] = set()

    def keep(match):
        names = {name.partition(":")[0].lstrip(".") for name in match[1].split(",") if name}
        if not names & used:
            return ""
        letters.add(match[2] if len(match[2]) == 1 else chr(int(match[2].lstrip("\\"), 16)))
        return match[0]

    kept, count = _RULE.subn(keep, sheet)
    kept, fonts = re.subn(r"@font-face\{[^}]*fa-(?:solid-900|regular-400|brands-400)[^}]*\}", _face, kept)
    if count < 100 or not fonts:
        raise ThemeChanged(f"{SHEET}: {count} rules of icons and {fonts} fonts were found")
    return kept, letters


def _face(match) -> str:
    if FONT not in match[0]:
        return ""
    return re.sub(r"src:[^;}]*", f'src:url(../{FONTS}/{FONT}.woff) format("woff")', match[0])


def small_font(source: Path, target: Path, letters: set[str]) -> None:
    """Write the letters of a font, without the others, as WOFF."""
    font = TTFont(source, recalcTimestamp=False)  # the same letters are the same file
    cutter = subset.Subsetter()
    cutter.populate(unicodes=[ord(letter) for letter in letters])
    cutter.subset(font)
    font.flavor = "woff"
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)


def setup(app):
    app.connect("builder-inited", leave_script_out)
    app.connect("html-page-context", size_images, priority=600)
    app.connect("build-finished", keep_used_icons)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
