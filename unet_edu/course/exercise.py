"""What an exercise is: the cases that an answer is tried on, what a right answer returns, and which mistakes are known.

    cases(rng, params) ▶ Case ─ args ─▶ prepare ▶ probe(answer, args) ▶ observe: a reply, plain data
                           └─── args ─▶ oracle ────────────────────────▶ wanted
                                        judge(args, got, wanted) ◀── outcome_of(reply)    ▶ Verdict

The left half of a line may run in another process than the right: only plain data (see `values`) goes between them.
No torch, no numpy until a case is made.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unet_edu.course.outcome import Case, Raised, Verdict

__all__ = ["Case", "Exercise", "Raised", "Verdict", "as_given", "by_value", "call", "generator", "unchanged"]


def call(answer, args, params):
    """Return the usual probe: call the answer."""
    return answer(*args)


def as_given(args, params):
    """Return the usual `prepare`: the arguments as they are."""
    return args


def unchanged(rng) -> dict:
    """Return the usual `params`: a cohort changes nothing."""
    return {}


def by_value(args, got, wanted, params) -> Verdict:
    """Return the usual judge: compare the values, and describe how they differ (`judging.judge_value`)."""
    from unet_edu.course.judging import judge_value

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
        """Return all parameters: the book's values, or those of a cohort (`changed`).

        Raises ValueError for a parameter that the exercise does not have.
        """
        unknown = sorted(set(changed or {}) - set(self.book))
        if unknown:
            has = f"it has {', '.join(sorted(self.book))}" if self.book else "it has none"
            raise ValueError(f"exercise {self.id} has no parameter {', '.join(map(repr, unknown))}: {has}")
        return {**self.book, **(changed or {})}


def generator(*seed: str | int):
    """Return a numpy Generator of a seed of any texts and numbers; the same on every machine."""
    import numpy as np

    digest = hashlib.sha256("\0".join(map(str, seed)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))
