"""One answer: which cell it is, what comes of it in the sandbox, and its points.

    cells ──find──▶ its cell ──Sandbox.run on the hidden cases──▶ replies ──decide, agree──▶ a Mark: state, points, why

The cell is the one with the exercise's id in nbgrader's metadata; where that is lost, the one that defines the name.
What students wrote is not compiled here, only looked at as text: a cell that crashes a compiler ends in the sandbox.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.evaluate import agree, decide, outcome_of
from unet_edu.course.grading import redact
from unet_edu.course.outcome import Case, Raised, Verdict
from unet_edu.course.sandbox.messages import WIDE, room_for
from unet_edu.course.submissions.notebook import Cell
from unet_edu.course.submissions.roster import InputError
from unet_edu.course.values import copy

RIGHT = ""
NOT_WRITTEN, ABSENT, SYNTAX = "NOT WRITTEN", "ABSENT CELL", "SYNTAX ERROR"
TIMEOUT, STOPPED, NOT_GRADED = "TIMEOUT", "STOPPED", "NOT GRADED"
TRIES = 3  # cells that may be the answer and are run, when those before cannot be compiled
SHOWN = 20_000  # characters of a cell that are kept for the feedback
PRINTED = 2_000  # characters kept of what was printed, for the instructor


class GradeError(InputError):
    """An assignment that cannot be graded; the message is the reason."""


@dataclass(frozen=True)
class CaseMark:
    """What came of one hidden case, in words that a student may read."""

    says: str
    passed: bool
    message: str
    points: float


@dataclass(frozen=True)
class Mark:
    """What an answer gets, and why."""

    state: str  # "" where it was run and came to an end, or one of the words above
    points: float  # rounded to 0.01
    of: float
    why: str  # in words, a part of a sentence
    matched: str = ""  # how the cell was found, where not simply by its id
    cell: int = 0  # the code cell, counted from 1; 0 where there is none
    code: str = ""
    cases: tuple[CaseMark, ...] = ()
    printed: str = ""  # by the student's code, for the instructor alone: hidden inputs may be in it
    lasting: bool = True  # False: of trouble on this machine; to be tried again

    def data(self) -> dict:
        """Return as JSON takes it."""
        return {**vars(self), "cases": [vars(case) for case in self.cases]}

    @classmethod
    def of_data(cls, data: dict) -> "Mark":
        """Return the inverse of `data`. Raises TypeError or KeyError for anything else."""
        return cls(**{**data, "cases": tuple(CaseMark(**case) for case in data["cases"])})


@dataclass(frozen=True)
class Question:
    """A task with its hidden cases and what is wanted in each."""

    task: Task
    cases: list[Case]
    wanted: list[Any] = field(repr=False)

    @cached_property
    def room(self) -> dict[str, int]:
        """The room for what an answer returns."""
        return room_for(self.wanted)

    @classmethod
    def of(cls, bundle: Bundle, task: Task, sandbox) -> "Question":
        """Draw the cases; without an oracle, the reference's results are wanted. Raises GradeError where it fails."""
        cases = bundle.hidden_cases(task)
        if task.exercise.oracle is not None:
            return cls(task, cases, [task.exercise.oracle(copy(case.args), task.params) for case in cases])
        args = [case.args for case in cases]
        answer = sandbox.run(
            cells=[task.reference], exercise_id=task.exercise, args=args, params=task.params, room=WIDE
        )
        wanted = []
        for reply in answer.outcomes:
            if "value" not in reply and "raised" not in reply:
                raise GradeError(f"the reference of {task.id} returns nothing in the sandbox: {str(reply)[:200]}")
            came = outcome_of(reply)
            if isinstance(came, Raised) and came.name in ("NameError", "SyntaxError", "ModuleNotFoundError"):
                raise GradeError(f"the reference of {task.id} fails in the sandbox: {came.name}: {came.said}")
            wanted.append(came)
        return cls(task, cases, wanted)


# ------------------------------------------------------------------------------------------------- which cell it is


@dataclass(frozen=True)
class Place:
    """A cell that may hold the answer."""

    cell: Cell
    how: str = ""  # how it was found, where not simply by its id


def places(task: Task, cells: Sequence[Cell]) -> list[Place]:
    """Return the cells that may hold the answer to a task, the likeliest first.

    By its id before by its name, what is written before what was handed out, of duplicates the last.
    """
    defines = _definition(task.exercise.name)
    own = [cell for cell in reversed(cells) if cell.grade_id == task.id]
    named = [cell for cell in reversed(cells) if cell.grade_id != task.id and defines.search(cell.source)]
    several = f"{len(own)} cells have its id: of those that can be read, the last" if len(own) > 1 else ""
    by_name = "matched by name: " + ("not written in its own cell" if own else "no cell has its id")
    if len(named) > 1:
        by_name += f"; {len(named)} cells define it: of those that can be read, the last"
    kinds = (
        [Place(cell, several) for cell in own if defines.search(cell.source) and not is_stub(task, cell)],
        [Place(cell, by_name) for cell in named if not is_stub(task, cell)],
        [Place(cell, several) for cell in own if defines.search(cell.source) and is_stub(task, cell)],
        [Place(cell, by_name) for cell in named if is_stub(task, cell)],
        [Place(cell, several) for cell in own if not defines.search(cell.source)],
    )
    return [place for kind in kinds for place in kind]


def _definition(name) -> re.Pattern:
    name = re.escape(name)
    return re.compile(rf"^(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*(?::[^=\n]*)?=(?!=)", re.M)


def is_stub(task: Task, cell: Cell) -> bool:
    """Return whether a cell is as it was handed out, but for comments and spaces."""
    return _bare(cell.source) == _bare(task.stub)


def _bare(source) -> list[str]:
    lines = (line.split("#")[0].rstrip() for line in source.split("\n"))
    return [line for line in lines if line]


# --------------------------------------------------------------------------------------------------------- its points


def mark(question: Question, cells: Sequence[Cell], sandbox, timeout: float = 5) -> Mark:
    """Grade one answer of a notebook. Does not raise for anything that is in the notebook.

    Args:
        cells: the code cells of the notebook, in order.
        sandbox: a `sandbox.Sandbox`, or whatever has its `run`.
        timeout: the sandbox's, for the words.
    """
    task = question.task
    found = places(task, cells)
    if not found:
        why = f"no cell with the id {task.id}, and none that defines {task.exercise.name}"
        return Mark(ABSENT, 0, task.points, why)
    if is_stub(task, found[0].cell):
        return _mark(task, found[0], NOT_WRITTEN, 0, "the cell is as it was handed out")
    first = None
    for place in found[:TRIES]:
        if first is not None and is_stub(task, place.cell):
            break
        marked = _run(question, cells, place, sandbox, timeout)
        if marked.state != SYNTAX:
            return marked
        first = first or marked
    return first


def _mark(task, place, state, points, why, **more) -> Mark:
    shown = place.cell.source[:SHOWN] + ("\n…" if len(place.cell.source) > SHOWN else "")
    return Mark(state, points, task.points, why, place.how, place.cell.place + 1, shown, **more)


def _run(question, cells, place, sandbox, timeout) -> Mark:
    task, sources = question.task, [cell.source for cell in cells]
    args = [case.args for case in question.cases]
    for _ in range(2):
        try:
            answer = sandbox.run(
                cells=sources,
                own=place.cell.place,
                exercise_id=task.exercise,
                args=args,
                params=task.params,
                room=question.room,
            )
        except Exception as error:  # a sandbox that cannot be started again, a full disk: not the student's doing
            answer, trouble = None, f"{type(error).__name__}: {error}"
            continue
        if not answer.lost:
            break
        trouble = "it ended, or did not answer"
    if answer is None or answer.lost:
        why = f"the sandbox failed twice while it ran this ({' '.join(trouble.split())[:200]}); run the command again"
        return _mark(task, place, NOT_GRADED if answer is None else STOPPED, 0, why, lasting=False)
    verdicts = [
        _decided(task, case, reply, wanted, sources, (timeout, sandbox))
        for case, reply, wanted in zip(question.cases, answer.outcomes, question.wanted, strict=True)
    ]
    verdicts = agree(verdicts)
    share = sum(case.points for case, verdict in zip(question.cases, verdicts, strict=True) if verdict.passed)
    points = round(float(task.points * share / sum(case.points for case in question.cases)), 2)
    state = _state(answer, verdicts)
    if state in (SYNTAX, ABSENT, NOT_WRITTEN):
        why = "not written yet" if state == NOT_WRITTEN else verdicts[0].message
        return _mark(task, place, state, 0, why, printed=answer.printed[:PRINTED])
    cases = tuple(
        CaseMark(case.says or "a case", verdict.passed, verdict.message, case.points)
        for case, verdict in zip(question.cases, verdicts, strict=True)
    )
    return _mark(task, place, state, points, _why(cases), cases=cases, printed=answer.printed[:PRINTED])


def _decided(task, case, reply, wanted, sources, limits) -> Verdict:
    """Judge a reply; the message reveals nothing of the case."""
    if "stopped" in reply:
        return Verdict(False, _stopped(reply["stopped"], *limits), "timeout")
    verdict = decide(task.exercise, case, reply, wanted, task.params)
    kept = redact.reduced(reply, sources)
    if reply.get("raised") == "SyntaxError" and str(reply.get("where", "")).endswith("of its cell"):
        parts = "its cell cannot be read", kept["where"].removesuffix(" of its cell"), kept["said"]
        return Verdict(False, ": ".join(filter(None, parts)), SYNTAX)
    if reply.get("raised") == "NameError" and reply.get("said") == f"no cell defines {task.exercise.name}":
        return Verdict(False, f"its cell does not define {task.exercise.name}, and no other one does", ABSENT)
    if kept is not reply:
        again = decide(task.exercise, case, kept, wanted, task.params)
        if again.passed == verdict.passed:
            verdict = replace(verdict, message=again.message if not verdict.passed else verdict.message)
        else:
            verdict = replace(verdict, message="it stops with an error")
    return replace(verdict, message=redact.message(verdict, kept.get("said", "")))


def _stopped(why, timeout, sandbox) -> str:
    memory = getattr(sandbox, "limits", {}).get("memory", 0)
    return {
        "time": f"no result within {timeout:g} seconds: does a loop ever end?",
        "memory": f"it needs more memory than the {memory / 2**30:.3g} GiB that there are for it"
        if memory
        else "memory",
        "output": "it prints, or returns, more than is allowed",
        "exit": "it ends its own process: os._exit, a crash, or a signal",
    }[why]


def _state(answer, verdicts) -> str:
    kinds = {verdict.kind for verdict in verdicts}
    for state in (SYNTAX, ABSENT):
        if kinds == {state}:
            return state
    if kinds == {"missing"}:
        return NOT_WRITTEN
    if "time" in answer.stopped:
        return TIMEOUT
    return STOPPED if answer.stopped else RIGHT


def _why(cases) -> str:
    passed = sum(case.passed for case in cases)
    if passed == len(cases):
        said = next((case.message for case in cases if case.message), "")
        return f"all {len(cases)} cases pass" + (f"; {said}" if said else "")
    said = list(dict.fromkeys(case.message for case in cases if not case.passed and case.message))
    return "; ".join([f"{passed} of {len(cases)} cases pass", *said[:2]])
