"""`check`: the student's side. It tries an answer on a few public cases and prints which mistake it recognises.

    >>> check("crop.centre", centre_crop)
    crop.centre · centre_crop
      ✓ passed    an even difference
      ✗ not yet   a map of 7 × 9, rows and columns cut differently
                  the shape is right, but the values are shifted by one row
                  centre_crop(tensor of 2×3×7×9, 5, 5)
    1 of 2 cases, 1 of 3 points on these

Plain text, so that it reads the same in a page's notebook, JupyterLab, Colab and a terminal; a picture besides where a
notebook can show one. Nothing that is printed holds the answer.
"""

import contextlib
import io
import sys
import textwrap
import time

from unet_edu.course import deadline, values
from unet_edu.course.evaluate import agree, decide, observe
from unet_edu.course.exercise import generator
from unet_edu.course.outcome import Verdict
from unet_edu.course.registry import UnknownExercise, find
from unet_edu.threads import one_thread

WIDTH = 88
PRINTED = 400  # characters shown of what the student's own code prints
KEPT = 20_000  # characters kept of it


def check(id, answer=None, *, seconds=10, cohort=None) -> None:
    """Try `answer`, the function or class itself, on the public cases of exercise `id`, and print what is seen.

    seconds: limit of each call. cohort: values of the exercise's parameters, if your course has others than the book:
    ``{"kernel": 5}``. Prints and returns None; does not raise, whatever is handed in.
    """
    try:
        _check(id, answer, seconds, cohort)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a class of the student's may raise anything, wherever it is touched
        _say(f"check itself has failed here, which is not your fault ({type(error).__name__})")


def _check(id, answer, seconds, cohort):
    if not isinstance(id, str) and isinstance(answer, str):
        id, answer = answer, id
    try:
        exercise = find(id)
    except UnknownExercise as error:
        return _say(f"{error}")
    if exercise.oracle is None:
        return _say(f"{exercise.id} is tried when it is handed in; check knows nothing of it")
    wrong = unsuitable(exercise, answer)
    if wrong:
        return _say(f"{exercise.id}: {wrong}")
    try:
        params = exercise.settings(cohort)
    except (ValueError, TypeError) as error:
        return _say(f"{error}" if isinstance(error, ValueError) else 'cohort: give a dictionary, such as {"kernel": 5}')
    title = f"{exercise.id} · {exercise.name}"
    if params != dict(exercise.book):
        title += " · " + ", ".join(f"{name} = {values.brief(value)}" for name, value in params.items())
    _say(title)
    name = _name_of(answer)
    if name not in (exercise.name, ""):
        _say(f"  (this one is called {name}; when it is handed in, it must be called {exercise.name})")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e6:
        return _say("seconds: give a number, the limit of each call")
    with _same_torch():
        results = _try_all(exercise, answer, params, seconds)
    _report(exercise, results, params)


def unsuitable(exercise, answer) -> str:
    """Return why `answer` cannot be an answer to the exercise at all; an empty text where it can."""
    what = f"the {'class' if exercise.is_class else 'function'} {exercise.name}"
    write = f'check("{exercise.id}", {exercise.name})'
    if answer is None:
        return f"hand over {what} as well: {write}"
    if isinstance(answer, str):
        return f"hand over {what} itself, without quotation marks: {write}"
    if exercise.is_class and not isinstance(answer, type):
        if type(answer).__name__ == exercise.name:
            return f"this is one {exercise.name}, already made; hand over {what} itself, without brackets: {write}"
        return f"hand over {what} itself; this is {values.described(answer)}: {write}"
    if not exercise.is_class and isinstance(answer, type):
        return f"a function is asked for, and this is the class {answer.__name__}: {write}"
    if not callable(answer):
        return f"hand over {what} itself, without brackets after it; this is {values.brief(answer)}: {write}"
    return ""


def public_cases(exercise, params) -> list:
    """Return the cases of `check`: always the same."""
    return exercise.cases(generator("public", exercise.id), params)


def _name_of(answer) -> str:
    name = getattr(answer, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else ""


# ---------------------------------------------------------------------------------------------------- trying the cases


def _try_all(exercise, answer, params, seconds) -> list[tuple]:
    """(case, verdict, what was printed) of each case, up to one that makes the others pointless."""
    results = []
    for case in public_cases(exercise, params):
        wanted = exercise.oracle(values.copy(case.args), params)
        printed = _Kept()
        start = time.monotonic()
        got = None
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                reply = deadline.call(seconds, observe, exercise, answer, case.args, params)
        except deadline.OutOfTime as error:
            verdict = Verdict(False, _out_of_time(error, seconds, time.monotonic() - start), "timeout")
        else:
            verdict = decide(exercise, case, reply, wanted, params)
            got = reply
        results.append((case, verdict, printed.getvalue(), got))
        if verdict.kind in ("missing", "timeout"):
            break
    agreed = agree([verdict for _, verdict, _, _ in results])
    return [(case, verdict, text, reply) for (case, _, text, reply), verdict in zip(results, agreed, strict=True)]


@contextlib.contextmanager
def _same_torch():
    """Let no answer leave torch's default type or its gradients otherwise than they were; in one thread."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    dtype, grad = torch.get_default_dtype(), torch.is_grad_enabled()
    try:
        with one_thread():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)


def _out_of_time(error, seconds, took) -> str:
    text = f"{error}: does a loop ever end?"
    if took > seconds + 1:
        text += f" (It took {took:.0f}: one long call into compiled code cannot be stopped on the way.)"
    if not deadline.can_signal():
        text += " (Outside the main thread code is watched line by line, which makes it slower.)"
    return text


class _Kept(io.StringIO):
    """Takes what is printed, however much, and keeps the beginning."""

    def write(self, text):
        room = KEPT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


# ---------------------------------------------------------------------------------------------------------- reporting


def _report(exercise, results, params):
    first = results[0][1]
    if first.kind == "missing":
        return _say("  not written yet: 0 cases passed")
    before = None
    for case, verdict, _, _ in results:
        state = "✓ passed " if verdict.passed else "✗ not yet"
        _say(_hanging(f"  {state}   ", case.says or "a case"))
        if verdict.message and verdict.message != before:
            _say(_hanging(" " * 14, verdict.message))
        if not verdict.passed:
            _say(_hanging(" " * 14, called(exercise, case, params)))
        before = verdict.message
    total = len(results)
    passed = sum(verdict.passed for _, verdict, _, _ in results)
    _say(_closing(exercise, results, passed, total))
    _show_printed(results)
    _show_picture(exercise, results)


def _closing(exercise, results, passed, total) -> str:
    share = sum(case.points for case, verdict, _, _ in results if verdict.passed)
    whole = sum(case.points for case, _, _, _ in results)
    if results[-1][1].kind == "timeout":
        return f"{passed} cases passed; the rest were not tried"
    points = f"{exercise.points * share / whole:.2f}".rstrip("0").rstrip(".")
    text = f"{passed} of {total} cases, {points} of {exercise.points} points on these"
    return text + ("" if passed < total else "; a course tries others")


def called(exercise, case, params) -> str:
    """Return the call of a case, as a student would write it: ``crops(4, 5)``, ``DoubleConv(1, 4)(tensor of 1×1×9×9)``.

    Where a class is written, the last argument is that of the object; a tuple, its several arguments. Networks and
    functions are shown by the data that they are made of, unless there is a generator, which no seed can stand for.
    """
    given = case.args
    with contextlib.suppress(Exception):  # the answer has failed on it, if that matters
        prepared = exercise.prepare(values.copy(case.args), params)
        if any(type(value).__name__ == "Generator" for value in prepared):
            given = prepared
    if not (exercise.is_class and given):
        return f"{exercise.name}{_bracketed(given, case)}"
    *made, last = given
    return f"{exercise.name}{_bracketed(made, case)}{_bracketed(last if isinstance(last, tuple) else (last,), case)}"


def _bracketed(given, case) -> str:
    return f"({', '.join(_argument(value, case) for value in given)})"


def _argument(value, case) -> str:
    """Return one argument in few words; a generator of NumPy's with its seed, if that is one of the case's."""
    try:
        values.encode(value)
        return values.brief(value, 40)
    except values.NotData:
        pass
    if hasattr(value, "bit_generator"):
        import numpy as np

        for seed in (arg for arg in case.args if type(arg) is int):
            if np.random.default_rng(seed).bit_generator.state == value.bit_generator.state:
                return f"np.random.default_rng({seed})"
    kinds = [kind.__name__ for kind in type(value).__mro__]
    named = {"Generator": "a generator", "Module": "a network"}
    return next((named[kind] for kind in kinds if kind in named), values.described(value))


def _hanging(start, text) -> str:
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _show_printed(results):
    printed = next((text for _, verdict, text, _ in results if text.strip() and not verdict.passed), "")
    if printed:
        cut = printed.strip()[:PRINTED]
        _say("your code printed:\n" + textwrap.indent(cut + (" …" if len(printed.strip()) > PRINTED else ""), "  | "))


def _show_picture(exercise, results):
    """Show the exercise's picture of the first case that is wrong, where a notebook can show it."""
    if exercise.picture is None or "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    if not hasattr(get_ipython(), "kernel"):
        return
    for case, verdict, _, reply in results:
        if not verdict.passed and reply and "value" in reply:
            with contextlib.suppress(Exception):  # a picture of something wrong may not be possible
                figure = exercise.picture(values.copy(case.args), values.decode(reply["value"]))
                if figure is not None:
                    from IPython.display import Image, display

                    png = io.BytesIO()
                    figure.savefig(png, format="png", dpi=100)
                    display(Image(data=png.getvalue()))
            return


def _say(text):
    """Print, on a console without ✓ and × too."""
    try:
        print(text)
    except UnicodeEncodeError:
        for mark, plain in (("✓ ", ""), ("✗ ", ""), ("×", "x"), ("·", "-"), ("…", "...")):
            text = text.replace(mark, plain)
        print(text.encode("ascii", "replace").decode())
