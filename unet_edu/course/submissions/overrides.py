"""Points given by hand, in a file of the instructor's: read each time, never written.

    student,exercise,points,comment
    s101,crop.ladder,3.5,"right idea, wrong unit"
    s102,crop.ladder,,"see me about this one"          no points: the comment alone

A student is meant by id, email or name. These points are final: nothing is taken off them for lateness.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.submissions.roster import InputError, Roster, Student, decoded, squashed, table

HEADERS = ("student", "exercise", "points", "comment")


class OverridesError(InputError):
    """A file of overrides that cannot be read; the message names the line."""


@dataclass(frozen=True)
class Override:
    """What was given by hand for one answer."""

    points: float | None  # None: a comment alone
    comment: str = ""


@dataclass(frozen=True)
class Overrides:
    """All that was given by hand."""

    given: dict[tuple[str, str], Override] = field(default_factory=dict)  # by the ids of student and exercise
    remarks: list[str] = field(default_factory=list)  # on lines that mean nobody, or more points than there are

    def of(self, student: Student, task: Task | None) -> Override | None:
        """Return what was given for one answer."""
        return self.given.get((student.id, task.id)) if task is not None else None

    @classmethod
    def read(cls, path, roster: Roster, bundle: Bundle, must: bool = False) -> "Overrides":
        """Read a file of overrides. Without the file there are none, unless it `must` be there.

        Raises OverridesError for a line without an exercise of the assignment, or with points that are no number.
        """
        path = Path(path)
        if not must and not path.exists():
            return cls()
        try:
            headers, rows = table(decoded(path.read_bytes()), HEADERS)
        except OSError as error:
            raise OverridesError(f"the overrides {path} cannot be read: {error.strerror}") from None
        at = {squashed(header): header for header in headers}
        if headers and not {"student", "exercise", "points"} <= at.keys():
            raise OverridesError(f"{path.name}: the first line is {','.join(HEADERS)}, not {','.join(headers[:6])}")
        found = cls()
        for line, row in rows:
            cells = {header: row.get(at.get(header, ""), "").strip() for header in HEADERS}
            if any(cells.values()):
                found._take(cells, f"{path.name}, line {line}", roster, bundle)
        return found

    def _take(self, cells, where, roster, bundle):
        tasks = {task.id: task for task in bundle.exercises}
        if cells["exercise"] not in tasks:
            raise OverridesError(f"{where}: {cells['exercise']!r} is no exercise here; there are {', '.join(tasks)}")
        task = tasks[cells["exercise"]]
        points = _points(cells["points"], where)
        students, _ = roster.named(cells["student"])
        if len(students) != 1:
            who = "nobody" if not students else "more than one student"
            self.remarks.append(f"{where}: {cells['student']!r} is {who}; it is left out")
            return
        if points is not None and points > task.points:
            self.remarks.append(f"{where}: {points:g} points for {task.id}, which has {task.points:g}")
        self.given[students[0].id, task.id] = Override(points, cells["comment"])


def _points(text, where) -> float | None:
    if not text:
        return None
    try:
        points = float(text.replace(",", "."))
    except ValueError:
        points = math.nan
    if not 0 <= points < 1e6:
        raise OverridesError(f"{where}: {text!r} is no number of points")
    return points
