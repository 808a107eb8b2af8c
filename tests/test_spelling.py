"""The prose is spelt as in Britain: that of the pages, of what their figures say, and of README and CONTRIBUTING.

    python tests/test_spelling.py        words that are not known, by file; then all of them, for tests/spelling.txt

A word must be known to Hunspell's American dictionary, or be British by codespell's list (colour) or by its ending
(-ise); and it must not be American (color, -ize). What else is right, names and terms of the field, stands in
tests/spelling.txt, a word a line: in small letters it may begin a sentence, too; with capitals it is written just so.
"""

import ast
import re
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from bookkit import ROOT
from prose import paragraphs
from spylls.hunspell import Dictionary

TEXTS = [*sorted((ROOT / "book").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
ALLOWED = (ROOT / "tests" / "spelling.txt").read_text("utf-8").split("\n")[:-1]
LISTED = frozenset(ALLOWED)

# American words that are British ones, too
BOTH = {
    *("biased", "focused", "focuses", "focusing", "judgment", "judgments", "license", "licensed", "licenses"),
    *("licensing", "meter", "meters", "practice", "practices", "program", "routing", "story", "stories", "writable"),
}
LIKE_SIZE = re.compile(r"(?:\w*siz|priz|seiz)")
AMERICAN_ENDING = re.compile(r"(?P<stem>\w{2,}[iy])z(?P<end>e|es|ed|er|ers|ing|ation|ations)$")
BRITISH_ENDING = re.compile(r"(?P<stem>\w{2,}[iy])s(?P<end>e|es|ed|er|ers|ing|ation|ations)$")
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?:---\n.*?^---\n|(?::[\w-]+:[^\n]*\n)*)(.*?)^```$", re.M | re.S)
WORD = re.compile(r"[^\W_](?:[\w.]*[^\W_])?(?:'[^\W\d_]+)?")


# --- what is known -----------------------------------------------------------------------------------


@cache
def american_words():
    return Dictionary.from_files("en_US")


@cache
def british_to_american() -> dict[str, str]:
    table = files("codespell_lib").joinpath("data", "dictionary_en-GB_to_en-US.txt").read_text("utf-8")
    return dict(line.split("->") for line in table.split())


@cache
def american_to_british() -> dict[str, str]:
    return {american: british for british, american in british_to_american().items() if american not in BOTH}


def fault(word: str) -> str | None:
    """What is wrong with a word, ``None`` for nothing; ``word`` has straight apostrophes."""
    word = word.removesuffix("'s") if len(word) > 3 else word
    return None if {word, word[:1].lower() + word[1:]} & LISTED else judged(word)


@cache
def judged(word: str) -> str | None:
    """The same without the list of further words."""
    small = word.lower()
    if small in american_to_british():
        return f"in Britain {american_to_british()[small]}"
    ending = AMERICAN_ENDING.fullmatch(small)
    if ending and not LIKE_SIZE.match(small):
        return f"in Britain {ending['stem']}s{ending['end']}"
    if small in british_to_american() or american_words().lookup(word):
        return None
    ending = BRITISH_ENDING.fullmatch(small)
    if ending and american_words().lookup(f"{ending['stem']}z{ending['end']}"):
        return None
    return "not known"


# --- what is read ------------------------------------------------------------------------------------


def captions(text: str) -> list[str]:
    """What the code of a page says in captions and alternative texts, without what is computed."""
    found = []
    for cell in CELL.findall(text):
        code = re.sub(r"^(\s*)[%!].*$", r"\1pass", cell, flags=re.M)
        code = re.sub(r"@([A-Za-z_]\w*)@", r"\1", code)  # a parameter of an exercise
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.keyword) and node.arg in ("alt", "caption"):
                strings = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
                found += [part for part in strings if isinstance(part, str) and " " in part]
    return found


def prose(text: str) -> list[str]:
    """The paragraphs of a page, and its captions; what links to elsewhere is somebody else's name."""
    text = re.sub(r"\[[^\]]*\]\(https?:[^)]*\)", "", text)
    text = re.sub(r"</?(?:span|a|br|sup|sub)\b[^>]*>", " ", text)
    return [*paragraphs(text), *captions(text)]


def words(paragraph: str) -> list[str]:
    """Its words in Latin letters: no numbers, no names with digits or points in them, no acronyms."""
    paragraph = re.sub(r"(?<=MATH)-?th\b", "", paragraph)  # the n-th
    paragraph = re.sub(r"\S*[\w)]\([^)\s]*\)|\S*[/\\]\S*[/\\]\S*|\S+\.(?:py|md|txt|json|toml)\b", " ", paragraph)
    found = [word for word in WORD.findall(paragraph.replace("’", "'")) if re.fullmatch(r"[A-Za-zÀ-ÖØ-öø-ž']+", word)]
    return [word for word in found if len(word) > 1 and not re.fullmatch(r"[A-Z]+(?:s|'s)?", word)]


def faults(path: Path) -> dict[str, str]:
    """The misspelt words of a file, each with what is wrong with it and where it stands first."""
    found = {}
    for paragraph in (text.replace("’", "'") for text in prose(path.read_text("utf-8"))):
        for word in words(paragraph):
            if word not in found and (wrong := fault(word)):
                at = re.search(rf"(?<!\w){word}(?!\w)", paragraph).start()
                found[word] = f"{wrong}: … {paragraph[max(0, at - 40) : at + len(word) + 40].strip()} …"
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))


# --- tests -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_word_is_spelt_right(path):
    wrong = faults(path)
    lines = [f"  {word:20} {why}" for word, why in wrong.items()]
    assert not wrong, "\n".join([f"{path.name}: mend these, or add them to tests/spelling.txt", *lines])


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_no_word_stands_twice(path):
    twice = [
        found[0]
        for paragraph in prose(path.read_text("utf-8"))
        for found in re.finditer(r"\b([A-Za-z]{2,}) \1\b", paragraph)
        if not found[1].isupper() and found[1] not in ("that", "had")
    ]
    assert twice == []


def test_the_list_of_further_words_is_sorted_and_needed():
    """No word that is not used any more, or that is known without it."""
    assert sorted(set(ALLOWED), key=lambda word: (word.casefold(), word)) == ALLOWED
    used = {word for path in TEXTS for text in prose(path.read_text("utf-8")) for word in words(text)}
    used |= {word.removesuffix("'s") for word in used}
    used |= {word[:1].lower() + word[1:] for word in used}
    assert [word for word in ALLOWED if word not in used] == []
    assert [word for word in ALLOWED if judged(word) is None] == []


RIGHT = "colour neighbours neighbour's normalise Normalised memorised analyse centre program size resized prize"
WRONG = "color neighbor neighbor's normalize Normalized memorized analyze center teh convolutoin excercise recieve"


@pytest.mark.parametrize(("several", "right"), [(RIGHT, True), (WRONG, False)], ids=["right", "wrong"])
def test_the_judge_knows_british_from_american_and_right_from_wrong(several, right):
    assert [word for word in several.split(" ") if (fault(word) is None) != right] == []


def test_what_is_no_prose_is_not_read():
    text = (
        "# A titel\n\nWords with `cod` and $mth$, the $n$-th, {glue:text}`nam`, {cite:p}`kee2015`, fc6, FCNs, fit(), "
        '[linkk](03_arithmetic.md), [projekt](https://example.org/a), <span lang="zh-Hans">卷积</span>, '
        "up-convolutoin.\n\n```{code-cell} ipython3\n:tags: [remove-input]\n\nimport nothng\n"
        'show(fig, alt=f"Bars for {nn} pixls.", caption="A captoin here.", name="fig-nam")\n```\n'
    )
    wrong = [word for paragraph in prose(text) for word in words(paragraph) if fault(word)]
    assert wrong == ["titel", "linkk", "convolutoin", "pixls", "captoin"]


if __name__ == "__main__":
    every = set()
    for path in TEXTS:
        for word, why in faults(path).items():
            print(f"{path.name:24} {word:20} {why}")
            every.add(word.removesuffix("'s"))
    every -= {word for word in every if word[:1].lower() + word[1:] in every - {word}}
    print(*sorted(every, key=lambda word: (word.casefold(), word)), sep="\n")
    sys.exit(bool(every))
