"""What an answer is tried on, what comes of it, and what is found: plain types."""

from dataclasses import dataclass

SAID = 300  # characters kept of the text of an exception


@dataclass(frozen=True)
class Case:
    """One call of the answer."""

    args: tuple  # plain data that `values` can carry; `Exercise.prepare` may make something else of it
    says: str = ""  # what this case tries, in words and without the answer: "an odd difference"
    points: float = 1  # share of the exercise's points, relative to the other cases
    why: str = ""  # of a case that should raise: the reason, in words for an answer that returns something


@dataclass(frozen=True)
class Verdict:
    """The judgement of one call."""

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
    where: str = ""  # "line 3 of centre_crop"; "" where unknown

    def is_a(self, name: str) -> bool:
        """Return whether it is an exception of the class `name`, or of one made from it."""
        return name == self.name or name in self.kinds


def line_of(error, most: int = SAID) -> str:
    """Return what an error says in one line of at most `most` characters; its class where it says nothing."""
    return " ".join(str(error).split())[:most] or type(error).__name__


@dataclass(frozen=True)
class NotPlainData:
    """What came of a call that returned no plain data."""

    what: str  # "a generator"
