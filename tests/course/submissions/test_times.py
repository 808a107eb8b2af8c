"""When a file was handed in is believed of whoever can know it, and of nobody else."""

import zipfile
from datetime import datetime, timedelta

import pytest
from test_collect import at, lay, notebook

from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.roster import Roster, RosterError, Student

DUE = datetime(2027, 1, 31, 18)
LATE = DUE + timedelta(days=9)
CLASS = Roster(tuple(Student(f"s{n}", f"Name{n} Of{n}", moodle=str(300 + n)) for n in range(6)))
BY_HAND = [f"s{n}/crop.ipynb" for n in range(6)]
MOODLE = [f"Name{n} Of{n}_{300 + n}_assignsubmission_file/crop.ipynb" for n in range(6)]


def a_class(top, names, minutes_apart):
    lay(top, {name: notebook() for name in names})
    for place, name in enumerate(names):
        at(top / name, LATE + timedelta(minutes=minutes_apart * place))
    return top


def choices(found):
    return [found.rule.choose(found.of(student), student) for student in found.students]


@pytest.mark.parametrize(
    ("names", "minutes"), [(MOODLE, 1), (MOODLE, 500), (BY_HAND, 1)], ids=["Moodle", "Moodle, days", "all at once"]
)
def test_dates_of_the_export_are_no_times_and_cost_nobody_a_point(tmp_path, names, minutes):
    with collect(a_class(tmp_path / "in", names, minutes), CLASS, due=DUE, late="10") as found:
        assert [(choice.share, choice.why) for choice in choices(found)] == [(1, "the only attempt, time unknown")] * 6
        assert found.timeless.startswith("6 files do not say when they were handed in")
        assert found.timeless.endswith("(the dates in the export are the export's own)")
    with pytest.raises(SubmissionsError, match="nobody knows what is late, and nothing can be refused") as raised:
        collect(tmp_path / "in", CLASS, due=DUE, late="refuse")
    assert "--times FILE" in str(raised.value)


def test_a_date_in_a_student_s_zip_is_no_time_and_makes_nobody_late(tmp_path):
    a_class(tmp_path, BY_HAND, 1)
    old = zipfile.ZipInfo("more.ipynb", (2020, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(tmp_path / "s0" / "more.zip", "w") as archive:
        archive.writestr(old, notebook())
    at(tmp_path / "s0" / "more.zip", LATE)
    with collect(tmp_path, CLASS, due=DUE, late="10") as found:
        assert {attempt.time for student in found.students for attempt in found.of(student)} == {None}
        assert [choice.share for choice in choices(found)] == [1] * 6
    at(
        tmp_path / "s1" / "crop.ipynb", DUE - timedelta(days=30)
    )  # a hub's own dates: then they count, the zip's as well
    with collect(tmp_path, CLASS, due=DUE, late="10") as found:
        assert {attempt.time for attempt in found.of(CLASS.students[0])} == {LATE}


def test_an_export_that_lies_in_a_folder_alone_has_its_own_dates(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for number, name in enumerate(BY_HAND):
            archive.writestr(zipfile.ZipInfo(name, (2027, 1, 20 + number, 12, 0, 0)), notebook())
    for path in (tmp_path, tmp_path / "all.zip"):
        with collect(path, CLASS, due=DUE, late="10") as found:
            times = [attempt.time for student in found.students for attempt in found.of(student)]
            assert times == [datetime(2027, 1, 20 + number, 12) for number in range(6)]


def test_dates_that_differ_as_a_class_s_do_are_times(tmp_path):
    with collect(a_class(tmp_path, BY_HAND, 60), CLASS, due=DUE, late="10") as found:
        assert found.timeless == ""
        assert all("days" in choice.why and choice.share < 1 for choice in choices(found))


def test_given_times_count_whatever_the_export_says_and_late_is_refused_by_them(tmp_path):
    times = tmp_path / "times.csv"
    rows = [f"s{n},2027-01-{31 if n == 3 else 30} 18:30" for n in range(6)]
    times.write_text("id,time\n" + "\n".join(rows))
    top = a_class(tmp_path / "in", MOODLE, 1)
    with collect(top, CLASS, due=DUE, late="refuse", times=times) as found:
        made = choices(found)
        assert [choice.attempt is None for choice in made] == [False, False, False, True, False, False]
        assert "late (handed in 2027-01-31 18:30 by the file of times)" in made[3].why


def test_without_a_due_time_nothing_is_refused(tmp_path):
    with collect(a_class(tmp_path, MOODLE, 1), CLASS, late="refuse") as found:
        assert [choice.why for choice in choices(found)] == ["the only attempt"] * 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,when\ns1,x\n", "it needs the columns id and time"),
        ("id,time\nzed,2027-01-01\n", "line 2: 'zed' is nobody in the roster"),
        ("id,time\ns1,soon\n", "line 2: 'soon' is no time; write 2027-01-31 23:59"),
    ],
)
def test_a_file_of_times_that_cannot_be_read_says_why(tmp_path, text, said):
    (tmp_path / "times.csv").write_text(text)
    with pytest.raises(RosterError, match=said):
        collect(a_class(tmp_path / "in", MOODLE, 1), CLASS, times=tmp_path / "times.csv")
