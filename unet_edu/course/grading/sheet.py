"""All answers of one student, and what each of them gets."""

import re
from dataclasses import dataclass

from unet_edu.course.assignment.bundle import Task
from unet_edu.course.grading.mark import NOT_GRADED, Mark
from unet_edu.course.submissions.overrides import Override
from unet_edu.course.submissions.roster import Student

MISSING, UNREADABLE, LATE = "MISSING", "UNREADABLE", "LATE"
NO_GRADE = (MISSING, UNREADABLE, NOT_GRADED)  # no zero, but nothing


@dataclass(frozen=True)
class Entry:
    """One answer of a student."""

    task: Task
    mark: Mark
    file: str  # the notebook that counts
    share: float  # of the points, after what is taken off for lateness
    attempt: str  # which attempt it is, and by which rule
    override: Override | None = None

    @property
    def points(self) -> float:
        """What it gets: by hand, or as marked, less what lateness takes off."""
        if self.override is not None and self.override.points is not None:
            return self.override.points
        return round(self.mark.points * self.share, 2)

    @property
    def comment(self) -> str:
        """The instructor's."""
        return self.override.comment if self.override is not None else ""

    @property
    def by_hand(self) -> bool:
        """Whether the points are given by hand."""
        return self.override is not None and self.override.points is not None

    @property
    def has_grade(self) -> bool:
        """Whether there is anything to enter in a gradebook."""
        return self.by_hand or self.mark.state not in NO_GRADE

    @property
    def why(self) -> str:
        """Why it gets these points."""
        parts = [self.mark.why, self.mark.matched]
        if self.by_hand:
            parts.insert(0, f"given by hand, instead of {number(round(self.mark.points * self.share, 2))}")
        elif self.share < 1 and self.mark.points:
            parts.insert(0, f"{number(self.mark.points)} less {100 * (1 - self.share):g} % for lateness")
        return "; ".join(filter(None, parts))

    @property
    def brief(self) -> str:
        """The same in a word or two."""
        passed = sum(case.passed for case in self.mark.cases)
        return "by hand" if self.by_hand else self.mark.state or f"{passed} of {len(self.mark.cases)} cases pass"


@dataclass(frozen=True)
class Sheet:
    """All answers of a student."""

    student: Student
    file: str  # what the student's files are called, without an ending
    entries: tuple[Entry, ...]

    @property
    def points(self) -> float:
        """What the student gets in all."""
        return round(sum(entry.points for entry in self.entries), 2)

    @property
    def of(self) -> float:
        """What there is to get."""
        return sum(entry.task.points for entry in self.entries)

    @property
    def has_grade(self) -> bool:
        """Whether there is anything to enter in a gradebook."""
        return any(entry.has_grade for entry in self.entries)

    @property
    def states(self) -> list[str]:
        """The states that are not plain, each once."""
        return list(dict.fromkeys(entry.mark.state for entry in self.entries if entry.mark.state))

    @property
    def why(self) -> str:
        """In one sentence: what holds for all answers, or which answers have a state."""
        if len({(entry.mark.state, entry.why) for entry in self.entries}) == 1:
            return self.entries[0].why
        lost = [
            entry for entry in self.entries if entry.by_hand or entry.mark.state or entry.points < entry.task.points
        ]
        return "; ".join(f"{entry.task.id}: {entry.brief}" for entry in lost) or "all cases pass"

    @property
    def files(self) -> str:
        """The notebooks that count."""
        return ", ".join(dict.fromkeys(entry.file for entry in self.entries if entry.file))

    @property
    def attempts(self) -> str:
        """Which attempts these are."""
        return "; ".join(dict.fromkeys(entry.attempt for entry in self.entries if entry.attempt))


def number(value: float) -> str:
    """Return a number of points as it is written: 3, 2.5, 0.67."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def sentence(entry: Entry) -> str:
    """Return the state of an answer, why it gets its points, and the comment: one sentence."""
    return closed("; ".join(filter(None, (entry.mark.state.capitalize(), entry.why, entry.comment))))


def capital(text: str) -> str:
    """Return a text with a capital at its beginning, unless that is the name of a file, or an id."""
    first = text.split(maxsplit=1)[0].rstrip(":;,.") if text.strip() else ""
    return text if re.search(r"[./_\\]|\d", first) else f"{text[:1].upper()}{text[1:]}"


def closed(text: str) -> str:
    """Return a text as a sentence: with a capital, and with a mark at its end where it has none."""
    return capital(text) + ("" if text.endswith((".", "?", "!", "…", ".)", "?)", "!)")) else ".")
