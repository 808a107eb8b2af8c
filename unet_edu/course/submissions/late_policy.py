"""Which attempt of a student counts, and what lateness takes off."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from unet_edu.course.submissions.attempt import Attempt, SubmissionsError
from unet_edu.course.submissions.roster import Student, when


@dataclass(frozen=True)
class Choice:
    """The attempt that counts, and why."""

    attempt: Attempt | None
    share: float = 1.0  # of the points that are kept
    why: str = ""  # "the last of 3 attempts; 2 days late: 20 % of the points are taken off"


def order_words(attempts: Sequence[Attempt]) -> str:
    """Return by what several attempts are ordered, where that is not the time of each; "" where it is."""
    attempts = [each for each in attempts if not each.typed]
    times = {each.time for each in attempts}
    if len(times) == len(attempts) and None not in times or len(attempts) < 2:
        return ""
    if all(each.number[0] == "Canvas" for each in attempts):
        return "ordered by the numbers that Canvas gives to uploads"
    if None in times:
        return "ordered by the files' names, as their times are unknown"
    return "ordered by time, those of one time by the files' names"


@dataclass(frozen=True)
class Rule:
    """Which attempt counts. Made by `Rule.of`."""

    due: datetime | None = None
    late: str = "accept"  # "accept", "refuse" or "percent"
    percent: float = 0  # that each day that has begun takes off
    attempts: str = "last"  # or "first"

    @classmethod
    def of(cls, due=None, late="accept", attempts="last") -> "Rule":
        """Read a rule: late "accept", "refuse", or per cent a day: 10, "10", "10%", "10%-a-day".

        Raises SubmissionsError.
        """
        try:
            due = when(due) if due else None
        except (ValueError, TypeError):
            raise SubmissionsError(f"due: {due!r} is no time; write 2027-01-31 23:59") from None
        if attempts not in ("last", "first"):
            raise SubmissionsError(f"attempts: {attempts!r} is neither 'last' nor 'first'")
        text = str(late).strip().lower()
        if text in ("accept", "refuse"):
            return cls(due, text, 0, attempts)
        number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%|percent)?[\s-]*((a|per)[\s-]*day)?", text)
        if not number or float(number[1]) > 100:
            raise SubmissionsError(f"late: {late!r} is none of 'accept', 'refuse' and per cent a day, such as '10'")
        return cls(due, "percent", float(number[1]), attempts)

    def __str__(self):
        late = {"accept": "late ones count like any other", "refuse": "late ones do not count"}
        late["percent"] = f"late ones count if there is none on time, with {self.percent:g} % off for each day"
        due = f"due {self.due:%Y-%m-%d %H:%M}; " if self.due else ""
        return f"{due}the {self.attempts} attempt counts; {late[self.late]}"

    def days_late(self, attempt: Attempt, student: Student | None = None) -> int:
        """Return how many days late an attempt is, each one that has begun; 0 on time, or where it is unknown."""
        due = student.due if student is not None and student.due else self.due
        if attempt.time is not None and due is not None:
            return max(0, math.ceil((attempt.time - due).total_seconds() / 86_400))
        return int(bool(attempt.late))

    def is_open(self, attempt: Attempt, student: Student | None = None) -> bool:
        """Return whether it is not known if an attempt is on time, where it would count."""
        due = student.due if student is not None and student.due else self.due
        if due is None or attempt.time is not None or attempt.late is not None:
            return False
        return attempt.latest is None or attempt.latest > due

    def choose(self, attempts: Sequence[Attempt], student: Student | None = None) -> Choice:
        """Return the attempt that counts of those of a student; the earliest comes first in `attempts`."""
        attempts = [each for each in attempts if not each.typed] or attempts
        if not attempts:
            return Choice(None)
        order = list(attempts) if self.attempts == "first" else list(attempts)[::-1]
        on_time = [attempt for attempt in order if not self.days_late(attempt, student)]
        if self.late == "refuse" and not on_time:
            return Choice(None, 0.0, f"{self.late_words(order[0], student)}, and late ones do not count")
        chosen = order[0] if self.late == "accept" or not on_time else on_time[0]
        return Choice(chosen, *self._words(chosen, order, on_time, student))

    def _words(self, chosen, order, on_time, student) -> tuple[float, str]:
        which = "the only attempt" if len(order) == 1 else f"the {self.attempts} of {len(order)} attempts"
        if chosen is not order[0]:
            which = f"the {self.attempts} of {len(order)} attempts that is on time"
        days = self.days_late(chosen, student)
        if not days:
            due = self.due is not None or (student is not None and student.due)
            if self.is_open(chosen, student):
                return 1.0, f"{which}, time unknown"
            return 1.0, f"{which}, on time" if due or chosen.late is not None else which
        which += f", {self.late_words(chosen, student)}"
        if self.late != "percent":
            return 1.0, which
        share = max(0.0, 1 - self.percent / 100 * days)
        return share, f"{which}: {100 * (1 - share):g} % of the points are taken off"

    def late_words(self, attempt, student=None) -> str:
        """Return how late an attempt is, and by which source."""
        due = student.due if student is not None and student.due else self.due
        if attempt.time is None or due is None:
            return f"marked late by {attempt.number[0] or 'the platform'} (counted as one day)"
        minutes = math.ceil((attempt.time - due).total_seconds() / 60)
        days, hours = minutes // 1440, minutes // 60 % 24
        units = ((days, "day"), (hours, "hour"), (0 if days or hours else minutes, "minute"))
        length = " and ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in units if count)
        return f"{length} late (handed in {attempt.time:%Y-%m-%d %H:%M} by {attempt.timed})"
