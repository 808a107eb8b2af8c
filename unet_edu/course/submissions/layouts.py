"""Which platform wrote an export, decided once, from its outermost names; then whose an entry of it is.

    layout = layout_of([each.parts for each in found], roster, metadata)
    layout.signs(parts)      what the platform says of the entry that a file lies in; nothing in any other place

A platform's names carry meaning on the one level where that platform writes them. What lies inside an entry, in a
student's own folder or zip, is a student's word and no platform's: no name and no file in there is read as one's.

Canvas       doejane_LATE_12345_67890_Copy of crop-1.ipynb     most names of the level are so
             (instructure/canvas-lms, lib/content_zipper.rb, commit 05e9653; a group has its own name, and the number
             of one of its members; an anonymous export has "anon" and no number of a user)
Moodle       Jane Doe_12345_assignsubmission_file/crop.ipynb   most names of the level are so
             (moodle/moodle, mod/assign/classes/downloader.php, commit 2a6fd31; a group has its name and its own number)
Gradescope   submission_12345/crop.ipynb beside submission_metadata.yml, and nothing else
otherwise    by hand, or a hub's: folders and files that are named after students
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from unet_edu.course.submissions.moodle_words import WORKSHEETS
from unet_edu.course.submissions.platforms import Sign, by_platform, stem
from unet_edu.course.submissions.roster import Roster, Student, plainly, rotations, squashed

METADATA = "submission_metadata.yml"
ENTRY = re.compile(r"submission_\d+")  # Gradescope's folder of a submission
ALIKE = 0.75  # of the letters of two names: a platform's, and one that was garbled or shortened on the way
BLIND = {squashed(each.participant) for each in WORKSHEETS}  # Moodle's word in place of a name


@dataclass(frozen=True)
class Layout:
    """The layout of an export."""

    platform: str = ""  # "Canvas", "Moodle", "Gradescope"; "" for by hand
    depth: int = 0  # of the level of the entries: 1 where all lies in one folder or zip
    listed: Mapping[str, list[Sign]] = field(default_factory=dict)  # by Gradescope, of each entry

    def signs(self, parts: Sequence[str]) -> list[Sign]:
        """Return what the platform says of the entry that a file lies in; several for a group on Gradescope."""
        entry = parts[self.depth] if len(parts) > self.depth else ""
        if self.platform == "Gradescope":
            return self.listed.get(entry, [])
        sign = by_platform(entry) if self.platform else None
        return [sign] if sign is not None and sign.platform == self.platform else []


def layout_of(paths: Sequence[tuple[str, ...]], roster: Roster | None, metadata) -> Layout:
    """Return the layout of an export.

    Args:
        paths: of all files, as parts.
        roster: of the course, if there is one: a single folder that is named after a student is no wrapping.
        metadata: function of a path's parts that returns what Gradescope lists in that file.
    """
    for depth in (0, 1):
        if depth and not _is_wrapped(paths, roster):
            break
        names = {parts[depth] for parts in paths if len(parts) > depth}
        if METADATA in names and all(ENTRY.fullmatch(name) for name in names - {METADATA}):
            place = next((parts for parts in paths if parts[depth:] == (METADATA,)), None)
            if place is not None:
                found = metadata(place)
                return Layout("Gradescope", depth, {entry: found[entry] for entry in names & found.keys()})
        count = Counter(sign.platform for name in names if (sign := by_platform(name)))
        for platform, number in count.most_common(1):
            if 2 * number > len(names - {METADATA}):
                return Layout(platform, depth)
    return Layout()


def _is_wrapped(paths, roster) -> bool:
    """Return whether all files lie in one folder or zip that is nobody's."""
    tops = {parts[0] for parts in paths}
    if len(tops) != 1 or any(len(parts) < 2 for parts in paths):
        return False
    (top,) = tops
    return by_platform(top) is None and (roster is None or not roster.named(stem(top))[0])


# ------------------------------------------------------------------------------------------------------------- groups


def is_named(student: Student, sign: Sign) -> bool:
    """Return whether the name in a platform's entry may be the student's: alike in plain letters, or none is given."""
    given = squashed(sign.name)
    if sign.platform == "Moodle" and given in BLIND or given == "anon":
        return True
    own = {form for rotation in rotations(student.name) for form in plainly(rotation)}
    own |= {squashed(student.id), squashed(student.login)}
    return any(SequenceMatcher(None, form, other).ratio() >= ALIKE for form in own for other in plainly(sign.name))


def are_groups(signs: Sequence[Sign], roster: Roster) -> list[Sign]:
    """Return the entries whose number is a student's of another name, if they are so many that they are groups'.

    One name may have changed since; where half of all have, the number is a group's own (Moodle), or that of one of its
    members (Canvas), and says nothing of whose the work is.
    """
    numbered = [(sign, student) for sign in signs for student in by_number(roster, sign)]
    strange = [sign for sign, student in numbered if not is_named(student, sign)]
    return strange if 2 * len(strange) >= len(numbered) else []


def by_number(roster: Roster, sign: Sign) -> list[Student]:
    """Return the students whose number on the sign's platform it has."""
    return roster.by("canvas" if sign.platform == "Canvas" else "moodle", sign.number)
