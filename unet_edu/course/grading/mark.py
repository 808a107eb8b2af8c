"""One answer: which cell it is, what comes of it in the sandbox, and its points.

    cells ──find──▶ its cell ──Sandbox.run on the hidden cases──▶ replies ──decide, agree──▶ a Mark: state, points, why
                             ──Sandbox.run on public cases──▶ what an error says, which other cells were not run

The cell is the last one that defines the name and can be run, as in Jupyter: the one with the exercise's id in
nbgrader's metadata, one below it, or, where its own is as it was handed out or its id is lost, any other.
What students wrote is not compiled here, only looked at as text: a cell that crashes a compiler ends in the sandbox.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.evaluate import agree, decide, is_broken, outcome_of
from unet_edu.course.exercise import generator
from unet_edu.course.grading import redact
from unet_edu.course.outcome import Case, Verdict
from unet_edu.course.sandbox.messages import WIDE, room_for
from unet_edu.course.submissions.notebook import Cell
from unet_edu.course.submissions.roster import InputError
from unet_edu.course.values import copy, hiding

RIGHT = ""
NOT_WRITTEN, ABSENT, SYNTAX = "NOT WRITTEN", "ABSENT CELL", "SYNTAX ERROR"
TIMEOUT, STOPPED, NOT_GRADED = "TIMEOUT", "STOPPED", "NOT GRADED"
TRIES = 3  # cells that may be the answer and are run, when those before cannot be compiled
SHOWN = 20_000  # characters of a cell that are kept for the feedback
PRINTED = 2_000  # characters kept of what was printed, for the instructor
NOTES = 3  # remarks on what was not run
CHANGED = 2_000  # characters by which a stub may have grown, and still be one
HEAD = re.compile(
    r"^[ \t]*(?:async +)?(?:def|class)\s+(\w+)[^\n:(]*(?:\(.*?\))?\s*(?:->[^\n]*?)?:[ \t]*(?=\n|\Z|pass\b|\.\.\.)",
    re.M | re.S,
)
NOTHING = re.compile(r"pass|\.\.\.|return(?: None)?|raise NotImplementedError.*|(['\"]).*\1")
TEXT = "its cell is text, not code"
WAS_NOT_RUN = " was not run, because "  # of the worker's notes
UNREAD = ("SyntaxError", "IndentationError", "TabError")


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
    notes: tuple[str, ...] = ()  # what of other cells was not run, in words that a student may read
    lasting: bool = True  # False: of trouble on this machine; to be tried again

    def data(self) -> dict:
        """Return as JSON takes it."""
        return {**vars(self), "cases": [vars(case) for case in self.cases], "notes": list(self.notes)}

    @classmethod
    def of_data(cls, data: dict) -> "Mark":
        """Return the inverse of `data`. Raises TypeError or KeyError for anything else."""
        cases = tuple(CaseMark(**case) for case in data["cases"])
        return cls(**{**data, "cases": cases, "notes": tuple(map(str, data.get("notes", ())))})


@dataclass(frozen=True)
class Question:
    """A task with its hidden cases and what is wanted in each."""

    task: Task
    cases: list[Case]
    wanted: list[Any] = field(repr=False)

    @cached_property
    def public(self) -> list[tuple]:
        """Arguments of the cases that are no secret."""
        exercise = self.task.exercise
        return [case.args for case in exercise.cases(generator("public", exercise.id), self.task.params)]

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
            if is_broken(came):
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

    What is written before what is as it was handed out, or nearly so; of several the last. A cell without the task's
    id competes with one that has it where it defines a function or a class of the name; an assignment (`crops = 3`) may
    be anything.
    """
    name = task.exercise.name
    defines, strictly = _definition(name), _strict_definition(name)
    own = [cell for cell in reversed(cells) if cell.grade_id == task.id]
    named = [cell for cell in reversed(cells) if cell.grade_id != task.id and defines.search(cell.source)]
    written = [cell for cell in own if defines.search(cell.source) and not is_nearly_stub(task, cell)]
    others = [cell for cell in named if not is_nearly_stub(task, cell)]
    is_code = any(not cell.is_text for cell in written)
    rivals = [cell for cell in others if strictly.search(cell.source) or not is_code]
    several = f"{len(own)} cells have its id: of those that can be read, the last" if len(own) > 1 else ""
    by_name = "matched by name: " + ("not written in its own cell" if own else "no cell has its id")
    if written:
        by_name = "matched by name: of all definitions that can be run, the last"
    elif len(named) > 1:
        by_name += f"; {len(named)} cells define it: of those that can be read, the last"
    first = sorted([*written, *rivals], key=lambda cell: (not cell.is_text, cell.place), reverse=True)
    kinds = (
        first,
        [cell for cell in others if cell not in rivals],
        *([c for c in (*own, *named) if defines.search(c.source) and how(task, c)] for how in (_changed_stub, is_stub)),
        [cell for cell in own if not defines.search(cell.source)],
    )
    return [
        Place(cell, "; ".join(filter(None, (TEXT * cell.is_text, several if cell in own else by_name))))
        for kind in kinds
        for cell in kind
    ]


def _definition(name) -> re.Pattern:
    name = re.escape(name)
    return re.compile(rf"^(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*(?::[^=\n]*)?=(?!=)", re.M)


def _strict_definition(name) -> re.Pattern:
    """Return what finds a function or a class of the name."""
    name = re.escape(name)
    return re.compile(rf"^(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*(?::[^=\n]*)?=\s*lambda\b", re.M)


def is_stub(task: Task, cell: Cell) -> bool:
    """Return whether a cell is as it was handed out, but for comments and spaces."""
    return _bare(cell.source) == _bare(task.stub)


def is_nearly_stub(task: Task, cell: Cell) -> bool:
    """Return whether a cell holds no more than what was handed out, but for docstrings, annotations, `pass`."""
    if is_stub(task, cell):
        return True
    if len(cell.source) > len(task.stub) + CHANGED:
        return False
    stub = _heads_and_rest(task.stub)
    heads, rest = _heads_and_rest(cell.source)
    return heads == stub[0] and all(NOTHING.fullmatch(line) or line in stub[1] for line in rest)


def _changed_stub(task, cell) -> bool:
    return is_nearly_stub(task, cell) and not is_stub(task, cell)


def _heads_and_rest(source) -> tuple[list[str], list[str]]:
    """Return the names of the functions and classes of a text, and its other lines without docstrings."""
    bare = re.sub(r"(\"{3}|'{3}).*?\1", "", "\n".join(_bare(source)), flags=re.S)
    heads = [found[1] for found in HEAD.finditer(bare)]
    return heads, [line.strip() for line in HEAD.sub("", bare).split("\n") if line.strip()]


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
    first, not_run = None, []
    strictly = _strict_definition(task.exercise.name)
    for place in found[:TRIES]:
        if is_stub(task, place.cell) and first is None:
            return _mark(task, place, NOT_WRITTEN, 0, "the cell is as it was handed out")
        if is_nearly_stub(task, place.cell) and first is not None:
            break
        marked, can_be_run = _run(question, cells, place, sandbox, timeout)
        if can_be_run and not marked.points and not strictly.search(place.cell.source) and place is not found[-1]:
            continue  # `crops = 3`, a number that is called like the answer
        if can_be_run:
            what = "; ".join(f"the one in code cell {number} cannot be run" for number in not_run)
            return replace(marked, matched="; ".join(filter(None, (marked.matched, what))))
        first = first or marked
        not_run.append(place.cell.place + 1)
    return first or marked


def _mark(task, place, state, points, why, **more) -> Mark:
    shown = place.cell.source[:SHOWN] + ("\n…" if len(place.cell.source) > SHOWN else "")
    return Mark(state, points, task.points, why, place.how, place.cell.place + 1, shown, **more)


def _run(question, cells, place, sandbox, timeout) -> tuple[Mark, bool]:
    """Return the mark of a cell, and whether it can be run: read, defines the name, is written.

    Whether it can is seen on public cases: what an answer makes of hidden ones does not choose the cell that is shown.
    """
    task = question.task
    given = {
        "cells": [cell.source if cell is place.cell or not cell.is_text else "" for cell in cells],
        "own": place.cell.place,
        "exercise_id": task.exercise,
        "params": task.params,
        "room": question.room,
    }
    answer, trouble = _twice(sandbox, args=[case.args for case in question.cases], **given)
    if trouble:
        why = f"the sandbox failed twice while it ran this ({trouble}); run the command again"
        return _mark(task, place, NOT_GRADED if answer is None else STOPPED, 0, why, lasting=False), True
    with hiding():
        verdicts = [
            _decided(task, case, reply, wanted, (timeout, sandbox))
            for case, reply, wanted in zip(question.cases, answer.outcomes, question.wanted, strict=True)
        ]
    verdicts = agree(verdicts)
    notes, can_be_run = (), True
    if not all(verdict.passed for verdict in verdicts) and _has_more_to_tell(answer):
        public, _ = _twice(sandbox, args=question.public, public=True, **given)
        if public is not None and not public.lost:
            verdicts = _with_what_is_public(verdicts, answer.outcomes, public.outcomes, given["cells"])
            notes = tuple(note for note in public.notes if WAS_NOT_RUN in note)[:NOTES]
            can_be_run = not all(_is_missing(reply, task) for reply in public.outcomes)
    share = sum(case.points for case, verdict in zip(question.cases, verdicts, strict=True) if verdict.passed)
    points = round(float(task.points * share / sum(case.points for case in question.cases)), 2)
    state = _state(answer, verdicts)
    if state in (SYNTAX, ABSENT, NOT_WRITTEN):
        why = "not written yet" if state == NOT_WRITTEN else verdicts[0].message
        if state == SYNTAX and place.cell.is_text:
            state, why = ABSENT, f"{TEXT}; as code {why}"
        return _mark(task, place, state, 0, why, printed=answer.printed[:PRINTED]), can_be_run
    cases = tuple(
        CaseMark(case.says or "a case", verdict.passed, verdict.message, case.points)
        for case, verdict in zip(question.cases, verdicts, strict=True)
    )
    why = "; ".join((_why(cases), *notes))
    return _mark(
        task, place, state, points, why, cases=cases, notes=notes, printed=answer.printed[:PRINTED]
    ), can_be_run


def _twice(sandbox, **given) -> tuple[Any, str]:
    """Run an answer, twice where the sandbox fails; return what came, and what the trouble was."""
    answer, trouble = None, ""
    for _ in range(2):
        try:
            answer = sandbox.run(**given)
        except Exception as error:  # a sandbox that cannot be started again, a full disk: not the student's doing
            answer, trouble = None, " ".join(f"{type(error).__name__}: {error}".split())[:200]
            continue
        if not answer.lost:
            return answer, ""
        trouble = "it ended, or did not answer"
    return answer, trouble


def _is_of_its_cell(reply) -> bool:
    """Return whether a reply says that there is no answer to be called, since its cell fails."""
    return "raised" in reply and str(reply.get("where", "")).endswith("its cell")


def _is_missing(reply, task) -> bool:
    """Return whether a reply says that there is no answer yet, or none that can be called."""
    nothing = reply.get("said") == f"no cell defines {task.exercise.name}"
    return _is_of_its_cell(reply) or "raised" in reply and (nothing or reply["raised"] == "NotImplementedError")


def _has_more_to_tell(answer) -> bool:
    """Return whether errors, or cells that were not run, are worth a run on public cases."""
    errors = any("raised" in reply or "odd" in reply for reply in answer.outcomes)
    return errors or any(WAS_NOT_RUN in note for note in answer.notes)


def _decided(task, case, reply, wanted, limits) -> Verdict:
    """Judge a reply; the message reveals nothing of the case."""
    if "stopped" in reply:
        return Verdict(False, _stopped(reply["stopped"], *limits), "timeout")
    if reply.get("raised") in UNREAD and _is_of_its_cell(reply):
        return Verdict(False, "its cell cannot be read", SYNTAX)
    if reply.get("raised") == "NameError" and reply.get("said") == f"no cell defines {task.exercise.name}":
        return Verdict(False, f"its cell does not define {task.exercise.name}, and no other one does", ABSENT)
    verdict = decide(task.exercise, case, reply, wanted, task.params)
    return replace(verdict, message=redact.message(verdict))


def _with_what_is_public(verdicts, replies, public, cells) -> list[Verdict]:
    """Return the verdicts with what errors say on public cases."""
    unread = next((reply for reply in public if reply.get("raised") in UNREAD and _is_of_its_cell(reply)), None)
    found = []
    for verdict, reply in zip(verdicts, replies, strict=True):
        if verdict.kind == SYNTAX and unread is not None:
            line = unread["where"].removesuffix("its cell").removesuffix(" of ")
            parts = verdict.message, line, str(unread.get("said", ""))
            verdict = replace(verdict, message=": ".join(filter(None, parts)))
        elif not verdict.passed and verdict.kind not in (SYNTAX, ABSENT, "timeout"):
            verdict = replace(verdict, message=redact.told(verdict, reply, public, cells))
        found.append(verdict)
    return found


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
