"""Who is in a course: a CSV file with one row a student, as written by hand or exported by Canvas, Moodle, Gradescope.

    id,name,email                                               a plain one; also: login, due (an extension)
    Student,ID,SIS User ID,SIS Login ID,Section,…               Canvas, "Export Entire Gradebook"
    LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,…    Canvas, where first and last names are shown apart
    Identifier,Full name,ID number,Email address,…              Moodle, "Download grading worksheet", in any language
    First name,Last name,ID number,Email address,…              Moodle, grade export
    First Name,Last Name,SID,Email,…                            Gradescope

Separated by commas, semicolons or tabs, with or without a byte order mark. `Roster.named` and `Roster.mentioned` find
whom the name of a file or folder means, in whichever order, script or Unicode form a name is written.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from unet_edu.course.submissions.moodle_words import WORKSHEETS, worksheet

COLUMNS = {  # what is looked for: headers, without spaces, marks and capitals; the first that has a value counts
    "id": "sisuserid studentid studentnumber sid idnumber idnummer matriculationnumber matrikelnummer id numerodid",
    "name": "name fullname studentname student vollständigername nomcomplet nombrecompleto",
    "first": "firstname givenname forename first vorname prénom nombre",
    "last": "lastname surname familyname last nachname nom apellidos apellido",
    "email": "email emailaddress mail emailadresse adressedecourriel direccióndecorreo sisemail",
    "login": "sisloginid loginid login username netid anmeldename",
    "moodle": "identifier identifikation bezeichner identifiant identificador",
    "group": "group groups groupname gruppe gruppen groupe groupes grupo grupos 小组 组",
    "due": "due duedate deadline extension",
}
HEADERS = {role: tuple(names.split()) for role, names in COLUMNS.items()}
POSSIBLE = re.compile(r"\s*points possible\b", re.I)  # of Canvas's second row: what each assignment is worth
NO_STUDENT = re.compile(r"\s*(points possible|manual posting|muted)\b.*|\s*", re.I)
SHORT = 3  # letters of what is looked for inside a longer name; shorter ones must be the whole name
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "n", "ħ": "h"}
)
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


class InputError(ValueError):
    """Something is wrong with what the grader was given; the message names it, and how to put it right."""


class RosterError(InputError):
    """A roster that cannot be read, or in which two students have the same id."""


@dataclass(frozen=True)
class Student:
    """One student."""

    id: str  # unique in a course
    name: str = ""
    email: str = ""
    login: str = ""
    canvas: str = ""  # Canvas's own number, which is in the names of the files it exports
    moodle: str = ""  # the number in Moodle's "Participant 123", likewise
    due: datetime | None = None  # a due time of their own
    groups: tuple[str, ...] = ()  # names of the groups that the student is in
    columns: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)  # the row, as in the file

    @property
    def label(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


@dataclass(frozen=True)
class Roster:
    """All students, in the order of the file."""

    students: tuple[Student, ...]
    headers: tuple[str, ...] = ()
    possible: Mapping[str, str] = field(default_factory=dict)  # Canvas's row of points, as in the file

    def __iter__(self):
        return iter(self.students)

    def __len__(self):
        return len(self.students)

    @cached_property
    def _index(self):
        """Who is meant by an id, the start of an email, a name, a name in plain letters: four times {key: students}."""
        ids, starts, names, plain = {}, {}, {}, {}
        for student in self.students:
            for text in (student.id, student.login, student.email):
                ids.setdefault(words(text), []).append(student)
            starts.setdefault(words(student.email.partition("@")[0]), []).append(student)
            for rotation in rotations(student.name):
                names.setdefault(squashed(rotation), []).append(student)
                for form in plainly(rotation):
                    plain.setdefault(form, []).append(student)
        for found in (ids, starts):
            found.pop((), None)
        return ids, starts, names, plain

    @cached_property
    def _exact(self):
        """Whom an id, a login, an email means as it is written: "a.b" is not "a-b". Three times {text: students}."""
        found = {}, {}, {}
        for student in self.students:
            for kind, text in zip(found, (student.id, student.login, student.email), strict=True):
                if text:
                    kind.setdefault(unicodedata.normalize("NFC", text).casefold(), []).append(student)
        return found

    @cached_property
    def _by_words(self):
        found = {}
        for student in self.students:
            local = student.email.partition("@")[0]
            texts = {student.id, student.login, student.email, local, *rotations(student.name)}
            for key in {form for text in texts for form in (words(text), words(unaccented(text)))}:
                if sum(map(len, key)) >= SHORT:
                    found.setdefault(key, set()).add(student)
        return found

    def named(self, text: str) -> tuple[list[Student], str]:
        """Return whom `text` as a whole names, and how: "by id", "by name", "by name, without accents"."""
        for kind in self._exact:
            exact = kind.get(unicodedata.normalize("NFC", text).casefold(), [])
            if len(exact) == 1:
                return list(exact), "by id"
        ids, starts, names, plain = self._index
        for how, found in (
            ("by id", ids.get(words(text))),
            ("by the start of the email", starts.get(words(text))),
            ("by name", names.get(squashed(text))),
            ("by name, without accents", next(filter(None, map(plain.get, plainly(text))), None)),
        ):
            if found:
                return list(dict.fromkeys(found)), how
        return [], ""

    def mentioned(self, text: str) -> tuple[list[Student], str]:
        """Return whose id or name occurs in `text`, the longest that does; several students where that is open."""
        best, most = set(), 0
        for form in {words(text), words(unaccented(text))}:
            for start in range(len(form)):
                for end in range(start + 1, min(len(form), start + 8) + 1):
                    found = self._by_words.get(form[start:end])
                    size = sum(map(len, form[start:end]))
                    if found and size >= most:
                        best, most = (best | found if size == most else set(found)), size
        return sorted(best, key=self.students.index), "named in it"

    @cached_property
    def _groups(self):
        """The students of each group by its name, for each name in plain letters."""
        found = {}
        for student in self.students:
            for group in {_spaced(group) for group in student.groups}:
                for form in set(plainly(group)):
                    found.setdefault(form, {}).setdefault(group, []).append(student)
        return found

    def groups_named(self, name: str) -> list[list[Student]]:
        """Return the students of each group that may have a name, in the order of the roster; of one if it is exact."""
        found = {group: students for form in plainly(name) for group, students in self._groups.get(form, {}).items()}
        exact = found.get(_spaced(name))
        return list(found.values()) if exact is None else [exact]

    def of_group(self, name: str) -> list[Student]:
        """Return the students of a group; nobody for one that it does not have, or where several may be meant."""
        found = self.groups_named(name)
        return found[0] if len(found) == 1 else []

    def by(self, field_name: str, value: str) -> list[Student]:
        """Return the students whose field, "canvas" or "moodle", is `value`; nobody where it is empty."""
        return self._by_number.get((field_name, value), []) if value else []

    @cached_property
    def _by_number(self):
        """The students with each number on a platform: by (field, number)."""
        found = {}
        for student in self.students:
            for field_name in ("canvas", "moodle"):
                found.setdefault((field_name, getattr(student, field_name)), []).append(student)
        return found


# ------------------------------------------------------------------------------------------------------------- names


def _spaced(text) -> str:
    """Return a name as it tells one group from another: in one Unicode form, small letters and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def words(text: str) -> tuple[str, ...]:
    """Return the letters and digits of a text, word by word, without capitals; the same for NFC and NFD."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return tuple(re.findall(r"(?:[^\W_]|[\u0300-\u036f])+", text))


def squashed(text: str) -> str:
    """Return the same without what stands between the words: Canvas writes names that way."""
    return "".join(words(text))


def unaccented(text: str) -> str:
    """Return a text in plain letters, as far as it has some."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def plainly(text: str) -> tuple[str, ...]:
    """Return a name squashed, in plain letters: ü as u, and as ue."""
    german = unicodedata.normalize("NFKC", text).casefold().translate(GERMAN)
    return squashed(unaccented(text)), squashed(unaccented(german))


def rotations(name: str) -> list[str]:
    """Return the orders in which platforms write a name: "Maria García López", "García López, Maria", and the rest."""
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    parts = name.split()
    return [" ".join(parts[start:] + parts[:start]) for start in range(len(parts))]


# -------------------------------------------------------------------------------------------------------------- files


def read_roster(path) -> Roster:
    """Read a roster. Raises RosterError, which names what is missing."""
    path = Path(path)
    headers, rows = read_table(path, "roster", {header for names in HEADERS.values() for header in names} | MOODLE)
    at = {header_key(header): header for header in reversed(headers)}
    _in_english(at, headers)
    if not any(header in at for role in ("id", "name", "last", "email", "login") for header in HEADERS[role]):
        found = ", ".join(headers[:8]) or "nothing"
        raise RosterError(f"{path.name}: no column of ids, names or emails; the first line has: {found}")
    is_canvas = "id" in at and bool({"sisuserid", "sisloginid", "section"} & at.keys())
    is_canvas = is_canvas and ("student" in at or headers[:2] == ["LastName", "FirstName"])
    students = [s for number, row in rows if (s := _student(row, at, is_canvas, f"{path.name}, line {number}"))]
    seen: dict[str, Student] = {}
    for student in students:
        if (other := seen.setdefault(student.id.casefold(), student)) is not student:
            raise RosterError(f"{path.name}: {student.label} and {other.label} have the same id, {student.id!r}")
    if not students:
        raise RosterError(f"{path.name}: there are no students in it")
    possible = next((row for _, row in rows if POSSIBLE.match(row[headers[0]])), {})
    return Roster(tuple(students), tuple(headers), possible)


def with_groups(roster: Roster, path) -> Roster:
    """Return a roster in which students have the groups of a CSV file: a row for each student and group.

    Canvas's own export has the columns name, canvas_user_id, user_id, login_id, group_name; of a file of one's own one
    of them that names a student is enough, beside a column `group`. Raises RosterError for a file without these two,
    for a row of nobody's, and for two groups of Canvas's that have one name.
    """
    path = Path(path)
    headers, rows = read_table(path, "groups", {header for names in HEADERS.values() for header in names})
    at = {header_key(header): header for header in reversed(headers)}
    named = [at[key] for key in HEADERS["group"] if key in at]
    whose = [at[key] for key in ("canvasuserid", "userid", "loginid", "id", "login", "email", "name") if key in at]
    if not named or not whose:
        found = ", ".join(headers[:8]) or "nothing"
        raise RosterError(f"{path.name}: no column of groups beside one of students; the first line has: {found}")
    groups: dict[str, list[str]] = {}
    numbers: dict[str, str] = {}  # Canvas's, by the name
    for number, row in rows:
        name = row[named[0]].strip()
        own = row.get(at.get("canvasgroupid", ""), "").strip()
        if name and numbers.setdefault(_spaced(name), own) != own:
            raise RosterError(f"{path.name}, line {number}: two groups are called {name!r}; leave one set of them")
        students = [] if not name else _of_row(roster, row, whose)
        if name and len(students) != 1:
            known = ", ".join(row[header] for header in whose)
            raise RosterError(f"{path.name}, line {number}: {known} is nobody in the roster, or several")
        for student in students:
            groups.setdefault(student.id, []).append(name)
    students = (replace(s, groups=(*s.groups, *groups.get(s.id, []))) for s in roster)
    return replace(roster, students=tuple(students))


def _of_row(roster, row, headers) -> list[Student]:
    for header in headers:
        value = row[header].strip()
        found = roster.by("canvas", value) if header_key(header) == "canvasuserid" else roster.named(value)[0]
        if len(found) == 1:
            return found
    return []


def _in_english(at, headers) -> None:
    """Name the columns of a Moodle worksheet in another language as an English one's are."""
    words = worksheet(headers)
    if words is None:
        return
    at.pop(header_key(words.identifier), None)  # in German "ID", which is nobody's
    names = {"identifier": words.identifier, "emailaddress": words.email, "idnumber": words.id_number}
    names["fullname"] = next((name for name in words.names if name in headers), "")
    at.update({role: header for role, header in names.items() if header in headers})


def _student(row, at, is_canvas, where) -> Student | None:
    def cell(role, *others):
        values = (row.get(at.get(header, ""), "").strip() for header in (*HEADERS.get(role, ()), *others))
        return next(filter(None, values), "")

    name = cell("name") or f"{cell('first')} {cell('last')}".strip()
    participant = re.search(r"(\d+)\s*$", cell("moodle"))
    moodle = participant[1] if participant else ""
    id = cell("id") or cell("login") or cell("email") or moodle or name
    if NO_STUDENT.fullmatch(name or id):
        return None
    due = cell("due")
    try:
        due = when(due) if due else None
    except ValueError:
        raise RosterError(f"{where}: {due!r} is no time; write 2027-01-31 23:59") from None
    canvas = row.get(at["id"], "").strip() if is_canvas else ""
    groups = tuple(filter(None, (name.strip() for name in re.split(r"[,;|]", cell("group")))))
    return Student(id, name, cell("email"), cell("login"), canvas, moodle, due, groups, row)


def read_table(path: Path, what: str, known: Iterable[str]) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the headers and (line, row) of a CSV file; what: what it is, in words. Raises RosterError."""
    try:
        return table(decoded(path.read_bytes()), known)
    except OSError as error:
        raise RosterError(f"the {what} {path} cannot be read: {error.strerror}") from None


def table(text: str, known: Iterable[str]) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the headers and (line, row) of a CSV text. The separator is the one that yields most `known` headers."""
    known = set(known)
    text = re.sub(r"\Asep=.\r?\n", "", text)

    def split(delimiter):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            return [(reader.line_num, [cell.strip() for cell in line]) for line in reader if any(line)]
        except csv.Error:
            return []

    tables = [split(delimiter) for delimiter in ",;\t|"]
    lines = max(tables, key=lambda lines: len(known & {header_key(h) for h in lines[0][1]}) if lines else -1)
    if not lines:
        return [], []
    headers = lines[0][1]
    return headers, [(n, dict(zip(headers, [*cells, *[""] * len(headers)], strict=False))) for n, cells in lines[1:]]


def header_key(text: str) -> str:
    """Return a header as `COLUMNS` has it: without spaces, marks and capitals."""
    return squashed(text)


MOODLE = {header_key(text) for each in WORKSHEETS for text in (each.identifier, each.grade, each.modified)}


def decoded(data: bytes) -> str:
    """Return the text of a file that a spreadsheet may have written."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def when(text: str | datetime) -> datetime:
    """Return a time as it stands on a clock here. A day without a time means its end. Raises ValueError."""
    if not isinstance(text, datetime):
        text = text.strip()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            text += " 23:59:59"
        text = datetime.fromisoformat(text)
    return text.astimezone().replace(tzinfo=None) if text.tzinfo else text
