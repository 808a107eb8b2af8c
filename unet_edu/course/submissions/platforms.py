"""What a learning platform writes into its export: whose a file is, when it was handed in, whether it is late.

Canvas       doejane_LATE_12345_67890_Copy of crop-1.ipynb        (doejane_12345_text.html for what was typed in)
Moodle       Jane Doe_12345_assignsubmission_file/crop.ipynb       (a folder, or the start of the file's name)
Gradescope   submission_12345/crop.ipynb, and submission_metadata.yml
by hand      jdoe/crop.ipynb, Jane Doe.ipynb, crop - jane.doe@example.org.ipynb, "Doe, Jane/work.zip"

`blackboard`, `brightspace`, `ilias` and `nbgrader_times` have theirs. Each form is read from the start of a name: what
a student can choose, the file's own name, stands at its end, and the first that could be the platform's is.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from unet_edu.course.submissions import blackboard, brightspace
from unet_edu.course.submissions.attempt import NOTEBOOKS
from unet_edu.course.submissions.roster import when
from unet_edu.course.submissions.sign import Sign

OTHERS = (".zip", ".rar", ".7z", ".tar.gz", ".py", ".pdf", ".html", ".htm", ".doc", ".docx", ".odt", ".md")
UPLOAD = r"(?P<attachment>\d+)_(?P<file>.+)|(?P<kind>text|link)\.html"  # a file; what was typed in; an address
CANVAS = re.compile(rf"(?P<name>[^\s_]\S*?)_(?P<late>LATE_)?(?P<user>\d+)_({UPLOAD})", re.S)
ANONYMOUS = re.compile(rf"(?P<late>LATE_)?anon_(?P<user>\w{{5}})_({UPLOAD})", re.S)
MOODLE = re.compile(
    r"(?P<name>.+?)(_(?P<number>\d+))?_assignsubmission_(?P<kind>file|onlinetext)(_(?P<file>.*))?", re.S
)
COPY = re.compile(r"^\s*(copy|kopie|copie|copia)\s+(of|von|de|di)\s+|\s*-\s*(copy|kopie|copie|copia)(?=$|\s*\()", re.I)
NUMBERED = re.compile(r"\s*\((\d+)\)\s*$")


TYPED = {"text": "a text that was typed into Canvas, and no notebook"}
TYPED["link"] = "an address that was given to Canvas, and no notebook"


def _moodle(below) -> Sign | None:
    found = MOODLE.fullmatch(below[0])
    return Sign("Moodle", found["name"], found["number"] or "", found["file"] or "") if found else None


def _canvas(below) -> Sign | None:
    for form in (ANONYMOUS, CANVAS):
        if found := form.fullmatch(below[0]):
            late, number, typed = (
                bool(found["late"]),
                int((found["attachment"] or "0")[:18]),
                TYPED.get(found["kind"], ""),
            )
            file = found["file"] or f"{found['kind']}.html"
            if form is ANONYMOUS:
                return Sign("Canvas", "anon", "", file, number, late, typed=typed)
            return Sign("Canvas", found["name"], found["user"], file, number, late, typed=typed)
    return None


READERS = {"Moodle": _moodle, "Canvas": _canvas, "Blackboard": blackboard.read, "Brightspace": brightspace.read}


def by_platform(part: str) -> list[Sign]:
    """Return how the platforms that write into names would read that of a file or folder; several may."""
    return [sign for read in READERS.values() if (sign := read((part,))) is not None]


def read(platform: str, below: Sequence[str]) -> Sign | None:
    """Return how one platform reads a path, from the level of its entries on; None for what it does not write."""
    return READERS[platform](below) if below else None


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
