"""assignment/source.py: parameters in cells and texts. How cells are cut is in tests/test_exercise_cells.py."""

import ast

import pytest
from bookkit import CHAPTERS, exercise_cell
from hypothesis import given, settings
from hypothesis import strategies as st

from unet_edu.course.assignment.source import BEGIN, END, ExerciseError, exercises, fill, fill_text, in_text, read_cell

LADDER = f'''\
def crops(depth):
    """Crops for @convs@ convolutions a block."""
    {BEGIN}
    return (@convs@ * 2,)
    {END}'''
METADATA = {"nbgrader": {"grade_id": "crop.ladder", "solution": True}}


# --- in cells ---------------------------------------------------------------------------------------------------------


def test_a_cell_has_the_book_s_values_or_a_cohort_s():
    (cell,) = exercises(exercise_cell("crop.ladder", LADDER), "page.md").values()
    assert "@convs@" in cell.source
    assert '"""Crops for 2 convolutions a block."""' in cell.stub
    assert "return (2 * 2,)" in cell.solution
    other = cell.with_values({"convs": 3})
    assert '"""Crops for 3 convolutions a block."""' in other.stub
    assert "return (3 * 2,)" in other.solution
    assert BEGIN in other.written
    assert "return (3 * 2,)" in other.written
    assert "@" not in other.written


def test_a_parameter_that_the_exercise_does_not_have():
    wrong = LADDER.replace("@convs@", "@kernel@", 1)
    with pytest.raises(ExerciseError, match=r"page\.md.*crop\.ladder.*no parameter 'kernel': it has convs"):
        exercises(exercise_cell("crop.ladder", wrong), "page.md")
    with pytest.raises(ExerciseError, match="no parameter 'convs'"):
        read_cell(METADATA, LADDER, "page.md").with_values({"kernel": 3})


def test_an_exercise_that_is_not_known_has_no_parameters():
    with pytest.raises(ExerciseError, match="it has none"):
        exercises(exercise_cell("nobody.knows", LADDER), "page.md")


@pytest.mark.parametrize(
    "text",
    [
        "@property\ndef side(self):\n    return 1",
        "@x\n@y\ndef f(): pass",
        "c = a @ b @ kernel",
        "c = a@b@c",
        "c = f(a)@b@c",
        "c = a[0]@b@c",
        "c @= b",
        "# ask somebody@example.org",
        "c = a @b",
    ],
)
def test_decorators_and_products_are_no_parameters(text):
    assert fill(text, {}) == text
    assert fill(text, {"kernel": 3}) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("side = @kernel@ // 2", "side = 5 // 2"),
        ("conv(@kernel@)", "conv(5)"),
        ("def f(x, kernel=@kernel@):", "def f(x, kernel=5):"),
        ("a @kernel@×@kernel@ window", "a 5×5 window"),
        ('f"@kernel@x@kernel@"', 'f"5x5"'),
        ("@kernel@@kernel@", "55"),
        ("a @ b * @kernel@ @ c", "a @ b * 5 @ c"),
        ("sides = @sides@", "sides = (3, 5)"),
        ("-@kernel@", "-5"),
    ],
)
def test_what_a_parameter_becomes(text, wanted):
    assert fill(text, {"kernel": 5, "sides": (3, 5)}) == wanted


def test_a_misspelt_parameter_is_not_left_standing():
    with pytest.raises(ExerciseError, match="'kernal': it has kernel"):
        fill("side = @kernal@ // 2", {"kernel": 3}, "a.b")


@settings(derandomize=True, deadline=None)
@given(st.text("ab @x(){}[]=\n.", max_size=60), st.integers(0, 99))
def test_nothing_but_parameters_is_changed(text, value):
    """Whatever stands around it."""
    around = text.replace("@", "")
    assert fill(f"{around} @x@ {around}", {"x": value}) == f"{around} {value} {around}"


def test_a_cell_of_a_notebook_is_read_as_one_of_a_chapter():
    (cell,) = exercises(exercise_cell("crop.ladder", LADDER), "page.md").values()
    read = read_cell(cell.metadata, LADDER, "x.ipynb")
    assert (read.grade_id, read.stub, read.solution) == (cell.grade_id, cell.stub, cell.solution)
    assert read_cell({}, "x = 1", "x.ipynb") is None
    assert read_cell({"nbgrader": {"grade_id": "a.b", "grade": True, "solution": False}}, "x = 1", "x.ipynb") is None
    with pytest.raises(ExerciseError, match="in pairs"):
        read_cell(METADATA, LADDER.replace(END, ""), "x.ipynb")


# --- in texts ---------------------------------------------------------------------------------------------------------


def test_parameters_in_a_text():
    text = f"Blocks of {in_text('crop.ladder', 'convs')} convolutions, `{in_text('crop.shift', 'kernel')}` pixels."
    assert fill_text(text) == "Blocks of 2 convolutions, `3` pixels."
    changed = {"crop.ladder": {"convs": 1}, "crop.shift": {"kernel": 7}}
    assert fill_text(text, changed.__getitem__) == "Blocks of 1 convolutions, `7` pixels."


@pytest.mark.parametrize("text", ["a @ b", "@convs@", "mail@example.org", "x@a.b", "@a.b.c"])
def test_other_signs_in_a_text_stay(text):
    assert fill_text(text) == text


@pytest.mark.parametrize("text", ["@crop.ladder.kernel@", "@no.such.kernel@"])
def test_a_parameter_in_a_text_that_there_is_not(text):
    with pytest.raises(ExerciseError, match="no parameter 'kernel'"):
        fill_text(f"See {text}.")


# --- the book's own ---------------------------------------------------------------------------------------------------

OWN = [
    pytest.param(cell, id=cell.grade_id)
    for chapter in CHAPTERS
    for cell in exercises(chapter.read_text("utf-8"), chapter.name).values()
]


@pytest.mark.parametrize("cell", OWN)
def test_a_student_is_told_every_parameter(cell):
    """In the prompt or in the stub; and a cell is Python once they are filled in."""
    text = next(text for text in (path.read_text("utf-8") for path in CHAPTERS) if cell.source in text)
    stub = cell.with_values({name: f"@{name}@" for name in cell.values}).stub
    told = [name for name in cell.values if f"@{name}@" in stub or f"{{param}}`{cell.grade_id}.{name}`" in text]
    assert told == list(cell.values)
    ast.parse(cell.stub)
    ast.parse(cell.solution)
