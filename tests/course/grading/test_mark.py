"""grading/mark.py: which cell is taken and what is said of it, and a sentence for each way in which it is stopped.

Points: tests of grade.py.
"""

import json

import pytest
from classkit import SECRET, Here, a_bundle, notebook
from test_grade import BOTH, STUB

from unet_edu.course.grading.mark import NOT_GRADED, STOPPED, TIMEOUT, Question, is_nearly_stub, mark
from unet_edu.course.sandbox.messages import Answer
from unet_edu.course.submissions.notebook import Cell, cells_of

BUNDLE = a_bundle(("crop.ladder",), secret=SECRET)
(TASK,) = BUNDLE.exercises
SOURCE = "def crops(depth, kernel=3):\n    return depth\n"


class Stopping:
    """A sandbox in which every call of an answer is stopped for one reason."""

    def __init__(self, why, memory=2**31):
        self.why, self.limits = why, {"seconds": 5, "memory": memory}

    def run(self, *, args, **answer):
        if isinstance(self.why, Exception):
            raise self.why
        return Answer([{"stopped": self.why}] * len(args), lost=self.why == "lost")


def marked(sandbox, **options):
    (cell,) = cells_of(notebook([(SOURCE, TASK.id)]))
    return mark(Question.of(BUNDLE, TASK, sandbox), [cell], sandbox, **options)


@pytest.mark.parametrize(
    ("why", "options", "memory", "state", "sentence"),
    [
        ("time", {}, 2**31, TIMEOUT, "no result within 5 seconds: does a loop ever end?"),
        ("time", {"timeout": 0.5}, 2**31, TIMEOUT, "no result within 0.5 seconds: does a loop ever end?"),
        ("memory", {}, 2**31, STOPPED, "it needs more memory than the 2 GiB that there are for it"),
        ("memory", {}, 2**28, STOPPED, "it needs more memory than the 0.25 GiB that there are for it"),
        ("output", {}, 2**31, STOPPED, "it prints, or returns, more than is allowed"),
        ("exit", {}, 2**31, STOPPED, "it ends its own process: os._exit, a crash, or a signal"),
    ],
)
def test_the_sentence_for_an_answer_that_is_stopped(why, options, memory, state, sentence):
    found = marked(Stopping(why, memory), **options)
    assert (found.state, found.points) == (state, 0)
    assert {case.message for case in found.cases} == {sentence}
    assert sentence in found.why


@pytest.mark.parametrize(
    ("why", "state", "trouble"),
    [
        ("lost", STOPPED, "it ended, or did not answer"),
        (OSError("no space left"), NOT_GRADED, "OSError: no space left"),
    ],
)
def test_the_sentence_for_a_sandbox_that_fails(why, state, trouble):
    found = marked(Stopping(why))
    assert (found.state, found.points, found.lasting) == (state, 0, False)
    assert found.why == f"the sandbox failed twice while it ran this ({trouble}); run the command again"


# --- which cell ---------------------------------------------------------------------------------------------

S = STUB.format(name="first")
RIGHT, WRONG = "def first(x):\n    return 2 * x", "def first(x):\n    return 0"
CHANGED = {
    # what became of the stub, without an answer in it
    "a docstring": 'def first(x):\n    """Twice x."""\n    raise NotImplementedError()',
    "a docstring of several lines": "def first(x):\n    '''\n    Twice x.\n    '''\n    raise NotImplementedError()",
    "annotations": "def first(x: int) -> int:\n    raise NotImplementedError()",
    "annotations over several lines": "def first(\n    x: int,\n) -> tuple[int, int]:\n    raise NotImplementedError()",
    "pass": "def first(x):\n    # YOUR CODE HERE\n    pass",
    "pass in the same line": "def first(x): pass",
    "an ellipsis": "def first(x):\n    ...",
    "return": "def first(x):\n    return None",
    "another error": 'def first(x):\n    raise NotImplementedError("see below")',
}


def marked_cells(*cells):
    given = [Cell(place, *(cell if isinstance(cell, tuple) else (cell,))) for place, cell in enumerate(cells)]
    sandbox = Here()
    found = mark(Question.of(BOTH, BOTH.exercises[0], sandbox), given, sandbox)
    return found, sandbox


@pytest.mark.parametrize("change", CHANGED)
def test_an_answer_below_a_stub_that_was_slightly_changed_is_found(change):
    stub = CHANGED[change]
    assert is_nearly_stub(BOTH.exercises[0], Cell(0, stub))
    for cells in ([(stub, "test.first"), RIGHT], [RIGHT, (stub, "test.first")], [(stub, "test.first"), (RIGHT, "x")]):
        found, _ = marked_cells(*cells)
        assert (found.state, found.points, found.code) == ("", 3, RIGHT)
        assert found.matched == "matched by name: not written in its own cell"


@pytest.mark.parametrize(
    "source", [WRONG, RIGHT, "first = None", "def first(x):\n    if x: pass\n    return x", "def first(x): return x"]
)
def test_what_holds_an_answer_is_no_stub(source):
    assert not is_nearly_stub(BOTH.exercises[0], Cell(0, source))


LAST = "matched by name: of all definitions that can be run, the last"
BROKEN = "def first(x)\n    return 2 * x"
INDENTED = "def first(x):\nreturn 2 * x"
TABS = "def first(x):\n\tif x:\n        return 2 * x\n\treturn 0"
TEXT = "its cell is text, not code"
CELLS = {
    # name: (cells; points, state, how it was matched, the number of the cell that counts)
    "a right second try below": ([(WRONG, "test.first"), RIGHT], 3, "", LAST, 2),
    "a wrong second try below": ([(RIGHT, "test.first"), WRONG], 1, "", LAST, 2),
    "its own cell below another try": ([WRONG, (RIGHT, "test.first")], 3, "", "", 2),
    "a second try that cannot be read": (
        [(RIGHT, "test.first"), BROKEN],
        3,
        "",
        "the one in code cell 2 cannot be run",
        1,
    ),
    "a second try that is not written": (
        [(RIGHT, "test.first"), "def first(x):\n    print(x)\n    raise NotImplementedError"],
        3,
        "",
        "the one in code cell 2 cannot be run",
        1,
    ),
    "a number called like the answer": ([(RIGHT, "test.first"), "first = 3"], 3, "", "", 1),
    "a number called like the answer, and nothing written": (
        [(S, "test.first"), "first = 3"],
        0,
        "NOT WRITTEN",
        "",
        1,
    ),
    "a lambda below": ([(WRONG, "test.first"), "first = lambda x: 2 * x"], 3, "", LAST, 2),
    "two copies, the last one indented wrongly": (
        [(RIGHT, "test.first"), (INDENTED, "test.first")],
        3,
        "",
        "2 cells have its id: of those that can be read, the last; the one in code cell 2 cannot be run",
        1,
    ),
    "two copies, the last one with tabs": (
        [(RIGHT, "test.first"), (TABS, "test.first")],
        3,
        "",
        "2 cells have its id: of those that can be read, the last; the one in code cell 2 cannot be run",
        1,
    ),
    "Markdown": ([(RIGHT, "test.first", True)], 3, "", TEXT, 1),
    "Markdown, without its id": ([(RIGHT, "", True)], 3, "", f"{TEXT}; matched by name: no cell has its id", 1),
    "Markdown beside code": ([RIGHT, (WRONG, "test.first", True)], 3, "", LAST, 1),
    "Markdown beside a stub": (
        [(S, "test.first"), (RIGHT, "", True)],
        3,
        "",
        f"{TEXT}; matched by name: not written in its own cell",
        2,
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_last_definition_that_can_be_run_counts_and_the_row_says_so(name):
    cells, points, state, matched, number = CELLS[name]
    found, _ = marked_cells(*cells)
    assert (found.points, found.state, found.matched, found.cell) == (points, state, matched, number), found


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        (BROKEN, 1, "expected ':'"),
        (INDENTED, 2, "expected an indented block after function definition on line 1"),
        (TABS, 3, "inconsistent use of tabs and spaces in indentation"),
        ("def first(x):\n    return\u00a02 * x", 2, "a no-break space (U+00A0): Python wants a plain space"),
        (
            "def first(x):\n    return “2”",
            2,
            'a curly quotation mark (“, U+201C): Python wants a straight one (")',
        ),
        ("%%bash\nfirst", 1, "it begins with %%bash: its text is not run as Python"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_syntax_error_and_says_where(source, line, said):
    found, _ = marked_cells((source, "test.first"))
    assert (found.state, found.points) == ("SYNTAX ERROR", 0)
    assert found.why == f"its cell cannot be read: line {line}: {said}"


def test_a_text_that_is_no_python_says_that_it_is_text():
    found, _ = marked_cells(("The answer is twice x.", "test.first", True))
    assert (found.state, found.points) == ("ABSENT CELL", 0)
    assert found.why.startswith(TEXT)
    found, _ = marked_cells((BROKEN, "test.first", True))
    assert (found.state, found.why) == ("ABSENT CELL", f"{TEXT}; as code its cell cannot be read: line 1: expected ':'")
    found, _ = marked_cells((S, "test.first", True))
    assert found.state == "NOT WRITTEN"


def test_a_text_is_a_helper_of_nobody():
    found, _ = marked_cells(
        ("def helper():\n    return 2", "", True), ("def first(x):\n    return helper() * x", "test.first")
    )
    assert found.points == 0
    assert "it stops with NameError: name 'helper' is not defined (line 2 of first)" in found.why


def test_cells_that_became_markdown_or_raw_are_read_and_prose_is_not():
    prompt = "Write `first`:\n\n```python\ndef first(x):\n    ...\n```"
    cells = [
        {"cell_type": "markdown", "source": prompt},
        {"cell_type": "markdown", "source": RIGHT},
        {"cell_type": "raw", "source": f"# mine\n\nimport torch\n{RIGHT}"},
        {"cell_type": "markdown", "source": "words", "metadata": {"nbgrader": {"grade_id": "test-first"}}},
        {"cell_type": "markdown", "source": "import of a class from abroad:\nhard"},
        {"cell_type": "code", "source": WRONG},
    ]
    found = cells_of(json.dumps({"cells": cells}).encode())
    assert [(cell.place, cell.is_text, cell.source) for cell in found] == [
        (0, True, RIGHT),
        (1, True, f"# mine\n\nimport torch\n{RIGHT}"),
        (2, True, "words"),
        (3, False, WRONG),
    ]
    assert found[2].grade_id == "test.first"


def test_no_cell_of_a_chapter_defines_what_another_cell_s_exercise_asks_for():
    """The last definition counts: a chapter's own must not be it."""
    from bookkit import CHAPTERS

    from unet_edu.course.assignment.source import CODE_CELL
    from unet_edu.course.grading.mark import _strict_definition
    from unet_edu.course.registry import everything

    for exercise in everything():
        defines = _strict_definition(exercise.name)
        for path in CHAPTERS:
            for cell in CODE_CELL.finditer(path.read_text("utf-8")):
                assert f"grade_id: {exercise.id}" in cell["body"] or not defines.search(cell["body"]), (path, cell[0])
