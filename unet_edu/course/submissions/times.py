"""When a file was handed in, by whoever can know: the platform, or a file of times of the instructor's.

Moodle's zips carry the time of the download (mod/assign/classes/downloader.php writes each file as it streams it), and
so do those of others. A date that is the export's own is no time: then it is unknown, and nobody is late by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from unet_edu.course.submissions.attempt import Attempt
from unet_edu.course.submissions.roster import Roster, RosterError, header_key, read_table, when

FILE = "the file's date"
GIVEN = "the file of times"
EXPORTED = timedelta(minutes=10)  # in which an export dates all files, and a class hardly hands in
NEARLY = 0.9  # of all files: one more may have been put beside an export by hand
COLUMNS = ("id", "student", "login", "email", "name")


def timed(attempts: Sequence[Attempt], given: Mapping[str, datetime]) -> list[Attempt]:
    """Return the attempts with times that can be believed: those in `given`, by student; none for the export's own.

    The dates of files are an export's own where those of all students, or of nearly all of many, lie within minutes;
    two who hand in together lose nothing by it. Such a date says when it was at the latest. What belongs to nobody, a
    list of the class beside them say, tells nothing.
    """
    dated = [each for each in attempts if each.timed == FILE and each.time is not None]
    first, last = _download([each.time for each in dated if each.student is not None])
    made = []
    for each in attempts:
        if each.timed == FILE and each.time is not None and first <= each.time <= last:
            order = (each.order[0], datetime.min, *each.order[2:])
            each = replace(each, time=None, timed="", latest=each.time, order=order)
        if each.student is not None and each.student.id in given:
            time = given[each.student.id]
            each = replace(each, time=time, timed=GIVEN, order=(each.order[0], time, *each.order[2:]))
        made.append(each)
    return made


def _download(times) -> tuple[datetime, datetime]:
    """Return from when to when an export dated its files; an empty span where it did not."""
    times = sorted(times)
    most, start = 0, 0
    span = (datetime.max, datetime.min)
    for end, time in enumerate(times):
        while time - times[start] > EXPORTED:
            start += 1
        if end - start + 1 > most:
            most, span = end - start + 1, (times[start], time)
    return span if most > NEARLY * len(times) else (datetime.max, datetime.min)


def read_times(path, roster: Roster) -> dict[str, datetime]:
    """Return when each student handed in, of a CSV file with the columns id and time.

    Raises RosterError for a file without them, a row of nobody's, and a time that is none.
    """
    path = Path(path)
    headers, rows = read_table(path, "times", {*COLUMNS, "time"})
    whose = next((header for header in headers if header_key(header) in COLUMNS), None)
    at = next((header for header in headers if header_key(header) == "time"), None)
    if whose is None or at is None:
        found = ", ".join(headers[:8]) or "nothing"
        raise RosterError(f"{path.name}: it needs the columns id and time; the first line has: {found}")
    times = {}
    for number, row in rows:
        students, _ = roster.named(row[whose])
        if len(students) != 1:
            raise RosterError(f"{path.name}, line {number}: {row[whose]!r} is nobody in the roster, or several")
        try:
            times[students[0].id] = when(row[at])
        except ValueError:
            raise RosterError(f"{path.name}, line {number}: {row[at]!r} is no time; write 2027-01-31 23:59") from None
    return times
