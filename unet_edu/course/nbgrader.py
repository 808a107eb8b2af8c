"""The points of an answer, for nbgrader: what the hidden tests of an instructor's notebook call.

    score("crop.centre", centre_crop)      in `nbgrader autograde`: 2.25, which nbgrader takes as partial credit

The hidden cases are drawn from the bundle that the environment variable UNET_EDU_BUNDLE names, on the machine that
grades; the notebook itself, of which nbgrader shows its hidden tests in the feedback, holds no secret. It runs in the
student's own kernel, as everything of nbgrader's does: an answer that wants to can read the bundle. `unet-edu course
grade` keeps the two apart.
"""

import contextlib
import functools
import io
import os
import random

from . import deadline, discreet
from .bundle import Bundle, BundleError, Task
from .exercise import Verdict, agree, decide, observe, outcome
from .values import copy

VARIABLE = "UNET_EDU_BUNDLE"
SECONDS = 5  # for one call
STOPS = 2  # how often an answer is stopped before its other cases are given up: nbgrader has 30 seconds a cell

_NOT_TRIED = Verdict(False, "not tried any more", "timeout")


def score(id: str, answer, *, seconds: float = SECONDS) -> float:
    """Try `answer` on the cohort's hidden cases, print what each tries and which mistake is seen; return the points.

    Nothing that is printed tells a case's arguments, what comes of them or what should.

    Raises:
        BundleError: where UNET_EDU_BUNDLE names no bundle: no points are better than wrong ones.
        UnknownExercise: for an exercise that is not in the assignment.
    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        raise BundleError(
            f"set the environment variable {VARIABLE} to the bundle.zip of the assignment, and run this anew"
        )
    bundle = _read(path, os.stat(path).st_mtime_ns)
    task = bundle.task(id)
    cases, verdicts = bundle.hidden_cases(task), []
    for case in cases:
        stopped = sum(verdict.kind == "timeout" for verdict in verdicts) >= STOPS
        verdicts.append(_NOT_TRIED if stopped else _tried(task, answer, case, seconds))
    verdicts = agree(verdicts)
    for case, verdict in zip(cases, verdicts, strict=True):
        print(f"  {'✓' if verdict.passed else '✗'} {case.says or 'a case'}")
        if verdict.message and not verdict.passed:
            print(f"      {verdict.message if verdict.kind == 'timeout' else discreet.message(verdict)}")
    share = sum(case.points for case, verdict in zip(cases, verdicts, strict=True) if verdict.passed)
    return round(float(task.points * share / sum(case.points for case in cases)), 2)


@functools.lru_cache(maxsize=4)
def _read(path, changed) -> Bundle:
    return Bundle.read(path)


def _tried(task: Task, answer, case, seconds) -> Verdict:
    exercise, params = task.exercise, task.params
    try:
        reply = _quietly(seconds, exercise, answer, case.args, params)
    except deadline.OutOfTime:
        return Verdict(False, f"it takes longer than {seconds:g} seconds", "timeout")
    if exercise.oracle is not None:
        wanted = exercise.oracle(copy(case.args), params)
    else:
        wanted = outcome(observe(exercise, reference(task), case.args, params))
    return decide(exercise, case.args, discreet.reduced(reply, ()), wanted, params)


def _quietly(seconds, *what) -> dict:
    """`observe` with the random numbers of `grade`, and with nothing printed: an answer could print its arguments."""
    import numpy
    import torch

    random.seed(0)
    numpy.random.seed(0)  # noqa: NPY002 (an answer may use it)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return deadline.call(seconds, observe, *what)


def reference(task: Task):
    """The reference solution of an exercise, defined in a namespace of its own."""
    names: dict = {}
    for line in task.exercise.needs:
        exec(line, names)
    exec(compile(task.reference, f"<reference of {task.id}>", "exec"), names)
    return names[task.exercise.name]
