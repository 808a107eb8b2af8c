"""Blackboard: the files of an assignment, in one folder, each with its attempt in front of the student's own name.

    Week 3_jdoe_attempt_2027-01-30-10-20-30_crop.ipynb      a file; all those of one attempt have its time
    Week 3_jdoe_attempt_2027-01-30-10-20-30.txt             what Blackboard writes about the attempt

Blackboard's source is not public. The form is that of kwurst/bb-file-cleanup (README, bbcleanupTester.py), of
vangef/BBGradebookOrganiser (utils/organiser.py) and of nbgrader's documentation of `zip_collect`; the word between user
and time is translated ("poging" in Dutch). The time is on the university's clock, without a zone.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable

from unet_edu.course.submissions.sign import Sign, clock

WORDS = "attempt|poging|versuch|tentative|intento|tentativa|tentativo|försök|forsøk|forsøg"
FORM = re.compile(rf"(?P<head>.+?_.+?)_(?:{WORDS})_(?P<time>\d{{4}}(?:-\d\d){{5}})(?:\.txt|_(?P<file>.+))", re.S | re.I)
WRITTEN = "what Blackboard wrote about an attempt, and no notebook"


def read(below) -> Sign | None:
    """Return what the name of an entry says; as its id the assignment and the user, "Week 3_jdoe"."""
    found = FORM.fullmatch(below[0])
    if found is None:
        return None
    time = clock(*found["time"].split("-"))
    return Sign(
        "Blackboard", id=found["head"], file=found["file"] or "", time=time, typed="" if found["file"] else WRITTEN
    )


def users(heads: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Return the user of each "assignment_user"; both may hold underscores, and all have the same assignment.

    known: ids and logins of the course, in small letters. The assignment is the beginning behind which most of these
    stand; then the one that most have, and the longest.
    """
    heads = set(heads)
    have, fit = Counter(), Counter()
    for head in heads:
        for place in (match.start() for match in re.finditer("_", head)):
            title, user = head[:place], head[place + 1 :]
            if title and user:
                have[title] += 1
                fit[title] += user.casefold() in known
    best = max(have, key=lambda title: (fit[title], have[title], len(title)), default="")
    return {
        head: head[len(best) + 1 :]
        if head.startswith(f"{best}_") and len(head) > len(best) + 1
        else head.rpartition("_")[2]
        for head in heads
    }
