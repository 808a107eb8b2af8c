"""A group's work goes to every member, or the run stops and says what it needs; never to one of them, or to others."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_collect import lay, whose

from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.groups import OTHER, SAME, SHOWN, SORTED, members, unclear, written
from unet_edu.course.submissions.roster import Roster, RosterError, Student, read_roster
from unet_edu.course.submissions.sign import Sign

NAMES = ["Ada Lovelace", "Bo Ek", "Cy Young", "Dee Dee Ramone", "Eli Fox"]
CLASS = Roster(tuple(Student(f"s{n}", name, canvas=str(10 + n)) for n, name in enumerate(NAMES)))
ADA, BO, CY, DEE, ELI = CLASS
OWLS = replace(CLASS, students=(ADA, replace(BO, groups=("Owls",)), replace(CY, groups=("Owls",)), DEE, ELI))
ALONE = {"lovelaceada_10_501_a.ipynb": b"", "ramonedeedee_13_504_a.ipynb": b"", "foxeli_14_505_a.ipynb": b""}
IN_GROUPS = {"adalovelace_10_501_a.ipynb": b"", "deedeeramone_13_504_a.ipynb": b"", "elifox_14_505_a.ipynb": b""}


def of(tmp_path, files, roster=CLASS, **more):
    lay(tmp_path / "in", files)
    with collect(tmp_path / "in", roster, **more) as found:
        return whose(found)


def test_one_group_among_many_that_work_alone_is_every_member_s(tmp_path):
    found = of(tmp_path, {**IN_GROUPS, "owls_12_503_a.ipynb": b""}, OWLS)
    assert found["s1"] == found["s2"] == ["owls_12_503_a.ipynb"]
    assert [found[id] for id in ("s0", "s3", "s4")] == [[name] for name in IN_GROUPS]


def test_one_group_that_nobody_knows_stops_the_run_before_it_grades_and_says_both_ways_out(tmp_path):
    with pytest.raises(SubmissionsError) as raised:
        of(tmp_path, {**IN_GROUPS, "owls_12_503_a.ipynb": b""})
    said = str(raised.value)
    assert said.startswith("the work of 'owls' has the number of Cy Young, who has another name: it may be of a group")
    assert "a column 'group'" in said
    assert "--groups with Canvas's file" in said
    assert "if names were changed, export the roster anew, or give --groups none" in said


def test_a_changed_name_is_told_from_a_group_by_how_canvas_writes_the_others(tmp_path):
    """Where groups hand in, Canvas writes those of none as "janedoe"; everywhere else as "doejane"."""
    found = of(tmp_path, {**ALONE, "newnamecy_12_503_a.ipynb": b""})
    assert found["s2"] == ["newnamecy_12_503_a.ipynb"]


def test_without_a_sign_of_either_the_run_stops(tmp_path):
    listed = Roster(tuple(replace(s, name=f"{s.name.split()[-1]}, {s.name.rpartition(' ')[0]}") for s in CLASS))
    with pytest.raises(SubmissionsError, match="it may be of a group"):
        of(tmp_path, {**ALONE, "newnamecy_12_503_a.ipynb": b""}, listed)


@pytest.mark.parametrize("files", [ALONE, IN_GROUPS], ids=["alone", "in groups"])
def test_the_lecturer_says_that_there_are_no_groups(tmp_path, files):
    strange = ["owls_12_503_a.ipynb", "newname_11_502_a.ipynb"]
    for roster in (CLASS, OWLS):
        found = of(tmp_path, {**files, **dict.fromkeys(strange, b"")}, roster, groups="none")
        assert (found["s2"], found["s1"]) == ([strange[0]], [strange[1]])


def test_where_groups_are_known_a_name_that_is_none_s_of_a_student_in_none_was_changed(tmp_path):
    listed = Roster(tuple(replace(s, name=f"{s.name.split()[-1]}, {s.name.rpartition(' ')[0]}") for s in OWLS))
    found = of(tmp_path, {**ALONE, "owls_11_9_a.ipynb": b"", "other_14_9_b.ipynb": b""}, listed)
    assert found["s1"] == found["s2"] == ["owls_11_9_a.ipynb"]
    assert sorted(found["s4"]) == ["foxeli_14_505_a.ipynb", "other_14_9_b.ipynb"]
    with pytest.raises(SubmissionsError, match="'larks' has the number of Ek, Bo"):  # in a group, of another name
        of(tmp_path / "more", {**ALONE, "larks_11_9_a.ipynb": b""}, listed)


def test_a_group_s_name_with_the_number_of_somebody_else_is_not_believed(tmp_path):
    with pytest.raises(SubmissionsError, match="'owls' has the number of Eli Fox"):
        of(tmp_path, {**ALONE, "owls_14_9_b.ipynb": b""}, OWLS)


@pytest.mark.parametrize("name", ["Lovelace", "Ada's", "Team Lovelace", "Ada Lovelace Team", "Lovelace, Ada & Bo"])
def test_a_group_that_is_called_after_a_member_is_still_every_member_s(tmp_path, name):
    roster = Roster((replace(ADA, groups=(name,)), replace(BO, groups=(name,)), CY, DEE, ELI))
    entry = "".join(c for c in name.lower() if c.isalnum() or c == "_") + "_10_501_a.ipynb"
    files = {entry: b"", **dict(list(IN_GROUPS.items())[1:])}
    found = of(tmp_path, files, roster)
    assert found["s0"] == found["s1"] == [entry]
    with pytest.raises(SubmissionsError, match="of a group"):
        of(tmp_path / "unknown", files)


def test_two_groups_whose_names_canvas_writes_alike_are_told_apart_by_the_number(tmp_path):
    roster = Roster((replace(ADA, groups=("Team 1",)), replace(BO, groups=("Team-1",)), CY, DEE, ELI))
    found = of(
        tmp_path, {"team1_10_1_a.ipynb": b"", "team1_11_2_a.ipynb": b"", **dict(list(ALONE.items())[1:])}, roster
    )
    assert (found["s0"], found["s1"]) == (["team1_10_1_a.ipynb"], ["team1_11_2_a.ipynb"])


def test_two_groups_of_one_name_in_the_file_of_groups_are_refused(tmp_path):
    (tmp_path / "groups.csv").write_text("name,group_name,canvas_group_id\nAda Lovelace,Team 1,7\nBo Ek,Team 1,8\n")
    with pytest.raises(RosterError, match="line 3: two groups are called 'Team 1'"):
        of(tmp_path, ALONE, groups=tmp_path / "groups.csv")


def test_a_group_that_is_named_twice_gives_its_work_once(tmp_path):
    (tmp_path / "class.csv").write_text("id,name,group\na,Ada Lovelace,Owls\nb,Bo Ek,owls \n")
    (tmp_path / "groups.csv").write_text("name,group\nAda Lovelace,Owls\nBo Ek,Owls\n")
    roster = read_roster(tmp_path / "class.csv")
    files = {"owls_77_1_a.ipynb": b""}
    expected = {"a": list(files), "b": list(files)}
    assert of(tmp_path, files, roster) == of(tmp_path, files, roster, groups=tmp_path / "groups.csv") == expected


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("Zoë Müller", "müllerzoë", SORTED),
        ("Zoë Müller", "mullerzoe", SORTED),
        ("Zoë Müller", "zoëmüller", SHOWN),
        ("Müller, Zoë", "müllerzoë", SORTED),
        ("María García López", "garcíalópezmaría", SORTED),
        ("Madonna", "madonna", SAME),
        ("", "anything", SAME),
        ("Zoë Müller", "owls", OTHER),
        ("Zoë Müller", "müllerzoëteam", OTHER),
    ],
)
def test_how_canvas_writes_a_name(name, entry, expected):
    assert written(Student("s1", name), Sign("Canvas", entry)) == expected


letters = st.text("abcdefgh ", min_size=1, max_size=12).filter(str.strip)


@given(
    groups=st.lists(st.sampled_from(["", "Owls", "Larks", "Team 1"]), min_size=5, max_size=5),
    entries=st.lists(
        st.tuples(st.sampled_from(["Owls", "Larks", "Team 1", "Wrens", *NAMES]) | letters, st.integers(0, 4)),
        min_size=1,
        max_size=8,
    ),
)
@settings(max_examples=400, deadline=None)
def test_an_entry_is_every_member_s_or_its_own_student_s_or_the_run_stops(groups, entries):
    roster = Roster(tuple(replace(s, groups=(group,) * bool(group)) for s, group in zip(CLASS, groups, strict=True)))
    signs = [Sign("Canvas", "".join(name.lower().split()), str(10 + number)) for name, number in entries]
    if unclear(signs, roster):
        return
    for sign, (_, number) in zip(signs, entries, strict=True):
        owner = roster.students[number]
        found = members(sign, roster)
        if found:  # all that are in it, and nobody else
            (group,) = owner.groups
            assert found == [student for student in roster if student.groups == (group,)]
        else:  # then by its number: no known group has that name, or it is the student's own
            assert written(owner, sign) or not roster.groups_named(sign.name)
