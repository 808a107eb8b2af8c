"""How long the cells of the pages are: a reader scrolls past what the page hides, and reads what it shows.

Pictures are functions of `unet_edu.plots`; what stays in a hidden cell is the call, the glued facts and the alt text.
"""

import ast

import pytest
import yaml
from bookkit import ROOT

from _ext.exercise_cells import exercises, split_exercises
from unet_edu.course.assignment.source import CODE_CELL

PAGES = sorted((ROOT / "book").glob("*.md"))
HIDDEN = {"remove-input", "hide-input", "hide-cell", "remove-cell"}
LONGEST, LONGEST_HIDDEN = 30, 15
WORDS = {"glue", "glue_all", "show"}  # calls that hand words and numbers to the page


def cells(text: str) -> list[tuple[set[str], str]]:
    """Return the code cells of a page but for its exercises: (tags, source)."""
    found = []
    for match in CODE_CELL.finditer(split_exercises(text, "page", lambda cell, fence: "")):
        body, options = match["body"], {}
        if body.startswith("---\n"):
            header, body = body.removeprefix("---\n").split("\n---\n", 1)
            options = yaml.safe_load(header)
        else:
            while body.startswith(":"):
                line, body = body.split("\n", 1)
                name, value = line.removeprefix(":").split(":", 1)
                options[name] = yaml.safe_load(value)
        found.append((set(options.get("tags", ())), body.strip("\n")))
    return found


def is_for_words(node: ast.AST) -> bool:
    """Whether a statement glues or shows, or an argument is an alt text or a caption."""
    if isinstance(node, ast.keyword):
        return node.arg in ("alt", "caption")
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in WORDS


def lines_of_code(source: str) -> int:
    """Return how many lines of a cell draw or count: without words for the page, comments and empty lines."""
    skipped = set()
    for node in ast.walk(ast.parse(source)):
        if is_for_words(node):
            skipped.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.split("\n"), start=1)
    return sum(bool(line.strip()) and line.strip()[0] != "#" and number not in skipped for number, line in lines)


def title(source: str) -> str:
    return source.split("\n")[0]


# --- the count itself ----------------------------------------------------------------------------------

DRAWS = """\
# A picture
import numpy as np

values = np.arange(
    3,
)
fig = draw(values)
for value in values:
    glue(f"v{value}", value)
glue_all(
    facts,
)
show(
    fig,
    alt="...",
    caption="...",
)
table(
    rows,
    caption="One "
    "two.",
)"""


def test_glue_show_captions_and_comments_do_not_count():
    """The import, the values (3), the drawing, the loop's head, three lines of the table."""
    assert lines_of_code(DRAWS) == 1 + 3 + 1 + 1 + 3


def test_cells_are_found_with_their_tags():
    text = (
        "# T\n\n```{code-cell} ipython3\n:tags: [remove-input]\n\nx = 1\n```\n\n"
        "```{code-cell} ipython3\ny = 2\nz = 3\n```\n\n"
        "```{code-cell} ipython3\n---\ntags: [hide-input, hide-output]\nmystnb: {a: b}\n---\nw = 4\n```\n"
    )
    assert cells(text) == [
        ({"remove-input"}, "x = 1"),
        (set(), "y = 2\nz = 3"),
        ({"hide-input", "hide-output"}, "w = 4"),
    ]


# --- the pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_hidden_cells_are_short(page):
    hidden = [source for tags, source in cells(page.read_text("utf-8")) if tags & HIDDEN]
    counted = {title(source): lines_of_code(source) for source in hidden}
    assert {name: count for name, count in counted.items() if count > LONGEST_HIDDEN} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_no_cell_is_long(page):
    """Neither of the page nor of an exercise, be it the stub, the solution or both with their markers."""
    text = page.read_text("utf-8")
    sources = [source for _, source in cells(text)]
    for cell in exercises(text, page.name).values():
        sources += [cell.source, cell.stub, cell.solution]
    counted = {title(source): len(source.split("\n")) for source in sources}
    assert {name: count for name, count in counted.items() if count > LONGEST} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_hidden_cells_are_named(page):
    """The first line is the cell's title in a notebook."""
    hidden = [source for tags, source in cells(page.read_text("utf-8")) if tags & HIDDEN]
    assert [source for source in hidden if not source.startswith("# ")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_pages_import_pictures_from_their_modules(page):
    """From the module of the chapter, from `shared` or from `style`: not from the package, which is a folder."""
    for _, source in cells(page.read_text("utf-8")):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "unet_edu":
                assert "plots" not in {alias.name for alias in node.names}, title(source)
