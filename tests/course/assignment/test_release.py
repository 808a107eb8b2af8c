"""assignment/release.py and editions.py, grading/nbgrader.py: an assignment is made whole and clean, or not at all."""

import ast
import contextlib
import os
import re
import secrets
import textwrap
import time
import traceback
import zipfile
from dataclasses import replace

import nbformat
import pytest
from bookkit import ROOT
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt

from unet_edu.course import check, registry
from unet_edu.course.assignment import editions, source
from unet_edu.course.assignment import release as making
from unet_edu.course.assignment.bundle import Bundle, BundleError
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.assignment.release import ReleaseError, ReleaseWarning, release
from unet_edu.course.grading import nbgrader
from unet_edu.course.grading.mark import GradeError
from unet_edu.course.outcome import Verdict
from unet_edu.course.registry import UnknownExercise, find

PROMPT = """\
## Exercises

> **Exercise: The crops**
>
> Blocks of @crop.ladder.convs@ convolutions, and `@crop.shift.kernel@` pixels elsewhere."""
OWN_PY = textwrap.dedent("""
    from unet_edu.course.exercise import Case, Exercise

    EXERCISES = (
        Exercise(
            id="own.times", chapter="mine", name="times", points=2, minutes=5,
            cases=lambda rng, params: [Case((int(rng.integers(1, 100)),), "a number"), Case((0,), "nothing")],
            params=lambda rng: {"factor": int(rng.integers(5, 9))}, book={"factor": 3},
        ),
    )
""")
OWN_MD = '''\
---
title: Mine
---
# Of my own

Write `times(x)`: {param}`own.times.factor` times x. In JSON that is `{"x": 1}`, and code may show anything:

```python
"{note}`x`"
```

```{code-cell} ipython3
:tags: [remove-input]
x = 3
```

```{code-cell} ipython3
---
nbgrader: {grade: false, grade_id: own.times, locked: false, schema_version: 3, solution: true, task: false}
---
def times(x):
    """@factor@ times x."""
    ### BEGIN SOLUTION
    return @factor@ * x  # TOKEN
    ### END SOLUTION
```

The end.
'''


def chapter_cells(chapter="05_skips"):
    path = ROOT / "book" / f"{chapter}.md"
    return source.exercises(path.read_text("utf-8"), path.name)


CHAPTER = chapter_cells()
IDS = list(CHAPTER)


def set_up():
    return editions.code_cell("#@title Set-up", "05_skips-setup", {"cellView": "form"})


def source_notebook(change=lambda id, text: text, ids=IDS, stem="05_skips", prompt=PROMPT):
    """What the book's build writes of a chapter: `change` its exercise cells."""
    cells = [set_up(), editions.text_cell(prompt, f"{stem}-text-1"), editions.code_cell("x = 1", f"{stem}-code-2")]
    for id in ids:
        cell = CHAPTER[id]
        cells.append(editions.code_cell(change(id, cell.source), editions.cell_id(stem, id), cell.metadata))
    return editions.new_notebook([*cells, editions.text_cell("## Where next", f"{stem}-text-9")], stem)


def book_with(folder, **notebooks):
    """A book's folder with these source notebooks."""
    place = folder / "_build" / "notebooks" / "source"
    place.mkdir(parents=True, exist_ok=True)
    for stem, notebook in notebooks.items():
        nbformat.write(notebook, place / f"{stem.lstrip('n')}.ipynb")
    return folder


@pytest.fixture(autouse=True)
def _forget():
    yield
    registry.forget("own.times")


@pytest.fixture(scope="module", autouse=True)
def _one_sandbox():
    """For all tests here: each release starts one, and that takes longer than all that is done in it."""
    with making._runner() as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.limits["seconds"] = 2  # a reference that hangs is waited for twice
        patch.setattr(making, "_runner", lambda: contextlib.nullcontext(sandbox))
        yield


@pytest.fixture(scope="module")
def tokens():
    """Random words, one for each kind of text of a solution."""
    return {kind: f"zq{secrets.token_hex(8)}" for kind in ("comment", "string", "name", "own")}


@pytest.fixture(scope="module")
def book(tmp_path_factory, tokens):
    """A chapter with a token of each kind in each solution."""

    def planted(id, text):
        mark = f"    {source.BEGIN}\n"
        assert mark in text
        lines = f'    {tokens["name"]} = "{tokens["string"]}"  # {tokens["comment"]}\n'
        return text.replace(mark, mark + lines)

    return book_with(tmp_path_factory.mktemp("book"), n05_skips=source_notebook(planted))


@pytest.fixture(scope="module")
def own(tmp_path_factory, tokens):
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(OWN_PY)
    (folder / "mine.md").write_text(OWN_MD.replace("TOKEN", tokens["own"]))
    return [folder / "mine.py", folder / "mine.md"]


@pytest.fixture(scope="module")
def released(tmp_path_factory, book, own):
    """The chapter and a private exercise, for one cohort."""
    out = tmp_path_factory.mktemp("released") / "week3"
    done = release(["05_skips"], out, cohort=Cohort("autumn 2027", "1" * 64), private=own, book=book)
    registry.forget("own.times")
    return done


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def of(released, edition, stem="05_skips"):
    return read(released.out / edition / f"{stem}.ipynb")


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def below(notebook, start):
    """The cell that begins with `start`, and the next."""
    (place,) = [number for number, cell in enumerate(notebook.cells) if cell.source.startswith(start)]
    return notebook.cells[place : place + 2]


# --- what is written --------------------------------------------------------------------------------------------------


def test_what_there_is(released):
    found = sorted(str(path.relative_to(released.out)) for path in released.out.rglob("*"))
    names = ["05_skips.ipynb", "mine.ipynb"]
    wanted = ["bundle.zip", "instructor", "student"]
    assert found == sorted([*wanted, *(f"{part}/{name}" for part in wanted[1:] for name in names)])
    assert [path.name for path in released.student] == names
    assert [path.parent.name for path in released.instructor] == ["instructor"] * 2


def test_no_trace_of_a_solution_or_the_secret_in_what_is_handed_out(released, tokens):
    for path in released.student:
        text = path.read_text("utf-8")
        assert [kind for kind, token in tokens.items() if token in text] == []
        assert "SOLUTION" not in text
        assert "HIDDEN TESTS" not in text
    for path in (*released.student, *released.instructor):
        assert released.cohort.secret not in path.read_text("utf-8")


def test_the_same_tokens_are_where_solutions_belong(released, tokens):
    """Else the test above would prove nothing."""
    instructor = "".join(path.read_text("utf-8") for path in released.instructor)
    references = "".join(task.reference for task in released.bundle.exercises)
    for text in (instructor, references):
        assert [kind for kind, token in tokens.items() if token not in text] == []


def test_notebooks_are_valid_and_have_no_outputs(released):
    for path in (*released.student, *released.instructor):
        notebook = read(path)
        nbformat.validate(notebook)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        assert not [cell for cell in notebook.cells if cell.get("outputs")]
        assert notebook.cells[1].source == set_up().source


def test_the_bundle_holds_the_exercises_with_references_and_stubs(released, own):
    bundle = Bundle.read(released.out / "bundle.zip")
    assert [task.id for task in bundle.exercises] == [*IDS, "own.times"]
    assert bundle.digest == released.bundle.digest
    assert (bundle.title, bundle.cohort.name) == ("05_skips, mine", "autumn 2027")
    for task in bundle.exercises:
        assert task.params == bundle.cohort.params(task.exercise)
        assert task.stub in code(of(released, "student", task.chapter))
        assert "raise NotImplementedError()" in task.stub
        assert source.BEGIN not in task.reference
        ast.parse(task.reference)
    assert [task.id for task in bundle.exercises if task.private] == ["own.times"]
    assert bundle.modules == {"mine.py": own[0].read_text()}


def test_what_is_said_of_it(released):
    said = str(released)
    assert "5 exercises, 16 points" in said
    assert re.search(r"crop\.ladder +4 points +convs = [13]", said)
    out, keep = said.split("Never to publish")
    assert "student/05_skips.ipynb" in out
    assert "instructor" not in out
    assert "bundle" not in out
    assert "instructor/mine.ipynb" in keep
    assert "bundle.zip" in keep
    assert released.cohort.secret not in said


def test_students_are_told_how_to_save_and_hand_in(released):
    for path in released.student:
        top = read(path).cells[0].source
        for words in ("Save a copy in Drive", "Download .ipynb", "names of the functions"):
            assert words in top


# --- parameters -------------------------------------------------------------------------------------------------------


def test_statement_stub_and_check_have_the_cohort_s_values(released):
    params = {task.id: task.params for task in released.bundle.exercises}
    convs, kernel = params["crop.ladder"]["convs"], params["crop.shift"]["kernel"]
    assert (convs, kernel) != (2, 3)
    notebook = of(released, "student")
    text = "\n".join(cell.source for cell in notebook.cells)
    assert f"Blocks of {convs} convolutions, and `{kernel}` pixels elsewhere." in text
    stub, check = below(notebook, "def crops(")
    assert check.source.endswith(f"check(\"crop.ladder\", crops, cohort={{'convs': {convs}}})")
    assert "@" not in "".join(cell.source for cell in notebook.cells if "nbgrader" in cell.metadata)
    _, check = below(notebook, "def centre_crop(")
    assert check.source.endswith('check("crop.centre", centre_crop)')


def test_another_cohort_has_other_values(tmp_path, book):
    seen = set()
    for number in range(20):
        cohort = Cohort("c", f"{number:064}")
        values = {id: cohort.params(find(id)) for id in IDS}
        notebook = editions.student(source_notebook(), values)
        text = "\n".join(cell.source for cell in notebook.cells)
        stub, check = below(notebook, "def crops(")
        statement = re.search(r"Blocks of (\d+) conv", text)[1]
        assert f"{{'convs': {statement}}}" in check.source
        told = re.findall(rf"\b{statement}\b", stub.source) or "@convs@" not in CHAPTER["crop.ladder"].source
        assert told
        seen.add((statement, stub.source, check.source))
    assert len(seen) == 2


# --- nbgrader ---------------------------------------------------------------------------------------------------------


def cleared(text):
    """What nbgrader's ClearSolutions and ClearHiddenTests document."""
    text = re.sub(
        r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$",
        r"\1# YOUR CODE HERE\n\1raise NotImplementedError()",
        text,
        flags=re.M | re.S,
    )
    return re.sub(r"\n?^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS$", "", text, flags=re.M | re.S)


@pytest.mark.parametrize("stem", ["05_skips", "mine"])
def test_nbgrader_makes_the_student_s_code_cells_of_the_instructor_s(released, stem):
    assert [cleared(text) for text in code(of(released, "instructor", stem))] == code(of(released, "student", stem))


def test_cells_are_nbgrader_s(released):
    cells = [cell for cell in of(released, "instructor").cells if "nbgrader" in cell.metadata]
    kinds = [(cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.solution) for cell in cells]
    wanted = [(f"{id.replace('.', '-')}{end}", end == "") for id in IDS for end in ("", "-check")]
    assert kinds == wanted
    for cell in cells[1::2]:
        assert cell.metadata.nbgrader.points == find(cell.metadata.nbgrader.grade_id[:-6].replace("-", ".")).points
        assert (cell.metadata.nbgrader.grade, cell.metadata.nbgrader.locked) == (True, True)
        assert "score(" in cell.source.split(editions.HIDDEN[0])[1]


@pytest.fixture
def on_the_grader(released, monkeypatch):
    monkeypatch.setenv("UNET_EDU_BUNDLE", str(released.out / "bundle.zip"))
    return released.bundle


def defined(text, name, needs=()):
    names = {}
    for line in needs:
        exec(line, names)
    exec(text, names)
    return names[name]


@pytest.mark.usefixtures("one_thread")
def test_points_of_references_and_stubs(on_the_grader, capsys):
    for task in on_the_grader.exercises:
        name, needs = task.exercise.name, task.exercise.needs
        assert nbgrader.score(task.id, defined(task.reference, name, needs)) == task.points
        assert nbgrader.score(task.id, defined(task.stub, name, needs)) == 0
    capsys.readouterr()


def test_partial_credit_and_nothing_that_gives_a_case_away(on_the_grader, capsys):
    task = on_the_grader.task("crop.ladder")
    right = defined(task.reference, "crops")
    (seen,) = {len(on_the_grader.hidden_cases(task))}

    def answer(depth, kernel=3):
        print("PRINTED", depth, kernel)
        return right(depth, kernel) if depth < 3 else (77777,)

    points = nbgrader.score("crop.ladder", answer)
    assert 0 < points < task.points
    said = capsys.readouterr().out
    assert "PRINTED" not in said
    assert said.count("✓") + said.count("✗") == seen
    for case in on_the_grader.hidden_cases(task):
        assert str(right(*case.args)) not in said


def test_an_error_does_not_carry_a_hidden_input_out(on_the_grader, capsys):
    def crops(depth, kernel=3):
        raise type(f"Seen{depth}x{kernel}", (ValueError,), {})(f"seen: {depth} and {kernel}")

    assert nbgrader.score("crop.ladder", crops) == 0
    said = capsys.readouterr().out
    assert "seen" not in said.lower()
    assert "it stops with an error" in said


def test_an_interrupt_does_not_carry_a_hidden_input_out(on_the_grader):
    """Its traceback would stand in the notebook, and in the feedback that nbgrader makes of it."""

    def crops(depth, kernel=3):
        raise KeyboardInterrupt(f"seen: {depth} and {kernel}")

    with pytest.raises(KeyboardInterrupt) as end:
        nbgrader.score("crop.ladder", crops)
    assert "seen:" not in "".join(traceback.format_exception_only(end.value))
    assert end.value.__context__ is None


def test_what_an_answer_displays_is_not_shown(on_the_grader):
    """Neither at once, nor at the end of the cell, where the notebook shows the figures that are open."""
    InteractiveShell.instance()

    def crops(depth, kernel=3):
        display({"text/plain": f"seen: {depth} and {kernel}"}, raw=True)
        plt.figure()
        return ()

    try:
        with capture_output() as shown:
            nbgrader.score("crop.ladder", crops)
    finally:
        InteractiveShell.clear_instance()
    assert "✗" in shown.stdout
    assert shown.outputs == []
    assert plt.get_fignums() == []


def judge_that_tells(args, got, wanted, params):
    return Verdict(False, f"of {args[0]} comes {wanted!r}", "timeout")


def oracle_that_fails(args, params):
    raise KeyError(f"seen: {args}")


def reference_that_fails(task):
    raise KeyError(f"seen: {task.id}")


def changed(bundle, monkeypatch, **parts):
    """Let the assignment's exercises have other parts, as an instructor's own may."""
    tasks = [replace(task, exercise=replace(task.exercise, **parts)) for task in bundle.exercises]
    monkeypatch.setattr(nbgrader, "_read", lambda *_: replace(bundle, exercises=tuple(tasks)))


def test_no_verdict_tells_a_hidden_input(on_the_grader, capsys, monkeypatch):
    changed(on_the_grader, monkeypatch, judge=judge_that_tells)
    assert nbgrader.score("crop.ladder", lambda *_: ()) == 0
    assert "of … comes (" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["oracle", "reference"])
def test_an_exercise_that_fails_itself_tells_no_hidden_input(on_the_grader, monkeypatch, part):
    changed(on_the_grader, monkeypatch, oracle=oracle_that_fails if part == "oracle" else None)
    monkeypatch.setattr(nbgrader, "reference", reference_that_fails)
    with pytest.raises(GradeError, match=r"crop\.ladder itself fails on a hidden case \(KeyError\)") as told:
        nbgrader.score("crop.ladder", lambda *_: ())
    assert "seen:" not in "".join(traceback.format_exception(told.value))


def test_an_answer_that_hangs_costs_its_own_points_only(on_the_grader, capsys):
    def crops(depth, kernel=3):
        while True:
            pass

    start = time.monotonic()
    assert nbgrader.score("crop.ladder", crops, seconds=0.2) == 0
    assert time.monotonic() - start < 300, "on a busy machine, too"
    assert "0.2 seconds" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [None, "crops", 3, lambda: 1, int])
def test_whatever_is_handed_in_gets_points(on_the_grader, answer, capsys):
    assert nbgrader.score("crop.ladder", answer) == 0


def test_without_a_bundle_there_are_no_points(monkeypatch, tmp_path):
    monkeypatch.delenv("UNET_EDU_BUNDLE", raising=False)
    with pytest.raises(BundleError, match="UNET_EDU_BUNDLE"):
        nbgrader.score("crop.ladder", lambda: 1)
    monkeypatch.setenv("UNET_EDU_BUNDLE", str(tmp_path / "gone.zip"))
    with pytest.raises(OSError, match=r"gone\.zip"):
        nbgrader.score("crop.ladder", lambda: 1)


def test_an_exercise_that_is_not_in_the_assignment_has_no_points(on_the_grader):
    with pytest.raises(UnknownExercise, match="not in this assignment"):
        nbgrader.score("size.blind", lambda: 1)


# --- an instructor's own ----------------------------------------------------------------------------------------------


def test_a_private_exercise_joins_in(released):
    notebook = of(released, "student", "mine")
    factor = released.bundle.task("own.times").params["factor"]
    text = "\n".join(cell.source for cell in notebook.cells)
    assert f"Write `times(x)`: {factor} times x. In JSON that is" in text
    assert '"{note}`x`"' in text
    assert "x = 3" in code(notebook)
    assert "title: Mine" not in text
    stub, check = below(notebook, "def times(")
    assert f'"""{factor} times x."""' in stub.source
    assert stub.metadata.nbgrader.grade_id == "own-times"
    assert check.source.startswith("#")
    assert check.metadata.nbgrader.points == 2


def test_check_says_that_it_does_not_know_what_only_the_reference_knows(released, capsys):
    Bundle.read(released.out / "bundle.zip")
    check("own.times", lambda x: x)
    assert capsys.readouterr().out == "own.times is tried when it is handed in; check knows nothing of it\n"


def test_a_private_notebook_may_be_one_of_jupyter_s(tmp_path, book, own):
    notebook = nbformat.v4.new_notebook()
    solved = "def times(x):\n    ### BEGIN SOLUTION\n    return @factor@ * x\n    ### END SOLUTION"
    output = nbformat.v4.new_output("stream", text="zqoutput")
    metadata = {"nbgrader": {"grade_id": "own-times", "solution": True, "grade": False, "schema_version": 3}}
    notebook.cells = [
        nbformat.v4.new_markdown_cell("Write @own.times.factor@ times."),
        nbformat.v4.new_code_cell(solved, metadata=metadata, outputs=[output]),
    ]
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    done = release([], tmp_path / "out", cohort="autumn", private=[own[0], tmp_path / "mine.ipynb"])
    text = done.student[0].read_text("utf-8")
    assert "zqoutput" not in text
    assert "return" not in text
    assert f"Write {done.bundle.exercises[0].params['factor']} times." in text


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"mine.py": OWN_PY}, "no .md or .ipynb file has a cell for the private exercise 'own.times'"),
        ({"mine.md": OWN_MD}, "no exercise 'own.times'|no parameter|it has none"),
        ({"mine.py": OWN_PY, "05_skips.md": OWN_MD}, "already"),
        ({"mine.py": OWN_PY, "mine.md": OWN_MD + "\n```{note}\nx\n```\n"}, "write plain Markdown"),
        ({"mine.py": OWN_PY, "mine.md": OWN_MD + "\nSee {ref}`x`.\n"}, "write plain Markdown"),
        ({"mine.py": OWN_PY, "mine.txt": OWN_MD}, "private files are .py"),
        ({"mine.py": OWN_PY, "mine.ipynb": "no json"}, "is no notebook"),
        ({"mine.py": OWN_PY, "mine.md": OWN_MD.replace("@factor@ times", "@faktor@ times")}, "no parameter 'faktor'"),
        ({"mine.py": OWN_PY, "mine.md": OWN_MD.replace("own.times.factor", "own.times.f")}, "no parameter 'f'"),
        ({"mine.py": OWN_PY, "mine.md": OWN_MD.replace("    ### END SOLUTION\n", "")}, "in pairs"),
        ({"mine.py": OWN_PY.replace("own.times", "crop.ladder"), "mine.md": "x"}, "as one of the book"),
        ({"mine.py": "EXERCISES = 1", "mine.md": "x"}, "want EXERCISE"),
    ],
)
def test_private_files_that_cannot_be_used(tmp_path, book, files, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ReleaseError, match=message):
        release(["05_skips"], tmp_path / "out", cohort="a", private=[tmp_path / name for name in files], book=book)
    assert not (tmp_path / "out").exists()
    assert not registry.is_private("own.times")


# --- what is refused --------------------------------------------------------------------------------------------------


def swapped(id, old, new):
    """Change the cell of one exercise."""

    def change(grade_id, text):
        if grade_id != id:
            return text
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swapped("crop.ladder", source.END, ""), "05_skips.*crop.ladder.*in pairs"),
        (swapped("crop.ladder", source.BEGIN, "### BEGIN SOLUTON"), "in pairs"),
        (swapped("crop.ladder", "def crops(", "def cropping("), "crop.ladder does not define crops"),
        (swapped("crop.ladder", "def crops(", "def crops(("), "the cell of crop.ladder: .*line 1"),
        (swapped("crop.ladder", "return tuple(reversed(found))", "return tuple(found)"), "reference of crop.ladder"),
        (swapped("crop.ladder", "return tuple(reversed(found))", "while True: pass"), "crop.ladder is stopped"),
        (
            swapped("crop.ladder", source.BEGIN, f"return (4,)\n    {source.BEGIN}"),
            "reference of crop.ladder",
        ),
        (swapped("crop.ladder", "kernel=3", "kernel=@kernel@"), "no parameter 'kernel': it has convs"),
    ],
)
def test_a_chapter_that_is_not_in_order_is_refused_and_nothing_is_written(tmp_path, change, message):
    book = book_with(tmp_path / "book", n05_skips=source_notebook(change))
    with pytest.raises(ReleaseError, match=message):
        release(["05_skips"], tmp_path / "out", cohort="autumn", book=book)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book"]


def test_a_stub_that_has_points_is_refused(tmp_path):
    """Where what stands outside the markers is right already."""
    right = f"def blame(size):\n    if size == @smallest@:\n        return None\n    {source.BEGIN}\n"
    body = CHAPTER["crop.blame"].source.split(f"{source.BEGIN}\n")[1]
    book = book_with(
        tmp_path / "book",
        n05_skips=source_notebook(lambda id, text: right + body if id == "crop.blame" else text),
    )
    with pytest.raises(ReleaseError, match=r"stub of crop\.blame passes"):
        release(["05_skips"], tmp_path / "out", cohort=Cohort("c", "3" * 64), book=book)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (1, "### BEGIN SOLUTION\nx"),
        (2, "### begin solution\nx = 1"),
        (2, "x = 1\n### BEGIN HIDDEN TESTS\ny\n### END HIDDEN TESTS"),
        (1, "See # END SOLUTION"),
    ],
)
def test_a_marker_anywhere_else_is_refused(tmp_path, place, text):
    notebook = source_notebook()
    notebook.cells[place].source = text
    with pytest.raises(ReleaseError, match="marker|in pairs"):
        release(["05_skips"], tmp_path / "out", cohort="a", book=book_with(tmp_path / "book", n05_skips=notebook))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("oracle", ["", "oracle=lambda args, params: params['factor'] * args[0],"])
@pytest.mark.parametrize(
    ("solution", "words"),
    [
        ("@factor@ * y  # TOKEN", "NameError: name 'y' is not defined (line 3 of times)"),
        ("@factor@ * x.size  # TOKEN", "AttributeError: 'int' object has no attribute 'size' (line 3 of times)"),
        ("__import__('not_there')  # TOKEN", "ModuleNotFoundError: No module named 'not_there' (line 3 of times)"),
    ],
)
def test_an_own_solution_that_fails_is_not_handed_out(tmp_path, oracle, solution, words):
    (tmp_path / "mine.py").write_text(OWN_PY.replace("params=lambda rng", f"{oracle} params=lambda rng"))
    (tmp_path / "mine.md").write_text(OWN_MD.replace("@factor@ * x  # TOKEN", solution))
    files = [tmp_path / "mine.py", tmp_path / "mine.md"]
    with pytest.raises(ReleaseError, match=re.escape(f"the reference of own.times fails (a number): {words}")):
        release([], tmp_path / "out", cohort="a", private=files)
    assert not (tmp_path / "out").exists()


def test_an_own_solution_that_raises_everywhere_is_not_handed_out(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_PY)
    (tmp_path / "mine.md").write_text(OWN_MD.replace("@factor@ * x  # TOKEN", "@factor@ * x / 0  # TOKEN"))
    with pytest.raises(ReleaseError, match=r"own\.times raises ZeroDivisionError in every case: division by zero"):
        release([], tmp_path / "out", cohort="a", private=[tmp_path / "mine.py", tmp_path / "mine.md"])


def test_an_exercise_that_nobody_knows_is_refused(tmp_path):
    notebook = source_notebook(ids=IDS[:1])
    notebook.cells[3].metadata["nbgrader"]["grade_id"] = "crop.unknown"
    with pytest.raises(ReleaseError, match=r"no exercise 'crop\.unknown'"):
        release(["05_skips"], tmp_path / "out", cohort="a", book=book_with(tmp_path / "book", n05_skips=notebook))


def test_a_chapter_that_is_not_there(tmp_path, book):
    with pytest.raises(ReleaseError, match="no notebook of chapter '99_none'.*05_skips"):
        release(["99_none"], tmp_path / "out", cohort="a", book=book)


def test_a_book_that_is_not_built(tmp_path):
    with pytest.raises(ReleaseError, match="run `make book`"):
        release(["05_skips"], tmp_path / "out", cohort="a", book=tmp_path)


def test_it_says_what_to_type_and_where(tmp_path, monkeypatch):
    work, book = tmp_path / "course", tmp_path / "book"
    work.mkdir()
    book.mkdir()
    (book / "_toc.yml").write_text("root: book/index\n")
    monkeypatch.chdir(work)
    for package, given, words in (
        (book, None, f"run `make book` in {book}; then this command again"),
        (tmp_path, None, "in the folder of the book's source, where its Makefile lies, and name that folder by --book"),
        (tmp_path, book, f"run `make book` in {book}; then this command again"),
        (book, work, f"{work} is not the book's folder, in which its Makefile lies: run `make book` there first"),
    ):
        monkeypatch.setattr(making.unet_edu, "__file__", str(package / "unet_edu" / "__init__.py"))
        with pytest.raises(ReleaseError, match=re.escape(words)) as raised:
            release(["05_skips"], work / "out", cohort="a", book=given)
        assert given == work or str(work) not in str(raised.value)


def test_a_cohort_needs_a_name(tmp_path, book):
    with pytest.raises(ReleaseError, match="a cohort needs a name"):
        release(["05_skips"], tmp_path / "out", cohort=" ", book=book)


def test_a_chapter_changed_since_the_build_is_told(tmp_path):
    book = book_with(tmp_path / "book", n05_skips=source_notebook(ids=IDS[:1]))
    (book / "book").mkdir()
    (book / "book" / "05_skips.md").write_text("changed")
    later = time.time() + 100
    os.utime(book / "book" / "05_skips.md", (later, later))
    with pytest.warns(ReleaseWarning, match=r"05_skips\.md has changed"):
        release(["05_skips"], tmp_path / "out", cohort="a", book=book)


# --- some exercises, released again -----------------------------------------------------------------------------------


def test_exercises_that_are_not_chosen_stay_as_practice(tmp_path, book):
    done = release(["05_skips"], tmp_path / "out", cohort="a", exercises=["crop.shift"], book=book)
    assert [task.id for task in done.bundle.exercises] == ["crop.shift"]
    notebook = of(done, "student")
    stub, check = below(notebook, "def crops(")
    assert "nbgrader" not in check.metadata
    assert check.source.endswith('check("crop.ladder", crops)')
    assert "raise NotImplementedError()" in stub.source
    assert "score(" not in "".join(text for text in code(of(done, "instructor")) if "crop.ladder" in text)
    _, check = below(notebook, "def shift(")
    assert check.metadata.nbgrader.points == find("crop.shift").points
    with pytest.raises(ReleaseError, match=r"no exercise 'crop\.shfit'.*crop\.shift"):
        release(["05_skips"], tmp_path / "new", cohort="a", exercises=["crop.shfit"], book=book)


def contents(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_released_again_keeps_the_secret_and_mends_the_text(tmp_path, own):
    book, out = book_with(tmp_path / "book", n05_skips=source_notebook(ids=IDS[:2])), tmp_path / "out"
    first = release(["05_skips"], out, cohort="autumn", private=own, book=book)
    registry.forget("own.times")
    (out / "student" / "notes.txt").write_text("mine")
    mended = source_notebook(ids=IDS[:2], prompt=PROMPT.replace("The crops", "All crops"))
    book_with(book, n05_skips=mended)
    again = release(["05_skips"], out, cohort="autumn", book=book)
    assert again.cohort.secret == first.cohort.secret
    assert again.bundle.task("crop.ladder").params == first.bundle.task("crop.ladder").params
    assert "All crops" in (out / "student" / "05_skips.ipynb").read_text("utf-8")
    assert "Released again" in str(again)
    assert "Released again" not in str(first)
    assert sorted(contents(out)) == [
        "bundle.zip", "instructor/05_skips.ipynb", "student/05_skips.ipynb", "student/notes.txt"
    ]  # fmt: skip


def test_released_again_keeps_parameters_that_a_newer_version_would_draw_otherwise(tmp_path, book, monkeypatch):
    out, cohort = tmp_path / "out", Cohort("c", "4" * 64)
    first = release(["05_skips"], out, cohort=cohort, exercises=["crop.ladder"], book=book)
    monkeypatch.setattr(Cohort, "params", lambda self, exercise: {"convs": 9})
    again = release(["05_skips"], out, cohort="c", exercises=["crop.ladder"], book=book)
    assert again.bundle.exercises[0].params == first.bundle.exercises[0].params != {"convs": 9}


def test_a_refusal_leaves_an_earlier_release_as_it_was(tmp_path, book):
    out = tmp_path / "out"
    release(["05_skips"], out, cohort="autumn", exercises=IDS[:1], book=book)
    before = contents(out)
    broken = book_with(tmp_path / "book", n05_skips=source_notebook(swapped("crop.ladder", source.END, "")))
    for options in ({"cohort": "autumn", "book": broken}, {"cohort": "spring", "book": book}):
        with pytest.raises(ReleaseError):
            release(["05_skips"], out, **options)
        assert contents(out) == before


def test_a_folder_is_of_one_cohort(tmp_path, book):
    out = tmp_path / "out"
    release(["05_skips"], out, cohort="autumn", exercises=IDS[:1], book=book)
    with pytest.raises(ReleaseError, match="of the cohort 'autumn', not 'spring'.*another folder"):
        release(["05_skips"], out, cohort="spring", book=book)
    with pytest.raises(ReleaseError, match="another secret"):
        release(["05_skips"], out, cohort=Cohort.new("autumn"), book=book)


def test_the_secret_of_a_release_elsewhere(tmp_path, book):
    first = release(["05_skips"], tmp_path / "a", cohort="autumn", exercises=IDS[:1], book=book)
    bundle = tmp_path / "a" / "bundle.zip"
    second = release(["05_skips"], tmp_path / "b", cohort="autumn", exercises=IDS[1:2], book=book, again=bundle)
    assert second.cohort.secret == first.cohort.secret
    other = release(["05_skips"], tmp_path / "c", cohort="autumn", exercises=IDS[:1], book=book)
    assert other.cohort.secret != first.cohort.secret
    with pytest.raises(ReleaseError, match="another secret"):
        release(["05_skips"], tmp_path / "c", cohort="autumn", book=book, again=bundle)


def test_a_folder_with_something_else_called_bundle(tmp_path, book):
    (tmp_path / "bundle.zip").write_text("x")
    with pytest.raises(ReleaseError, match="not a bundle"):
        release(["05_skips"], tmp_path, cohort="autumn", book=book)
    assert contents(tmp_path) == {"bundle.zip": b"x"}


def test_nothing_secret_is_in_the_wheel():
    """The package holds cases and oracles; solutions it takes from the chapters, which are no part of it."""
    package = "".join(path.read_text("utf-8") for path in sorted((ROOT / "unet_edu").rglob("*.py")))
    for cell in CHAPTER.values():
        body = cell.source.split(source.BEGIN)[1].split(source.END)[0].strip()
        assert body not in package


def test_the_bundle_is_not_larger_than_it_must_be(released):
    with zipfile.ZipFile(released.out / "bundle.zip") as archive:
        assert sum(info.file_size for info in archive.infolist()) < 20_000
