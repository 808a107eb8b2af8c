"""An instructor's own exercises: modules with an EXERCISE, and notebooks with their prompts and cells.

    mine.py       EXERCISE, an `Exercise`, as a file of unet_edu/course/exercises has one; or EXERCISES, several
    mine.md       plain Markdown, with code-cells as in a chapter; or mine.ipynb

A module stands for itself: it imports the package and libraries, but no other private module.
"""

import atexit
import hashlib
import importlib.util
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from unet_edu.course import registry
from unet_edu.course.assignment import editions, source
from unet_edu.course.exercise import Exercise

MODULES = "unet_edu_private"  # what the names of the modules begin with

_FRONT = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
_OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?:[ \t]*:[\w-]+:[^\n]*\n)+)", re.M | re.S)
_PARAM = re.compile(r"(?<!`)\{param\}`([^`]+)`")
_SPHINX = re.compile(r"^[>\s]*(?:`{3,}|~{3,}|:{3,})\s*\{[^\n]*|(?<!`)\{[\w:+-]+\}`[^`\n]*`?", re.M)


class PrivateError(ValueError):
    """A file of private exercises that cannot be used; the message says why."""


def register(modules: Mapping[str, str]) -> list[Exercise]:
    """Import modules of private exercises and register these; return them.

    The modules are imported from a folder that nobody else can read, and that is there while this process runs: what
    runs beside a student's code is taken from their source. Exercises that were registered before are replaced.

    Args:
        modules: from the name of a file ("mine.py") to its source.

    Raises:
        PrivateError: for a module that cannot be imported or has no EXERCISE, or an id that the book has.
    """
    if not modules:
        return []
    folder = Path(tempfile.mkdtemp(prefix=f"{MODULES}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = [exercise for name, text in modules.items() for exercise in _imported(folder, name, text)]
    book = {exercise.id for exercise in registry.everything() if not registry.is_private(exercise.id)}
    for exercise in found:
        if exercise.id in book:
            raise PrivateError(f"a private exercise is called {exercise.id!r}, as one of the book: give it another id")
    registry.forget(*(exercise.id for exercise in found))
    try:
        registry.register(*found)
    except ValueError as error:
        raise PrivateError(f"private exercises: {error}") from None
    return found


def _imported(folder: Path, name: str, text: str) -> Iterable[Exercise]:
    if not re.fullmatch(r"[A-Za-z_]\w*\.py", name, re.A):
        raise PrivateError(f"{name}: a file of private exercises is called like a module: my_exercises.py")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    module_name = f"{MODULES}_{hashlib.sha256(text.encode()).hexdigest()[:12]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise PrivateError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, "EXERCISES", None) or [getattr(module, "EXERCISE", None)]  # several, or one
    if not isinstance(found, tuple | list) or not all(isinstance(each, Exercise) for each in found):
        raise PrivateError(f"{name}: want EXERCISE, a unet_edu.course.exercise.Exercise")
    return found


# ------------------------------------------------------------------------------------------------------- the notebooks


def notebook_of(path: Path):
    """Return the source notebook (see `editions`) that a private .md or .ipynb file is.

    Raises:
        PrivateError: for a file of another kind, or with what only the book's build understands.
        source.ExerciseError: for a cell with unbalanced markers.
    """
    if path.suffix == ".md":
        return _of_markdown(path)
    if path.suffix == ".ipynb":
        return _of_notebook(path)
    raise PrivateError(f"{path}: private files are .py (exercises), .md or .ipynb (their prompts and cells)")


def _of_markdown(path):
    text = _FRONT.sub("", path.read_text("utf-8"))
    cells, end, number = [], 0, 0
    for match in source.CODE_CELL.finditer(text):
        cells += _text(text[end : match.start()], path, number)
        exercise = source.parse_cell(match["body"], path.name)
        if exercise:
            id = editions.cell_id(path.stem, exercise.grade_id)
            cells.append(editions.code_cell(exercise.source, id, exercise.metadata))
        else:
            id = editions.cell_id(path.stem, "code", str(number))
            cells.append(editions.code_cell(_OPTIONS.sub("", match["body"]).rstrip("\n"), id))
        end, number = match.end(), number + 1
    return editions.new_notebook(cells + _text(text[end:], path, number), path.stem)


def _text(text, path, number) -> list:
    """The cell of a piece of text, if it says something."""
    text = _PARAM.sub(lambda match: f"@{match[1]}@", text.strip())
    outside = re.sub(r"^(`{3,})(?!\s*\{).*?^\1`*[ \t]*$", "", text, flags=re.M | re.S)  # code may show anything
    found = _SPHINX.search(outside)
    if found:
        words = f"{path}: a notebook does not understand {found[0].strip()[:40]!r}: write plain Markdown"
        raise PrivateError(f"{words} (the numbers of a cohort alone may be written {{param}}`topic.slug.name`)")
    return [editions.text_cell(text, editions.cell_id(path.stem, "text", str(number)))] if text else []


def _of_notebook(path):
    import nbformat

    try:
        notebook = nbformat.convert(nbformat.reads(path.read_text("utf-8"), as_version=4), 4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises many kinds
        raise PrivateError(f"{path} is no notebook: {str(error)[:200]}") from error
    cells = []
    for number, cell in enumerate(notebook.cells):
        nbgrader = cell.metadata.get("nbgrader") or {}
        if nbgrader.get("solution"):
            nbgrader["grade_id"] = source.exercise_id(str(nbgrader.get("grade_id", "")))
        grade_id = nbgrader.get("grade_id")
        id = editions.cell_id(path.stem, grade_id or f"cell-{number}")
        if cell.cell_type == "code":  # without its outputs, which may hold anything
            cells.append(editions.code_cell(cell.source, id, cell.metadata))
        else:
            cells.append(editions.text_cell(_PARAM.sub(lambda match: f"@{match[1]}@", cell.source), id))
    return editions.new_notebook(cells, path.stem)
