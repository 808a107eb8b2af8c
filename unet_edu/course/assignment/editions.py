"""A chapter's source notebook, and the notebooks that are made of it: for readers, students and instructors.

    source        exercise cells with markers and ``@convs@``, text with ``@crop.ladder.convs@`` (see `source`)
    reader        stub, a cell that checks, the solution folded, after each prompt
    student       how to hand in, at the top; stub and check; no trace of a solution
    instructor    the cells with their solutions between markers; below each check, in nbgrader's hidden tests, what
                  gives the points: `nbgrader generate_assignment` makes of it what the student's notebook holds

The book's build writes the source notebooks, `release` an assignment's; both take what is here. Needs nbformat.
"""

import copy
import hashlib
import re
from collections.abc import Callable, Mapping

from unet_edu.course import registry
from unet_edu.course.assignment import source
from unet_edu.course.registry import UnknownExercise

HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")

HAND_IN = """\
> **To work on it.** In Colab, first make the notebook yours: *File > Save a copy in Drive*. Run the set-up cell below.
> Write your answers in the cells that say `YOUR CODE HERE`, and run the cell under each: `check` says what it sees.
>
> **To hand it in.** *File > Download > Download .ipynb* (in JupyterLab: *File > Download*), and hand in that file. Keep
> the names of the functions and classes, and each of them in its own cell. What you hand in is tried on more than
> what `check` tries."""


def cell_id(*parts: str) -> str:
    """Return the id of a cell, its parts joined: short enough for the format, and different for different parts."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", "-".join(parts))
    return name if len(name) <= 64 else f"{name[:55]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def code_cell(text: str, id: str, metadata: Mapping | None = None):
    """Return a code cell without outputs."""
    from nbformat.v4 import new_code_cell

    return new_code_cell(text, id=id, metadata=dict(metadata or {}))


def text_cell(text: str, id: str):
    """Return a cell of Markdown."""
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(text, id=id)


def new_notebook(cells: list, stem: str):
    """Return a notebook of these cells, with the metadata that Jupyter and Colab read; `stem` is its file's name."""
    from nbformat.v4 import new_notebook

    notebook = new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "colab": {"provenance": [], "toc_visible": True},
        "unet_edu": {"notebook": stem},
    }
    return notebook


def exercise_cells(notebook, where: str) -> dict[str, source.Cell]:
    """Return the exercise cells of a source notebook by grade_id, in order.

    Raises:
        source.ExerciseError: for unbalanced markers, a marker elsewhere, an id that occurs twice.
    """
    found: dict[str, source.Cell] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            source.refuse_marks(cell.source, where)
            continue
        read = source.read_cell(cell.metadata, cell.source, where)
        if read and read.grade_id in found:
            raise source.ExerciseError(f"{where}: two exercise cells with grade_id {read.grade_id!r}")
        if read:
            found[read.grade_id] = read
    return found


def _metadata(cell: source.Cell) -> dict:
    return {**cell.metadata, "nbgrader": {**cell.metadata["nbgrader"], "grade_id": source.nbgrader_id(cell.grade_id)}}


# ------------------------------------------------------------------------------------------------------- the editions


def reader(notebook):
    """Return the notebook of the book's reader: all solutions are there, folded."""

    def cells(cell, place):
        solution = folded("Show the solution", fenced(cell.solution))
        return [
            code_cell(cell.stub, place.id, _metadata(cell)),
            *_check(cell, place.id, graded=False),
            text_cell(solution, cell_id(place.id, "solution")),
        ]

    return _made(notebook, cells, source.book_values)


def student(notebook, values: Mapping[str, Mapping] | None = None, graded: Callable[[str], bool] = lambda id: True):
    """Return the notebook that students fill in.

    Args:
        values: of a cohort's parameters, by the ids of exercises; for all others the book's.
        graded: which exercises count, by id; the others stay as practice.
    """

    def cells(cell, place):
        check = _check(cell, place.id, graded(cell.grade_id))
        return [code_cell(cell.stub, place.id, _metadata(cell)), *check]

    return _to_hand_in(notebook, cells, values)


def instructor(
    notebook,
    values: Mapping[str, Mapping] | None = None,
    graded: Callable[[str], bool] = lambda id: True,
    hidden: bool = False,
):
    """Return the notebook with the solutions between markers; with `hidden`, nbgrader's source of an assignment."""

    def cells(cell, place):
        check = _check(cell, place.id, graded(cell.grade_id), hidden)
        return [code_cell(cell.written, place.id, _metadata(cell)), *check]

    return _to_hand_in(notebook, cells, values)


def _to_hand_in(notebook, cells_of, values):
    """Return a copy with the values of a cohort, and with how to hand in at the top."""
    made = _made(notebook, cells_of, lambda id: (values or {}).get(id) or source.book_values(id))
    made.cells.insert(0, text_cell(HAND_IN, cell_id(made.metadata["unet_edu"]["notebook"], "hand-in")))
    return made


def _made(notebook, cells_of, values):
    """Return a copy with `cells_of(cell, place)` for each exercise cell, and with the values of all parameters."""
    stem = notebook.metadata["unet_edu"]["notebook"]
    known = exercise_cells(notebook, stem)
    made = copy.deepcopy(notebook)
    made.cells = []
    for place in copy.deepcopy(notebook.cells):
        grade_id = (place.metadata.get("nbgrader") or {}).get("grade_id")
        if place.cell_type == "code" and grade_id in known:
            made.cells += cells_of(known[grade_id].with_values(values(grade_id)), place)
            continue
        if place.cell_type != "code":
            place.source = source.fill_text(place.source, values)
        made.cells.append(place)
    return made


def folded(title: str, body: str) -> str:
    """Return a folded part of Markdown, in the HTML that notebooks and GitHub understand."""
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def fenced(text: str, language: str = "python") -> str:
    """Return a block of code in Markdown, in a fence that is longer than any inside it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


# ------------------------------------------------------------------------------------------------------ the check cell


def _check(cell: source.Cell, id: str, graded: bool, hidden: bool = False) -> list:
    """Return the cell below a stub, if the exercise exists."""
    try:
        exercise = registry.find(cell.grade_id)
    except UnknownExercise:
        return []
    text = check_source(exercise, cell.values)
    if hidden and graded:
        call = f'score("{exercise.id}", {exercise.name})'
        text = "\n".join([text, HIDDEN[0], "from unet_edu.course.nbgrader import score", "", call, HIDDEN[1]])
    metadata = {}
    if graded:
        metadata["nbgrader"] = {
            "grade": True,
            "grade_id": source.nbgrader_id(f"{exercise.id}.check"),
            "locked": True,
            "points": exercise.points,
            "schema_version": 3,
            "solution": False,
            "task": False,
        }
    return [code_cell(text, cell_id(id, "check"), metadata)]


def check_source(exercise, values: Mapping) -> str:
    """Return the code of the cell below a stub, the import too, since a reader may run that cell alone."""
    if registry.is_private(exercise.id):  # its cases and mistakes stay with the instructor
        return f"# {exercise.name} is tried when it is handed in; `check` knows nothing of it"
    changed = f", cohort={dict(values)!r}" if dict(values) != dict(exercise.book) else ""
    return f'from unet_edu.course import check\n\ncheck("{exercise.id}", {exercise.name}{changed})'
