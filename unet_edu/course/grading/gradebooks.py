"""Rows and files that go back into a platform's gradebook: Canvas, Moodle, Gradescope."""

import re

from unet_edu.course.grading import feedback_page
from unet_edu.course.grading.sheet import Sheet, number, sentence
from unet_edu.course.submissions.roster import words

MOODLE = ("Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum grade", "Last modified (grade)")
MOODLE += ("Feedback comments",)
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")


def safe(value) -> str:
    """Return a cell that no spreadsheet takes for a formula, in one line."""
    text = " ".join(str(value).replace("\0", "").split())
    return f"'{text}" if FORMULA.match(text) and not re.fullmatch(r"-|-?\d+(\.\d+)?", text) else text


class Canvas:
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
        """Write the row of a student."""
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


def moodle_row(sheet, handed):
    """Return the cells of a student in Moodle's grading worksheet, as `MOODLE` names them."""
    student = sheet.student
    participant = handed.number(student, "Moodle")
    identifier = student.columns.get("Identifier") or (f"Participant {participant}" if participant else "")
    columns = student.columns
    grade = number(sheet.points) if sheet.has_grade else ""
    changed = columns.get("Last modified (grade)") or "-"
    said = [f"{e.task.id}: {number(e.points)} of {number(e.task.points)}. {sentence(e)}" for e in sheet.entries]
    comments = " ".join(said) if sheet.has_grade else ""
    id_number = columns.get("ID number", "" if student.id in (student.email, student.name) else student.id)
    whose = (identifier, columns.get("Full name") or student.name, id_number, student.email)
    return (*whose, grade, number(sheet.of), changed, comments)


def gradescope(sheet: Sheet) -> dict:
    """Return what Gradescope reads as results.json: a test for each exercise."""
    tests = [
        {
            "name": f"{entry.task.id} · {entry.task.exercise.name}",
            "number": str(place),
            "score": entry.points,
            "max_score": entry.task.points,
            "status": "passed" if entry.points >= entry.task.points else "failed",
            "output": "\n".join(filter(None, (sentence(entry), *feedback_page.lines(entry)))),
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
