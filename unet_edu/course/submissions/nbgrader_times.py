"""nbgrader: `submitted`, a folder for each student, in it one for each assignment, with the time of handing in.

    jdoe/week3/crop.ipynb
    jdoe/week3/timestamp.txt         2027-01-30 10:20:30.123456 UTC

(jupyter/nbgrader 0.9.6: exchange/default/submit.py writes it over whatever a student has there, coursedir.py and
utils.parse_utc read it; a time without a zone is one of UTC.) The dates of the files are those of the student's disk.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from unet_edu.course.submissions.roster import when

STAMP = "timestamp.txt"
LONGEST = 200  # bytes
FORM = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.\d+)?\s*(\S+)?")


def is_stamp(below) -> bool:
    """Return whether a path below the students' level is where nbgrader writes the time."""
    return len(below) == 3 and below[2] == STAMP


def time_of(data: bytes) -> datetime | None:
    """Return the time in a timestamp.txt, on the clock here; None for none."""
    found = FORM.fullmatch(data.decode("utf-8", "replace").strip())
    try:
        time = datetime.fromisoformat(found[1])
        if re.fullmatch(r"[+-]\d\d:?\d\d", found[2] or ""):
            return when(datetime.fromisoformat(f"{found[1]}{found[2]}"))
        return when(time.replace(tzinfo=ZoneInfo(found[2]) if found[2] else UTC))
    except (TypeError, ValueError, KeyError, OverflowError, OSError):
        return None
