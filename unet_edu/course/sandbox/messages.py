"""What is sent to a worker for one answer, and what comes back: data that somebody else's code made, read with care.

    request = Request.of(exercise, cells, args, params, own, limits)
    frames ──answer_from──▶ Answer: remarks, what was printed, a reply for each case

A frame is JSON. It is counted before it is parsed, so that no answer takes more than its room of this process's memory.
"""

import ast
import contextlib
import functools
import inspect
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from unet_edu.course import values
from unet_edu.course.exercise import Exercise, as_given, call
from unet_edu.course.sandbox import cell_dependencies, worker

STOPS = ("time", "memory", "exit", "output")
REPLY = {"value", "changed", "raised", "said", "kinds", "where", "odd", "stopped"}
WIDE = {"reply": 2**28, "parts": 5_000_000}  # room for what an instructor wrote


@dataclass(frozen=True)
class Answer:
    """What came of running one answer. All of it was made by the student's code: data, and not to be believed."""

    outcomes: list[dict]  # for each case a reply of `exercise.observe`, or {"stopped": one of STOPS}
    printed: str = ""  # the start of what was printed, to both streams
    notes: list[str] = field(default_factory=list)  # cells that could not be read, statements that failed
    lost: bool = False  # the sandbox's own process ended, or did not answer: it may not have been this answer's doing

    @property
    def stopped(self) -> set[str]:
        """Why calls were stopped."""
        return {outcome["stopped"] for outcome in self.outcomes if "stopped" in outcome}


@dataclass(frozen=True)
class Request:
    """One answer to be run on some cases."""

    data: bytes  # for the worker
    cases: int
    limits: Mapping  # see `Sandbox`

    @classmethod
    def of(cls, exercise: Exercise, cells: Sequence[str], args, params, own: int, limits: Mapping) -> "Request":
        """Make a request; the arguments are those of `Sandbox.run`. Raises values.NotData."""
        whole = {
            "cells": list(cells),
            "own": range(len(cells))[own],
            "name": exercise.name,
            "needs": list(exercise.needs),
            "blocked": list(exercise.forbids),
            "carried": carried(exercise),
            "cases": [values.encode(tuple(each)) for each in args],
            "params": values.encode(exercise.settings(params)),
            "limits": limits,
        }
        return cls(json.dumps(whole).encode(), len(args), limits)

    @property
    def patience(self) -> float:
        """Seconds after which a worker must have answered, whatever its child does."""
        stops = self.limits["stops"] + 4  # what is taken of the cells is tried three times, the first call besides
        return (self.limits["seconds"] + 1) * (self.cases + self.limits["patience"] * stops) + 20


def room_for(wanted: Sequence) -> dict[str, int]:
    """Return the room that answers have whose results are to be like those in `wanted`: four times as much, in all."""
    frames = []
    for value in wanted:
        with contextlib.suppress(values.NotData):  # an error that is wanted is small
            frames.append(values.dumps(value).encode())
    return {"reply": 4 * sum(map(len, frames)), "parts": 4 * sum(map(_parts, frames))}


def _parts(frame: bytes) -> int:
    """Return a bound on the numbers, texts and containers in JSON."""
    return 1 + sum(map(frame.count, (b",", b"[", b"{")))


# ------------------------------------------------------------------------------------- what the worker gets of a file


@functools.lru_cache(maxsize=512)
def _carried(exercise_id, module, keyword, function):
    name = getattr(function, "__qualname__", "")
    if name.isidentifier():
        return function.__module__, _standalone(function.__module__, name), name
    expression = cell_dependencies.keyword_of(inspect.getsource(sys.modules[module]), exercise_id, keyword)
    if expression is None:
        raise ValueError(f"{exercise_id}: make its {keyword} a function of its module, so that it can run elsewhere")
    return module, _standalone(module, expression), expression


def _standalone(module: str, expression: str) -> str:
    """Return the statements of a module that `expression` needs.

    What they import from the modules of the exercises, which the worker does not have, stands in place of the import.
    """
    parts = []
    for statement in ast.parse(cell_dependencies.reduced(inspect.getsource(sys.modules[module]), expression)).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(f"{worker.COURSE}.exercises."):
            for alias in statement.names:
                parts.append(_standalone(statement.module, "_" if alias.name == "*" else alias.name))
                parts += [f"{alias.asname} = {alias.name}"] * bool(alias.asname)
        else:
            parts.append(ast.unparse(statement))
    return "\n".join(parts)


def carried(exercise) -> dict:
    """Return of an exercise what runs beside the student's code: (module, source, expression) of `probe` and `prepare`.

    The source holds what these two need of their module and nothing more: not the oracle, not the cases.

    Raises ValueError where they are made in a way that cannot be read from the source.
    """
    usual = {"probe": call, "prepare": as_given}
    made = {key: getattr(exercise, key) for key in usual}
    home = exercise.cases.__module__
    return {key: _carried(exercise.id, home, key, each) for key, each in made.items() if each is not usual[key]}


# ---------------------------------------------------------------------------------------------------- what comes back


def answer_from(frames: Sequence[bytes | None], why: str, limits: Mapping) -> Answer:
    """Return an answer, of the frames with remarks, with what was printed, and for each case.

    Args:
        frames: None for what did not come.
        why: it did not come, one of STOPS.
        limits: of the request.
    """
    notes, printed, *replies = frames
    answer, left = Answer([], _text(printed), _texts_in(notes), lost=None in frames), limits["parts"]
    for frame in replies:
        left -= _parts(frame or b"")
        answer.outcomes.append({"stopped": why} if frame is None else _reply(frame, left >= 0))
    return answer


def _reply(frame: bytes, is_small: bool) -> dict:
    """Return a frame that a child wrote, or may have written, as a reply."""
    if not is_small:
        return {"stopped": "output"}
    data = _parsed(frame)
    if not isinstance(data, dict) or not data.keys() <= REPLY:
        return {"stopped": "exit"}
    if "stopped" in data:
        return {"stopped": data["stopped"] if data["stopped"] in STOPS else "exit"}
    said = data.get("said", "")
    no_memory = data.get("raised") == "RuntimeError" and isinstance(said, str) and "DefaultCPUAllocator" in said
    return {"stopped": "memory"} if data.get("raised") == "MemoryError" or no_memory else data


def _parsed(frame: bytes | None):
    """Return what JSON a frame holds; None for anything else, letters beyond ASCII too: they would take more room."""
    try:
        return json.loads(frame) if frame is not None and frame.isascii() else None
    except (ValueError, RecursionError):
        return None


def _text(frame) -> str:
    text = _parsed(frame)
    return text if isinstance(text, str) else ""


def _texts_in(frame) -> list[str]:
    texts = _parsed(frame)
    return [str(text)[: worker.NOTE] for text in texts[: worker.NOTES]] if isinstance(texts, list) else []
