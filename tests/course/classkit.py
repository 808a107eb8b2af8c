"""A class that hands in an assignment, made of the known answers: right and wrong ones, and the mishaps of a real one.

    bundle = a_bundle()                               six exercises of three chapters, a secret cohort
    expected = a_class(bundle, folder, students=60)   writes roster.csv and the notebooks; what each student must get

`Here` stands in for the sandbox where nothing has to be isolated; by it the points of the known answers are found.
"""

import ast
import contextlib
import csv
import inspect
import json
import os
import random
import types
from dataclasses import dataclass, field
from functools import cache

from answerkit import all_answers

from unet_edu.course import values
from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.evaluate import observe
from unet_edu.course.grading.mark import Question, mark
from unet_edu.course.registry import find
from unet_edu.course.sandbox import cell_dependencies
from unet_edu.course.sandbox.messages import Answer
from unet_edu.course.submissions.notebook import Cell

SIX = ("arithmetic.block_out", "arithmetic.is_legal", "blocks.conv_params", "crop.centre", "crop.ladder", "crop.blame")
SECRET = "0123456789abcdef" * 4
HANG = "while True:\n        pass"
CRASH = "import os\n    os._exit(0)"
NO_ARGUMENTS = "(*args, **options):\n    "


def a_bundle(ids=SIX, title="crop", secret=SECRET) -> Bundle:
    """An assignment with the book's own parameters, so that the known answers fit. One notebook holds it all."""
    tasks = []
    for id in ids:
        exercise = find(id)
        stub = f"def {exercise.name}{NO_ARGUMENTS}# YOUR CODE HERE\n    raise NotImplementedError()"
        reference = source_of(next(answer for answer in known(id) if not answer.words))
        tasks.append(Task(exercise, exercise.settings(), exercise.points, "05_skips", stub, reference))
    return Bundle(Cohort("a class", secret), title, tuple(tasks))


def known(id) -> list:
    """The known answers to an exercise of the book."""
    return [answer for answer in all_answers() if answer.id == id and not answer.params]


@cache
def source_of(answer) -> str:
    """A known answer as a student's cell: what it needs of its module, then itself, named as the exercise asks."""
    module = ast.parse(inspect.getsource(inspect.getmodule(answer.answer) or _module_of(answer.answer)))
    for node in module.body:
        if isinstance(node, cell_dependencies.DEFINITIONS):
            node.decorator_list = [each for each in node.decorator_list if not _collects(each)]
    own = ast.parse(cell_dependencies.reduced(ast.unparse(module), answer.label))
    name = find(answer.id).name
    for node in ast.walk(own):
        if isinstance(node, cell_dependencies.DEFINITIONS) and node.name == answer.label:
            node.name = name
        elif isinstance(node, ast.Name) and node.id == answer.label:
            node.id = name
    return ast.unparse(own)


def _module_of(answer):
    code = getattr(answer, "__code__", None) or answer.__init__.__code__
    module = types.ModuleType("answers")
    module.__file__ = code.co_filename
    return module


def _collects(decorator) -> bool:
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") in ("right", "wrong")


# ------------------------------------------------------------------------------------------------------- a stand-in


class Here:
    """Runs answers in this process: the interface of `Sandbox` without its walls, for answers that are known."""

    started = 0

    def __init__(self, timeout=5, memory=2**31, jobs=1, unsafe=False):
        self.limits, self.jobs = {"seconds": timeout, "memory": memory}, jobs
        self.ran = []

    def __enter__(self):
        type(self).started += 1
        return self

    def __exit__(self, *error):
        pass

    def run(self, *, cells, exercise_id, args, params=None, own=-1, public=False, room=None):
        """As `Sandbox.run`; what would hang or end the process is known by its text."""
        source = cells[range(len(cells))[own]]
        self.ran.append(exercise_id.id)
        for text, why in ((HANG, "time"), (CRASH, "exit")):
            if text in source:
                return Answer([{"stopped": why}] * len(args))
        space = {"__name__": "answer", "check": print}
        for line in exercise_id.needs:
            exec(line, space)
        found, broken = cell_dependencies.pieces(list(cells), range(len(cells))[own])
        for piece in cell_dependencies.needed(found, exercise_id.name):
            with contextlib.suppress(Exception):
                exec(compile(ast.Module([piece.tree], []), "<cell>", "exec"), space)
        if exercise_id.name in space:
            settings = exercise_id.settings(params)
            return Answer([observe(exercise_id, space[exercise_id.name], values.copy(a), settings) for a in args])
        error = broken.get(range(len(cells))[own])
        reply = {"raised": "NameError", "said": f"no cell defines {exercise_id.name}", "kinds": [], "where": ""}
        if error is not None:
            reply |= {"raised": type(error).__name__, "said": error.msg, "where": f"line {error.lineno} of its cell"}
        return Answer([reply] * len(args))


@cache
def points_of(bundle_key, answer) -> float:
    """What a known answer gets in the assignment with these exercises and this secret."""
    bundle = a_bundle(*bundle_key)
    sandbox = Here()
    question = Question.of(bundle, bundle.task(answer.id), sandbox)
    return mark(question, [Cell(0, source_of(answer), answer.id)], sandbox).points


# ---------------------------------------------------------------------------------------------------------- a class


@dataclass
class Student:
    """What a student hands in, and what it must get."""

    id: str
    name: str
    kind: str
    cells: list = field(default_factory=list)  # pairs (source, grade_id)
    points: dict = field(default_factory=dict)  # by exercise
    states: dict = field(default_factory=dict)  # by exercise, "" where there is none


def notebook(cells, **more) -> bytes:
    """A notebook, of pairs (source, grade_id or None) or of sources, as Jupyter writes it."""
    made = []
    for cell in cells:
        source, grade_id = cell if isinstance(cell, tuple) else (cell, None)
        metadata = {"nbgrader": {"grade_id": grade_id, "solution": True, "schema_version": 3}} if grade_id else {}
        made.append({"cell_type": "code", "metadata": metadata, "outputs": [], "source": source.splitlines(True)})
    text = {"cell_type": "markdown", "metadata": {}, "source": ["# Crops\n"]}
    data = {"cells": [text, *made], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
    return json.dumps(data, indent=1).encode()


KINDS = (
    # (kind, one in how many students)
    ("hang", 100),
    ("crash", 20),
    ("truncated", 50),
    ("missing", 50),
    ("renamed", 12),
    ("without metadata", 12),
    ("duplicated", 25),
    ("deleted", 25),
    ("syntax error", 25),
    ("two attempts", 20),
)


def a_class(bundle, folder, students=60, seed=1) -> list[Student]:
    """Write `folder`/submissions and `folder`/roster.csv; return the students with what each must get."""
    rng = random.Random(seed)
    key = (tuple(task.id for task in bundle.exercises), bundle.title, bundle.cohort.secret)
    kinds = [kind for kind, every in KINDS for _ in range(max(1, students // every))]
    kinds = (kinds + ["plain"] * students)[:students]
    rng.shuffle(kinds)
    made = [_student(number, kind, bundle, key, rng) for number, kind in enumerate(kinds)]
    (folder / "submissions").mkdir(parents=True)
    with open(folder / "roster.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "name", "email")])
        csv.writer(file).writerows((each.id, each.name, f"{each.id}@example.org") for each in made)
    for number, student in enumerate(made):
        _hand_in(student, number, folder / "submissions", bundle)
    return made


def _student(number, kind, bundle, key, rng) -> Student:
    first, last = (
        rng.choice(("Zoë", "Ada", "Søren", "Wei", "Ivan")),
        rng.choice(("Müller", "Lovelace", "Lee", "Nguyễn")),
    )
    student = Student(f"s{1000 + number}", f"{first} {last} {_letters(number)}", kind)
    victim = rng.choice(bundle.exercises).id
    student.cells.append(("import torch\nimport numpy as np\nfrom unet_edu.course import check", None))
    for task in bundle.exercises:
        answer, state = rng.choice(known(task.id)), ""
        if rng.random() < 0.5:
            answer = rng.choice([each for each in known(task.id) if not each.words])
        source, points = source_of(answer), points_of(key, answer)
        if task.id == victim and kind in ("hang", "crash", "syntax error", "deleted"):
            head = f"def {task.exercise.name}{NO_ARGUMENTS}"
            states = {"hang": "TIMEOUT", "crash": "STOPPED", "syntax error": "SYNTAX ERROR", "deleted": "ABSENT CELL"}
            source = {"hang": head + HANG, "crash": head + CRASH, "syntax error": head.replace(":", "") + "return 1"}
            source, points, state = source.get(kind, ""), 0, states[kind]
        elif rng.random() < 0.04:
            source, points, state = task.stub, 0, "NOT WRITTEN"
        if kind == "missing" or kind == "truncated":
            points, state = 0, kind.upper().replace("TRUNCATED", "UNREADABLE")
        if state != "ABSENT CELL":
            student.cells.append((source, task.id))
        student.cells.append((f'check("{task.id}", {task.exercise.name})', f"{task.id}.check"))
        student.points[task.id], student.states[task.id] = points, state
    student.cells.append(("print('training')\nwhile True:\n    pass", None))  # no answer; never run
    return student


def _letters(number) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number)).capitalize()


def _hand_in(student, number, folder, bundle):
    first, _, last = student.name.partition(" ")
    squashed = "".join(c for c in f"{last}{first}".lower() if c.isalnum())
    names = {
        "renamed": f"Copy of crop {student.name} (1).ipynb",
        "without metadata": f"{student.id}/crop.ipynb",
    }
    path = folder / names.get(student.kind, f"{squashed}_{5000 + number}_{90000 + number}_crop-1.ipynb")
    cells = student.cells
    if student.kind == "without metadata":
        cells = [(source, None) for source, _ in cells]
    if student.kind == "duplicated":
        cells = [cell for cell in cells for _ in range(2)]
    data = notebook(cells)
    if student.kind == "truncated":
        data = data[: len(data) * 2 // 3]
    if student.kind == "missing":
        return
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    if student.kind == "two attempts":
        stubs = [(task.stub, task.id) for task in bundle.exercises]
        earlier = path.with_name(path.name.replace(f"_{90000 + number}_", f"_{80000 + number}_"))
        earlier.write_bytes(notebook(stubs))
        os.utime(earlier, (2_000_000_000, 2_000_000_000))  # a later date on the file says nothing on Canvas


# --------------------------------------------------------------------------------------------------------- its grades


def rows_of(out) -> dict:
    """The rows of OUT/grades.csv, by student and exercise."""
    with open(out / "grades.csv", encoding="utf-8-sig", newline="") as file:
        return {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}


def scores(rows) -> dict:
    """Points and state of each row."""
    return {key: (float(row["points"]), row["state"]) for key, row in rows.items()}
