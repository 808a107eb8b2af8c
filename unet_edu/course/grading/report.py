"""The files that grading leaves: tables for the instructor and for three platforms, and a page for each student.

    grades.csv              a row for each answer, with its state and why it is what it is
    totals.csv              a row for each student
    unmatched.csv           files that belong to nobody, with a reason
    feedback/STUDENT.html   see `feedback_page`
    canvas.csv              Canvas: Gradebook > Import
    moodle.csv              Moodle: the assignment's "Upload grading worksheet"
    gradescope/STUDENT.json what an autograder of Gradescope leaves as results.json

Rows are written as they come, so that a class of any size takes the same memory. Cells that a spreadsheet would take
for a formula begin with an apostrophe. Who handed in nothing that could be graded gets no zero there: the row is left
out of canvas.csv, and stays as it was in moodle.csv.
"""

import contextlib
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from unet_edu.course.assignment.bundle import Bundle
from unet_edu.course.grading import feedback_page
from unet_edu.course.grading.gradebooks import Canvas, Column, Moodle, canvas_column, gradescope, safe
from unet_edu.course.grading.sheet import Sheet, number
from unet_edu.course.submissions.collect import Collected
from unet_edu.files import written_whole

GRADES = ("student", "name", "email", "exercise", "points", "of", "state", "why", "file", "attempt", "comment")
TOTALS = ("student", "name", "email", "points", "of", "percent", "state", "why", "file", "attempt", "feedback")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


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


def write(out, bundle: Bundle, handed: Collected, sheets: Iterable[Sheet], column: Column | None = None) -> Counter:
    """Write all files into `out`; return how often each state occurs. `sheets` is gone through once.

    column: the assignment in Canvas, see `gradebooks.canvas_column`.
    """
    out, states = Path(out), Counter()
    column = column or canvas_column(handed.roster, bundle)
    with contextlib.ExitStack() as stack:

        def table(name, encoding="utf-8"):
            partial = stack.enter_context(written_whole(out / name))
            return csv.writer(stack.enter_context(open(partial, "w", encoding=encoding, newline="")))

        grades, totals = table("grades.csv", "utf-8-sig"), table("totals.csv", "utf-8-sig")
        canvas, moodle = (
            Canvas(table("canvas.csv"), bundle, handed, column),
            Moodle(table("moodle.csv"), bundle, handed),
        )
        grades.writerow(GRADES)
        totals.writerow(TOTALS)
        for sheet in sheets:
            states.update(entry.mark.state for entry in sheet.entries)
            for entry in sheet.entries:
                grades.writerow(map(safe, _grade_row(sheet.student, entry)))
            totals.writerow(map(safe, _total_row(sheet)))
            canvas.row(sheet)
            moodle.row(sheet)
            _write(out / "feedback" / f"{sheet.file}.html", feedback_page.page(bundle, sheet, str(handed.rule)))
            _write(out / "gradescope" / f"{sheet.file}.json", json.dumps(gradescope(sheet)))
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
