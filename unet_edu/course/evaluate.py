"""Try an answer on a case, and judge what comes of it.

`observe` is all that runs beside the student's code; `decide` judges its reply, and `agree` the replies of all cases
together. `check` and the grader use the same three, so that they find the same.
"""

from collections.abc import Mapping
from dataclasses import replace

from unet_edu.course import values
from unet_edu.course.deadline import OutOfTime
from unet_edu.course.exercise import Exercise
from unet_edu.course.outcome import SAID, Case, NotPlainData, Raised, Verdict

BROKEN = ("NameError", "SyntaxError", "ImportError", "AttributeError")  # no answer raises one of these on purpose


# --------------------------------------------------------------------------------------- beside the student's code


def observe(exercise: Exercise, answer, args: tuple, params: Mapping) -> dict:
    """Let `answer` do one case and return what came of it, as a reply: JSON-able, for `outcome_of` and `decide`.

    `args` as they stand in the case; the answer is given a copy. What the answer raises becomes part of the reply, an
    attempt to leave Python (SystemExit) too; only KeyboardInterrupt and the deadline's OutOfTime pass through.
    """
    try:
        given = exercise.prepare(values.copy(args), params)
        before = _fingerprints(given)
        data = exercise.probe(answer, given, params)
        after = _fingerprints(given)
        changed = [place for place, (was, now) in enumerate(zip(before, after, strict=True)) if was != now]
    except (KeyboardInterrupt, OutOfTime):
        raise
    except BaseException as error:
        return _raised(error, answer)
    try:
        return {"value": values.encode(data), "changed": changed}
    except Exception as error:  # values.NotData; or whatever a class of the student's makes of being looked at
        return {"odd": getattr(error, "what", None) or "something that cannot be read"}


def _fingerprints(given) -> list:
    """Return what the arguments look like, to see whether a call changes them; None for what is no plain data."""
    prints = []
    for value in given:
        try:
            prints.append(values.encode(value))
        except values.NotData:
            prints.append(None)
    return prints


def _raised(error: BaseException, answer) -> dict:
    try:
        said = str(error)[:SAID]
    except Exception:
        said = ""
    kinds = [kind.__name__ for kind in type(error).__mro__[:-1]]
    return {"raised": type(error).__name__[:80], "said": said, "kinds": kinds[:12], "where": _where(error, answer)}


def _where(error, answer) -> str:
    """Return the innermost line of the student's own file or cell that the error passed through."""
    try:
        home = getattr(answer, "__code__", None) or answer.__init__.__code__
        found, trace = "", error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == home.co_filename:
                found = f"line {trace.tb_lineno - code.co_firstlineno + 1} of {code.co_name}"[:80]
            trace = trace.tb_next
        return found
    except Exception:
        return ""


# ------------------------------------------------------------------------------------------------ judging the reply


def outcome_of(reply: dict):
    """Return what a reply of `observe` holds: a value, `Raised` or `NotPlainData`.

    Raises values.NotData for anything else.
    """
    if isinstance(reply, dict):
        if "value" in reply:
            return values.decode(reply["value"])
        name, said, kinds, where = (reply.get(key) for key in ("raised", "said", "kinds", "where"))
        if isinstance(kinds, list) and all(isinstance(text, str) for text in (name, said, where, *kinds)):
            return Raised(name[:80], said[:SAID], tuple(kind[:80] for kind in kinds[:12]), where[:80])
        if isinstance(reply.get("odd"), str):
            return NotPlainData(reply["odd"][:80])
    raise values.NotData("the reply")


def is_broken(outcome) -> bool:
    """Return whether an outcome is an error of code that cannot be meant: of a name, an import, or of the syntax."""
    return isinstance(outcome, Raised) and any(map(outcome.is_a, BROKEN))


def decide(exercise: Exercise, case: Case, reply: dict, wanted, params: Mapping) -> Verdict:
    """Judge a reply of `observe` against `wanted`, a value or `Raised`. Does not raise, whatever the reply holds."""
    try:
        got = outcome_of(reply)
    except values.NotData:
        return Verdict(False, "what came back cannot be read", "error")
    if isinstance(got, Raised) and got.name == "NotImplementedError":
        return Verdict(False, "not written yet", "missing")
    if isinstance(got, NotPlainData):
        return Verdict(False, f"it returns {values.chosen(got.what)}, which is no number, text, list or tensor", "type")
    try:
        verdict = exercise.judge(values.copy(case.args), got, wanted, params)
        if case.why and isinstance(wanted, Raised) and verdict.message == _not_raised(got, wanted):
            verdict = replace(verdict, message=f"{case.why}: this is a case for a {wanted.name}")
    except Exception:  # a judge looks closely, and what it looks at may be anything
        return Verdict(False, "what it returns is not of the kind that was asked for", "type")
    changed = reply.get("changed") if isinstance(reply.get("changed"), list) else []
    if verdict.passed and changed and not verdict.message:
        return replace(
            verdict, message="right, but it changes its argument in place: whoever called goes on using that"
        )
    return verdict


def _not_raised(got, wanted: Raised) -> str | None:
    """Return the usual words for an answer that returns something where it should raise; None for one that raises."""
    from unet_edu.course.judging import difference

    return None if isinstance(got, Raised) else difference(got, wanted)[1]


def agree(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts of all cases of one answer, with messages that fit together.

    In one case several mistakes may lead to what came. Most likely is the one that explains most of the cases that are
    wrong and contradicts fewest of all.
    """
    score: dict[str, int] = {}
    for verdict in verdicts:
        for message, fits in verdict.clues:
            score[message] = score.get(message, 0) + (-1 if not fits else 0 if verdict.passed else 1)
    agreed = []
    for verdict in verdicts:
        fitting = [message for message, fits in verdict.clues if fits]
        if not verdict.passed and verdict.message in fitting:
            verdict = replace(verdict, message=max(fitting, key=score.get))  # the first of equals
        agreed.append(verdict)
    return agreed
