"""What a learning platform writes into its export: whose a file is, when it was handed in, whether it is late.

Canvas       doejane_LATE_12345_67890_Copy of crop-1.ipynb        (doejane_12345_text.html for what was typed in)
Moodle       Jane Doe_12345_assignsubmission_file/crop.ipynb       (a folder, or the start of the file's name)
Gradescope   submission_12345/crop.ipynb, and submission_metadata.yml
by hand      jdoe/crop.ipynb, Jane Doe.ipynb, crop - jane.doe@example.org.ipynb, "Doe, Jane/work.zip"
"""

import re
from dataclasses import dataclass
from datetime import datetime

from unet_edu.course.submissions.attempt import NOTEBOOKS
from unet_edu.course.submissions.roster import when

OTHERS = (".zip", ".rar", ".7z", ".tar.gz", ".py", ".pdf", ".html", ".htm", ".doc", ".docx", ".odt", ".md")
UPLOAD = r"(?P<attachment>\d+)_(?P<file>.+)|(?P<kind>text|link)\.html"  # a file; what was typed in; an address
CANVAS = re.compile(rf"(?P<name>[^\s_]\S*?)_(?P<late>LATE_)?(?P<user>\d+)_({UPLOAD})", re.S)
ANONYMOUS = re.compile(rf"(?P<late>LATE_)?anon_(?P<user>\w{{5}})_({UPLOAD})", re.S)
MOODLE = re.compile(
    r"(?P<name>.+?)(_(?P<number>\d+))?_assignsubmission_(?P<kind>file|onlinetext)(_(?P<file>.*))?", re.S
)
COPY = re.compile(r"^\s*(copy|kopie|copie|copia)\s+(of|von|de|di)\s+|\s*-\s*(copy|kopie|copie|copia)(?=$|\s*\()", re.I)
NUMBERED = re.compile(r"\s*\((\d+)\)\s*$")


@dataclass(frozen=True)
class Sign:
    """What a platform writes about whose a file is, in the name of the file or of a folder."""

    platform: str
    name: str = ""
    number: str = ""  # of the user in Canvas, of the participant in Moodle
    file: str = ""  # the student's own name of it
    attachment: int = 0
    late: bool | None = None
    id: str = ""
    email: str = ""
    time: datetime | None = None


def by_platform(part) -> Sign | None:
    """Read the name of a file or folder as Canvas or Moodle writes it."""
    if moodle := MOODLE.fullmatch(part):
        return Sign("Moodle", moodle["name"], moodle["number"] or "", moodle["file"] or "")
    for form in (ANONYMOUS, CANVAS):
        if canvas := form.fullmatch(part):
            late, number = bool(canvas["late"]), int((canvas["attachment"] or "0")[:18])
            file = canvas["file"] or f"{canvas['kind']}.html"
            if form is ANONYMOUS:
                return Sign("Canvas", "anon", "", file, number, late)
            return Sign("Canvas", canvas["name"], canvas["user"], file, number, late)
    return None


def stem(part) -> str:
    """Return a file's name without what browsers and editors add to it."""
    for ending in sorted((*NOTEBOOKS, *OTHERS), key=len, reverse=True):
        if part.lower().endswith(ending):
            part = part[: -len(ending)]
            break
    return COPY.sub("", NUMBERED.sub("", part)).strip()


def gradescope(data: bytes) -> dict[str, list[Sign]]:
    """Read a submission_metadata.yml: who handed in which folder, and when; nothing where it is none."""
    return _listed(data.decode("utf-8-sig", "replace"))


def _listed(text: str) -> dict[str, list[Sign]]:
    """Return the submitters of each folder. Ruby has written the keys, with a colon in front: ``:submitters:``."""
    import yaml

    try:
        whole = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # every scalar stays a text
    except yaml.YAMLError:
        return {}
    listed = {}
    for folder, entry in whole.items() if isinstance(whole, dict) else ():
        if not isinstance(folder, str) or not isinstance(entry, dict):
            continue
        time = _gradescope_time(_text(entry.get(":created_at")))
        submitters = [each for each in entry.get(":submitters") or () if isinstance(each, dict)]
        texts = [{key: _text(each.get(f":{key}")) for key in ("name", "sid", "email")} for each in submitters]
        signs = [
            Sign("Gradescope", t["name"], id=t["sid"], email=t["email"], time=time) for t in texts if any(t.values())
        ]
        if signs:
            listed[folder] = signs
    return listed


def _text(value) -> str:
    """Return a scalar of the file; an empty text for a missing one, and for what is none."""
    return value if isinstance(value, str) and value not in ("null", "~") else ""


def _gradescope_time(text) -> datetime | None:
    seconds = re.match(r"['\"]?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?", text)
    if not seconds:
        return None
    zone = {None: "", "Z": "+00:00"}.get(seconds[3], seconds[3])
    return when(f"{seconds[1]} {seconds[2]}{zone}")
