"""Brightspace (D2L): the files of an assignment, a folder for each time that somebody handed in.

    123-456 - Jane Doe - Jan 30, 2027 1020 AM/crop.ipynb
    123-456 - Jane Doe - Jan 30, 2027 1020 AM - crop.ipynb       the same, in one folder
    index.html                                                   Brightspace's own list

Brightspace's source is not public. The form is that of scripts that read it (found by the words "397063-2557369 -
Mary-Ann Smith - Sep 24, 2024 926 PM" and "39786-640693 - Aiden Rodriguez - Oct 10, 2025 1022 AM"); a file's name has no
colon, nor has the time. Of other languages than English the day is not read: the time is unknown. The name is a
student's, or a group's. The numbers are Brightspace's own, and no roster has them.
"""

import re

from unet_edu.course.submissions.sign import Sign, clock

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
CLOCK = r"(?P<hour>\d{1,2})[:.]?(?P<minute>\d\d)(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
DAYS = (r"(?P<month>[^\W\d]{3,}\.?) (?P<day>\d{1,2})", r"(?P<day>\d{1,2})\.? (?P<month>[^\W\d]{3,}\.?)")
FORMS = [
    re.compile(rf"\d+-\d+ - (?P<name>.+?) - {day},? (?P<year>\d{{4}}),? {CLOCK}(?: - (?P<file>.+))?", re.S)
    for day in DAYS
]
OWN = ("index.html",)  # what it adds to the entries


def read(below) -> Sign | None:
    """Return what the name of an entry says."""
    found = next(filter(None, (form.fullmatch(below[0]) for form in FORMS)), None)
    if found is None:
        return None
    return Sign("Brightspace", found["name"], file=found["file"] or "", time=_time(found))


def _time(found):
    month, hour = found["month"][:3].lower(), int(found["hour"])
    if month not in MONTHS:
        return None
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    return clock(found["year"], MONTHS.index(month) + 1, found["day"], hour, found["minute"])
