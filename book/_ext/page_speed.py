"""What stands between a reader on a slow line and a page: as little as can be.

    a script of 1.5 MB that draws every icon         ─▶  none; the style sheet draws them with the theme's font
    style sheet and font of every icon               ─▶  the icons that stand on some page
    pictures of a size that nobody knows             ─▶  with their size, fetched when they are scrolled to
    pictures of the other theme, before any style    ─▶  hidden by a line in the page, and not fetched
    eleven style sheets, one asking for another      ─▶  one, _static/book-styles.css
    fourteen scripts that the text waits for         ─▶  below the text, in their order (`defer`)
    the index of all words, on every page            ─▶  on the page that searches
    the state of live figures, up to 350 kB          ─▶  below the text
    MathJax, 1.1 MB, before the figures              ─▶  after them, and only where a page has a formula

On a telephone every file costs half a second before it begins to come, six at a time. Pages are changed once they are
all written; what is changed already stays.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import DictLoader
from PIL import Image

from unet_edu.files import written_whole

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
MACROS = "static/webpack-macros.html"
THEME_SHEET = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
FONT = "fa-solid-900"  # the only one that is used

_ICON_SCRIPT = re.compile(r"<script[^>]*fontawesome\.js[^>]*></script>")
_ICON = re.compile(r"\bfa-[a-z0-9-]+")
_RULE = re.compile(r"((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:\"([^\"]+)\"\}")
_SVG_SIZE = re.compile(r'<svg [^>]*\bwidth="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS_A_POINT = 96 / 72  # of CSS
_IMAGE = re.compile(r'<img (?![^>]*\bloading=)(?P<rest>[^>]*\bsrc="(?P<src>[^"]+)")')

SHEET = "book-styles.css"
# "auto" is the theme before the theme's script has looked
THEMES = (
    "<style>html[data-theme=dark] .only-light, html[data-theme=light] .only-dark { display: none }"
    "@media (prefers-color-scheme: dark) { html[data-theme=auto] .only-light { display: none } }"
    "@media not (prefers-color-scheme: dark) { html[data-theme=auto] .only-dark { display: none } }</style>"
)
_LINK = re.compile(r'\s*<link (?=[^>]*\brel="stylesheet")[^>]*\bhref="(?P<up>(?:\.\./)*)_static/(?P<name>[^"?]+)[^>]*>')
_PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
_SCRIPT = re.compile(r"<script (?=[^>]*\bsrc=)(?![^>]*\b(?:defer|async)\b)")
_SEARCH = re.compile(r'\s*<script [^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"[^>]*></script>')
_IN_HEAD = re.compile(r"\s*<script (?=[^>]*\b(?:src=|widget-state))[^>]*>.*?</script>", re.S)
_OPTIONS = re.compile(r'<script [^>]*src="[^"]*_static/documentation_options\.js[^"]*"></script>')
_MATHJAX, _FORMULA = "vendor/mathjax/", 'class="math'
_IMPORT = re.compile(r"""@import\s+(?:url\()?["']?(?P<name>[^"');]+)["']?\)?\s*;""")
_URL = re.compile(r"""url\((?P<quote>["']?)(?!data:|#|[a-z]+:|/)(?P<name>[^"')]+)(?P=quote)\)""")
_PART = re.compile(r"^/\* from (\S+) \*/$", re.M)


class ThemeChanged(Exception):
    """The theme's files are not what this extension was written for."""


def leave_script_out(app):
    """Let the theme's templates ask for everything but the script that draws icons."""
    text = (STATIC / "webpack-macros.html").read_text("utf-8")
    without, count = _ICON_SCRIPT.subn("", text)
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


def keep_used_icons(outdir, pages):
    """Keep, of the theme's icons in `outdir`, those that some page shows. pages: path → text."""
    used = {icon for text in pages.values() for icon in _ICON.findall(text)}
    sheet, letters = used_rules((STATIC / THEME_SHEET).read_text("utf-8"), used)
    letters |= set(re.findall(r"[\ue000-\uf8ff]", sheet))  # icons that the sheet itself puts on admonitions
    for other in (outdir / "_static").rglob("*.css"):
        if other.name != Path(THEME_SHEET).name:
            letters |= {
                chr(int(code, 16)) for code in re.findall(r'content:\s*"\\([ef][0-9a-f]{3})"', other.read_text("utf-8"))
            }
    (outdir / "_static" / THEME_SHEET).write_text(sheet, "utf-8")
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
        raise ThemeChanged(f"{THEME_SHEET}: {count} rules of icons and {fonts} fonts were found")
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


def lighten_pages(outdir, pages):
    """Give every page of `outdir` its one style sheet, and have its scripts wait. pages: path → text."""
    static = outdir / "_static"
    options = (static / "documentation_options.js").read_text("utf-8")  # a few words that scripts in the page ask for
    names = list(dict.fromkeys(match["name"] for text in pages.values() for match in _LINK.finditer(text)))
    if (static / SHEET).is_file():  # some pages have been changed in an earlier build
        names = list(dict.fromkeys([*_PART.findall((static / SHEET).read_text("utf-8")), *names]))
    names = [name for name in names if name != SHEET and (static / name).is_file()]
    sheet = '@charset "utf-8";\n' + "\n".join(f"/* from {name} */\n{part(static, name)}" for name in names) + "\n"
    with written_whole(static / SHEET) as partial:
        partial.write_text(sheet, "utf-8")
    version = hashlib.sha256(sheet.encode()).hexdigest()[:8]
    for path, text in pages.items():
        needed = text if path.name == "search.html" else _SEARCH.sub("", text)
        changed = lightened(needed, options, f"{SHEET}?v={version}")
        if changed != text:
            with written_whole(path) as partial:
                partial.write_text(changed, "utf-8")


def lightened(text: str, options: str, sheet: str) -> str:
    """Return a page with the style sheet `sheet` of ``_static`` in place of its own, and scripts that wait.

    options: the script ``documentation_options.js``, which moves into the page.
    """
    text = re.sub(rf"\s*{re.escape(THEMES)}", "", text)
    links = iter(_LINK.findall(text))
    up = next(links, ("",))[0]
    one = iter([f'\n    {THEMES}\n    <link href="{up}_static/{sheet}" rel="stylesheet" />'])
    text = _LINK.sub(lambda match: next(one, ""), text)
    text = _OPTIONS.sub(lambda match: f"<script>{options}</script>", text)
    text = _SCRIPT.sub('<script defer="defer" ', _PRELOAD.sub("", text))
    head, end, body = text.partition("</head>")
    scripts = _IN_HEAD.findall(head)
    formulas = [script for script in scripts if _MATHJAX in script]  # last: 1.1 MB that live figures need not wait for
    others = [script for script in scripts if script not in formulas]
    scripts = "".join([*others, *(formulas if _FORMULA in body else [])])
    body, close, rest = body.rpartition("</body>")
    return _IN_HEAD.sub("", head) + end + body + scripts + close + rest


def part(static: Path, name: str) -> str:
    """Return the style sheet `name` as it reads from ``_static`` itself: what it imports put in, addresses mended."""
    folder = PurePosixPath(name).parent

    def moved(match):
        address = os.path.normpath(folder / match["name"]) if folder.parts else match["name"]
        return f"url({match['quote']}{address}{match['quote']})"

    text = (static / name).read_text("utf-8").removeprefix("\ufeff")
    text = re.sub(r'@charset "[^"]*";', "", text)
    pieces, end = [], 0
    for match in _IMPORT.finditer(text):
        pieces += [_URL.sub(moved, text[end : match.start()]), part(static, os.path.normpath(folder / match["name"]))]
        end = match.end()
    return "".join(pieces) + _URL.sub(moved, text[end:])


def speed_up(app, exception):
    """Change the pages once all of them are written: icons first, since the one style sheet holds the theme's."""
    if exception is not None or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    static = outdir / "_static"
    pages = {path: path.read_text("utf-8") for path in outdir.rglob("*.html") if static not in path.parents}
    keep_used_icons(outdir, pages)
    lighten_pages(outdir, pages)


def setup(app):
    app.connect("builder-inited", leave_script_out)
    app.connect("html-page-context", size_images, priority=600)
    app.connect("build-finished", speed_up, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
