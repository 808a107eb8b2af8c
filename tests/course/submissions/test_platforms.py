"""Each platform's own words are read on the level where it writes them: whose a file is, and when it was handed in."""

import math
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_collect import at, lay, notebook, whose

from unet_edu.course.submissions import blackboard, brightspace, ilias
from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.nbgrader_times import time_of
from unet_edu.course.submissions.platforms import READERS, by_platform
from unet_edu.course.submissions.roster import Roster, Student

ADA = Student("100", "Ada Lovelace", login="ada_l", canvas="11", moodle="21")
BO = Student("101", "Bo Ek", login="bo", canvas="12", moodle="22")
ZOE = Student("102", "Zoë Müller", login="zm", canvas="13", moodle="23")
CLASS = Roster((ADA, BO, ZOE))
EARLY, LATE = datetime(2027, 1, 30, 10, 20, 30), datetime(2027, 2, 2, 22, 5)
DUE = datetime(2027, 1, 31, 18)


def here(time):
    """A time of UTC on the clock here."""
    return time.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


EXPORTS = {
    # platform: (files, the times of Ada, Bo and Zoë, Ada's entry)
    "Blackboard": (
        {
            "Week_3 (crop)_ada_l_attempt_2027-01-30-10-20-30_crop.ipynb": b"",
            "Week_3 (crop)_ada_l_attempt_2027-01-30-10-20-30.txt": b"Name: Ada Lovelace (ada_l)",
            "Week_3 (crop)_bo_attempt_2027-02-02-22-05-00_my_crop_attempt.ipynb": b"",
            "Week_3 (crop)_bo_attempt_2027-02-02-22-05-00.txt": b"Name: Bo Ek (bo)",
            "Week_3 (crop)_zm_poging_2027-01-30-10-20-30_a.zip": {"crop.ipynb": b""},
        },
        (EARLY, LATE, EARLY),
        "",
    ),
    "Brightspace": (
        {
            "index.html": b"<html>",
            "97-40 - Ada Lovelace - Jan 30, 2027 1020 AM/crop.ipynb": b"",
            "97-41 - Bo Ek - Feb 2, 2027 1005 PM/crop.ipynb": b"",
            "97-42 - Zoë Müller - 30 January, 2027 10:20/crop.ipynb": b"",
        },
        (EARLY.replace(second=0), LATE, EARLY.replace(second=0)),
        "97-40 - Ada Lovelace - Jan 30, 2027 1020 AM",
    ),
    "ILIAS": (
        {
            "Week 3/Week 3.xlsx": b"",
            "Week 3/Submissions/Lovelace_Ada_ada_l_4711/crop.ipynb": b"",
            "Week 3/Submissions/Ek_Bo_bo_4712/Late Submission - crop.ipynb": b"",
            "Week 3/Submissions/Mueller_Zoe_zm_4713/crop.ipynb": b"",
        },
        (None, None, None),
        "Week 3/Submissions/Lovelace_Ada_ada_l_4711",
    ),
    "nbgrader": (
        {
            "ada_l/week3/crop.ipynb": b"",
            "ada_l/week3/timestamp.txt": b"2027-01-30 10:20:30.123456 UTC\n",
            "bo/week3/crop.ipynb": b"",
            "bo/week3/timestamp.txt": b"2027-02-02 22:05:00",
            "zm/week3/crop.ipynb": b"",
            "zm/week3/timestamp.txt": b"2027-01-30 05:20:30.5 America/New_York",
        },
        (here(EARLY), here(LATE), here(EARLY)),
        "ada_l/week3",
    ),
}


def dated(top, days=0):
    """The files have the date of the download, weeks after the due time; `days` apart."""
    for number, path in enumerate(sorted(top.rglob("*"))):
        at(path, LATE + timedelta(days=20 + days * number))
    return top


@pytest.mark.parametrize("wrapping", ["", "export 3/"])
@pytest.mark.parametrize("days", [0, 1])
@pytest.mark.parametrize("platform", EXPORTS)
def test_whose_a_file_is_and_when_it_was_handed_in(tmp_path, platform, days, wrapping):
    files, times, _ = EXPORTS[platform]
    dated(lay(tmp_path, {wrapping + name: data for name, data in files.items()}), days)
    with collect(tmp_path, CLASS, due=DUE, late="10") as found:
        assert not found.nobody
        for student, time in zip(CLASS, times, strict=True):
            uploaded = [attempt for attempt in found.of(student) if not attempt.typed]
            assert [(attempt.time, attempt.timed) for attempt in uploaded] == [(time, platform if time else "")]
        chosen = [found.rule.choose(found.of(student), student) for student in CLASS]
        days = 1 if times[1] is None else math.ceil((times[1] - DUE) / timedelta(days=1))
        assert [round(choice.share, 9) for choice in chosen] == [1, round(1 - 0.1 * days, 9), 1]
        said = f"(handed in {times[1]:%Y-%m-%d %H:%M} by {platform})" if times[1] else "marked late by ILIAS"
        assert said in chosen[1].why
        assert ("time unknown" in chosen[0].why) == (platform == "ILIAS")


@pytest.mark.parametrize("platform", EXPORTS)
def test_without_a_roster_everybody_is_called_as_the_platform_does(tmp_path, platform):
    files, _, _ = EXPORTS[platform]
    with collect(lay(tmp_path, files)) as found:
        ids = {
            "Blackboard": ["ada_l", "bo", "zm"],
            "Brightspace": ["Ada Lovelace", "Bo Ek", "Zoë Müller"],
            "ILIAS": ["Ek_Bo_bo", "Lovelace_Ada_ada_l", "Mueller_Zoe_zm"],
            "nbgrader": ["ada_l", "bo", "zm"],
        }
        assert [student.id for student in found.students] == ids[platform]


LIES = [
    "Week_3 (crop)_bo_attempt_2020-01-01-10-00-00_crop.ipynb",
    "97-41 - Bo Ek - Jan 1, 2020 1005 AM/crop.ipynb",
    "Submissions/Ek_Bo_bo_4712/crop.ipynb",
    "Ek_Bo_bo_4712/crop.ipynb",
    "bo/week3/timestamp.txt",
    "bo/week3/crop.ipynb",
    "timestamp.txt",
    "week3/timestamp.txt",
    "20200101102030_crop.ipynb",
    "Late Submission - bo.ipynb",
    "ekbo_12_900_crop.ipynb",
    "Bo Ek_22_assignsubmission_file/crop.ipynb",
    "submission_metadata.yml",
    "index.html",
]
HONEST = {
    **{name: (files, entry) for name, (files, _, entry) in EXPORTS.items() if entry},
    "Blackboard": (
        {
            "w_ada_l_attempt_2027-01-30-10-20-30_a.zip": {"a.ipynb": b""},
            "w_bo_attempt_2027-01-30-10-20-30_b.ipynb": b"",
        },
        "w_ada_l_attempt_2027-01-30-10-20-30_a.zip",
    ),
    "a hub": ({"ada_l/crop.ipynb": b"", "bo/crop.ipynb": b"", "zm/week3/crop.ipynb": b""}, "ada_l"),
}


def with_lies(files, place, more):
    files = {name: dict(data) if isinstance(data, dict) else data for name, data in files.items()}
    for name in more:
        data = b"2020-01-01 10:00:00 UTC" if name.endswith("timestamp.txt") else notebook("x = 1")
        if isinstance(files.get(place), dict):
            files[place][name] = data
        elif f"{place}/{name}" not in files:
            files[f"{place}/{name}"] = data
    return files


def of_others(top):
    with collect(top, CLASS) as found:
        known = [(a.path, a.student.id, a.time, a.timed, a.late) for s in (BO, ZOE) for a in found.of(s)]
        return known, [a.path for a in found.nobody]


@pytest.mark.parametrize("name", HONEST)
@given(more=st.lists(st.sampled_from(LIES), unique=True, max_size=5))
@settings(max_examples=20, deadline=None)
def test_what_imitates_a_platform_inside_a_student_s_folder_changes_nobody_else(tmp_path_factory, name, more):
    files, place = HONEST[name]
    tops = [tmp_path_factory.mktemp("export") for _ in range(2)]
    for top, laid in zip(tops, (files, with_lies(files, place, more)), strict=True):
        lay(top, laid)
        for path in top.rglob("*"):
            os.utime(path, (1_800_000_000, 1_800_000_000))
    assert of_others(tops[0]) == of_others(tops[1])


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", HONEST)
def test_what_imitates_a_platform_inside_a_student_s_folder_is_that_student_s_and_has_no_time_of_its_own(
    tmp_path, name, lie
):
    files, place = HONEST[name]
    with collect(lay(tmp_path, files), CLASS) as found:
        times = {attempt.time for attempt in found.of(ADA)}
    with collect(dated(lay(tmp_path, with_lies(files, place, [lie]))), CLASS) as found:
        assert all(attempt.path.startswith(place) for attempt in found.of(ADA))
        assert all(not attempt.path.startswith(place) for student in (BO, ZOE) for attempt in found.of(student))
        if name != "a hub":
            assert {attempt.time for attempt in found.of(ADA)} == times


@pytest.mark.parametrize(
    ("own", "whose_it_is"),
    [
        # the end of a name is the student's, and may say what it likes
        ("w_bo_attempt_2027-01-30-10-20-30_w_ada_l_attempt_2020-01-01-10-00-00_x.ipynb", BO),
        ("w_bo_attempt_2027-01-30-10-20-30_w_ada_l_attempt_2020-01-01-10-00-00.txt", BO),
        ("w_bo_attempt_2027-01-30-10-20-30_97-40 - Ada Lovelace - Jan 30, 2020 1020 AM.ipynb", BO),
    ],
)
def test_on_blackboard_the_first_attempt_in_a_name_counts(tmp_path, own, whose_it_is):
    files = {own: b"", **{f"w_{user}_attempt_2027-01-29-10-20-30_x.ipynb": b"" for user in ("ada_l", "zm")}}
    with collect(lay(tmp_path, files), CLASS) as found:
        (attempt,) = found.of(whose_it_is)
        assert (attempt.path, attempt.time, attempt.typed) == (own, EARLY, "")


@pytest.mark.parametrize(
    "own",
    [
        "ekbo_12_501_Ada Lovelace_21_assignsubmission_file_.ipynb",
        "ekbo_12_501_w_ada_l_attempt_2027-01-30-10-20-30_x.ipynb",
        "ekbo_12_501_lovelaceada_11_7_crop.ipynb",
        "ekbo_12_501_97-40 - Ada Lovelace - Jan 30, 2027 1020 AM - x.ipynb",
        "ekbo_12_501_ada_l.ipynb",
    ],
)
def test_on_canvas_the_end_of_a_name_says_nothing(tmp_path, own):
    files = {own: b"", "lovelaceada_11_502_x.ipynb": b"", "müllerzoë_13_503_x.ipynb": b""}
    with collect(lay(tmp_path, files), CLASS) as found:
        assert whose(found) == {id: [name] for id, name in zip(("101", "100", "102"), files, strict=True)}
        (attempt,) = found.of(BO)
        assert (attempt.time, attempt.late) == (None, False)


def test_an_assignment_of_blackboard_s_that_looks_like_canvas_s_is_blackboard_s(tmp_path):
    files = {f"HW_1_2_{user}_attempt_2027-01-30-10-20-30_x.ipynb": b"" for user in ("ada_l", "bo", "zm")}
    assert {sign.platform for sign in by_platform(next(iter(files)))} == {"Canvas", "Blackboard"}
    with collect(lay(tmp_path, files), CLASS) as found:
        assert sorted(whose(found)) == ["100", "101", "102"]


@given(st.lists(st.from_regex(r"[a-z]{1,4}(_[a-z0-9]{1,3})?", fullmatch=True), min_size=1, unique=True), st.data())
@settings(deadline=None)
def test_blackboard_s_users_are_found_whatever_the_assignment_is_called(users, data):
    title = data.draw(st.sampled_from(["Week 3", "Week_3", "HW_1_2", "a_b_c"]))
    heads = {f"{title}_{user}": user for user in users}
    assert blackboard.users(heads, users) == heads


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Jan 30, 2027 1020 AM", datetime(2027, 1, 30, 10, 20)),
        ("Jan 30, 2027 1205 AM", datetime(2027, 1, 30, 0, 5)),
        ("Jan 30, 2027 1205 PM", datetime(2027, 1, 30, 12, 5)),
        ("Sep 24, 2024 926 PM", datetime(2024, 9, 24, 21, 26)),
        ("September 24, 2024 9:26 pm", datetime(2024, 9, 24, 21, 26)),
        ("24 September, 2024 2126", datetime(2024, 9, 24, 21, 26)),
        ("24. Sept. 2024 2126", datetime(2024, 9, 24, 21, 26)),
        ("Feb 30, 2027 1020 AM", None),
        ("Jan 30, 2027 1320 PM", None),
        ("30 janvier 2027 1020", datetime(2027, 1, 30, 10, 20)),
        ("30 août 2027 1020", None),
        ("30 mai 2027 1020", None),
    ],
)
def test_the_times_of_brightspace(text, time):
    sign = brightspace.read([f"12-34 - Jane Doe - {text}"])
    assert (sign.name, sign.time) == ("Jane Doe", time)


def test_each_time_that_somebody_hands_in_on_brightspace_is_an_attempt(tmp_path):
    folders = [
        "1-2 - Bo Ek - Feb 2, 2027 1005 PM",
        "1-2 - Bo Ek - Jan 30, 2027 1020 AM",
        "1-3 - Zoë Müller - Feb 2, 2027 1005 PM",
    ]
    with collect(
        lay(tmp_path, {f"{folder}/crop.ipynb": b"" for folder in folders}), CLASS, due=DUE, late="10"
    ) as found:
        assert [attempt.path.split("/")[0] for attempt in found.of(BO)] == [folders[1], folders[0]]
        assert found.rule.choose(found.of(BO), BO).why == "the last of 2 attempts that is on time, on time"


def test_a_group_s_folder_on_brightspace_is_every_member_s(tmp_path):
    roster = Roster((Student("a", "Ada Lovelace", groups=("Group 1",)), Student("b", "Bo Ek", groups=("Group 1",))))
    path = "1-2 - Group 1 - Feb 2, 2027 1005 PM/crop.ipynb"
    with collect(lay(tmp_path, {path: b""}), roster) as found:
        assert whose(found) == {"a": [path], "b": [path]}


def test_a_team_s_work_on_ilias_is_every_member_s_or_refused(tmp_path):
    path = "Blatt 1/Abgaben/Team 12/Ek_Bo_bo_4712/crop.ipynb"
    lay(tmp_path, {path: b"", "Blatt 1/Abgaben/Team 13/Mueller_Zoe_zm_4713/crop.ipynb": b""})
    with pytest.raises(
        SubmissionsError, match="'Team 12' is a team, whose members are not known. Give the roster a column"
    ):
        collect(tmp_path, CLASS)
    teams = ((ADA, "Team 12"), (BO, "Team 12"), (ZOE, "Team 13"))
    roster = Roster(tuple(Student(s.id, s.name, login=s.login, groups=(team,)) for s, team in teams))
    with collect(tmp_path, roster) as found:
        assert {id: len(paths) for id, paths in whose(found).items()} == {"100": 1, "101": 1, "102": 1}
        assert [attempt.path for attempt in found.of(roster.students[0])] == [path]


def test_the_folders_of_ilias_s_feedback_are_those_of_its_submissions(tmp_path):
    folders = ("Lovelace_Ada_ada_l_4711", "Ek_Bo_bo_4712", "Mueller_Zoe_unknown_4713")  # by its name alone
    lay(tmp_path, {f"multi_feedback_Week_3_5/{folder}/crop.ipynb": b"" for folder in folders})
    with collect(dated(tmp_path), CLASS, due=DUE) as found:
        assert sorted(whose(found)) == ["100", "101", "102"]
        assert len(found.without_time) == 3


def test_what_lies_loose_in_an_export_of_ilias_does_not_vanish(tmp_path):
    files = {**EXPORTS["ILIAS"][0], "Week 3/Submissions/zm.ipynb": b"", "Week 3/lost.ipynb": b""}
    with collect(lay(tmp_path, files), CLASS) as found:
        assert [attempt.path for attempt in found.nobody] == ["Week 3/lost.ipynb"]
        assert len(found.of(ZOE)) == 2


def test_a_login_of_ilias_that_is_another_s_id_is_not_enough(tmp_path):
    folders = ["Ek_Bo_100_4712", "Lovelace_Ada_ada_l_4711", "Nobody_Here_bo_4713"]
    lay(tmp_path, {f"Submissions/{folder}/x.ipynb": b"" for folder in folders})
    with collect(tmp_path, CLASS) as found:
        paths = [f"Submissions/{folder}/x.ipynb" for folder in folders]
        assert whose(found) == {"100": [paths[1]], None: [paths[0], paths[2]]}
        assert {attempt.path: attempt.matched for attempt in found.nobody} == {
            paths[0]: "'Ek_Bo_100' may be 101 or 100",
            paths[2]: "nobody in the roster is 'Nobody_Here_bo'",
        }


def test_a_student_s_folder_of_submissions_is_no_ilias(tmp_path):
    paths = ["bo/Submissions/Lovelace_Ada_ada_l_4711/crop.ipynb"]
    with collect(lay(tmp_path, dict.fromkeys(paths, b"")), CLASS) as found:
        assert whose(found) == {"101": paths}
    assert (
        ilias.depth_of([("Submissions", "notes", "x.ipynb"), ("Submissions", "a_b_c_1", "y.ipynb")], str.isdigit) == 0
    )


@pytest.mark.parametrize(
    ("data", "time"),
    [
        (b"2027-01-30 10:20:30.123456 UTC", here(EARLY)),
        (b"2027-01-30 10:20:30", here(EARLY)),  # nbgrader takes it for UTC
        (b"2027-01-30 11:20:30 +0100", here(EARLY)),
        (b"2027-01-30 11:20:30.5 Europe/Berlin\r\n", here(EARLY)),
        (b"2027-01-30 10:20:30 NOWHERE", None),
        (b"2027-01-30 10:20:30 ../../etc/passwd", None),
        (b"2027-13-30 10:20:30 UTC", None),
        (b"9999-12-31 23:59:59 -2359", None),
        (b"soon", None),
        (b"", None),
        (b"\xff\xfe\0", None),
    ],
)
def test_the_time_that_nbgrader_writes(data, time):
    assert time_of(data) == time


@given(st.binary(max_size=300) | st.text(max_size=60).map(str.encode))
@settings(deadline=None)
def test_whatever_is_in_a_file_of_nbgrader_s_it_is_a_time_or_none(data):
    assert time_of(data) is None or time_of(data).tzinfo is None


def test_one_whose_time_nbgrader_has_not_written_has_none(tmp_path):
    files = dict(EXPORTS["nbgrader"][0])
    del files["bo/week3/timestamp.txt"]
    files["bo/week3/deep/timestamp.txt"] = b"2020-01-01 00:00:00 UTC"
    files["bo/timestamp.txt"] = b"2020-01-01 00:00:00 UTC"
    with collect(dated(lay(tmp_path, files), days=1), CLASS, due=DUE, late="10") as found:
        assert [attempt.time for attempt in found.of(BO)] == [None]
        assert found.rule.choose(found.of(BO), BO).why == "the only attempt, time unknown"
    files["ada_l/week3/timestamp.txt"] = b"2027-01-30 10:20:30 UTC" + b" " * 2**20  # longer than one can be
    with collect(lay(tmp_path, files), CLASS) as found:
        assert [attempt.time for attempt in found.of(ADA)] == [None]


@given(st.text(max_size=60))
@settings(deadline=None)
def test_a_name_is_read_or_not_and_never_an_error(name):
    for read in (*READERS.values(), ilias.read):
        assert read((name or "x", "y")) is None or read((name or "x", "y")).platform
