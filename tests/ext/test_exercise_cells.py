"""book/_ext/exercise_cells.py: one cell in the source, a stub and a folded solution on the page."""

import ast
import re
import string
from pathlib import Path
from types import SimpleNamespace

import pytest
from bookkit import CHAPTERS, exercise_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from _ext.exercise_cells import (
    BEGIN,
    END,
    ExerciseError,
    exercises,
    is_course_edition,
    on_builder_inited,
    parse_cell,
    render_for_page,
    split_exercises,
)

SOURCE = f'''\
def centre_crop(x, size):
    """Cut the central window out of x."""
    {BEGIN}
    margin = (x.shape[-1] - size) // 2
    return x[..., margin : margin + size]
    {END}

crop = centre_crop'''

STUB = '''\
def centre_crop(x, size):
    """Cut the central window out of x."""
    # YOUR CODE HERE
    raise NotImplementedError()

crop = centre_crop'''

CELL = exercise_cell("crop.centre", SOURCE)


def only(text):
    (exercise,) = exercises(text, "page.md").values()
    return exercise


# --- what comes out ----------------------------------------------------------------------------------


def test_stub_and_solution():
    exercise = only(f"# Title\n\nText\n\n{CELL}\nmore text\n")
    assert exercise.grade_id == "crop.centre"
    assert exercise.stub == STUB
    assert exercise.solution == SOURCE.replace(f"    {BEGIN}\n", "").replace(f"    {END}\n", "")
    assert exercise.source == SOURCE
    assert exercise.metadata["nbgrader"]["solution"] is True


def clear_solutions(source: str) -> str:
    """What nbgrader's ClearSolutions preprocessor documents: from BEGIN SOLUTION to END SOLUTION, its default stub."""
    lines, inside = [], False
    for line in source.split("\n"):
        if "BEGIN SOLUTION" in line:
            inside = True
            indent = re.match(r"\s*", line).group(0)
            lines += [indent + part for part in ["# YOUR CODE HERE", "raise NotImplementedError()"]]
        elif "END SOLUTION" in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def test_several_regions_at_several_depths():
    source = f"""\
class Up(nn.Module):
    def __init__(self):
        super().__init__()
        {BEGIN}
        self.up = 1
        {END}

    def forward(self, x):
        if x:
            {BEGIN}
            return 2
            {END}
        return 3"""
    exercise = only(exercise_cell("skip.up", source))
    assert exercise.stub == clear_solutions(source)
    assert "            # YOUR CODE HERE\n            raise NotImplementedError()\n        return 3" in exercise.stub
    ast.parse(exercise.stub)
    ast.parse(exercise.solution)


def test_cells_without_markers_stay_as_they_are():
    text = '# T\n\n```{code-cell} ipython3\n:tags: [hide-input]\nprint("BEGIN")\n```\n\n```python\nx = 1\n```\n'
    assert split_exercises(text, "page.md", None) == text
    assert exercises(text, "page.md") == {}


def test_the_page_has_the_stub_as_text_and_the_solution_as_a_folded_cell():
    page = render_for_page(only(CELL), "```", with_solution=True)
    stub, cell = page.split("```{code-cell}")
    assert STUB in stub
    assert "```{code-block}" in stub
    assert "hide-cell" in cell
    assert "exercise-solution" in cell
    assert only(CELL).solution in cell
    assert BEGIN not in page
    course = render_for_page(only(CELL), "```", with_solution=False)
    assert STUB in course
    assert "margin" not in course
    assert "code-cell" not in course


def test_tags_of_the_author_do_not_reach_the_solution_cell():
    """A ``remove-cell`` there would hide the solution, ``raises-exception`` would let a wrong one pass."""
    tagged = CELL.replace("---\nnbgrader", "---\ntags: [remove-cell, raises-exception]\nnbgrader")
    assert "raises-exception" not in render_for_page(only(tagged), "```", with_solution=True)


def test_four_backticks_may_hold_three():
    source = (
        f'def f():\n    """Example::\n\n    ```python\n    f()\n    ```\n    """\n    {BEGIN}\n    return 1\n    {END}'
    )
    text = f"before\n\n{exercise_cell('a.b', source, fence='````')}\nafter\n"
    assert only(text).source == source
    page = split_exercises(text, "page.md", lambda exercise, fence: render_for_page(exercise, fence, True))
    assert page.startswith("before\n\n````{code-block}")
    assert page.endswith("````\n\nafter\n")
    assert BEGIN not in page


def test_a_longer_closing_fence_closes():
    """CommonMark lets the closing fence be longer; the text after it belongs to the page, not to the cell."""
    text = CELL.rstrip("\n") + "``\n\nText after.\n\n```python\nx = 1\n```\n"
    assert only(text).source == SOURCE


def test_several_exercises_in_order():
    text = CELL + "\ntext\n\n" + exercise_cell("arithmetic.size", SOURCE) + "\n" + exercise_cell("a.b.c_d", SOURCE)
    assert list(exercises(text, "page.md")) == ["crop.centre", "arithmetic.size", "a.b.c_d"]


# --- what is refused: the build stops rather than publish a solution by accident --------------------------


def refused(text, message, where="page.md"):
    with pytest.raises(ExerciseError, match=message) as raised:
        split_exercises(text, where, lambda exercise, fence: render_for_page(exercise, fence, True))
    assert where in str(raised.value)


@pytest.mark.parametrize(
    "marks",
    [
        [BEGIN],
        [END],
        [END, BEGIN],
        [BEGIN, BEGIN, END],
        [BEGIN, END, END],
        [BEGIN, END, BEGIN],
        [BEGIN, BEGIN, END, END],
        [BEGIN.lower(), END.lower()],
        [BEGIN, END.title()],
        ["# BEGIN SOLUTION", "# END SOLUTION"],
        ["###BEGIN SOLUTION", "###END SOLUTION"],
        ["### BEGIN  SOLUTION", END],
        ["### BEGIN SOLUTIONS", END],
        ["### BEGIN_SOLUTION", "### END_SOLUTION"],
        ["### BEGN SOLUTION", END],
        [BEGIN, "### END SOLTUION"],
        [BEGIN + " (hard)", END],
        ["x = 1  " + BEGIN, END],
        # a right pair does not excuse a wrong one
        [BEGIN, END, "### BEGN SOLUTION", "### EN SOLUTION"],
        [BEGIN, END, "### Begin-Solution", "### End-Solution"],
        [BEGIN, END, "### SOLUTION", "### SOLUTION END"],
    ],
    ids=" / ".join,
)
def test_marks_that_are_not_pairs_of_the_two_lines(marks):
    body = "\n".join(f"    {mark}\n    secret = {number}" for number, mark in enumerate(marks))
    refused(exercise_cell("a.b", f"def f():\n{body}"), "in pairs")


def test_a_solution_cell_without_marks():
    refused(exercise_cell("a.b", "def f():\n    return 1"), "in pairs")


@pytest.mark.parametrize(
    "line", ["", "nbgrader: {solution: true}", "nbgrader: {grade_id: null, solution: true}", "tags: [x]"]
)
def test_marks_without_a_grade_id(line):
    refused(f"```{{code-cell}} ipython3\n---\n{line}\n---\n{SOURCE}\n```\n", "grade_id")


def test_marks_in_a_cell_without_header():
    refused(f"```{{code-cell}} ipython3\n{SOURCE}\n```\n", "grade_id")
    refused(f"```{{code-cell}} ipython3\n:tags: [hide-input]\n{SOURCE}\n```\n", "grade_id")


@pytest.mark.parametrize(
    "grade_id", ["crop", "Crop.centre", "crop.", ".centre", "crop centre.x", "crop/centre.x", "é.b"]
)
def test_a_grade_id_that_is_not_topic_dot_slug(grade_id):
    refused(exercise_cell(f"'{grade_id}'", SOURCE), "topic.slug")


def test_the_same_grade_id_twice():
    refused(CELL + "\n" + CELL, "two exercise cells with grade_id 'crop.centre'")


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{SOURCE}\n```\n",
        f"~~~{{code-cell}} ipython3\n{SOURCE}\n~~~\n",
        f":::{{code-cell}} ipython3\n{SOURCE}\n:::\n",
        f"{SOURCE}\n",
        f"- a list\n\n  ```{{code-cell}} ipython3\n  {BEGIN}\n  x = 1\n  {END}\n  ```\n",
        f"{CELL}\n\nLook for # begin solution here.\n",
        f"```{{code-cell}} ipython3\n{SOURCE}\n",  # never closed
    ],
    ids=["other block", "tildes", "colons", "prose", "indented", "beside an exercise", "unclosed"],
)
def test_a_mark_where_no_exercise_cell_is(text):
    refused(text, "outside any code-cell")


def test_prose_may_speak_of_solutions():
    text = "# Solutions\n\nThe solution begins at the end. Begin the solution.\n\n### The solution in two dimensions\n"
    assert split_exercises(text, "page.md", None) == text


@pytest.mark.parametrize(("value", "course"), [("reader", False), ("course", True), (None, False)])
def test_edition(monkeypatch, value, course):
    monkeypatch.delenv("UNET_BOOK_EDITION", raising=False)
    if value is not None:
        monkeypatch.setenv("UNET_BOOK_EDITION", value)
    assert is_course_edition() is course


@pytest.mark.parametrize("value", ["Course", "courses", "student", "1", "true", "", " course"])
def test_a_misspelt_edition_cannot_publish_solutions(monkeypatch, value):
    monkeypatch.setenv("UNET_BOOK_EDITION", value)
    with pytest.raises(ExerciseError, match="'reader' or 'course'"):
        is_course_edition()


# --- for all cells -----------------------------------------------------------------------------------

WORDS = st.text(string.ascii_letters + string.digits + " _()=:.,'\"#[]{}", max_size=30).map(str.rstrip)


def looks_like_a_mark(line: str) -> bool:
    return bool(re.search(r"solution|^```|^---", line.strip(), re.I))


LINES = st.lists(WORDS.filter(lambda line: not looks_like_a_mark(line)), max_size=4)


@st.composite
def marked_sources(draw):
    """Lines outside, lines of solution (each with a token that stands nowhere else), in any alternation and depth."""
    outside, lines, tokens = [], [], []
    for region in range(draw(st.integers(1, 3))):
        indent = " " * draw(st.integers(0, 12))
        before = [f"{indent}{line}" for line in draw(LINES)]
        secret = [f"{indent}{line} token{region}x{n}" for n, line in enumerate(draw(LINES))]
        tokens += [line.rsplit(" ", 1)[1] for line in secret]
        outside += before
        lines += [*before, f"{indent}{BEGIN}{' ' * draw(st.integers(0, 2))}", *secret, f"{indent}{END}"]
    after = draw(LINES)
    return "\n".join([*lines, *after]).rstrip("\n"), [*outside, *after], tokens


@settings(derandomize=True, deadline=None, max_examples=200)
@given(marked_sources())
def test_no_solution_line_survives_and_no_other_line_is_lost(case):
    source, outside, tokens = case
    exercise = only(f"text\n\n{exercise_cell('a.b', source)}\ntext\n")
    assert exercise.stub == clear_solutions(exercise.source)
    for text in (exercise.stub, render_for_page(exercise, "```", with_solution=False)):
        assert "SOLUTION" not in text
        assert not [token for token in tokens if token in text]
    for line in (line for line in outside if line.strip()):
        assert line in exercise.stub.split("\n")
        assert line in exercise.solution.split("\n")
    assert all(token in exercise.solution for token in tokens)
    assert "SOLUTION" not in exercise.solution


@settings(derandomize=True, deadline=None, max_examples=200)
@given(marked_sources(), st.data())
def test_one_broken_mark_is_always_refused(case, data):
    """Drop, double or misspell any one mark: the cell is never split."""
    source = case[0]
    lines = source.split("\n")
    marks = [n for n, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    place = data.draw(st.sampled_from(marks))
    how = data.draw(st.sampled_from(["drop", "double", "lower", "letter"]))
    line = lines[place]
    lines[place : place + 1] = {
        "drop": [],
        "double": [line, line],
        "lower": [line.lower()],
        "letter": [line.rstrip()[:-1]],
    }[how]
    with pytest.raises(ExerciseError):
        parse_cell(exercise_cell("a.b", "\n".join(lines)).split("\n", 1)[1].rsplit("```", 1)[0], "page.md")


# --- the two editions --------------------------------------------------------------------------------


def test_a_build_that_is_broken_off_leaves_the_mark_of_the_edition_whole(tmp_path, monkeypatch):
    """An empty mark would make the next build of the course edition refuse its own folder."""
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "page.html").touch()
    app, reader = (
        SimpleNamespace(outdir=tmp_path / "html", config=SimpleNamespace(unet_course_edition=course))
        for course in (True, False)
    )
    (tmp_path / ".unet_edition_html").write_text("course")

    def full(path, *_):
        path.open("w").close()
        raise OSError("no space left")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="no space left"):
            on_builder_inited(reader)  # which would write another mark
        on_builder_inited(app)  # which need not write
    on_builder_inited(app)
    assert (tmp_path / ".unet_edition_html").read_text() == "course"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".unet_edition_html", "html"]
    (tmp_path / ".unet_edition_html").write_text("reader")
    with pytest.raises(ExerciseError, match="holds another edition"):
        on_builder_inited(app)


# --- the book's own exercises ------------------------------------------------------------------------

OWN = [
    pytest.param(exercise, id=exercise.grade_id)
    for chapter in CHAPTERS
    for exercise in exercises(chapter.read_text("utf-8"), chapter.name).values()
]


@pytest.mark.parametrize("exercise", OWN)
def test_exercises_of_the_book_are_definitions(exercise):
    """A stub that raises while it is defined would stop a reader who runs all cells of the notebook."""
    for text in (exercise.stub, exercise.solution):
        kinds = {type(statement) for statement in ast.parse(text).body}
        assert kinds <= {ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom}
    exec(compile(exercise.stub.replace("nn.Module", "object"), exercise.grade_id, "exec"), {})


def test_grade_ids_are_unique_in_the_book():
    ids = [exercise.values[0].grade_id for exercise in OWN]
    assert len(ids) == len(set(ids))
