"""An assignment: notebooks for students and instructors, and the bundle that the grader needs.

    source notebooks of the book's build ─┐             ┌─▶ OUT/student/NN_name.ipynb      to hand out
    an instructor's own .py, .md, .ipynb ─┼─▶ release ──┼─▶ OUT/instructor/NN_name.ipynb   solutions; nbgrader's source
    the cohort's secret ──────────────────┘             └─▶ OUT/bundle.zip                 secret, solutions

Before anything is written: all markers balance, every exercise exists, every reference solution gets full points on
the public cases, on the cohort's hidden ones and on those of some more draws, every stub gets none, and no trace of a
solution is left in what is handed out. Else `ReleaseError`, and nothing is written.
"""

import ast
import os
import re
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import unet_edu
from unet_edu.course import checking, registry, values
from unet_edu.course.assignment import editions, source
from unet_edu.course.assignment import own_exercises as own
from unet_edu.course.assignment.bundle import Bundle, BundleError, Task, peek
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.evaluate import decide, is_broken, outcome_of
from unet_edu.course.outcome import Raised
from unet_edu.course.registry import UnknownExercise
from unet_edu.course.sandbox.messages import WIDE
from unet_edu.course.sandbox.sandbox import Sandbox, UnsafeWarning, why_unavailable

SOURCES = Path("_build") / "notebooks" / "source"  # below the book's folder
CONTENTS = "_toc.yml"  # by which the book's folder is known
DRAWS = 3  # of hidden cases that nobody will be graded on: what one draw of them does not show another may
LEFT = re.compile(r"#\s*(BEGIN|END)[\s_-]*(SOLUTION|HIDDEN)", re.I)


class ReleaseError(ValueError):
    """An assignment that cannot be released as it is; the message names what to mend. Nothing was written."""


class ReleaseWarning(UserWarning):
    """An assignment that can be released, but should be looked at."""


@dataclass(frozen=True)
class Released:
    """What was written."""

    out: Path
    bundle: Bundle
    student: tuple[Path, ...]
    instructor: tuple[Path, ...]
    again: bool  # whether the secret is that of an earlier release

    @property
    def cohort(self) -> Cohort:
        """The cohort; mind that it holds the secret."""
        return self.bundle.cohort

    def __str__(self):
        tasks = self.bundle.exercises
        points = sum(task.points for task in tasks)
        plural = "s" * (len(tasks) != 1)
        width = max(len(task.id) for task in tasks)
        lines = [f"{self.bundle.title}, for {self.cohort.name}: {len(tasks)} exercise{plural}, {points:g} points"]
        for task in tasks:
            changed = ", ".join(f"{name} = {value!r}" for name, value in task.params.items())
            lines.append(f"  {task.id:{width}}  {task.points:g} points  {changed}".rstrip())
        if self.again:
            lines.append("Released again: secret and parameters are the same, and what students have done counts.")
        lines.append("To hand out or publish:")
        lines += [f"  {path}" for path in self.student]
        lines.append("Never to publish:")
        lines += [f"  {path}  (solutions)" for path in self.instructor]
        lines.append(f"  {self.out / 'bundle.zip'}  (secret and solutions; nothing can be graded without it)")
        return "\n".join(lines)


def release(
    chapters: Sequence[str],
    out,
    *,
    cohort: str | Cohort,
    exercises: Sequence[str] = (),
    private: Sequence = (),
    book=None,
    again=None,
) -> Released:
    """Write an assignment into the folder `out`.

    Args:
        chapters: as their files are called, "05_skips".
        out: a new folder, or that of an earlier release for the same cohort, whose secret and parameters are kept.
        cohort: the name of the class; or a `Cohort`, secret and all.
        exercises: the ids of those that are graded, where it is not all; the others stay as practice.
        private: an instructor's own files: .py, .md, .ipynb (see `private`).
        book: the book's folder, in which `make book` was run; looked for from the current folder upwards.
        again: the bundle.zip of an earlier release elsewhere, whose secret and parameters are kept.

    Raises:
        ReleaseError: for whatever must be mended first.
        OSError: for files that cannot be read or written.
    """
    out = Path(out)
    registered: list[str] = []
    try:
        earlier = _earlier(out, again)
        cohort = _cohort(cohort, earlier)
        modules = _modules(private, registered)
        notebooks = _notebooks(chapters, private, book)
        tasks = _tasks(notebooks, cohort, exercises, registered, earlier)
        bundle = Bundle(cohort, ", ".join(notebooks), tasks, modules, tuple(f"{stem}.ipynb" for stem in notebooks))
        made = _editions(notebooks, tasks)
        _try(tasks, cohort)
        return _write(out, bundle, made, earlier)
    except (source.ExerciseError, own.PrivateError, BundleError, UnknownExercise) as error:
        registry.forget(*registered)
        raise ReleaseError(str(error)) from error
    except BaseException:
        registry.forget(*registered)
        raise


# ------------------------------------------------------------------------------------------------------ what there is


def _earlier(out, again) -> list[tuple[Path, dict]]:
    """(file, bundle.json) of earlier releases: the one that is named, the one that would be written over."""
    paths = ([Path(again)] if again else []) + [path for path in [out / "bundle.zip"] if path.exists()]
    return [(path, peek(path)) for path in paths]


def _cohort(cohort, earlier) -> Cohort:
    """Return the cohort, with the secret of an earlier release where there is one."""
    if isinstance(cohort, str):
        secret = next((each["cohort"]["secret"] for _, each in earlier if each["cohort"]["name"] == cohort), None)
        try:
            cohort = Cohort(cohort, secret) if secret else Cohort.new(cohort)
        except ValueError as error:
            raise ReleaseError(str(error)) from None
    for path, each in earlier:
        if each["cohort"]["name"] != cohort.name:
            words = f"{path} is of the cohort {each['cohort']['name']!r}, not {cohort.name!r}"
            raise ReleaseError(f"{words}: release into another folder")
        if each["cohort"]["secret"] != cohort.secret:
            raise ReleaseError(f"{path} has another secret, which would be lost: release into another folder")
    return cohort


def _modules(files, registered) -> dict[str, str]:
    """Return the private modules by the names of their files; their exercises are registered."""
    paths = [Path(file) for file in files if Path(file).suffix == ".py"]
    modules = {path.name: path.read_text("utf-8") for path in paths}
    if len(modules) < len(paths):
        raise ReleaseError("two private .py files have the same name")
    registered += [exercise.id for exercise in own.register(modules)]
    return modules


def _notebooks(chapters, files, book) -> dict:
    """Return the source notebooks by the names of their files, without ending: the chapters', then the private ones."""
    import nbformat

    folder = _folder(book) if chapters else None
    found = {}
    for chapter in dict.fromkeys(chapters):
        path = folder / f"{chapter}.ipynb"
        if not path.is_file():
            there = ", ".join(sorted(each.stem for each in folder.glob("*.ipynb"))) or "none"
            raise ReleaseError(f"there is no notebook of chapter {chapter!r} in {folder}; there are {there}")
        text = folder.parents[2] / "book" / f"{chapter}.md"
        if text.is_file() and text.stat().st_mtime > path.stat().st_mtime:
            words = f"{text} has changed since its notebook was made: `make book` first"
            warnings.warn(words, ReleaseWarning, stacklevel=3)
        found[chapter] = nbformat.read(path, as_version=4)
    set_up = [found[chapter].cells[0] for chapter in chapters][:1]
    for path in (Path(file) for file in files if Path(file).suffix != ".py"):
        if path.stem in found:
            raise ReleaseError(f"{path}: there is a notebook {path.stem!r} already; give yours another name")
        found[path.stem] = own.notebook_of(path)
        for cell in set_up:
            id = editions.cell_id(path.stem, "setup")
            found[path.stem].cells.insert(0, editions.code_cell(cell.source, id, cell.metadata))
    return found


def _folder(book) -> Path:
    """Return the folder of the source notebooks."""
    here = Path.cwd()
    places = [Path(book)] if book else [here, *here.parents, Path(unet_edu.__file__).resolve().parents[1]]
    for place in places:
        if (place / SOURCES).is_dir():
            return place.resolve() / SOURCES
    if book and not (Path(book) / CONTENTS).is_file():
        raise ReleaseError(f"{book} is not the book's folder, in which its Makefile lies: run `make book` there first")
    home = next((place.resolve() for place in places if (place / CONTENTS).is_file()), None)
    if home is None:
        where = "in the folder of the book's source, where its Makefile lies, and name that folder by --book"
    else:
        where = f"in {home}"
    raise ReleaseError(f"the chapters have no notebooks yet: run `make book` {where}; then this command again")


def _tasks(notebooks, cohort, chosen, registered, earlier) -> tuple[Task, ...]:
    """Return the exercises that are graded, in the order of the notebooks."""
    kept = {each["id"]: each["params"] for _, described in reversed(earlier) for each in described["exercises"]}
    cells, homes = {}, {}
    for stem, notebook in notebooks.items():
        for id, cell in editions.exercise_cells(notebook, f"{stem}.ipynb").items():
            if id in cells:
                raise ReleaseError(f"the exercise {id!r} stands in {homes[id]} and in {stem}")
            cells[id], homes[id] = cell, stem
    for id in chosen:
        if id not in cells:
            raise ReleaseError(f"there is no exercise {id!r} in {', '.join(notebooks)}; there are {', '.join(cells)}")
    for id in registered:
        if id not in cells:
            raise ReleaseError(f"no .md or .ipynb file has a cell for the private exercise {id!r}")
    tasks = []
    for id, cell in cells.items():
        exercise = registry.find(id)
        if chosen and id not in chosen:
            continue
        params = _params(exercise, cohort, kept.get(id))
        filled = cell.with_values(params)
        _defines(filled.solution, exercise)
        _defines(filled.stub, exercise)
        points = exercise.points
        tasks.append(Task(exercise, params, points, homes[id], filled.stub, filled.solution, id in registered))
    if not tasks:
        raise ReleaseError("there is no exercise in the assignment")
    return tuple(tasks)


def _params(exercise, cohort, kept) -> dict:
    """Return the cohort's parameters: those that students have already, where they still fit the exercise."""
    if kept is not None:
        params = values.decode(kept)
        if set(params) == set(exercise.book):
            return params
        words = f"the parameters of {exercise.id} have changed since the last release"
        warnings.warn(words, ReleaseWarning, stacklevel=4)
    return cohort.params(exercise)


def _defines(text: str, exercise) -> None:
    """Refuse a cell that does not define what the exercise is called after."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ReleaseError(f"the cell of {exercise.id}: {error.msg} (line {error.lineno})") from None
    if exercise.name not in {getattr(node, "name", "") for node in tree.body}:
        raise ReleaseError(f"the cell of {exercise.id} does not define {exercise.name}")


# ----------------------------------------------------------------------------------------------------- what is written


def _editions(notebooks, tasks) -> dict[str, dict[str, str]]:
    """Return the texts of the notebooks, by edition and file name; raise where a trace of a solution is left."""
    import nbformat

    given = {task.id: task.params for task in tasks}
    made: dict[str, dict[str, str]] = {"student": {}, "instructor": {}}
    for stem, notebook in notebooks.items():
        student = editions.student(notebook, given, given.__contains__)
        for cell in student.cells:
            if LEFT.search(cell.source):
                raise ReleaseError(f"{stem}: a marker of solutions or hidden tests is left in: {cell.source[:60]!r}")
        instructor = editions.instructor(notebook, given, given.__contains__, hidden=True)
        for edition, one in (("student", student), ("instructor", instructor)):
            nbformat.validate(one)
            made[edition][f"{stem}.ipynb"] = nbformat.writes(one) + "\n"
    return made


def _try(tasks, cohort) -> None:
    """Refuse a reference solution that does not get all points, and a stub that gets some."""
    with _runner() as sandbox:
        for task in tasks:
            _try_one(sandbox, task, cohort)


@contextmanager
def _runner():
    """Return a sandbox for references: isolated where that is possible; they are the instructor's own code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnsafeWarning)
        with Sandbox(unsafe=bool(why_unavailable())) as sandbox:
            yield sandbox


def _try_one(sandbox, task, cohort) -> None:
    exercise, params = task.exercise, task.params
    cases = checking.public_cases(exercise, params)
    for draw in range(1 + DRAWS):
        cases = cases + cohort.hidden_cases(exercise, params, draw)

    def replies(text):
        args = [case.args for case in cases]
        return sandbox.run(cells=[text], exercise_id=exercise, args=args, params=params, room=WIDE).outcomes

    def judged(case, reply, wanted):
        return decide(exercise, case, reply, wanted, params)

    wanted = []
    for case, reply in zip(cases, replies(task.reference), strict=True):
        if "stopped" in reply:
            raise ReleaseError(f"the reference of {task.id} is stopped ({reply['stopped']}): {case.says}")
        came = outcome_of(reply)
        if is_broken(came):
            where = f" ({came.where})" if came.where else ""
            raise ReleaseError(f"the reference of {task.id} fails ({case.says}): {came.name}: {came.said}{where}")
        right = exercise.oracle(values.copy(case.args), params) if exercise.oracle else came
        verdict = judged(case, reply, right)
        if not verdict.passed:
            raise ReleaseError(f"the reference of {task.id} does not pass ({case.says}): {verdict.message}")
        wanted.append(right)
    if all(isinstance(right, Raised) for right in wanted):
        raise ReleaseError(f"the reference of {task.id} raises {wanted[0].name} in every case: {wanted[0].said}")
    for case, reply, right in zip(cases, replies(task.stub), wanted, strict=True):
        if "stopped" not in reply and judged(case, reply, right).passed:
            raise ReleaseError(f"the stub of {task.id} passes a case as it is handed out ({case.says})")


def _write(out, bundle, made, earlier) -> Released:
    """Write everything beside its place, then put it there; remove notebooks of an earlier release that are gone."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=out) as folder:
        staged = Path(folder)
        bundle.write(staged / "bundle.zip")
        for edition, notebooks in made.items():
            (staged / edition).mkdir()
            for name, text in notebooks.items():
                (staged / edition / name).write_text(text, encoding="utf-8")
        os.replace(staged / "bundle.zip", out / "bundle.zip")
        for edition, notebooks in made.items():
            (out / edition).mkdir(exist_ok=True)
            for name in notebooks:
                os.replace(staged / edition / name, out / edition / name)
            gone = {Path(name).name for _, described in earlier for name in described["notebooks"]} - set(notebooks)
            for name in gone:
                (out / edition / name).unlink(missing_ok=True)
    raw = (out / "bundle.zip").read_bytes()
    paths = {edition: tuple(out / edition / name for name in notebooks) for edition, notebooks in made.items()}
    return Released(out, replace(bundle, raw=raw), paths["student"], paths["instructor"], bool(earlier))
