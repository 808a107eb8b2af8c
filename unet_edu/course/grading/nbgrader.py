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
import sys
from dataclasses import replace

from unet_edu.course import deadline
from unet_edu.course.assignment.bundle import Bundle, BundleError, Task
from unet_edu.course.evaluate import agree, decide, observe, outcome_of
from unet_edu.course.grading import redact
from unet_edu.course.grading.mark import GradeError
from unet_edu.course.outcome import Verdict
from unet_edu.course.values import copy, hiding

VARIABLE = "UNET_EDU_BUNDLE"
SECONDS = 5  # for one call
STOPS = 2  # how often an answer is stopped before its other cases are given up: nbgrader has 30 seconds a cell


def _too_long(words) -> Verdict:
    return Verdict(False, words, "timeout", ((words, True),))  # words of our own, which may be shown as they are


_NOT_TRIED = _too_long("not tried any more")


def score(id: str, answer, *, seconds: float = SECONDS) -> float:
    """Try `answer` on the cohort's hidden cases, print what each tries and which mistake is seen; return the points.

    Nothing that is printed or raised holds a case's arguments, its result or the right one: nbgrader shows it in
    the feedback, errors included.

    Raises:
        BundleError: where UNET_EDU_BUNDLE names no bundle: no points are better than wrong ones.
        UnknownExercise: for an exercise that is not in the assignment.
        GradeError: where not the answer but the exercise itself fails.
        KeyboardInterrupt: from outside, or from the answer.
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
            print(f"      {verdict.message}")
    share = sum(case.points for case, verdict in zip(cases, verdicts, strict=True) if verdict.passed)
    return round(float(task.points * share / sum(case.points for case in cases)), 2)


@functools.lru_cache(maxsize=4)
def _read(path, changed) -> Bundle:
    return Bundle.read(path)


def _tried(task: Task, answer, case, seconds) -> Verdict:
    exercise, params = task.exercise, task.params
    reply = failed = None
    with contextlib.suppress(KeyboardInterrupt):
        try:
            reply = _quietly(seconds, exercise, answer, case.args, params)
        except deadline.OutOfTime:
            return _too_long(f"it takes longer than {seconds:g} seconds")
    if reply is None:
        raise KeyboardInterrupt  # another one: an answer can give its own a text
    try:
        if exercise.oracle is not None:
            wanted = exercise.oracle(copy(case.args), params)
        else:
            wanted = outcome_of(observe(exercise, reference(task), case.args, params))
    except Exception as error:
        failed = type(error).__name__
    if failed:  # outside of the handler, so that the traceback does not go on to its error
        raise GradeError(f"{task.id} itself fails on a hidden case ({failed}): `unet-edu course grade` shows more")
    with hiding():
        verdict = decide(exercise, case, reply, wanted, params)
    return replace(verdict, message=redact.message(verdict))


def _quietly(seconds, *what) -> dict:
    """`observe` with the random numbers of `grade`, and with nothing shown: an answer could show its arguments."""
    import numpy
    import torch

    random.seed(0)
    numpy.random.seed(0)  # noqa: NPY002 (an answer may use it)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), _nothing_displayed():
        return deadline.call(seconds, observe, *what)


@contextlib.contextmanager
def _nothing_displayed():
    """Keep from the notebook what is displayed, and the figures that are open, which it shows when the cell ends."""
    if "IPython" not in sys.modules:
        yield
        return
    from IPython.utils.capture import capture_output

    try:
        with capture_output(stdout=False, stderr=False):
            yield
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")


def reference(task: Task):
    """Return the reference solution of an exercise, defined in a namespace of its own."""
    names: dict = {}
    for line in task.exercise.needs:
        exec(line, names)
    exec(compile(task.reference, f"<reference of {task.id}>", "exec"), names)
    return names[task.exercise.name]
