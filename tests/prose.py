"""The prose of a page, as a reader sees it: no code, no markup, computed numbers blanked out."""

from __future__ import annotations

import re

_FRONT = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
_FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})(?P<name>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S)
_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?:[ \t]*:[a-z-]+:[^\n]*\n)+)", re.M | re.S)
SPEAKS = (
    "opening",
    "exercise",
    "hints",
    "note",
    "tip",
    "dropdown",
    "admonition",
    "figure",
    "glossary",
    "list-table",
    "table",
    "seealso",
)
GLUED, MATH, CODE, CITED = "GLUED", "MATH", "CODE", "CITED"  # what stands where something was taken out


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a page's source without code, roles and addresses: what is read aloud.

    A glued number reads GLUED, a formula MATH, code CODE, a citation CITED; links and terms keep their words.
    """
    text = _blocks(_FRONT.sub("", text))
    text = re.sub(r"^\$\$.*?^\$\$[^\n]*$", "", text, flags=re.M | re.S)
    text = re.sub(r"^\([\w-]+\)=\s*$|^\[\^\w+\]:", "", text, flags=re.M)
    text = re.sub(r"\{glue:\w+\}`[^`]*`", GLUED, text)
    text = re.sub(r"\{cite:?\w*\}`[^`]*`", CITED, text)
    text = re.sub(r"\{(?:term|doc|ref)\}`([^`<]*?)(?:\s*<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\{[\w:]+\}`[^`]*`", "REFERENCE", text)
    text = re.sub(r"(`+)(?:(?!\1).)+?\1", CODE, text, flags=re.S)
    text = re.sub(r"\$[^$]+\$", MATH, text)
    text = re.sub(r"!?\[([^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)", r"\1", text)
    text = re.sub(r"<https?://[^>]*>|https?://\S+", "", text)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _blocks(text: str) -> str:
    """Take out fenced blocks that are not prose, keep the words of those that are."""

    def keep(match):
        name = re.match(r"\{([\w:-]+)\}\s*(.*)", match["name"])
        if not name or name[1] not in SPEAKS:
            return ""
        title = name[2] if name[1] not in ("figure", "hints") else ""
        return f"\n{title}\n\n{_blocks(_OPTIONS.sub('', match['body']))}\n"

    return _FENCE.sub(keep, text)


def text_lines(text: str) -> list[str]:
    """The lines of a page's source that are text: without front matter, code and other fenced blocks that are none."""
    return _blocks(_FRONT.sub("", text)).splitlines()


def words(text: str) -> int:
    """How many words of prose a page has; hints are not read by everybody."""
    text = re.sub(r"^(`{3,})\{hints\}.*?^\1[ \t]*$", "", text, flags=re.M | re.S)
    return sum(len(paragraph.split()) for paragraph in paragraphs(text))


def section(text: str, heading: str) -> str:
    """Return the source below a heading of the second level, up to the next one; "" where there is none."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found[1] if found else ""
