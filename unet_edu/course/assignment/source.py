"""Exercise cells: the one reader of them, for the pages, the notebooks, the release of an assignment and the tests.

In a chapter an exercise is a single cell in nbgrader's format::

    ```{code-cell} ipython3
    ---
    nbgrader: {grade: false, grade_id: crop.ladder, locked: false, schema_version: 3, solution: true, task: false}
    ---
    def crops(depth):
        \"\"\"Crop of every skip of a U-Net with @convs@ convolutions a block.\"\"\"
        ### BEGIN SOLUTION
        side = @convs@
        ...
        ### END SOLUTION
    ```

Everything between the markers counts as solution. ``@convs@`` stands for a parameter of the exercise, which a cohort
may change: the value in `Exercise.book` unless another is given. In the text of a notebook from which others are
made the same is written ``@crop.ladder.convs@``, since text belongs to no cell. Pure Python.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from unet_edu.course import registry
from unet_edu.course.registry import UnknownExercise

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
UNFILLED = ("# YOUR CODE HERE", "raise NotImplementedError()")  # what nbgrader puts in place of a solution

CODE_CELL = re.compile(r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)`*[ \t]*$", re.M | re.S)
_YAML = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.M | re.S)
# whatever may have been meant as a marker, of which only the two exact lines are let through; a heading is none
_MARK = re.compile(r"#\s*(BEGIN|END)[\s_-]*SOLUTION", re.I)
_MARK_IN_CODE = re.compile(_MARK.pattern + r"|^\s*###.*SOLUTION", re.I)
_ID = r"[a-z0-9_]+(?:\.[a-z0-9_]+)+"  # topic.slug
_IN_CODE = re.compile(r"@(?P<name>[A-Za-z_]\w*)@")
_IN_TEXT = re.compile(rf"@(?P<id>{_ID})\.(?P<name>[A-Za-z_]\w*)@")


class ExerciseError(ValueError):
    """An exercise cell that cannot be split or filled safely: stop, rather than publish a solution by accident."""


@dataclass(frozen=True)
class Cell:
    """One exercise cell."""

    grade_id: str
    metadata: dict  # the cell's metadata without tags, as in the source
    source: str  # with markers, solution and ``@name@``, as in the source
    values: Mapping = field(default_factory=dict)  # what the parameters stand for

    def with_values(self, values: Mapping) -> "Cell":
        """Return the cell with other values of the parameters. Raises ExerciseError for a ``@name@`` without one."""
        fill(self.source, values, self.grade_id)
        return replace(self, values=dict(values))

    @property
    def written(self) -> str:
        """The cell with markers and solution, and with the parameters' values."""
        return fill(self.source, self.values, self.grade_id)

    @property
    def stub(self) -> str:
        """What a student starts from; the same text that nbgrader's ClearSolutions makes."""
        return cut(self.written)

    @property
    def solution(self) -> str:
        """The whole definition without the marker lines."""
        return "\n".join(line for line in self.written.split("\n") if line.strip() not in (BEGIN, END))


def nbgrader_id(id: str) -> str:
    """Return an exercise's id as nbgrader accepts it, with a hyphen for the dot; no id has a hyphen."""
    return id.replace(".", "-")


def exercise_id(grade_id: str) -> str:
    """Return the id that a notebook's metadata mean, the way back from `nbgrader_id`."""
    return grade_id.replace("-", ".")


def cut(source: str) -> str:
    """Put, in place of all that stands between markers, what nbgrader puts there."""
    lines, inside = [], False
    for line in source.split("\n"):
        if line.strip() == BEGIN:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + part for part in UNFILLED]
        elif line.strip() == END:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


# --------------------------------------------------------------------------------------------------- reading of cells


def parse_cell(body: str, where: str) -> Cell | None:
    """Read the inside of a chapter's code-cell; ``None`` when it is no exercise.

    Raises:
        ExerciseError: markers missing, unbalanced or misspelt, no ``grade_id``, or a ``@name@`` that is no parameter.
    """
    header = _YAML.match(body)
    metadata = {}
    if header:
        import yaml  # no dependency of the package: who reads a chapter has it

        metadata = yaml.safe_load(header["yaml"]) or {}
    return read_cell(metadata, (body[header.end() :] if header else body).rstrip("\n"), where)


def read_cell(metadata: Mapping, source: str, where: str) -> Cell | None:
    """Read a code cell of any kind, from its metadata and its source; as `parse_cell`.

    The parameters have the book's values; those of an unknown exercise have none.
    """
    marks = [line.strip() for line in source.split("\n") if _MARK_IN_CODE.search(line)]
    grade_id = (metadata.get("nbgrader") or {}).get("grade_id")
    is_solution_cell = bool((metadata.get("nbgrader") or {}).get("solution"))
    if not marks and not is_solution_cell:
        return None
    if marks != [BEGIN, END] * (len(marks) // 2) or not marks:
        raise ExerciseError(f"{where}: exercise cell {grade_id!r} needs {BEGIN!r} … {END!r} in pairs, found {marks}")
    if not grade_id or not re.fullmatch(_ID, grade_id):
        raise ExerciseError(
            f"{where}: solution markers in a cell whose nbgrader grade_id is {grade_id!r}; want 'topic.slug'"
        )
    cell = Cell(grade_id, {key: value for key, value in metadata.items() if key != "tags"}, source)
    try:
        return cell.with_values(book_values(grade_id))
    except ExerciseError as error:
        raise ExerciseError(f"{where}: {error}") from None


def split_exercises(text: str, where: str, render: Callable[[Cell, str], str]) -> str:
    """Replace each exercise cell of a chapter's ``text`` by ``render(cell, fence)``; check that none is missed."""
    seen: set[str] = set()

    def replaced(match: re.Match) -> str:
        cell = parse_cell(match["body"], where)
        if cell is None:
            return match[0]
        if cell.grade_id in seen:
            raise ExerciseError(f"{where}: two exercise cells with grade_id {cell.grade_id!r}")
        seen.add(cell.grade_id)
        return render(cell, match["fence"])

    new = CODE_CELL.sub(replaced, text)
    refuse_marks(CODE_CELL.sub("", text), where)
    return new


def refuse_marks(text: str, where: str) -> None:
    """Raise ExerciseError if there is a solution marker, or what may have been meant as one, in text without cells."""
    if _MARK.search(text):
        raise ExerciseError(f"{where}: a solution marker outside any code-cell")


def exercises(text: str, where: str) -> dict[str, Cell]:
    """Return all exercise cells of a chapter's source by grade_id, in order."""
    found: dict[str, Cell] = {}
    split_exercises(text, where, lambda cell, _: found.setdefault(cell.grade_id, cell).source)
    return found


# --------------------------------------------------------------------------------------------------------- parameters


def book_values(id: str) -> Mapping:
    """Return the book's values of an exercise's parameters; none for an unknown exercise."""
    try:
        return registry.find(id).book
    except UnknownExercise:
        return {}


def fill(source: str, values: Mapping, id: str = "") -> str:
    """Put the values of the parameters into a cell's source, for ``@name@``.

    A matrix product (``a @ b``, even ``a@b@c``) and a decorator are no parameters.

    Raises:
        ExerciseError: for a ``@name@`` that is neither a parameter nor an operand of a product.
    """

    def value(match: re.Match) -> str:
        if match["name"] in values:
            return str(values[match["name"]])
        if re.search(r"[\w)\]]\Z", source[: match.start()]):
            return match[0]
        has = f"it has {', '.join(sorted(values))}" if values else "it has none"
        raise ExerciseError(f"exercise {id or 'cell'} has no parameter {match['name']!r}: {has}")

    return _IN_CODE.sub(value, source)


def fill_text(text: str, values: Callable[[str], Mapping] = book_values) -> str:
    """Put the values of parameters into the text of a notebook, for ``@topic.slug.name@``.

    Args:
        values: from the id of an exercise to the values of its parameters.

    Raises:
        ExerciseError: for a parameter that there is not.
    """

    def value(match: re.Match) -> str:
        known = values(match["id"])
        if match["name"] not in known:
            raise ExerciseError(f"{match[0]}: exercise {match['id']} has no parameter {match['name']!r}")
        return str(known[match["name"]])

    return _IN_TEXT.sub(value, text)


def in_text(id: str, name: str) -> str:
    """Return how a parameter is written where `fill_text` puts its value in."""
    return f"@{id}.{name}@"
