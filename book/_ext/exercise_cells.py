"""Exercise cells: one ``code-cell`` in the source, a stub and a folded solution on the page.

In a chapter an exercise is a single cell in nbgrader's format::

    ```{code-cell} ipython3
    ---
    nbgrader: {grade: false, grade_id: crop.centre, locked: false, schema_version: 3, solution: true, task: false}
    ---
    def centre_crop(x, size):
        \"\"\"Cut the central size × size window out of x.\"\"\"
        ### BEGIN SOLUTION
        margin = (x.shape[-1] - size) // 2
        return x[..., margin : margin + size, margin : margin + size]
        ### END SOLUTION
    ```

When the source is read, the reader's edition turns it into the stub (shown, not run) and the solution (folded, run).
The course edition (``UNET_BOOK_EDITION=course``, see ``make book-course``) keeps the stub alone and publishes no page
sources. Everything that stands between the markers counts as solution text.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from sphinx.errors import ExtensionError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB_TAG, SOLUTION_TAG = "exercise-stub", "exercise-solution"

_CELL = re.compile(r"^(?P<fence>`{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)`*[ \t]*$", re.M | re.S)
_YAML = re.compile(r"\A---\n(?P<yaml>.*?)^---\n", re.M | re.S)
# whatever may have been meant as a marker, of which only the two exact lines are let through; a heading is none
_MARK = re.compile(r"#\s*(BEGIN|END)[\s_-]*SOLUTION", re.I)
_MARK_IN_CODE = re.compile(_MARK.pattern + r"|^\s*###.*SOLUTION", re.I)


class ExerciseError(ExtensionError):
    """An exercise cell that cannot be split safely: the build stops rather than publish a solution by accident."""


@dataclass(frozen=True)
class Exercise:
    """One exercise cell of a chapter."""

    grade_id: str
    metadata: dict  # the cell's metadata without tags, as in the source
    source: str  # with markers and solution, as in the source

    @property
    def stub(self) -> str:
        """What a student starts from; the same text that nbgrader's ClearSolutions makes."""
        return _cut(self.source)

    @property
    def solution(self) -> str:
        """The whole definition without the marker lines."""
        return "\n".join(line for line in self.source.split("\n") if line.strip() not in (BEGIN, END))


def _cut(source: str) -> str:
    lines, inside = [], False
    for line in source.split("\n"):
        if line.strip() == BEGIN:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError()"]
        elif line.strip() == END:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def parse_cell(body: str, where: str) -> Exercise | None:
    """Read the inside of a code-cell; ``None`` when it is no exercise.

    Raises:
        ExerciseError: markers missing, unbalanced or misspelt, or no ``grade_id``.
    """
    header = _YAML.match(body)
    metadata = (yaml.safe_load(header["yaml"]) or {}) if header else {}
    source = (body[header.end() :] if header else body).rstrip("\n")
    marks = [line.strip() for line in source.split("\n") if _MARK_IN_CODE.search(line)]
    grade_id = (metadata.get("nbgrader") or {}).get("grade_id")
    is_solution_cell = bool((metadata.get("nbgrader") or {}).get("solution"))
    if not marks and not is_solution_cell:
        return None
    if marks != [BEGIN, END] * (len(marks) // 2) or not marks:
        raise ExerciseError(f"{where}: exercise cell {grade_id!r} needs {BEGIN!r} … {END!r} in pairs, found {marks}")
    if not grade_id or not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", grade_id):
        raise ExerciseError(
            f"{where}: solution markers in a cell whose nbgrader grade_id is {grade_id!r}; want 'topic.slug'"
        )
    return Exercise(grade_id, {k: v for k, v in metadata.items() if k != "tags"}, source)


def split_exercises(text: str, where: str, render) -> str:
    """Replace each exercise cell of a chapter's ``text`` by ``render(exercise, fence)``; check that none is missed."""
    seen: set[str] = set()

    def replace(match: re.Match) -> str:
        exercise = parse_cell(match["body"], where)
        if exercise is None:
            return match[0]
        if exercise.grade_id in seen:
            raise ExerciseError(f"{where}: two exercise cells with grade_id {exercise.grade_id!r}")
        seen.add(exercise.grade_id)
        return render(exercise, match["fence"])

    new = _CELL.sub(replace, text)
    outside = _CELL.sub("", text)
    if _MARK.search(outside):
        raise ExerciseError(f"{where}: a solution marker outside any code-cell")
    return new


def exercises(text: str, where: str) -> dict[str, Exercise]:
    """All exercises of a chapter's source by grade_id, in order."""
    found: dict[str, Exercise] = {}
    split_exercises(text, where, lambda exercise, _: found.setdefault(exercise.grade_id, exercise).source)
    return found


def render_for_page(exercise: Exercise, fence: str, with_solution: bool) -> str:
    """MyST source of the stub and, in the reader's edition, of the folded solution."""
    stub = (
        f"{fence}{{code-block}} python\n:class: {STUB_TAG}\n:name: stub-{exercise.grade_id}\n{exercise.stub}\n{fence}"
    )
    if not with_solution:
        return stub
    header = yaml.safe_dump(
        {
            "tags": ["hide-cell", SOLUTION_TAG],
            "mystnb": {"code_prompt_show": "Show the solution", "code_prompt_hide": "Hide the solution"},
            **exercise.metadata,
        },
        sort_keys=False,
    )
    return f"{stub}\n\n{fence}{{code-cell}} ipython3\n---\n{header}---\n{exercise.solution}\n{fence}"


def is_course_edition() -> bool:
    """Whether this build is the course edition; of two legal values, so that a typo cannot publish solutions."""
    edition = os.environ.get("UNET_BOOK_EDITION", "reader")
    if edition not in ("reader", "course"):
        raise ExerciseError(f"UNET_BOOK_EDITION={edition!r}: choose 'reader' or 'course'")
    return edition == "course"


def on_source_read(app, docname, source):
    """Split the exercise cells of one page."""
    with_solution = not app.config.unet_course_edition
    where = app.env.doc2path(docname, base=False)
    source[0] = split_exercises(source[0], where, lambda ex, fence: render_for_page(ex, fence, with_solution))


def on_config_inited(app, config):
    """The course edition copies no page sources: they are the chapters as written, solutions included."""
    config.unet_course_edition = is_course_edition()
    if config.unet_course_edition:
        config.html_copy_source = False
        config.html_show_sourcelink = False


def on_builder_inited(app):
    """The course edition refuses a folder with pages of the reader's edition: what is not written anew would stay."""
    outdir = Path(app.outdir)
    mark = outdir.parent / f".unet_edition_{outdir.name}"
    edition = "course" if app.config.unet_course_edition else "reader"
    last = mark.read_text() if mark.exists() else "unknown"
    if edition == "course" and last != "course" and next(outdir.rglob("*.html"), None):
        raise ExerciseError(f"{outdir} holds another edition, solutions included: build with 'make book-course'")
    mark.write_text(edition)


def setup(app):
    # "env": a build folder that changes its edition re-reads every page
    app.add_config_value("unet_course_edition", False, "env")
    app.connect("config-inited", on_config_inited)
    app.connect("builder-inited", on_builder_inited)
    app.connect("source-read", on_source_read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
