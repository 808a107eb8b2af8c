"""What a class handed in, as learning platforms export it: a folder or a zip, zips within it, sorted by student.

    with collect("submissions.zip", roster, due="2027-01-31 23:59", late="10") as handed:
        for student in handed.students:
            attempts = handed.of(student)           the files of one student, the earliest first
            chosen = handed.rule.choose(attempts, student)
            chosen.attempt.read()                   the bytes of one
        handed.nobody                               files that belong to nobody of the roster, each with a why

What each platform writes is in `platforms`, how files are found and read in `archives`.
"""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from unet_edu.course.submissions.archives import Found, Place, Zips, file_time, in_folder, in_zip, is_noise
from unet_edu.course.submissions.attempt import Attempt, SubmissionsError
from unet_edu.course.submissions.groups import NONE, by_number, is_named, members, unclear
from unet_edu.course.submissions.late_policy import Rule
from unet_edu.course.submissions.layouts import OF_PLATFORMS, Layout, layout_of
from unet_edu.course.submissions.nbgrader_times import LONGEST, time_of
from unet_edu.course.submissions.notebook import LARGEST, Unreadable
from unet_edu.course.submissions.platforms import NUMBERED, gradescope, stem
from unet_edu.course.submissions.roster import Roster, Student, read_roster, unaccented, with_groups
from unet_edu.course.submissions.sign import Sign
from unet_edu.course.submissions.times import FILE, read_times, timed


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
    def without_time(self) -> list[Attempt]:
        """Files of students of which it is not known when they were handed in, where it would count."""
        made = [attempt for attempts in self._of.values() for attempt in attempts]
        return [each for each in made if self.rule.is_open(each, each.student)]

    @property
    def timeless(self) -> str:
        """The same in words, once for all of them; "" where there are none."""
        count = len(self.without_time)
        words = "1 file does not say when it was" if count == 1 else f"{count} files do not say when they were"
        return f"{words} handed in (the dates in the export are the export's own)" if count else ""

    @property
    def students(self) -> tuple[Student, ...]:
        """Everybody in the roster; without one, everybody who handed something in."""
        return self.roster.students

    def of(self, student: Student) -> list[Attempt]:
        """Return the files of a student, the earliest first."""
        return list(self._of.get(student.id, []))

    def number(self, student: Student, platform: str) -> str:
        """Return the number of a student on "Canvas" or "Moodle", by the roster or file names; "" if unknown."""
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


def collect(path, roster=None, *, due=None, late="accept", attempts="last", groups=None, times=None) -> Collected:
    """Read what lies in a folder or zip, and sort it by student.

    Args:
        path: of the folder, the zip, or a single notebook.
        roster: of the course, a `Roster` or the path of one; without it, every name in the submissions is a student.
        due, late, attempts: which attempts count, see `Rule.of`.
        groups: the path of a CSV file with the groups of students, as Canvas exports one; needs a roster. Or "none":
            nobody has worked in a group, so a name that does not fit a number was changed.
        times: the path of a CSV file, a student and a time in each row, for exports that do not say when.

    Raises:
        SubmissionsError: for a path that is neither, a rule that cannot be understood, work of groups whose members are
            not known, or late work to be refused where nobody knows what is late.
        RosterError: for a roster that cannot be read.
    """
    rule = Rule.of(due, late, attempts)
    if roster is not None and not isinstance(roster, Roster):
        roster = read_roster(roster)
    alone = str(groups) == NONE
    if alone and roster is not None:
        roster = replace(roster, students=tuple(replace(student, groups=()) for student in roster))
    elif groups is not None and not alone:
        if roster is None:
            raise SubmissionsError("groups without a roster: give the list of all students, too (--roster)")
        roster = with_groups(roster, groups)
    path = Path(path)
    zips, skipped = Zips(), []
    if path.is_dir():
        found = list(in_folder(path, zips, skipped))
    elif zipfile.is_zipfile(path):
        found = list(in_zip(Place(zips, path), (), zips, skipped, 0, export=True, dated=True))
    elif path.is_file():
        found = [Found(Place(zips, path), (path.name,), file_time(path.stat().st_mtime))]
    else:
        raise SubmissionsError(f"{path}: no such folder, zip or notebook")
    if not found and not skipped:
        raise SubmissionsError(f"{path}: there are no notebooks in it")
    written = {each.parts: each.place for each in found if each.parts[-1] in OF_PLATFORMS}
    paths = [each.parts for each in found if each.parts in written or not is_noise(each.parts)]
    layout = layout_of(
        paths,
        roster,
        metadata=lambda parts: gradescope(_bytes(written[parts], LARGEST)),
        stamp=lambda parts: time_of(_bytes(written[parts], LONGEST)),
    )
    found = [each for each in found if not is_noise(each.parts) and not layout.is_its_own(each.parts)]
    parts = [each.parts for each in found]
    if roster is None:
        parts, layout = _without_common_folders(parts, layout)
    elif not alone:
        _refuse_unclear(parts, layout, roster)
    known = roster if roster is not None else _everybody(parts, layout)
    levels = frozenset() if layout.platform else _levels(parts, known)
    made = [a for each, p in zip(found, parts, strict=True) for a in _attempts(each, p, known, layout, levels)]
    given = {} if times is None else read_times(times, known)
    collected = Collected(known, timed(made, given), rule, skipped, zips)
    if rule.late == "refuse" and collected.without_time:
        zips.close()
        raise SubmissionsError(
            f"{collected.timeless}: so nobody knows what is late, and nothing can be refused. Give the times with "
            "--times FILE (a CSV file with the columns id and time), or leave out --late refuse"
        )
    return collected


def _bytes(place, most) -> bytes:
    """Return what is in a file of a platform's; nothing for one that cannot be read."""
    try:
        return place.read(most)
    except Unreadable:
        return b""


def _refuse_unclear(paths, layout, roster):
    """Raise SubmissionsError where it is not known whose some work is: a group's, or a student's of another name."""
    signs = [sign for parts in paths for sign in layout.signs(parts)[:1] if sign.number or sign.is_team]
    if why := unclear(list({(sign.name, sign.number): sign for sign in signs}.values()), roster):  # each of them once
        raise SubmissionsError(why)


def _without_common_folders(found: list[tuple[str, ...]], layout) -> tuple[list[tuple[str, ...]], Layout]:
    """Take away the folders in which all lies, unless there is a single file: then its folder may be the student."""
    while len(found) > 1 and all(len(parts) > 1 for parts in found) and len({parts[0] for parts in found}) == 1:
        if layout.platform and not layout.depth:
            break
        found = [parts[1:] for parts in found]
        layout = replace(layout, depth=max(0, layout.depth - 1))
    return found, layout


def _attempts(found: Found, parts, roster, layout, levels) -> list[Attempt]:
    """Return one attempt for each student whose it is."""
    signs = layout.signs(parts)
    sign = signs[0] if signs else Sign("")
    name = sign.file if sign.file and parts[-1].endswith(sign.file) else parts[-1]
    time, timed = (sign.time, sign.platform) if layout.platform else (found.time, FILE)
    copy = NUMBERED.search(name.rpartition(".")[0] or name)
    order = (sign.attachment, time or datetime.min, int(copy[1][:9]) if copy else 0, _natural("/".join(parts)))
    path, timed = "/".join(parts), timed if time else ""
    made = Attempt(path, name, time, timed, None, sign.late, order, typed=sign.typed, _place=found.place)
    names = parts[: layout.depth + 1] if layout.platform else parts  # what lies in an entry is a student's word
    whose = [each for sign in signs for each in _by_sign(sign, roster)] or [_by_names(names, roster, levels)]
    return [
        replace(made, student=student, matched=how, number=(sign.platform, number)) for student, how, number in whose
    ]


def _natural(text) -> tuple:
    return tuple((int(part[:18]), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text))


def _by_sign(sign, roster) -> list[tuple[Student | None, str, str]]:
    """Return whose an entry is, how that was found, and the student's own number; several students for a group."""
    if sign.platform != "Gradescope" and (group := members(sign, roster)):
        return [(student, f"by the group {sign.name!r}", "") for student in group]
    for student in by_number(roster, sign):  # Moodle's may be a group's own number
        if sign.platform == "Canvas" or is_named(student, sign):
            return [(student, f"by {sign.platform}'s number", sign.number)]
    if sign.platform == "Canvas" and sign.name == "anon":
        return [(None, "an anonymous export: show the names in Canvas, and download it again", "")]
    if sign.platform == "ILIAS":
        return [(*_of_ilias(sign.id, roster), "")]
    for text in (sign.id, sign.email, sign.name):
        students, how = roster.named(text) if text else ([], "")
        if len(students) == 1:
            return [(students[0], how, sign.number)]
        if students:
            return [(None, f"{text!r} may be {' or '.join(student.id for student in students[:4])}", "")]
    return [(None, f"nobody in the roster is {sign.name or sign.id or sign.email!r}", "")]


def _of_ilias(text, roster) -> tuple[Student | None, str]:
    """Return whose folder "Doe_Jane_jdoe" is: by login and name, or by the name, if the login is nobody else's."""
    pieces = text.split("_")
    found: list[Student] = []
    for place in range(2, len(pieces)):  # both a name and a login may hold "_"
        students, how = roster.named(" ".join(pieces[:place]))
        named = students if how.startswith("by name") else []
        login = roster.named("_".join(pieces[place:]))[0]
        sure = [student for student in login if student in named or not student.name]
        if len(sure) == 1:
            return sure[0], "by login and name"
        found += [student for student in (*named, *(login if named else ())) if student not in found]
    if len(found) == 1:
        return found[0], "by name"
    return None, f"{text!r} may be {' or '.join(s.id for s in found)}" if found else f"nobody in the roster is {text!r}"


def _by_names(parts, roster, levels=frozenset()) -> tuple[Student | None, str, str]:
    """Look in the names of the folders from the outside in, then in the file's; what lies further in has no say.

    levels: see `_levels`. Below a folder that is nobody's, among others that are students', a file's name has none.
    """
    among: list[Student] = []  # whom an outer name leaves open
    strange = ""
    for depth, part in enumerate(parts):
        if strange and depth == len(parts) - 1:
            why = f"{strange!r} is nobody in the roster, and the names of files in there may be anybody's"
            return None, why, ""
        for look in (roster.named, roster.mentioned):
            students, how = look(stem(part))
            if among:
                students = [student for student in students if student in among]
            if len(students) == 1:
                return students[0], how, ""
            if students:
                among = students
                break
        if not among and parts[:depth] in levels:
            strange = strange or part
    if among:
        return None, f"it may be of {' or '.join(student.id for student in among[:4])}", ""
    return None, "no folder and no file is named after anybody in the roster", ""


def _levels(paths, roster) -> frozenset[tuple[str, ...]]:
    """Return the folders in which something is named after a student, by hand or on a hub: there students hand in."""
    entries = {parts[: depth + 1] for parts in paths for depth in range(len(parts))}
    return frozenset(entry[:-1] for entry in entries if any(roster.named(stem(entry[-1]))))


def _everybody(found, layout) -> Roster:
    """Without a roster: one student for each name."""
    everybody: dict[tuple, Student] = {}
    for parts in found:
        for sign in layout.signs(parts) or [None]:
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
        name = stem(parts[0])
        return Student(name or parts[0], name)
    if sign.platform in ("Gradescope", "Blackboard", "ILIAS", "nbgrader"):
        return Student(sign.id or sign.email or sign.name, sign.name, sign.email)
    canvas, moodle = (sign.number if sign.platform == platform else "" for platform in ("Canvas", "Moodle"))
    return Student(sign.name, sign.name, canvas=canvas, moodle=moodle)
