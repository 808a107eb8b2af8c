"""Work of groups: who is in one, and which entries of an export are a group's.

Canvas writes a group's work once, with the name of the group and the number of one of its members; by the number alone
that member would get it (instructure/canvas-lms: lib/content_zipper.rb, commit 05e9653; `representatives` and
`groups_and_ungrouped` in app/models/abstract_assignment.rb, commit 028f76b). A user whose name was changed looks the
same. What tells the two apart is how the others are written:

    doejane     "Doe, Jane", the name by which Canvas sorts      an assignment of everybody's own: no group is in it
    janedoe     "Jane Doe", the name that Canvas shows           an assignment of groups, for those who are in none

Moodle writes the group's name and the group's own number, which may happen to be a participant's.
"""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from unet_edu.course.submissions.moodle_words import WORKSHEETS
from unet_edu.course.submissions.roster import Roster, Student, plainly, rotations, squashed
from unet_edu.course.submissions.sign import Sign

NONE = "none"  # in place of a file of groups: nobody has worked in one
ALIKE = 0.75  # of the letters of two names: Moodle's, and one that was garbled or shortened on the way
BLIND = {squashed(each.participant) for each in WORKSHEETS}  # Moodle's word in place of a name
SORTED, SHOWN, SAME, OTHER = "sorted", "shown", "same", ""  # as what an entry writes a student's name
NEEDED = "Give the roster a column 'group' with each student's group, or --groups with Canvas's file of groups"
CHANGED = "if names were changed, export the roster anew, or give --groups none"


def by_number(roster: Roster, sign: Sign) -> list[Student]:
    """Return the students whose number on the sign's platform it has."""
    return roster.by("canvas" if sign.platform == "Canvas" else "moodle", sign.number)


def written(student: Student, sign: Sign) -> str:
    """Return how an entry of Canvas writes a student's name: SORTED, SHOWN, SAME where these do not differ, or OTHER.

    Where the roster has no name it is SAME.
    """
    given = set(plainly(sign.name))
    forms = [set(plainly(form)) for form in rotations(student.name)]
    if not forms or given & {squashed(student.id), squashed(student.login)}:
        return SAME
    is_shown, is_sorted = bool(given & forms[0]), any(given & form for form in forms[1:])
    return (
        SAME if is_shown and (is_sorted or len(forms) == 1) else SHOWN if is_shown else SORTED if is_sorted else OTHER
    )


def is_named(student: Student, sign: Sign) -> bool:
    """Return whether the name in an entry may be the student's; on Moodle an alike one is enough, or none."""
    if sign.platform == "Canvas":
        return bool(written(student, sign))
    given = squashed(sign.name)
    if given in BLIND:
        return True
    own = {form for rotation in rotations(student.name) for form in plainly(rotation)}
    own |= {squashed(student.id), squashed(student.login)}
    return any(SequenceMatcher(None, form, other).ratio() >= ALIKE for form in own for other in plainly(sign.name))


def members(sign: Sign, roster: Roster) -> list[Student]:
    """Return the members of the group whose work an entry is; nobody where it is no group's, as far as is known."""
    numbered = by_number(roster, sign)
    if sign.platform == "Canvas" and numbered:
        found = [group for group in roster.groups_named(sign.name) if any(student in group for student in numbered)]
        return found[0] if len(found) == 1 else []
    is_own = any(is_named(student, sign) for student in numbered)
    return [] if is_own or not sign.name else roster.of_group(sign.name)


def unclear(signs: Sequence[Sign], roster: Roster) -> str:
    """Return why it is not known whose some entries are, and what is needed, in words; "" where all is clear.

    An entry is strange if its number is a student's of another name, and its name no known group's of that student. Of
    Moodle's, whose groups have numbers of their own, it is also unclear where most names are nobody's.
    """
    numbered = [(sign, student) for sign in signs for student in by_number(roster, sign)]
    strange = [
        (sign, student) for sign, student in numbered if not is_named(student, sign) and not members(sign, roster)
    ]
    teams = [sign for sign in signs if sign.is_team and not roster.of_group(sign.name)]
    if teams:
        return f"{teams[0].name!r} is a team, whose members are not known. {NEEDED}"
    if strange and 2 * len(strange) >= len(numbered):
        more = f", and so have {len(strange)} of {len(numbered)}" if len(strange) > 1 else ""
        return f"{_another_name(*strange[0])}{more}: it is of groups, whose members are not known. {NEEDED}; {CHANGED}"
    moodle = [sign for sign in signs if sign.platform == "Moodle"]
    unknown = [sign for sign in moodle if _is_nobodys(sign, roster)]
    if len(unknown) > 1 and 2 * len(unknown) >= len(moodle):
        return (
            f"{unknown[0].name!r} is nobody in the roster, and so are {len(unknown)} of {len(moodle)}: they are "
            f"groups, whose members are not known, or the roster is another class's. {NEEDED}; to leave them out, give "
            "--groups none"
        )
    if not strange or strange[0][0].platform != "Canvas" or _were_changed(strange, numbered, roster):
        return ""
    names = ", ".join(repr(sign.name) for sign, _ in strange[:5])
    more = f" (there are {len(strange)} of these: {names})" if len(strange) > 1 else ""
    return (
        f"{_another_name(*strange[0])}{more}: it may be of a group, whose members are not known, or the name was "
        f"changed. {NEEDED}; {CHANGED}"
    )


def _another_name(sign, student) -> str:
    return f"the work of {sign.name!r} has the number of {student.label}, who has another name"


def _is_nobodys(sign, roster) -> bool:
    """Return whether an entry of Moodle has neither a student's name nor a group's, as far as is known."""
    if squashed(sign.name) in BLIND or roster.named(sign.name)[0] or members(sign, roster):
        return False
    return not any(is_named(student, sign) for student in by_number(roster, sign))


def _were_changed(strange, numbered, roster) -> bool:
    """Return whether the names of strange entries of Canvas were changed, rather than being groups'.

    So it is where the others are written as in an assignment of everybody's own, and where all groups are known and the
    student is in none. A name with a comma in the roster does not count: it may be shown like that as well.
    """
    if any(roster.groups_named(sign.name) for sign, _ in strange):
        return False
    forms = Counter(written(student, sign) for sign, student in numbered if "," not in student.name)
    if forms[SORTED] != forms[SHOWN]:
        return forms[SORTED] > forms[SHOWN]
    return any(student.groups for student in roster) and not any(student.groups for _, student in strange)
