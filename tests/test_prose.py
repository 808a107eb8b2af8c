"""What every chapter keeps to, read from its source: the frame, the exercises, numbers that are computed."""

import ast
import re
from collections import Counter

import pytest
import yaml
from bookkit import ROOT
from prose import paragraphs, section, text_lines, words

from _ext.exercise_cells import exercises
from unet_edu.course.registry import everything

BOOK = ROOT / "book"
NUMBERED = sorted(path for path in BOOK.glob("[0-9][0-9]_*.md") if not path.name.startswith("00"))
PAGES = sorted(BOOK.glob("*.md"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))


def text_of(path):
    return path.read_text("utf-8")


def named(path):
    return path.stem


# --- the frame ---------------------------------------------------------------------------------------


def test_file_numbers_are_the_numbers_of_the_chapters():
    (part,) = [part for part in TOC["parts"] if part.get("numbered")]
    listed = [entry["file"] for entry in part["chapters"]]
    assert listed == [f"book/{path.stem}" for path in NUMBERED]
    assert [int(path.stem[:2]) for path in NUMBERED] == list(range(1, 1 + len(NUMBERED)))


def test_every_page_is_in_the_table_of_contents():
    listed = {TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])}
    assert listed == {f"book/{path.stem}" for path in PAGES}


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_a_chapter_has_its_frame(path):
    """An opening under the title; at the end what to remember in three lines, exercises, where next."""
    text = text_of(path)
    title = re.search(r"^# (.+)\n\n```\{opening\}\n", text, re.M)
    assert title, "the title is followed by {opening}"
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert headings[-3:] == ["Remember", "Exercises", "Where next"]
    assert len(re.findall(r"^- ", section(text, "Remember"), re.M)) == 3
    assert section(text, "Where next").strip()
    assert "```{code-cell}" not in section(text, "Where next")


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_a_chapter_can_be_read_in_one_go(path):
    assert 1200 <= words(text_of(path)) <= 3400


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_a_chapter_has_exercises(path):
    """At least four; each prompt has its cell, each cell its prompt, and each defines one thing."""
    text = text_of(path)
    cells = exercises(text, path.name)
    prompts = re.findall(r"^`{3,}\{exercise\} (.+)\n:label: (\S+)$", text, re.M)
    assert len(cells) >= 4
    assert [label for _, label in prompts] == list(cells)
    for label, cell in cells.items():
        defined = [node for node in ast.parse(cell.solution).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert len(defined) == 1, f"{label} defines {[node.name for node in defined]}"
        assert ast.get_docstring(defined[0]), f"{label}: the docstring says what goes in and what comes out"


# a prompt, its hints, and where its cell begins, with nothing between them
EXERCISE = re.compile(
    r"^(?P<prompt>`{3,})\{exercise\} [^\n]+\n:label: (?P<id>\S+)\n.*?^(?P=prompt)\n\n"
    r"(?P<hints>`{4,})\{hints\} (?P=id)\n(?P<items>.*?)^(?P=hints)\n\n"
    r"`{3,}\{code-cell\} ipython3\n---\nnbgrader: \{[^\n]*\bgrade_id: (?P=id),",
    re.M | re.S,
)


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_hints_stand_between_prompt_and_cell(path):
    """Three of them, each a list item: the idea, the shape, a sketch."""
    text = text_of(path)
    parts = re.split(r"^(?=`{3,}\{exercise\})", text, flags=re.M)[1:]
    found = {match["id"]: match["items"] for match in map(EXERCISE.match, parts) if match}
    assert list(found) == list(exercises(text, path.name)), "prompt, ````{hints} ID, code-cell, one blank line between"
    for id, items in found.items():
        assert items.startswith("- ")
        assert len(re.findall(r"^- ", items, re.M)) == 3, id


def test_every_exercise_is_known_to_check():
    """With the name that its cell defines; and everything that check knows stands in a chapter."""
    written = {
        (path.stem, id): {node.name for node in ast.parse(cell.solution).body if hasattr(node, "name")}
        for path in NUMBERED
        for id, cell in exercises(text_of(path), path.name).items()
    }
    known = {(exercise.chapter, exercise.id): {exercise.name} for exercise in everything()}
    assert known == written


def test_exercises_have_names_of_their_own():
    labels, names = Counter(), Counter()
    for path in NUMBERED:
        for label, cell in exercises(text_of(path), path.name).items():
            labels[label] += 1
            names.update(node.name for node in ast.parse(cell.solution).body if hasattr(node, "name"))
    assert [label for label, count in labels.items() if count > 1] == []
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_places_are_named_not_numbered(path):
    """A chapter may move: links say what is there. The build numbers figures and equations."""
    said = [part for part in paragraphs(text_of(path)) if re.search(r"\b[Cc]hapters? \d|\bFigure \d", part)]
    assert said == []


def dropped(text):
    """The lines of a page that MyST takes for comments: those of its text that begin with a percent sign."""
    return [line for line in text_lines(text) if re.match(r"\s*%", line)]


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_line_of_text_begins_with_a_percent_sign(path):
    """MyST would drop it, and a sentence would lose its middle. A comment stands in <!-- -->."""
    assert dropped(text_of(path)) == []


def test_lines_that_begin_with_a_percent_sign_are_found_in_text_alone():
    cell = "```{code-cell} ipython3\n%matplotlib inline\n```\n"
    assert dropped(f"It is 5\n% of all.\n\n{cell}") == ["% of all."]
    assert dropped("````{exercise} One\n:label: a.b\n\nOf 90\n % of them.\n````\n") == [" % of them."]


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_every_figure_is_referred_to(path):
    text = text_of(path)
    names = re.findall(r"""\bname=f?["'](fig-[\w-]+)["']""", text)
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == []
    assert len(names) >= 2


def test_figures_have_names_of_their_own():
    names = Counter(name for path in PAGES for name in re.findall(r"""name=["'](fig-[\w-]+)["']""", text_of(path)))
    assert [name for name, count in names.items() if count > 1] == []


# --- numbers -----------------------------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.,/-])[−-]?\d[\d,]*(?:\.\d+)?(?![\w/])")
GIVEN = {  # what is chosen or counted off, not worked out; a value that any chapter may name
    *("100", "128", "188", "255", "256", "300", "388", "512", "570", "572", "700", "1000", "1024", "8192"),
    *("0.5", "0.99"),
}


def inputs(text):
    """The numbers that a page's own code names: what is put in may be said."""
    code = "\n".join(re.findall(r"^```\{code-cell\}.*?^```$", text, re.M | re.S))
    found = re.findall(r"\d[\d_]*(?:\.\d+)?", code)
    return {number.replace("_", "") for number in found}


def is_year_or_commit(number):
    return re.fullmatch(r"(19|20)\d\d|\d{7}", number) is not None


@pytest.mark.parametrize("path", NUMBERED, ids=named)
def test_numbers_in_prose_are_computed(path):
    """Of three digits or more, or with a decimal point: glued, cited in the paragraph, or put in by the page's code.

    Numbers that follow from code and are typed would stay when the code changes. Exercises give what they ask about.
    """
    text = text_of(path)
    known = GIVEN | inputs(text)
    typed = []
    for paragraph in paragraphs(text.replace(section(text, "Exercises"), "")):
        if "CITED" in paragraph:
            continue
        for number in NUMBER.findall(paragraph):
            plain = number.lstrip("−-").rstrip(",").replace(",", "")
            long_enough = "." in plain or len(plain) >= 3
            if (
                long_enough
                and not is_year_or_commit(plain)
                and plain not in known
                and plain.rstrip("0").rstrip(".") not in known
            ):
                typed.append(f"{number}: … {paragraph[max(0, paragraph.find(number) - 50) :][:110]} …")
    assert typed == []
