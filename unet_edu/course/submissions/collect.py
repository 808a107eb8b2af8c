"""What a class handed in, as learning platforms export it: a folder or a zip, zips within it, sorted by student.

    with collect("submissions.zip", roster, due="2027-01-31 23:59", late="10") as handed:
        for student in handed.students:
            attempts = handed.of(student)           the files of one student, the earliest first
            chosen = handed.rule.choose(attempts, student)
            chosen.attempt.read()                   the bytes of one
        handed.nobody                               files that belong to nobody of the roster, each with a why

    Canvas       doejane_LATE_12345_67890_Copy of crop-1.ipynb
    Moodle       Jane Doe_12345_assignsubmission_file/crop.ipynb       (a folder, or the start of the file's name)
    Gradescope   submission_12345/crop.ipynb, and submission_metadata.yml
    by hand      jdoe/crop.ipynb, Jane Doe.ipynb, crop - jane.doe@example.org.ipynb, "Doe, Jane/work.zip"

Files are read one at a time, into memory, up to a size. Nothing is unpacked, nothing is written, no link is followed:
the names in a zip are labels here, never places.
"""

import contextlib
import io
import json
import lzma
import math
import os
import re
import stat
import threading
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from unet_edu.course.submissions.notebook import LARGEST, Unreadable
from unet_edu.course.submissions.roster import InputError, Roster, Student, read_roster, unaccented, when

ZIPPED = 200 * 2**20  # bytes of a zip within the export
ENTRIES = 20_000  # of one zip
DEPTH = 3  # of zips within each other
OPEN = 32  # zips kept open
KEPT_OPEN = 20  # entries that a zip has at least to be kept open

NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json", ".ipynb.html", ".txt")
OTHERS = (".zip", ".rar", ".7z", ".tar.gz", ".py", ".pdf", ".html", ".htm", ".doc", ".docx", ".odt", ".md")
IGNORED = {"__macosx", ".ds_store", ".ipynb_checkpoints", "thumbs.db", "desktop.ini", "submission_metadata.yml"}
IGNORED |= {"timestamp.txt", "submission_secret.txt"}  # nbgrader's, beside each submission
CANVAS = re.compile(r"(?P<name>[^\s_]\S*?)_(?P<late>LATE_)?(?P<user>\d{2,})_(?P<attachment>\d{3,})_(?P<file>.+)", re.S)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>file|onlinetext)(_(?P<file>.*))?", re.S)
COPY = re.compile(r"^\s*(copy|kopie|copie|copia)\s+(of|von|de|di)\s+|\s*-\s*(copy|kopie|copie|copia)(?=$|\s*\()", re.I)
NUMBERED = re.compile(r"\s*\((\d+)\)\s*$")
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError)
BROKEN += (RuntimeError, NotImplementedError, KeyError, IndexError)  # encrypted, an unknown compression


class SubmissionsError(InputError):
    """A folder or zip of submissions that is none, or a rule that cannot be understood."""


# ------------------------------------------------------------------------------------------------------ one attempt


@dataclass(frozen=True)
class Attempt:
    """One file that was handed in."""

    path: str  # within the submissions, "/" between folders; a zip counts as a folder
    name: str  # of the file as the student named it
    time: datetime | None = None  # when it was handed in, on the clock here
    timed: str = ""  # how that is known: "the file's date", "Gradescope"
    late: bool | None = None  # what Canvas says of it; None where nobody says anything
    order: tuple = ()  # the larger, the later
    student: Student | None = None
    matched: str = ""  # how the student was found, or why nobody was
    number: tuple[str, str] = ("", "")  # the student's number on a platform: ("Canvas", "12345")
    _place: "_Place | None" = field(default=None, repr=False, compare=False)

    @property
    def is_notebook(self) -> bool:
        """Whether the name is that of a notebook, or of one that was saved as something else."""
        return self.name.lower().endswith(NOTEBOOKS) or "." not in self.name

    def read(self) -> bytes:
        """Return the bytes of the file. Raises Unreadable."""
        return self._place.read(LARGEST)


# ---------------------------------------------------------------------------------------------------------- the rule


@dataclass(frozen=True)
class Choice:
    """The attempt that counts, and why."""

    attempt: Attempt | None
    share: float = 1.0  # of the points that are kept
    why: str = ""  # "the last of 3 attempts; 2 days late: 20 % of the points are taken off"


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
        """Return how many days late an attempt is, each one that has begun; 0 on time, or where nobody can tell."""
        due = student.due if student is not None and student.due else self.due
        if attempt.time is not None and due is not None:
            return max(0, math.ceil((attempt.time - due).total_seconds() / 86_400))
        return int(bool(attempt.late))

    def choose(self, attempts: Sequence[Attempt], student: Student | None = None) -> Choice:
        """Return the attempt that counts of those of a student; the earliest comes first in `attempts`."""
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
            told = self.due is not None or (student is not None and student.due) or chosen.late is not None
            return 1.0, f"{which}, on time" if told else which
        which += f", {self.late_words(chosen, student)}"
        if self.late != "percent":
            return 1.0, which
        share = max(0.0, 1 - self.percent / 100 * days)
        return share, f"{which}: {100 * (1 - share):g} % of the points are taken off"

    def late_words(self, attempt, student=None) -> str:
        """How late an attempt is, and who says so."""
        due = student.due if student is not None and student.due else self.due
        if attempt.time is None or due is None:
            return "marked late by Canvas (counted as one day)"
        minutes = math.ceil((attempt.time - due).total_seconds() / 60)
        days, hours = minutes // 1440, minutes // 60 % 24
        units = ((days, "day"), (hours, "hour"), (0 if days or hours else minutes, "minute"))
        length = " and ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in units if count)
        return f"{length} late (handed in {attempt.time:%Y-%m-%d %H:%M} by {attempt.timed})"


# ----------------------------------------------------------------------------------------------------------- the class


class Collected:
    """All that was handed in. A context manager: zips are open meanwhile."""

    def __init__(self, roster: Roster, attempts: Sequence[Attempt], rule: Rule, skipped, zips):
        self.roster, self.rule = roster, rule
        self.skipped: list[tuple[str, str]] = skipped  # (path, why) of links and of zips that cannot be opened
        self.nobody = [attempt for attempt in attempts if attempt.student is None]
        self._of: dict[str, list[Attempt]] = {}
        self._zips = zips
        for attempt in sorted(attempts, key=lambda attempt: attempt.order):
            if attempt.student is not None:
                self._of.setdefault(attempt.student.id, []).append(attempt)

    @property
    def students(self) -> tuple[Student, ...]:
        """Everybody in the roster; without one, everybody who handed something in."""
        return self.roster.students

    def of(self, student: Student) -> list[Attempt]:
        """The files of a student, the earliest first."""
        return list(self._of.get(student.id, []))

    def number(self, student: Student, platform: str) -> str:
        """The number of a student on "Canvas" or "Moodle", of the roster or of the files' names; "" if unknown."""
        listed = student.canvas if platform == "Canvas" else student.moodle
        found = {attempt.number[1] for attempt in self.of(student) if attempt.number[0] == platform}
        return listed or (found.pop() if len(found) == 1 else "")

    def close(self):
        """Close what is open."""
        self._zips.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def collect(path, roster=None, *, due=None, late="accept", attempts="last") -> Collected:
    """Sort what lies in a folder or zip by student.

    Args:
        path: of the folder, the zip, or a single notebook.
        roster: of the course, a `Roster` or the path of one; without it, every name in the submissions is a student.
        due, late, attempts: which attempts count, see `Rule.of`.

    Raises:
        SubmissionsError: for a path that is neither, or a rule that cannot be understood.
        RosterError: for a roster that cannot be read.
    """
    rule = Rule.of(due, late, attempts)
    if roster is not None and not isinstance(roster, Roster):
        roster = read_roster(roster)
    path = Path(path)
    zips, skipped = _Zips(), []
    if path.is_dir():
        found = list(_in_folder(path, zips, skipped))
    elif zipfile.is_zipfile(path):
        found = list(_in_zip(_Place(zips, path), (), zips, skipped, 0, export=True))
    elif path.is_file():
        found = [_Found(_Place(zips, path), (path.name,), _file_time(path.stat().st_mtime))]
    else:
        raise SubmissionsError(f"{path}: no such folder, zip or notebook")
    if not found and not skipped:
        raise SubmissionsError(f"{path}: there are no notebooks in it")
    listed = _gradescope(found)
    found = [each for each in found if not _is_noise(each.parts)]
    parts = [each.parts for each in found]
    if roster is None:
        parts = _without_common_folders(parts, listed)
    known = roster if roster is not None else _everybody(parts, listed)
    made = [attempt for each, p in zip(found, parts, strict=True) for attempt in _attempts(each, p, known, listed)]
    return Collected(known, made, rule, skipped, zips)


# ------------------------------------------------------------------------------------------------- walking and reading


class _Zips:
    """The zips of the export that are open, by path."""

    def __init__(self):
        self._open, self._lock = {}, threading.Lock()

    def at(self, path) -> tuple[zipfile.ZipFile, bool]:
        """Return a zip, and whether the caller must close it."""
        with self._lock:
            if path in self._open:
                return self._open[path], False
            opened = zipfile.ZipFile(path)
            if len(opened.filelist) < KEPT_OPEN or len(self._open) >= OPEN:
                return opened, True
            self._open[path] = opened
            return opened, False

    def close(self):
        with self._lock:
            for opened in self._open.values():
                opened.close()
            self._open = {}


@dataclass(frozen=True)
class _Place:
    """Where the bytes of a file are: on disk, or in a zip, by its number there, or in a zip in a zip."""

    zips: _Zips
    path: Path
    steps: tuple[int, ...] = ()

    def within(self, number) -> "_Place":
        return replace(self, steps=(*self.steps, number))

    def read(self, most) -> bytes:
        """Return at most `most` bytes. Raises Unreadable for more, and for what cannot be read."""
        if not self.steps:
            return _read_file(self.path, most)
        try:
            opened, mine = self.zips.at(self.path)
        except BROKEN as error:
            raise Unreadable(f"the zip cannot be read ({_short(error)})") from None
        try:
            for step in self.steps[:-1]:
                inner = zipfile.ZipFile(io.BytesIO(_read_entry(opened, step, ZIPPED)))
                if mine:
                    opened.close()
                opened, mine = inner, True
            return _read_entry(opened, self.steps[-1], most)
        except BROKEN as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable(f"the zip is damaged ({_short(error)})") from None
        finally:
            if mine:
                opened.close()


def _short(error) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _read_file(path, most) -> bytes:
    # not to be fooled by what is put in the place of a file meanwhile: no link, no pipe
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable("it is no file")
            return _bounded(file, most)
    except OSError as error:
        raise Unreadable(f"the file cannot be read ({error.strerror})") from None


def _read_entry(opened, number, most) -> bytes:
    info = opened.filelist[number]
    if info.flag_bits & 1:
        raise Unreadable("it is in a zip with a password")
    with opened.open(info) as file:
        return _bounded(file, most)


def _bounded(file, most) -> bytes:
    data = file.read(most + 1)  # what the zip says of the size is not to be believed
    if len(data) > most:
        raise Unreadable(f"it is larger than {most // 2**20} MB")
    return data


@dataclass(frozen=True)
class _Found:
    place: _Place
    parts: tuple[str, ...]
    time: datetime | None


def _file_time(seconds) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds))
    except (ValueError, OverflowError, OSError):
        return None


def _in_folder(top, zips, skipped) -> Iterator[_Found]:
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in [name for name in folders if os.path.islink(os.path.join(folder, name))]:
            skipped.append((os.path.relpath(os.path.join(folder, name), top), "a link, which is not followed"))
        for name in sorted(files):
            path = Path(folder, name)
            parts = tuple(_readable(path.relative_to(top).parts))
            info = path.lstat()
            if not stat.S_ISREG(info.st_mode):
                skipped.append(("/".join(parts), "a link, which is not followed, or no file"))
            elif name.lower().endswith(".zip") and not _is_noise(parts):
                yield from _in_zip(_Place(zips, path), parts, zips, skipped, 1)
            else:
                yield _Found(_Place(zips, path), parts, _file_time(info.st_mtime))


def _in_zip(place, above, zips, skipped, depth, export=False) -> Iterator[_Found]:
    """The files in a zip, and in the zips in there. `export`: it is the platform's, not a student's."""
    try:
        opened, mine = _opened(place, zips, export)
    except BROKEN as error:  # it is listed as a file that somebody handed in, and found unreadable again
        yield _Found(place, above or (place.path.name,), None)
        skipped.append(("/".join(above), f"a zip that cannot be opened: {_short(error)}"))
        return
    try:
        infos = list(enumerate(opened.filelist))
    finally:
        if mine:
            opened.close()
    if len(infos) > ENTRIES:
        skipped.append(("/".join(above) or place.path.name, f"a zip of more than {ENTRIES:,} files: the rest is left"))
    for number, info in infos[:ENTRIES]:
        parts = (*above, *_labels(info))
        if info.is_dir() or len(parts) == len(above):
            continue
        if stat.S_ISLNK(info.external_attr >> 16):
            skipped.append(("/".join(parts), "a link, which is not followed"))
        elif parts[-1].lower().endswith(".zip") and not _is_noise(parts):
            if depth < DEPTH:
                yield from _in_zip(place.within(number), parts, zips, skipped, depth + 1)
            else:
                skipped.append(("/".join(parts), f"a zip in a zip, {DEPTH} deep"))
        else:
            yield _Found(place.within(number), parts, _zip_time(info))


def _opened(place, zips, export) -> tuple[zipfile.ZipFile, bool]:
    if not place.steps:
        if not export and place.path.stat().st_size > ZIPPED:
            raise Unreadable(f"it is larger than {ZIPPED // 2**20} MB")
        return zips.at(place.path)
    data = place.read(ZIPPED)
    if data.count(b"PK\x01\x02") > 2 * ENTRIES:
        raise Unreadable(f"more than {ENTRIES:,} files")
    return zipfile.ZipFile(io.BytesIO(data)), True


def _labels(info) -> list[str]:
    """The folders and the name of an entry, as labels: no "..", no drive, nothing that moves the cursor."""
    name = info.filename
    if not info.flag_bits & 0x800:  # many write UTF-8 and do not say so
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = _readable(re.split(r"[/\\]+", name))
    return [part for part in parts if part not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", part)]


def _readable(parts) -> list[str]:
    """Names as they are compared and shown: in one Unicode form, without what moves the cursor."""
    shown = (unicodedata.normalize("NFC", part) for part in parts)
    return ["".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in part) for part in shown]


def _zip_time(info) -> datetime | None:
    try:
        time = datetime(*info.date_time)
    except (ValueError, TypeError):
        return None
    return time if time.year > 1980 else None


def _is_noise(parts) -> bool:
    return any(part.lower() in IGNORED or part.startswith((".", "~$")) for part in parts)


def _without_common_folders(found: list[tuple[str, ...]], listed) -> list[tuple[str, ...]]:
    """Take away the folders in which all lies, unless there is a single file: then its folder may be the student."""
    while len(found) > 1 and all(len(parts) > 1 for parts in found) and len({parts[0] for parts in found}) == 1:
        if _by_platform(found[0][0]) or found[0][0] in listed:
            break
        found = [parts[1:] for parts in found]
    return found


# ---------------------------------------------------------------------------------------------------- whose it is


@dataclass(frozen=True)
class _Sign:
    """What a platform says of whose a file is, in the name of the file or of a folder."""

    platform: str
    name: str = ""
    number: str = ""  # of the user in Canvas, of the participant in Moodle
    file: str = ""  # the student's own name of it
    attachment: int = 0
    late: bool | None = None
    id: str = ""
    email: str = ""
    time: datetime | None = None


def _by_platform(part) -> _Sign | None:
    """Read the name of a file or folder as Canvas or Moodle writes it."""
    if moodle := MOODLE.fullmatch(part):
        return _Sign("Moodle", moodle["name"], moodle["number"], moodle["file"] or "")
    if canvas := CANVAS.fullmatch(part):
        late, number = bool(canvas["late"]), int(canvas["attachment"][:18])
        return _Sign("Canvas", canvas["name"], canvas["user"], canvas["file"], number, late)
    return None


def _signs(parts, listed) -> list[_Sign]:
    """What platforms say; several for a group's submission on Gradescope."""
    for part in parts:
        if part in listed:
            return listed[part]
        if sign := _by_platform(part):
            return [sign]
    return []


def _stem(part) -> str:
    """A file's name without what browsers and editors add to it."""
    for ending in sorted((*NOTEBOOKS, *OTHERS), key=len, reverse=True):
        if part.lower().endswith(ending):
            part = part[: -len(ending)]
            break
    return COPY.sub("", NUMBERED.sub("", part)).strip()


def _attempts(found: _Found, parts, roster, listed) -> list[Attempt]:
    """One attempt for each student whose it is."""
    signs = _signs(parts, listed)
    sign = signs[0] if signs else _Sign("")
    name = sign.file if sign.file and parts[-1].endswith(sign.file) else parts[-1]
    time, timed = found.time, "the file's date"
    if sign.platform == "Canvas":
        time = None  # that of the export; Canvas marks what is late
    elif sign.time is not None:
        time, timed = sign.time, sign.platform
    copy = NUMBERED.search(name.rpartition(".")[0] or name)
    order = (sign.attachment, time or datetime.min, int(copy[1][:9]) if copy else 0, _natural("/".join(parts)))
    number = (sign.platform, sign.number)
    path, timed = "/".join(parts), timed if time else ""
    made = Attempt(path, name, time, timed, sign.late, order, number=number, _place=found.place)
    whose = [_by_sign(sign, roster) for sign in signs] or [_by_names(parts, roster)]
    return [replace(made, student=student, matched=how) for student, how in whose]


def _natural(text) -> tuple:
    return tuple((int(part[:18]), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text))


def _by_sign(sign, roster) -> tuple[Student | None, str]:
    numbered = roster.by("canvas" if sign.platform == "Canvas" else "moodle", sign.number)
    for student in numbered:
        return student, f"by {sign.platform}'s number"
    for text in (sign.id, sign.email, sign.name):
        students, how = roster.named(text) if text else ([], "")
        if len(students) == 1:
            return students[0], how
        if students:
            return None, f"{text!r} may be {' or '.join(student.id for student in students[:4])}"
    return None, f"nobody in the roster is {sign.name or sign.id or sign.email!r}"


def _by_names(parts, roster) -> tuple[Student | None, str]:
    """Look in the names of the folders from the outside in, then in the file's."""
    open_between = []
    for look in (roster.named, roster.mentioned):
        for part in (*parts[:-1], parts[-1]):
            students, how = look(_stem(part))
            if len(students) == 1:
                return students[0], how
            open_between = open_between or students
    if open_between:
        return None, f"it may be of {' or '.join(student.id for student in open_between[:4])}"
    return None, "no folder and no file is named after anybody in the roster"


def _everybody(found, listed) -> Roster:
    """Without a roster: one student for each name."""
    everybody: dict[tuple, Student] = {}
    for parts in found:
        for sign in _signs(parts, listed) or [None]:
            student = _named_by(sign, parts)
            everybody.setdefault((student.id.casefold(), student.canvas, student.moodle), student)
    taken: dict[str, int] = {}
    for student in everybody.values():
        taken[student.id.casefold()] = taken.get(student.id.casefold(), 0) + 1
    students = [
        replace(s, id=f"{s.id} {s.canvas or s.moodle}") if taken[s.id.casefold()] > 1 else s for s in everybody.values()
    ]
    return Roster(tuple(sorted(students, key=lambda s: _natural(unaccented(s.id)))))


def _named_by(sign, parts) -> Student:
    if sign is None:
        name = _stem(parts[0])
        return Student(name or parts[0], name)
    if sign.platform == "Gradescope":
        return Student(sign.id or sign.email or sign.name, sign.name, sign.email)
    canvas, moodle = (sign.number if sign.platform == platform else "" for platform in ("Canvas", "Moodle"))
    return Student(sign.name, sign.name, canvas=canvas, moodle=moodle)


def _gradescope(found) -> dict[str, list[_Sign]]:
    """Read submission_metadata.yml: who handed in which folder, and when. Of YAML, only what Gradescope writes."""
    listed: dict[str, list[_Sign]] = {}
    for each in found:
        if each.parts[-1] != "submission_metadata.yml":
            continue
        try:
            lines = each.place.read(LARGEST).decode("utf-8-sig", "replace").split("\n")
        except Unreadable:
            continue
        folder = ""
        for line in lines:
            if top := re.fullmatch(r"['\"]?([^\s:'\"][^:'\"]*)['\"]?:\s*", line):
                folder = top[1]
                listed[folder] = []
            elif entry := re.fullmatch(r"  (- |  ):(name|sid|email): ?(.*)", line):
                if entry[1] == "- ":
                    listed.setdefault(folder, []).append(_Sign("Gradescope"))
                if listed.get(folder):
                    key = "id" if entry[2] == "sid" else entry[2]
                    listed[folder][-1] = replace(listed[folder][-1], **{key: _scalar(entry[3])})
            elif created := re.fullmatch(r"  :created_at: (.+)", line):
                listed[folder] = [replace(sign, time=_gradescope_time(created[1])) for sign in listed.get(folder, [])]
    return {folder: signs for folder, signs in listed.items() if signs}


def _scalar(text) -> str:
    text = text.strip()
    if text[:1] == text[-1:] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    if text[:1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return "" if text in ("null", "~") else text


def _gradescope_time(text) -> datetime | None:
    seconds = re.match(r"['\"]?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?", text)
    if not seconds:
        return None
    zone = {None: "", "Z": "+00:00"}.get(seconds[3], seconds[3])
    return when(f"{seconds[1]} {seconds[2]}{zone}")
