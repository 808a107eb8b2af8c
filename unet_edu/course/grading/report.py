"""The files that grading leaves: tables for the instructor and for three platforms, and a page for each student.

    grades.csv              a row for each answer, with its state and why it is what it is
    totals.csv              a row for each student
    unmatched.csv           files that belong to nobody, with a reason
    feedback/STUDENT.html   see `feedback`
    canvas.csv              Canvas: Gradebook > Import
    moodle.csv              Moodle: the assignment's "Upload grading worksheet", or Grades > Import by email address
    gradescope/STUDENT.json Gradescope's results.json

Rows are written as they come, so that a class of any size takes the same memory. Cells that a spreadsheet would take
for a formula begin with an apostrophe. Who handed in nothing that could be graded has an empty grade in the platforms'
files, not a zero: the platform's own rule for missing work holds.
"""

import contextlib
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.grading import feedback_page
from unet_edu.course.grading.mark import NOT_GRADED, Mark
from unet_edu.course.submissions.collect import Collected
from unet_edu.course.submissions.overrides import Override
from unet_edu.course.submissions.roster import Student, words
from unet_edu.files import written_whole

MISSING, UNREADABLE, LATE = "MISSING", "UNREADABLE", "LATE"
NO_GRADE = (MISSING, UNREADABLE, NOT_GRADED)  # no zero, but nothing

GRADES = ("student", "name", "email", "exercise", "points", "of", "state", "why", "file", "attempt", "comment")
TOTALS = ("student", "name", "email", "points", "of", "percent", "state", "why", "file", "attempt", "feedback")
MOODLE = ("Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum grade", "Last modified (grade)")
MOODLE += ("Feedback comments",)
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")


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


def file_names(ids: Sequence[str]) -> dict[str, str]:
    """Return a simple name for a file of each student, the same whoever else is in the course; no two are the same."""
    plain = {id: re.sub(r"[^a-z0-9]+", "-", id.casefold()).strip("-")[:60] for id in ids}
    count = Counter(plain.values())
    names = {}
    for id, name in plain.items():
        if name != id or count[name] > 1 or name in RESERVED:
            name = f"{name or 'student'}-{hashlib.sha256(id.encode()).hexdigest()[:8]}"
        names[id] = name
    return names


def number(value: float) -> str:
    """A number of points as it is written: 3, 2.5, 0.67."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def safe(value) -> str:
    """A cell that no spreadsheet takes for a formula, in one line."""
    text = " ".join(str(value).replace("\0", "").split())
    return f"'{text}" if FORMULA.match(text) and not re.fullmatch(r"-|-?\d+(\.\d+)?", text) else text


def write(out, bundle: Bundle, handed: Collected, sheets: Iterable[Sheet]) -> Counter:
    """Write all files into `out`; return how often each state occurs. `sheets` is gone through once."""
    out, states = Path(out), Counter()
    with contextlib.ExitStack() as stack:

        def table(name, encoding="utf-8"):
            partial = stack.enter_context(written_whole(out / name))
            return csv.writer(stack.enter_context(open(partial, "w", encoding=encoding, newline="")))

        grades, totals = table("grades.csv", "utf-8-sig"), table("totals.csv", "utf-8-sig")
        canvas, moodle = _Canvas(table("canvas.csv"), bundle, handed), table("moodle.csv")
        grades.writerow(GRADES)
        totals.writerow(TOTALS)
        moodle.writerow(MOODLE)
        for sheet in sheets:
            states.update(entry.mark.state for entry in sheet.entries)
            for entry in sheet.entries:
                grades.writerow(map(safe, _grade_row(sheet.student, entry)))
            totals.writerow(map(safe, _total_row(sheet)))
            canvas.row(sheet)
            moodle.writerow(map(safe, _moodle_row(sheet, handed)))
            _write(out / "feedback" / f"{sheet.file}.html", feedback_page.page(bundle, sheet, str(handed.rule)))
            _write(out / "gradescope" / f"{sheet.file}.json", json.dumps(gradescope(sheet), indent=1))
        unmatched = table("unmatched.csv", "utf-8-sig")
        unmatched.writerow(("file", "why"))
        for attempt in handed.nobody:
            unmatched.writerow((safe(attempt.path), safe(attempt.matched)))
        for path, why in handed.skipped:
            unmatched.writerow((safe(path), safe(why)))
    return states


def _write(path, text):
    """Write a file where it has changed."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text("utf-8") == text:
            return
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _grade_row(student, entry):
    whose = (student.id, student.name, student.email)
    what = (entry.task.id, number(entry.points), number(entry.task.points), entry.mark.state, entry.why)
    return (*whose, *what, entry.file, entry.attempt, entry.comment)


def _total_row(sheet):
    student = sheet.student
    percent = number(100 * sheet.points / sheet.of) if sheet.of else ""
    points = (number(sheet.points), number(sheet.of), percent)
    why = (", ".join(sheet.states), sheet.why, sheet.files, sheet.attempts, f"feedback/{sheet.file}.html")
    return (student.id, student.name, student.email, *points, *why)


# ---------------------------------------------------------------------------------------------------------- platforms


class _Canvas:
    """Canvas looks for a student by its own number, then by the SIS ids, then by name."""

    def __init__(self, writer, bundle, handed):
        self.writer, self.handed = writer, handed
        headers = handed.roster.headers
        self.has_own = {"Student", "ID", "Section"} <= set(headers)
        self.more = [name for name in ("Integration ID", "Root Account") if self.has_own and name in headers]
        title = bundle.title
        for header in headers if self.has_own else ():  # "Crop (4711)" goes to the assignment that is there
            if words(re.sub(r"\s*\(\d+\)$", "", header)) == words(title):
                title = header
        writer.writerow(("Student", "ID", "SIS User ID", "SIS Login ID", *self.more, "Section", safe(title)))
        total = number(sum(task.points for task in bundle.exercises))
        writer.writerow(("    Points Possible", "", "", "", *[""] * len(self.more), "", total))

    def row(self, sheet):
        student = sheet.student
        columns = student.columns if self.has_own else {}
        own = self.handed.number(student, "Canvas")
        sis = (columns.get("SIS User ID", ""), columns.get("SIS Login ID", ""))
        if not self.has_own:
            sis = (student.id if self.handed.roster.headers else "", student.login)
        name = columns.get("Student") or student.label
        more = [columns.get(name, "") for name in self.more]
        grade = number(sheet.points) if sheet.has_grade else ""
        self.writer.writerow(map(safe, (name, own, *sis, *more, columns.get("Section", ""), grade)))


def _moodle_row(sheet, handed):
    student = sheet.student
    participant = handed.number(student, "Moodle")
    identifier = student.columns.get("Identifier") or (f"Participant {participant}" if participant else "")
    columns = student.columns
    grade = number(sheet.points) if sheet.has_grade else ""
    changed = columns.get("Last modified (grade)") or "-"
    said = [f"{e.task.id}: {number(e.points)} of {number(e.task.points)}. {_sentence(e)}" for e in sheet.entries]
    comments = " ".join(said) if sheet.has_grade else ""
    id_number = columns.get("ID number", "" if student.id in (student.email, student.name) else student.id)
    whose = (identifier, columns.get("Full name") or student.name, id_number, student.email)
    return (*whose, grade, number(sheet.of), changed, comments)


def _sentence(entry) -> str:
    said = "; ".join(filter(None, (entry.mark.state.capitalize(), entry.why, entry.comment)))
    return f"{said[:1].upper()}{said[1:]}."


def gradescope(sheet: Sheet) -> dict:
    """Return what Gradescope reads as results.json: a test for each exercise."""
    tests = [
        {
            "name": f"{entry.task.id} · {entry.task.exercise.name}",
            "number": str(place),
            "score": entry.points,
            "max_score": entry.task.points,
            "status": "passed" if entry.points >= entry.task.points else "failed",
            "output": "\n".join(filter(None, (_sentence(entry), *feedback_page.lines(entry)))),
            "visibility": "visible",
        }
        for place, entry in enumerate(sheet.entries, 1)
    ]
    return {
        "score": sheet.points,
        "output": sheet.attempts or sheet.why,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
