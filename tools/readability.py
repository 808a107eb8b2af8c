"""Print how long and how hard to read each page of the book is: `make readability`.

Words are counted as the tests count them (tests/prose.py; without hints, which not everybody reads). The other columns
are textstat's, over whole sentences and hints: words a sentence, Flesch's reading ease (higher is easier; 60 to 70
is plain English), and the Flesch-Kincaid grade (years of school). Tables and headings are left out; a number, a formula
or a piece of code is read as one short word.
"""

import re
import sys
from pathlib import Path

import textstat

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))
import prose  # noqa: E402 - it lies beside the tests that use it

STANDS_FOR = {prose.GLUED: "ten", prose.MATH: "x", prose.CODE: "it", "REFERENCE": "this", prose.CITED: ""}


def sentences(text: str) -> str:
    """Return the sentences of a page's source, with a short word for each number, formula and piece of code."""
    kept = []
    for paragraph in prose.paragraphs(text):
        if paragraph.startswith(("|", "#", ":")) or not re.search(r"[.?!:]\W*$", paragraph):
            continue
        for mark, word in STANDS_FOR.items():
            paragraph = paragraph.replace(mark, word)
        kept.append(re.sub(r"\s+", " ", re.sub(r"^[-\d]+\.? |[*_]", "", paragraph)))
    return "\n".join(kept)


def row(path: Path) -> str:
    """Return one line of the table: page, words, words a sentence, reading ease, grade."""
    text = path.read_text("utf-8")
    plain = sentences(text)
    a_sentence = textstat.lexicon_count(plain) / textstat.sentence_count(plain)
    ease, grade = textstat.flesch_reading_ease(plain), textstat.flesch_kincaid_grade(plain)
    return f"| {path.stem} | {prose.words(text):,} | {a_sentence:.1f} | {ease:.1f} | {grade:.1f} |"


def main(folder: Path) -> None:
    """Print the table of all pages in a folder."""
    print("| page | words | words a sentence | reading ease | grade |\n|---|---|---|---|---|")
    for path in sorted(folder.glob("*.md")):
        if sentences(path.read_text("utf-8")):
            print(row(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "book")
