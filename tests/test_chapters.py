"""The real chapters' notebooks, as a reader, a student and an instructor run them: alone, from an empty folder."""

import json

import nbformat
import pytest
from bookkit import CHAPTERS, ROOT
from nbclient import NotebookClient

from _ext import chapter_times
from _ext.exercise_cells import exercises

FOLDERS = {
    "reader": ROOT / "_build" / "html" / "notebooks",
    "student": ROOT / "_build" / "notebooks" / "student",
    "instructor": ROOT / "_build" / "notebooks" / "instructor",
}
CELL_SECONDS = 900  # where a cell that hangs is stopped, on a busy machine, too


def executed(path, folder):
    """Run a notebook in an empty folder; return it and what `chapter_times.LAST_CELL` measured in its kernel."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(chapter_times.LAST_CELL))
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=CELL_SECONDS, startup_timeout=CELL_SECONDS, resources=where).execute()
    return notebook, json.loads(notebook.cells.pop().outputs[0].text)


def notebook_of(edition, chapter):
    path = FOLDERS[edition] / f"{chapter.stem}.ipynb"
    assert path.exists(), "type 'make book' first: it writes the notebooks"
    return path


@pytest.mark.weekly
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_notebook_runs_from_an_empty_folder(tmp_path, monkeypatch, chapter):
    """A student's, with its stubs unfilled, in a chapter's time and memory, at the second try at the latest.

    `make colab-check` runs the reader's.
    """
    path = notebook_of("student", chapter)
    monkeypatch.delenv("UNET_EDU_DATA", raising=False)
    for empty in ("once", "again"):  # what else a machine does slows it
        (tmp_path / empty).mkdir()
        notebook, measured = executed(path, tmp_path / empty)
        too_much = chapter_times.excess(chapter_times.read(ROOT), chapter.stem, measured)
        if not too_much:
            break
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert "GFLOP/s" in code[0].outputs[0].text or "TFLOP/s" in code[0].outputs[0].text, "set-up names the device"
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    assert too_much == ""


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_editions_differ_in_their_exercises_alone(chapter):
    """The instructor's code is the page's, which the build has run; the reader's is the student's."""
    code = {}
    for edition in FOLDERS:
        notebook = nbformat.read(notebook_of(edition, chapter), as_version=4)
        code[edition] = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code["reader"]] == [cell.source for cell in code["student"]]
    assert len(code["instructor"]) == len(code["student"])
    solutions = {cell.written for cell in exercises(chapter.read_text("utf-8"), chapter.name).values()}
    changed = []
    for student, instructor in zip(code["student"], code["instructor"], strict=True):
        if student.source != instructor.source:
            changed.append(instructor.source)
    assert set(changed) == solutions
