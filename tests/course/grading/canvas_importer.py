"""What Canvas would do with a file that is imported into its gradebook: its importer's rules, in our own words.

Read: ``lib/gradebook_importer.rb`` of instructure/canvas-lms, commit 00b222d; how title and number of an assignment are
told apart, in ``app/models/assignment.rb`` there. Left out: custom columns, grading periods, override scores, rights.
"""

import csv
import io
import re
from dataclasses import dataclass, field

BESIDES = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")


class InvalidHeaderRow(Exception):
    """Canvas refuses the whole file."""


@dataclass
class Course:
    """A course in Canvas."""

    students: dict[int, tuple]  # number: (name, sortable name, SIS user id, login)
    assignments: dict[int, list]  # number: [title, points]
    scores: dict[tuple[int, int], str] = field(default_factory=dict)  # (student, assignment): "4.5" or "EX"
    first_last_names: bool = False  # a setting of the account
    new_assignments: list[str] = field(default_factory=list)
    new_students: list[str] = field(default_factory=list)

    def take(self, text: str) -> dict[tuple[int, int], str]:
        """Import a file; return what has changed in `scores`, "" for a score that is cleared."""
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
        rows = [[_number(cell) for cell in row] for row in rows if not re.fullmatch("[;, ]+", ",".join(row))]
        before = dict(self.scores)
        columns, sis, has_apart = self._header(rows[0])
        points = next((row for row in rows[1:] if "Points Possible" in row[0]), None)
        closed = {column for column in columns if points and re.search(r"read\s+only", points[column])}
        for column, number in columns.items():
            if points and points[column] and column not in closed and number is not None:
                self.assignments[number][1] = points[column]
        for row in rows[1:]:
            if row is points or all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.I) for cell in row):
                continue
            student = self._student(row, sis, has_apart)
            for column, number in columns.items():
                if student is None or number is None or column in closed:
                    continue
                self._grade(student, number, row[column].strip())
        return {
            key: self.scores.get(key, "") for key in before | self.scores if before.get(key) != self.scores.get(key)
        }

    def _header(self, row) -> tuple[dict, tuple, bool]:
        """Return {column: assignment or None for a new one}, the columns of the SIS ids, whether names are apart."""
        together = len(row) > 3 and "Student" in row[0] and "ID" in row[1]
        apart = len(row) > 4 and "LastName" in row[0] and "FirstName" in row[1] and "ID" in row[2]
        if not together and not apart:
            raise InvalidHeaderRow(row)
        apart = row[:2] == ["LastName", "FirstName"]
        if apart and not self.first_last_names:
            raise InvalidHeaderRow("first and last names")
        first = 4 if apart else 3
        count, user_id, login = first, None, None
        if re.search(r"SIS\s+Login\s+ID", row[first - 1]):
            login, count = first - 1, count + 1
        elif re.search(r"SIS\s+User\s+ID", row[first - 1]) and re.search(r"SIS\s+Login\s+ID", row[first]):
            user_id, login = first - 1, first
            more = bool(re.search(r"Integration\s+ID", row[first + 1]))
            count += 2 + more
            count += bool(re.search(r"Root\s+Account", row[first + 1 + more]))
        if "Section" not in row[count - 1]:
            raise InvalidHeaderRow(f"column {count} is {row[count - 1]!r}")
        columns = {}
        for place, header in enumerate(row[count:], count):
            if BESIDES.search(header):
                continue
            titled = re.fullmatch(r"(.*)\s\((\d+)\)", header)
            number = int(titled[2]) if titled and int(titled[2]) in self.assignments else None
            if number is None:
                number = next((n for n, (title, _) in self.assignments.items() if title == header), None)
            if number is None:
                self.new_assignments.append(titled[1] if titled else header)
            columns[place] = number
        return columns, (user_id, login), apart

    def _student(self, row, sis, apart) -> int | None:
        number = row[2] if apart else row[1]
        if number.isdigit() and int(number) in self.students:
            return int(number)
        for column, place in zip(sis, (2, 3), strict=True):
            for own, student in self.students.items():
                if column is not None and row[column] and student[place] == row[column]:
                    return own
        name = f"{row[1]} {row[0]}".strip() if apart else row[0]
        for own, student in self.students.items():
            if name in student[:2]:
                return own
        self.new_students.append(name)
        return None

    def _grade(self, student, assignment, grade):
        old = self.scores.get((student, assignment), "")
        if grade == old or {grade, old} <= {"", "-"}:
            return
        if grade in ("", "-"):
            self.scores.pop((student, assignment), None)  # a blank is a change: the score is cleared, EX too
        else:
            self.scores[student, assignment] = "EX" if grade.upper() == "EX" else grade


def _delimiter(text) -> str:
    """Return ";" where it cuts the first three lines into equally many cells, and into more than "," does."""
    lines, found = text.splitlines()[:3], {}
    for mark in ";,":
        counts = {len(next(csv.reader([line], delimiter=mark), [])) for line in lines}
        found[mark] = counts.pop() if len(counts) == 1 else 0
    return ";" if found[";"] > found[","] else ","


def _number(cell) -> str:
    """Return a pure number with a decimal point: of several commas and points, the last is the decimal one."""
    if not re.fullmatch(r"-?[0-9.,]+%?", cell):
        return cell
    *others, last = re.split("[,.]", cell)
    return f"{''.join(others)}.{last}" if others else last
