"""Which platform wrote an export, decided once, from its outermost names; then whose an entry of it is.

    layout = layout_of([each.parts for each in found], roster, read)
    layout.signs(parts)      what the platform says of the entry that a file lies in; nothing in any other place

A platform's names carry meaning on the one level where that platform writes them. What lies inside an entry, in a
student's own folder or zip, is a student's word and no platform's: no name and no file in there is read as one's.

Canvas       doejane_LATE_12345_67890_Copy of crop-1.ipynb     most names of the level are so
             (instructure/canvas-lms, lib/content_zipper.rb, commit 05e9653; an anonymous export has "anon", no number)
Moodle       Jane Doe_12345_assignsubmission_file/crop.ipynb   most names of the level are so
             (moodle/moodle, mod/assign/classes/downloader.php, commit 2a6fd31; a group has its name and its own number)
Blackboard   Week 3_jdoe_attempt_2027-01-30-10-20-30_crop.ipynb           most names of the level are so
Brightspace  123-456 - Jane Doe - Jan 30, 2027 1020 AM/crop.ipynb         most names of the level are so
ILIAS        Submissions/Doe_Jane_jdoe_4711/crop.ipynb         most names of the level are so, all below one folder
Gradescope   submission_12345/crop.ipynb beside submission_metadata.yml, most names of the level
nbgrader     jdoe/week3/crop.ipynb, with timestamp.txt beside it in most folders of that level
otherwise    by hand, or a hub's: folders and files that are named after students
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from unet_edu.course.submissions import blackboard, brightspace, ilias, nbgrader_times
from unet_edu.course.submissions.platforms import READERS, by_platform, stem
from unet_edu.course.submissions.roster import Roster
from unet_edu.course.submissions.sign import Sign

PLATFORMS = ("Canvas", "Moodle", "Gradescope", "Blackboard", "Brightspace", "ILIAS", "nbgrader")
METADATA = "submission_metadata.yml"
OF_PLATFORMS = (METADATA, nbgrader_times.STAMP)  # files that are read, each where its platform writes it
ENTRY = "submission_"  # Gradescope's folder of a submission: this, and a number
OWN = {"Brightspace": brightspace.OWN}  # files that a platform adds on the level of the entries


@dataclass(frozen=True)
class Layout:
    """The layout of an export."""

    platform: str = ""  # one of PLATFORMS; "" for by hand
    depth: int = 0  # of the level of the entries: 1 where all lies in one folder or zip
    listed: Mapping = field(default_factory=dict)  # Gradescope's signs, Blackboard's users, nbgrader's times

    def below(self, parts: Sequence[str]) -> tuple[str, ...]:
        """Return a path from the level of the entries on."""
        return tuple(parts[self.depth :])

    def signs(self, parts: Sequence[str]) -> list[Sign]:
        """Return what the platform says of the entry that a file lies in; several for a group on Gradescope."""
        below = self.below(parts)
        if not self.platform or not below:
            return []
        if self.platform == "Gradescope":
            return self.listed.get(below[0], [])
        if self.platform == "nbgrader":
            return [Sign("nbgrader", below[0], id=below[0], time=self.listed.get(below[:2]))]
        sign = ilias.read(below) if self.platform == "ILIAS" else READERS[self.platform](below)
        if sign is not None and self.platform == "Blackboard":
            sign = replace(sign, id=self.listed[sign.id])
        return [] if sign is None else [sign]

    def is_its_own(self, parts: Sequence[str]) -> bool:
        """Return whether a file is one that the platform adds to what was handed in."""
        below = self.below(parts)
        if self.platform == "ILIAS":  # beside the users' folders, or above these
            return len(below) < 2 and parts[-1].lower().endswith(ilias.OWN)
        return len(below) == 1 and below[0] in OWN.get(self.platform, ())


def layout_of(paths: Sequence[tuple[str, ...]], roster: Roster | None, metadata: Callable, stamp=None) -> Layout:
    """Return the layout of an export.

    Args:
        paths: of all files, as parts.
        roster: of the course, if there is one: a single folder that is named after a student is no wrapping.
        metadata: function of a path's parts that returns what Gradescope lists in that file.
        stamp: function of a path's parts that returns the time that nbgrader has written into that file.
    """
    for depth in (0, 1):
        if depth and not _is_wrapped(paths, roster):
            break
        names = {parts[depth] for parts in paths if len(parts) > depth}
        if METADATA in names and 2 * sum(map(_is_entry, names)) > len(names - {METADATA}):
            place = next((parts for parts in paths if parts[depth:] == (METADATA,)), None)
            if place is not None:
                found = metadata(place)
                return Layout("Gradescope", depth, {entry: found[entry] for entry in names & found.keys()})
        if platform := _by_names(names):
            return Layout(platform, depth, _users(names, roster) if platform == "Blackboard" else {})
        if stamps := _stamps(paths, depth):
            return Layout("nbgrader", depth, {parts[depth : depth + 2]: stamp(parts) for parts in stamps})
    depth = ilias.depth_of(paths, lambda name: roster is not None and bool(roster.named(stem(name))[0]))
    return Layout("ILIAS", depth) if depth else Layout()


def _is_entry(name) -> bool:
    return name.startswith(ENTRY) and name.removeprefix(ENTRY).isdecimal()


def _by_names(names) -> str:
    """Return the platform as which most names of a level can be read; "" for none.

    The end of a name is a student's, so one of Canvas's may be read as another's as well. The one as which most can be
    read is it, then the first in READERS; but not Canvas where all would be one upload.
    """
    names = names - {METADATA}.union(*OWN.values())
    found = [sign for name in names for sign in by_platform(name)]
    count = Counter(dict.fromkeys(READERS, 0))
    count.update(sign.platform for sign in found)
    uploads = [sign.attachment for sign in found if sign.platform == "Canvas" and not sign.typed]
    if len(set(uploads)) == 1 < len(uploads):
        count["Canvas"] = 0
    platform, number = max(count.items(), key=lambda item: item[1])
    return platform if 2 * number > len(names) else ""


def _users(names, roster) -> dict[str, str]:
    """Return Blackboard's users, by the beginning of the names."""
    heads = [sign.id for name in names if (sign := blackboard.read((name,)))]
    known = {text.casefold() for student in roster or () for text in (student.id, student.login) if text}
    return blackboard.users(heads, known)


def _stamps(paths, depth) -> list[tuple[str, ...]]:
    """Return nbgrader's files of times, if most folders of assignments have one."""
    folders = {parts[depth : depth + 2] for parts in paths if len(parts) > depth + 2}
    stamps = [parts for parts in paths if nbgrader_times.is_stamp(parts[depth:])]
    return stamps if 2 * len(stamps) > len(folders) else []


def _is_wrapped(paths, roster) -> bool:
    """Return whether all files lie in one folder or zip that is nobody's."""
    tops = {parts[0] for parts in paths}
    if len(tops) != 1 or any(len(parts) < 2 for parts in paths):
        return False
    (top,) = tops
    return not by_platform(top) and (roster is None or not roster.named(stem(top))[0])
