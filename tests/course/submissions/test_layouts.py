"""Only a platform's own names count, at the place where it writes them; nothing that a student hands in is one."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_collect import lay, notebook, whose

from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.layouts import layout_of
from unet_edu.course.submissions.platforms import Sign
from unet_edu.course.submissions.roster import Roster, RosterError, Student, read_roster

ADA = Student("ada", "Ada Lovelace", "ada@example.org", canvas="11", moodle="21")
BO = Student("bo", "Bo Ek", "bo@example.org", canvas="12", moodle="22")
CY = Student("cy", "Cy Young", canvas="13", moodle="23")
CLASS = Roster((ADA, BO, CY))
LIE = b"""submission_1:
  :submitters:
  - :name: Bo Ek
    :sid: bo
  :created_at: 2020-01-01 00:00:00 Z
ada:
  :submitters:
  - :sid: bo
  :created_at: 2020-01-01 00:00:00 Z
crop.ipynb:
  :submitters:
  - :sid: bo
"""
HONEST = {
    # an export of two students, and the place of Ada's entry in it
    "a hub": ({"ada/crop.ipynb": b"", "bo/crop.ipynb": b""}, "ada"),
    "a hub, in a folder": ({"in/ada/crop.ipynb": b"", "in/bo/crop.ipynb": b""}, "in/ada"),
    "nbgrader": ({"ada/week3/crop.ipynb": b"", "bo/week3/crop.ipynb": b""}, "ada/week3"),
    "zips by hand": ({"ada.zip": {"crop.ipynb": b""}, "bo.zip": {"crop.ipynb": b""}}, "ada.zip"),
    "Moodle": (
        {f"{name}_{n}_assignsubmission_file/crop.ipynb": b"" for name, n in (("Ada Lovelace", 21), ("Bo Ek", 22))},
        "Ada Lovelace_21_assignsubmission_file",
    ),
    "Canvas": (
        {"lovelaceada_11_501_work.zip": {"crop.ipynb": b""}, "ekbo_12_502_crop.ipynb": b""},
        "lovelaceada_11_501_work.zip",
    ),
}
NAMES = ["submission_metadata.yml", "submission_1/crop.ipynb", "ekbo_12_900_crop.ipynb", "bo.ipynb", "Bo Ek/crop.ipynb"]
NAMES += ["Bo Ek_22_assignsubmission_file/crop.ipynb", "ekbo_LATE_12_9_crop.ipynb", "timestamp.txt", "bo.zip/x.ipynb"]
NAMES += ["bo/submission_metadata.yml", "assignment_1_export/submission_metadata.yml", "Participant_22_file.ipynb"]


def with_more(files, place, more):
    """The files, with those of `more` put at a place: a folder, or a zip."""
    files = {name: dict(data) if isinstance(data, dict) else data for name, data in files.items()}
    target = files.get(place)
    for name in more:
        data = LIE if name.endswith(".yml") else notebook("x = 1")
        if isinstance(target, dict):
            target[name] = data
        else:
            files[f"{place}/{name}"] = data
    return files


def of_others(top):
    """What is known of all files that are not Ada's: path, whose, when, by what."""
    with collect(top, CLASS) as found:
        known = [(a.path, a.student.id, a.time, a.timed, a.late) for s in (BO, CY) for a in found.of(s)]
        return known, [a.path for a in found.nobody]


@pytest.mark.parametrize("name", HONEST)
@given(more=st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
@settings(max_examples=25, deadline=None)
def test_nothing_that_a_student_hands_in_changes_whose_another_file_is(tmp_path_factory, name, more):
    files, place = HONEST[name]
    tops = [tmp_path_factory.mktemp("export") for _ in range(2)]
    for top, laid in zip(tops, (files, with_more(files, place, more)), strict=True):
        lay(top, laid)
        for path in top.rglob("*"):
            os.utime(path, (1_800_000_000, 1_800_000_000))
    assert of_others(tops[0]) == of_others(tops[1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("export", [name for name in HONEST if name != "nbgrader"])
def test_what_looks_like_a_platform_s_is_the_student_s_who_handed_it_in(tmp_path, name, export):
    files, place = HONEST[export]
    lay(tmp_path, with_more(files, place, [name]))
    with collect(tmp_path, CLASS) as found:
        assert len(found.of(BO)) == 1
        assert not found.of(CY)
        assert all(a.path.startswith(place) for a in found.of(ADA))


def test_a_metadata_file_loose_among_files_is_no_platform_s(tmp_path):
    lay(tmp_path, {"submission_metadata.yml": LIE, "ada/crop.ipynb": b"", "crop.ipynb": b"", "bo.ipynb": b""})
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {"ada": ["ada/crop.ipynb"], "bo": ["bo.ipynb"], None: ["crop.ipynb"]}


def test_a_metadata_file_speaks_of_the_entries_beside_it_alone():
    paths = [("submission_metadata.yml",), ("submission_1", "a.ipynb"), ("submission_2", "submission_1", "b.ipynb")]
    signs = {"submission_1": [Sign("Gradescope", id="bo")], "elsewhere": [Sign("Gradescope", id="ada")]}
    layout = layout_of(paths, CLASS, lambda place: signs if place == ("submission_metadata.yml",) else {})
    assert (layout.platform, layout.depth, layout.listed) == ("Gradescope", 0, {"submission_1": signs["submission_1"]})
    assert layout.signs(paths[1]) == signs["submission_1"]
    assert layout.signs(paths[2]) == []


GRADESCOPE = b"""submission_1:
  :submitters:
  - :sid: ada
submission_2:
  :submitters:
  - :sid: cy
"""


def test_a_submission_that_gradescope_does_not_list_is_nobody_s_whatever_its_files_are_called(tmp_path):
    files = {f"submission_{n}/{name}": b"" for n, name in enumerate(("crop.ipynb", "bo.ipynb", "Bo Ek/crop.ipynb"), 1)}
    lay(tmp_path, {"submission_metadata.yml": GRADESCOPE, "notes of the lecturer.txt": b"", **files})
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {
            "ada": ["submission_1/crop.ipynb"],
            "cy": ["submission_2/bo.ipynb"],
            None: ["notes of the lecturer.txt", "submission_3/Bo Ek/crop.ipynb"],
        }


def test_a_file_of_somebody_who_is_not_on_the_roster_is_nobody_s_whatever_it_is_called(tmp_path):
    files = ["ada/crop.ipynb", "zed/bo.ipynb", "zed/week3/Bo Ek.ipynb", "bo.zip/crop.ipynb", "late/cy/crop.ipynb"]
    lay(tmp_path, dict.fromkeys((name for name in files if ".zip" not in name), b""))
    lay(tmp_path, {"bo.zip": {"crop.ipynb": b""}, "more.zip": {"ada.ipynb": b""}})
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {
            "ada": ["ada/crop.ipynb"],
            "bo": ["bo.zip/crop.ipynb"],
            "cy": ["late/cy/crop.ipynb"],
            None: ["more.zip/ada.ipynb", "zed/bo.ipynb", "zed/week3/Bo Ek.ipynb"],
        }
        why = "'zed' is nobody in the roster, and the names of files in there may be anybody's"
        assert [attempt.matched for attempt in found.nobody if attempt.path.startswith("zed")] == [why] * 2


# --- groups -------------------------------------------------------------------------------------------------

GROUPS = {
    "Canvas": {"teamrocket_11_501_crop.ipynb": b"", "owls_13_502_crop.ipynb": b""},
    "Moodle": {
        "Team Rocket_22_assignsubmission_file/crop.ipynb": b"",  # the group's number is Bo's, and Bo is an owl
        "Owls_21_assignsubmission_file/crop.ipynb": b"",
    },
}
TEAMS = "id,name,canvas,group\nada,Ada Lovelace,11,Team Rocket\ncy,Cy Young,13,Owls\nbo,Bo Ek,12,Owls\n"


@pytest.mark.parametrize("platform", GROUPS)
def test_every_member_of_a_group_gets_its_work(tmp_path, platform):
    lay(tmp_path / "in", GROUPS[platform])
    rocket, owls = ([path] for path in GROUPS[platform])
    teams = ((ADA, "Team Rocket"), (BO, "Owls"), (CY, "Owls"))
    roster = Roster(tuple(replace(student, groups=(group,)) for student, group in teams))
    with collect(tmp_path / "in", roster) as found:
        assert whose(found) == {"ada": rocket, "bo": owls, "cy": owls}
        assert [found.of(s)[0].matched for s in (BO, CY)] in (["by the group 'Owls'"] * 2, ["by the group 'owls'"] * 2)
        assert found.number(BO, platform) == getattr(BO, platform.lower())  # and not that of the group


@pytest.mark.parametrize("platform", GROUPS)
def test_work_of_groups_whose_members_are_not_known_is_refused_with_what_is_needed(tmp_path, platform):
    lay(tmp_path / "in", GROUPS[platform])
    with pytest.raises(SubmissionsError, match="it is of groups, whose members are not known") as raised:
        collect(tmp_path / "in", CLASS)
    assert "a column 'group'" in str(raised.value)
    assert "--groups" in str(raised.value)


def test_moodle_s_groups_with_numbers_of_nobody_are_refused_too(tmp_path):
    """Moodle's groups have numbers of their own, which hardly ever are a participant's."""
    names = [f"Group {letter}_{345 + n}_assignsubmission_file/crop.ipynb" for n, letter in enumerate("AB")]
    lay(tmp_path / "in", dict.fromkeys(names, b""))
    with pytest.raises(SubmissionsError, match="'Group A' is nobody in the roster, and so are 2 of 2") as raised:
        collect(tmp_path / "in", CLASS)
    assert "a column 'group'" in str(raised.value)
    with collect(tmp_path / "in", CLASS, groups="none") as found:
        assert sorted(attempt.path for attempt in found.nobody) == sorted(names)


def test_a_single_group_s_work_on_moodle_goes_to_nobody_with_its_number(tmp_path):
    roster = Roster(tuple(Student(f"s{n}", f"Name{n} Of{n}", moodle=str(300 + n)) for n in range(6)))
    names = [f"Name{n} Of{n}_{300 + n}_assignsubmission_file/crop.ipynb" for n in range(4)]
    lay(tmp_path, dict.fromkeys((*names, "Team Rocket_305_assignsubmission_file/crop.ipynb"), b""))
    with collect(tmp_path, roster) as found:
        assert not found.of(roster.students[5])
        assert [attempt.matched for attempt in found.nobody] == ["nobody in the roster is 'Team Rocket'"]
        assert all(len(found.of(student)) == 1 for student in roster.students[:4])


def test_groups_come_from_a_column_of_the_roster_or_from_canvas_s_file(tmp_path):
    (tmp_path / "class.csv").write_text(TEAMS)
    assert [s.groups for s in read_roster(tmp_path / "class.csv")] == [("Team Rocket",), ("Owls",), ("Owls",)]
    (tmp_path / "groups.csv").write_text(
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        "Ada Lovelace,11,,,s,Team Rocket,1,\nBo Ek,12,,,s,Owls,2,\nCy Young,13,,,s,Owls,2,\n"
    )
    lay(tmp_path / "in", GROUPS["Canvas"])
    with collect(tmp_path / "in", CLASS, groups=tmp_path / "groups.csv") as found:
        rocket, owls = ([path] for path in GROUPS["Canvas"])
        assert whose(found) == {"ada": rocket, "bo": owls, "cy": owls}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,login_id\nAda Lovelace,x\n", "no column of groups beside one of students"),
        ("group_name\nOwls\n", "no column of groups beside one of students"),
        ("name,group_name\nZed,Owls\n", "line 2: Zed is nobody in the roster"),
    ],
)
def test_a_file_of_groups_that_cannot_be_read_says_why(tmp_path, text, said):
    (tmp_path / "groups.csv").write_text(text)
    lay(tmp_path / "in", GROUPS["Canvas"])
    with pytest.raises(RosterError, match=said):
        collect(tmp_path / "in", CLASS, groups=tmp_path / "groups.csv")


def test_a_blind_export_of_moodle_is_by_number(tmp_path):
    names = ["Participant_22_assignsubmission_file/a.ipynb", "Teilnehmer_in_21_assignsubmission_file/a.ipynb"]
    lay(tmp_path, dict.fromkeys(names[:1], b""))
    with collect(tmp_path, CLASS) as found:
        assert whose(found) == {"bo": names[:1]}


# --- Canvas -------------------------------------------------------------------------------------------------


def test_canvas_s_other_entries_are_read_or_named_in_words(tmp_path):
    lay(tmp_path, {"ekbo_12_text.html": b"<p>", "lovelaceada_11_7_crop.ipynb": b"", "youngcy_13_link.html": b"<a>"})
    with collect(tmp_path, CLASS) as found:
        assert {id: len(paths) for id, paths in whose(found).items()} == {"ada": 1, "bo": 1, "cy": 1}
    lay(tmp_path / "anonymous", {"anon_Ab1x9_77_crop.ipynb": b"", "LATE_anon_zZ9k2_78_crop.ipynb": b""})
    with collect(tmp_path / "anonymous", CLASS) as found:
        assert {a.matched for a in found.nobody} == {
            "an anonymous export: show the names in Canvas, and download it again"
        }


def test_of_two_ids_that_differ_by_punctuation_the_exact_one_wins(tmp_path):
    roster = Roster((Student("a.b", "One"), Student("a-b", "Two"), Student("ab", "Three")))
    lay(tmp_path, {"a.b/x.ipynb": b"", "a-b/x.ipynb": b"", "a_b/x.ipynb": b""})
    with collect(tmp_path, roster) as found:
        assert whose(found) == {"a.b": ["a.b/x.ipynb"], "a-b": ["a-b/x.ipynb"], None: ["a_b/x.ipynb"]}


def test_of_two_logins_that_differ_by_punctuation_the_exact_one_wins(tmp_path):
    roster = Roster((Student("1", "One", login="a.b"), Student("2", "Two", login="a_b"), Student("3", "a-b")))
    lay(tmp_path, {f"w_{login}_attempt_2027-01-30-10-20-30_x.ipynb": b"" for login in ("a.b", "a_b")})
    with collect(tmp_path, roster) as found:
        assert {id: [path[:5] for path in paths] for id, paths in whose(found).items()} == {
            "1": ["w_a.b"],
            "2": ["w_a_b"],
        }


def test_a_link_to_a_folder_with_a_name_that_is_no_utf_8_is_listed(tmp_path):
    lay(tmp_path / "in", {"ada/crop.ipynb": b""})
    os.symlink(tmp_path, os.fsencode(tmp_path / "in") + b"/\xff\xfe")
    os.mkdir(os.fsencode(tmp_path / "in") + b"/\xfa")
    with collect(tmp_path / "in", CLASS) as found:
        ((path, why),) = found.skipped
        path.encode()  # it can be written
        assert why == "a link, which is not followed"
