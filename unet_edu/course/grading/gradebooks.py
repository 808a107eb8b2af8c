"""Rows and files that go back into a platform's gradebook: Canvas, Moodle, Gradescope."""

import difflib
import re
from dataclasses import dataclass

from unet_edu.course.grading import feedback_page
from unet_edu.course.grading.sheet import Sheet, number, sentence
from unet_edu.course.submissions.moodle_words import WORKSHEETS, worksheet
from unet_edu.course.submissions.roster import InputError, words

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")  # of an export that is not there
NUMBERED = re.compile(r"(.*)\s\((\d+)\)", re.S)  # the header of an assignment: title and number
READ_ONLY = re.compile(r"read\s+only", re.I)
MOODLE = ("Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum grade", "Last modified (grade)")
MOODLE += ("Feedback comments",)
WITHIN = re.compile(r"""[;,|]["']?\s*(?=[=+\-@＝＋－＠])""")  # where a cell begins for who splits at another separator
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r]")


def safe(value) -> str:
    """Return a cell that no spreadsheet takes for a formula, in one line, whichever separator it splits at."""
    text = " ".join(str(value).replace("\0", "").split())
    if re.fullmatch(r"-|-?\d+(\.\d+)?", text):
        return text
    return WITHIN.sub(r"\g<0>'", f"'{text}" if FORMULA.match(text) else text)


class Canvas:
    """Canvas's importer takes a row for each student whose score changes, and a column for each assignment.

    It looks for a student by Canvas's own number, then by the SIS ids, then by name; for the assignment by the number
    in brackets, then by the whole header. A cell without a grade clears a score and `EX`: who has no grade has no row.
    Read in ``lib/gradebook_importer.rb`` of instructure/canvas-lms, commit 00b222d.
    """

    def __init__(self, writer, bundle, handed, column: "Column"):
        self.writer, self.handed, self.column = writer, handed, column
        headers = handed.roster.headers
        self.own = headers[: headers.index("Section") + 1] if is_canvas(headers) else ()
        first = self.own or CANVAS
        writer.writerow((*first, safe(column.header)))
        total = number(sum(task.points for task in bundle.exercises))
        writer.writerow(("    Points Possible", *[""] * (len(first) - 1), column.possible or total))

    def row(self, sheet):
        """Write the row of a student who has a grade, unless the lecturer has excused them."""
        student = sheet.student
        if not sheet.has_grade or is_excused(student, self.column) and not any(e.by_hand for e in sheet.entries):
            return
        own = self.handed.number(student, "Canvas")
        if self.own:
            cells = [student.columns.get(header, "") for header in self.own]
            cells[self.own.index("ID")] = own
        else:
            sis = student.id if self.handed.roster.headers else ""
            cells = [student.label, own, sis, student.login, ""]
        self.writer.writerow(map(safe, (*cells, number(sheet.points))))


@dataclass(frozen=True)
class Column:
    """The assignment in Canvas into which the points go."""

    header: str  # "Week 3 homework (4711)"
    possible: str = ""  # what it is worth there; "" where that is not known
    note: str = ""  # what the lecturer should look at


def is_canvas(headers) -> bool:
    """Return whether these headers are those of an export that Canvas takes back."""
    names = tuple(headers[:2])
    return "Section" in headers and (
        names == ("Student", "ID") or tuple(headers[:3]) == ("LastName", "FirstName", "ID")
    )


def is_excused(student, column: Column) -> bool:
    """Return whether the student's score is EX in the export."""
    return student.columns.get(column.header, "").strip().upper() == "EX"


def canvas_column(roster, bundle, assignment: str | None = None) -> Column:
    """Return the column of Canvas's export that the points go into.

    Args:
        assignment: as the export has it, "Week 3 homework (4711)"; or its title, or its number. Without it, the
            assignment with the title of ours, or the only one that is worth as many points.

    Raises:
        InputError: for an assignment that the export does not have, or has twice, or that Canvas does not let change.
    """
    total = sum(task.points for task in bundle.exercises)
    known = {}
    if is_canvas(roster.headers):
        after = roster.headers[roster.headers.index("Section") + 1 :]
        known = {header: roster.possible.get(header, "") for header in after if NUMBERED.fullmatch(header)}
    if assignment is not None:
        assignment = " ".join(assignment.split())
        if not known:
            note = "" if NUMBERED.fullmatch(assignment) else "without a number in brackets Canvas looks for the title"
            return Column(assignment, note=note)
        return _worth(_the_one(assignment, known), known, total)
    open_to = {header: points for header, points in known.items() if not READ_ONLY.search(points)}
    titled = [header for header in open_to if words(NUMBERED.fullmatch(header)[1]) == words(bundle.title)]
    fitting = titled or [header for header, points in open_to.items() if _points(points) == total]
    if len(fitting) == 1:
        return _worth(fitting[0], known, total)
    why = f"in the export {'several' if fitting else 'no'} assignments have {number(total)} points" if known else ""
    why = why or "there is no export of Canvas as --roster"
    example = (fitting or list(open_to) or ["Week 3 homework (4711)"])[0]
    return Column(bundle.title, note=f'{why}: it would become a new assignment; give --assignment "{example}"')


def _the_one(assignment, known) -> str:
    """Return the header that is meant."""
    fits = [header for header in known if assignment == header]
    fits = fits or [h for h in known if assignment in NUMBERED.fullmatch(h).groups()]
    fits = fits or [h for h in known if words(assignment) in (words(h), words(NUMBERED.fullmatch(h)[1]))]
    if not fits:
        near = difflib.get_close_matches(assignment, known, n=3, cutoff=0.3) or list(known)[:3]
        raise InputError(f"the roster has no assignment {assignment!r}; the nearest are {', '.join(map(repr, near))}")
    if len(fits) > 1:
        raise InputError(f"the roster has {assignment!r} more than once: write {' or '.join(map(repr, fits[:4]))}")
    if READ_ONLY.search(known[fits[0]]):
        raise InputError(f"Canvas says that {fits[0]!r} is read only: it takes no scores from a file")
    return fits[0]


def _worth(header, known, total) -> Column:
    points = known[header]
    if _points(points) in (None, total):
        return Column(header, points)
    return Column(
        header, points, f"it is worth {points} points in Canvas, and {number(total)} here: set Canvas's to ours"
    )


def _points(text) -> float | None:
    """Return a number as Canvas's importer reads it: the last comma or point is the decimal one."""
    if not re.fullmatch(r"\d[\d.,]*", text.strip()):
        return None
    whole, mark, part = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", text.strip()).groups()
    return float(f"{re.sub('[.,]', '', whole)}.{part or 0}") if mark else float(whole)


class Moodle:
    """Moodle's own worksheet, filled in; without it, one with the columns that Moodle's importer needs.

    The importer compares headers with the words of the uploader's language, cuts the word for "Participant" off the
    identifier, passes over an empty grade, and takes over every comment that differs, an empty one too. So the rows of
    those who have no grade stay as they are. Read in ``mod/assign/feedback/offline/importgradeslib.php`` (commit
    452e36f) and ``locallib.php`` (commit 0497556) of moodle/moodle.
    """

    def __init__(self, writer, bundle, handed):
        self.writer, self.handed = writer, handed
        self.headers = handed.roster.headers
        self.words = worksheet(self.headers)
        if self.words is None:
            self.headers = MOODLE
        elif self.words.comments not in self.headers:  # Moodle passes over it where there are no comments
            self.headers = (*self.headers, self.words.comments)
        writer.writerow(self.headers)

    def row(self, sheet):
        """Write the row of a student."""
        columns = dict(sheet.student.columns) if self.words else _from_roster(sheet, self.handed)
        names = self.words or WORKSHEETS[0]
        if sheet.has_grade:
            columns[names.grade], columns[names.comments] = number(sheet.points), _comments(sheet)
        kept = {names.identifier, names.modified}
        self.writer.writerow(
            columns.get(header, "") if header in kept else safe(columns.get(header, "")) for header in self.headers
        )


def moodle_note(roster, bundle) -> str:
    """Return what the lecturer should look at before the worksheet is uploaded; "" where there is nothing."""
    words = worksheet(roster.headers)
    if words is None:
        return "Moodle takes it on pages in English; with its own worksheet as --roster, in the language of that"
    total = sum(task.points for task in bundle.exercises)
    most = {_points(student.columns.get(words.maximum, "")) for student in roster.students} - {None, total}
    if most:
        return f"the assignment is worth {number(min(most))} points in Moodle, and {number(total)} here"
    return ""


def _from_roster(sheet, handed) -> dict[str, str]:
    """Return the columns of a student of whom there is no worksheet."""
    student, participant = sheet.student, handed.number(sheet.student, "Moodle")
    words = WORKSHEETS[0]
    return {
        words.identifier: f"{words.participant} {participant}" if participant else "",
        words.names[0]: student.name,
        words.id_number: "" if student.id in (student.email, student.name) else student.id,
        words.email: student.email,
        words.maximum: number(sheet.of),
        words.modified: "-",
    }


def _comments(sheet) -> str:
    return " ".join(f"{e.task.id}: {number(e.points)} of {number(e.task.points)}. {sentence(e)}" for e in sheet.entries)


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
