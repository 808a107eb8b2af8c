"""ILIAS: all submissions of an exercise's assignment, a folder for each user, below one of its own.

    Week 3/Submissions/Doe_Jane_jdoe_4711/crop.ipynb             last name, first name, login, number of the user
    Week 3/Submissions/Team 12/Doe_Jane_jdoe_4711/crop.ipynb     handed in by one of a team, for all of it
    multi_feedback_Week_3_5/Doe_Jane_jdoe_4711/crop.ipynb        as it is sent back; the folders are the same

(ILIAS-eLearning/ILIAS, components/ILIAS/Exercise: Submission/SubmissionManager.php, `copySubmissionFilesToDir` and
`getDirectoryNameFromUserData`; Assignment/class.ilExAssignment.php, `sendMultiFeedbackStructureFile`.) Names are ASCII:
ä is ae. ILIAS keeps a time in front of a file's name, and takes it away here. So a time in a name is a student's word
and is not read, and the date of a file is that of the download. What came late has "Late Submission - " in front of
its name, in the language of whoever downloads.
"""

import re

from unet_edu.course.submissions.sign import Sign

ABOVE = re.compile(r"submissions|abgaben|multi_feedback_.*", re.I)  # the folder of all users
TEAM = re.compile(r"team[ _](?P<number>\d+)", re.I)
PERSON = re.compile(r"(?P<who>.+_.+)_(?P<number>\d+)", re.S)
OWN = (".xlsx", ".xls", ".csv", ".md")  # tables of grades, and what is said of them
LATE = ("Late Submission - ", "Verspätete Abgabe - ", "Verspaetete Abgabe - ")


def read(below) -> Sign | None:
    """Return what the folder of a user or of a team says; as its id "Doe_Jane_jdoe"."""
    if len(below) < 2:
        return None
    if TEAM.fullmatch(below[0]):
        return Sign("ILIAS", below[0].replace("_", " "), late=_late(below[2:]), is_team=True)
    found = PERSON.fullmatch(below[0])
    return Sign("ILIAS", id=found["who"], late=_late(below[1:])) if found else None


def _late(file) -> bool | None:
    """Return whether ILIAS has marked a file; None where it has not, which may be for want of a word here."""
    return True if len(file) == 1 and file[0].startswith(LATE) else None


def depth_of(paths, is_somebody) -> int:
    """Return the level of the users' folders; 0 where the paths are not as ILIAS writes them.

    is_somebody: function of a folder's name; one that is named after a student is that student's, and none of ILIAS's.
    """
    for depth in (1, 2, 3):
        below = [parts for parts in paths if len(parts) > depth]  # a table of grades may lie above
        if not below or len({parts[:depth] for parts in below}) > 1:
            return 0
        above = below[0][:depth]
        if any(is_somebody(name) for name in above):
            return 0
        if ABOVE.fullmatch(above[-1]):
            entries = {parts[depth] for parts in below if len(parts) > depth + 1}
            return depth if 2 * sum(read((name, "")) is not None for name in entries) > len(entries) else 0
    return 0
