"""What stands between a reader on a slow line and the first line of text: as little as can be.

    eleven style sheets, one asking for another      ─▶  one, _static/book-styles.css
    fourteen scripts that the text waits for         ─▶  below the text, in their order (`defer`)
    the index of all words, on every page            ─▶  on the page that searches
    the state of live figures, up to 350 kB          ─▶  below the text

On a telephone every file costs half a second before it begins to come, six at a time. Pages are changed once they are
all written; what is changed already stays.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePosixPath

from unet_edu.files import written_whole

SHEET = "book-styles.css"
_LINK = re.compile(r'\s*<link (?=[^>]*\brel="stylesheet")[^>]*\bhref="(?P<up>(?:\.\./)*)_static/(?P<name>[^"?]+)[^>]*>')
_PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
_SCRIPT = re.compile(r"<script (?=[^>]*\bsrc=)(?![^>]*\b(?:defer|async)\b)")
_SEARCH = re.compile(r'\s*<script [^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"[^>]*></script>')
_IN_HEAD = re.compile(r"\s*<script (?=[^>]*\b(?:src=|widget-state))[^>]*>.*?</script>", re.S)
_OPTIONS = re.compile(r'<script [^>]*src="[^"]*_static/documentation_options\.js[^"]*"></script>')
_IMPORT = re.compile(r"""@import\s+(?:url\()?["']?(?P<name>[^"');]+)["']?\)?\s*;""")
_URL = re.compile(r"""url\((?P<quote>["']?)(?!data:|#|[a-z]+:|/)(?P<name>[^"')]+)(?P=quote)\)""")
_PART = re.compile(r"^/\* from (\S+) \*/$", re.M)


def lighten_pages(app, exception):
    """Give every written page its one style sheet, and have its scripts wait."""
    if exception is not None or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    static = outdir / "_static"
    options = (static / "documentation_options.js").read_text("utf-8")  # a few words that scripts in the page ask for
    pages = {path: path.read_text("utf-8") for path in outdir.rglob("*.html") if static not in path.parents}
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
    links = iter(_LINK.findall(text))
    up = next(links, ("",))[0]
    one = iter([f'\n    <link href="{up}_static/{sheet}" rel="stylesheet" />'])
    text = _LINK.sub(lambda match: next(one, ""), text)
    text = _OPTIONS.sub(lambda match: f"<script>{options}</script>", text)
    text = _SCRIPT.sub('<script defer="defer" ', _PRELOAD.sub("", text))
    head, end, body = text.partition("</head>")
    scripts = "".join(_IN_HEAD.findall(head))
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


def setup(app):
    app.connect("build-finished", lighten_pages, priority=600)  # after `page_weight` has cut the theme's sheet
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
