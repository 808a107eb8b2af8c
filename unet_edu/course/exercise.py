"""What an exercise is: the cases that it is tried on, what a right answer gives, and which mistakes are known.

    cases(rng, params) ▶ Case ─ args ─▶ prepare ▶ probe(answer, args) ▶ observe: a reply, plain data
                           └─── args ─▶ oracle ────────────────────────▶ wanted
                                        judge(args, got, wanted) ◀───── outcome(reply)    ▶ Verdict

The left half of a line may run in another process than the right: only plain data (see `values`) goes between them.
`observe` is all that runs beside the student's code, `decide` all that is needed to judge what it replied; `check`
and the grader use the same two, so that they say the same. No torch, no numpy until a case is made.
"""

import contextlib
import difflib
import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import values
from .deadline import OutOfTime

SAID = 300  # characters kept of what an exception says


# ---------------------------------------------------------------------------------------------------------- the types


@dataclass(frozen=True)
class Case:
    """One call of the answer."""

    args: tuple  # plain data that `values` can carry; `Exercise.prepare` may make something else of it
    says: str = ""  # what this case tries, in words and without the answer: "an odd difference"
    points: float = 1  # share of the exercise's points, relative to the other cases


@dataclass(frozen=True)
class Verdict:
    """What is said of one call."""

    passed: bool
    message: str = ""  # which mistake is seen, or a remark on a right answer; never the answer
    kind: str = ""  # "" (right), "value", "shape", "type", "error", "timeout", "missing"
    clues: tuple[tuple[str, bool], ...] = ()  # (message of a known mistake, whether it explains what came), for `agree`


@dataclass(frozen=True)
class Raised:
    """What came of a call that raised; an oracle returns ``Raised("ValueError")`` where a right answer raises one."""

    name: str  # of the exception's class
    said: str = ""  # its text, cut to `SAID` characters
    kinds: tuple[str, ...] = ()  # names of all classes that it is one of, its own among them
    where: str = ""  # "line 3 of centre_crop", where that is known

    def is_a(self, name: str) -> bool:
        """Whether it is an exception of the class `name`, or of one made from it."""
        return name == self.name or name in self.kinds


@dataclass(frozen=True)
class Odd:
    """What came of a call that returned no plain data."""

    what: str  # "a generator"


def call(answer, args, params):
    """The usual probe: call the answer."""
    return answer(*args)


def as_given(args, params):
    """The usual `prepare`: the arguments as they are."""
    return args


def unchanged(rng) -> dict:
    """The usual `params`: a cohort changes nothing."""
    return {}


def by_value(args, got, wanted, params) -> Verdict:
    """The usual judge: compare the values, and say in words how they differ (`exercises._judging.judge_value`)."""
    from .exercises._judging import judge_value

    return judge_value(args, got, wanted, params)


@dataclass(frozen=True)
class Exercise:
    """One exercise of the book. Functions take the parameters last: `params`, a mapping from names to values."""

    id: str  # "crop.centre", the label of its prompt and the grade_id of its cell
    chapter: str  # "05_skips"
    name: str  # what is written, the function or class: "centre_crop"
    points: int
    minutes: int  # that it should take
    cases: Callable[[Any, Mapping], list[Case]]  # (numpy Generator, params): new ones for each seed
    # (args, params): what a right answer returns, found in another way; None: what the reference solution returns
    oracle: Callable[[tuple, Mapping], Any] | None = None
    judge: Callable[[tuple, Any, Any, Mapping], Verdict] = by_value  # (args, got, wanted, params)
    probe: Callable[[Any, tuple, Mapping], Any] = call  # (answer, args, params): plain data, beside the student's code
    prepare: Callable[[tuple, Mapping], tuple] = as_given  # (args, params): arguments made of data, a network say
    params: Callable[[Any], dict] = unchanged  # (numpy Generator): what a cohort changes
    book: Mapping[str, Any] = field(default_factory=dict)  # the book's own values of all that a cohort may change
    forbids: tuple[str, ...] = ()  # modules of unet_edu that would be the answer: not importable while it is graded
    needs: tuple[str, ...] = ()  # imports of the chapter that its cell relies on: "import torch"
    picture: Callable[[tuple, Any], Any] | None = None  # (args, got): a matplotlib figure, shown in notebooks

    @property
    def is_class(self) -> bool:
        """Whether a class is written, not a function."""
        return self.name[:1].isupper()

    def settings(self, changed: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """All parameters: the book's values, or those of a cohort (`changed`).

        Raises ValueError for a parameter that the exercise does not have.
        """
        unknown = sorted(set(changed or {}) - set(self.book))
        if unknown:
            has = f"it has {', '.join(sorted(self.book))}" if self.book else "it has none"
            raise ValueError(f"exercise {self.id} has no parameter {', '.join(map(repr, unknown))}: {has}")
        return {**self.book, **(changed or {})}


@contextlib.contextmanager
def one_thread():
    """Let torch compute in one thread: what exercises compute is small, and on shared cores threads mostly wait."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# --------------------------------------------------------------------------------------- beside the student's code


def observe(exercise: Exercise, answer, args: tuple, params: Mapping) -> dict:
    """Let `answer` do one case and return what came of it, as a reply: JSON-able, for `outcome` and `decide`.

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
    """What the arguments look like, to see whether a call changes them; None for what is no plain data."""
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
    """The innermost line of the student's own file or cell that the error passed through."""
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


def outcome(reply: dict):
    """Return what a reply of `observe` tells: a value, `Raised` or `Odd`. Raises values.NotData for anything else."""
    if isinstance(reply, dict):
        if "value" in reply:
            return values.decode(reply["value"])
        name, said, kinds, where = (reply.get(key) for key in ("raised", "said", "kinds", "where"))
        if isinstance(kinds, list) and all(isinstance(text, str) for text in (name, said, where, *kinds)):
            return Raised(name[:80], said[:SAID], tuple(kind[:80] for kind in kinds[:12]), where[:80])
        if isinstance(reply.get("odd"), str):
            return Odd(reply["odd"][:80])
    raise values.NotData("the reply")


def decide(exercise: Exercise, args: tuple, reply: dict, wanted, params: Mapping) -> Verdict:
    """Judge a reply of `observe` against `wanted`, a value or `Raised`. Does not raise, whatever the reply holds."""
    try:
        got = outcome(reply)
    except values.NotData:
        return Verdict(False, "what came back cannot be read", "error")
    if isinstance(got, Raised) and got.name == "NotImplementedError":
        return Verdict(False, "not written yet", "missing")
    if isinstance(got, Odd):
        return Verdict(False, f"it returns {got.what}, which is no number, text, list or tensor", "type")
    try:
        verdict = exercise.judge(values.copy(args), got, wanted, params)
    except Exception:  # a judge looks closely, and what it looks at may be anything
        return Verdict(False, "what it returns is not of the kind that was asked for", "type")
    changed = reply.get("changed") if isinstance(reply.get("changed"), list) else []
    if verdict.passed and changed and not verdict.message:
        return replace(
            verdict, message="right, but it changes its argument in place: whoever called goes on using that"
        )
    return verdict


def agree(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts of all cases of one answer, with messages that fit together.

    In one case several mistakes may lead to what came. Most likely is the one that explains most of the cases that are
    wrong and speaks against fewest of all.
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


# -------------------------------------------------------------------------------------------------------- the registry

_private: dict[str, Exercise] = {}  # an instructor's own


class UnknownExercise(KeyError):
    """No exercise of that id; the message names the nearest ones."""

    def __str__(self):
        return self.args[0]


def find(id: str) -> Exercise:
    """Return the exercise called `id`. Raises UnknownExercise, which names the nearest ids."""
    known = {exercise.id: exercise for exercise in everything()}
    if isinstance(id, str) and id in known:
        return known[id]
    near = difflib.get_close_matches(str(id), known, n=3, cutoff=0.4) or sorted(known)[:3]
    raise UnknownExercise(f"there is no exercise {str(id)[:60]!r}; the nearest are {', '.join(near)}")


def everything() -> list[Exercise]:
    """All exercises: the book's, chapter by chapter, then an instructor's own."""
    return [exercise for module in _modules().values() for exercise in module.EXERCISES] + list(_private.values())


def all_of(chapter: str) -> list[Exercise]:
    """The exercises of a chapter, named as its file is: "05_skips". Raises UnknownExercise for a chapter without."""
    found = [exercise for exercise in everything() if exercise.chapter == chapter]
    if not found:
        chapters = sorted({exercise.chapter for exercise in everything()})
        raise UnknownExercise(f"there are no exercises of chapter {chapter!r}; there are some of {', '.join(chapters)}")
    return found


def register(*exercises: Exercise) -> None:
    """Add an instructor's own exercises. Raises ValueError for an id that is taken."""
    for exercise in exercises:
        if any(known.id == exercise.id for known in everything()):
            raise ValueError(f"there is an exercise {exercise.id!r} already")
        _private[exercise.id] = exercise


def is_private(id: str) -> bool:
    """Whether an exercise was added by `register`."""
    return id in _private


def forget(*ids: str) -> None:
    """Take back what `register` added."""
    for id in ids:
        _private.pop(id, None)


def _modules() -> dict:
    """The modules exercises/chNN.py by name."""
    from . import exercises

    names = sorted(found.name for found in pkgutil.iter_modules(exercises.__path__) if found.name.startswith("ch"))
    return {name: importlib.import_module(f"{exercises.__name__}.{name}") for name in names}


def generator(*seed: str | int):
    """A numpy Generator of a seed of any texts and numbers; the same on every machine."""
    import numpy as np

    digest = hashlib.sha256("\0".join(map(str, seed)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
