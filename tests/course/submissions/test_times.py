"""When a file was handed in is believed of whoever can know it, and of nobody else."""

import math
import zipfile
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_collect import at, lay, notebook

from unet_edu.course.submissions.attempt import SubmissionsError
from unet_edu.course.submissions.collect import collect
from unet_edu.course.submissions.late_policy import order_words
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


@pytest.mark.parametrize("count", range(1, 6))
def test_however_small_a_class_is_the_export_s_own_dates_cost_nobody_a_point(tmp_path, count):
    a_class(tmp_path / "in", BY_HAND[:count], 1)
    (tmp_path / "in" / "class.csv").write_text("id,name")  # a list of the class beside the work is nobody's
    at(tmp_path / "in" / "class.csv", DUE - timedelta(days=90))
    with collect(tmp_path / "in", CLASS, due=DUE, late="10") as found:
        made = choices(found)[:count]
        assert [(choice.share, choice.why) for choice in made] == [(1, "the only attempt, time unknown")] * count
    with pytest.raises(SubmissionsError, match="nothing can be refused"):
        collect(tmp_path / "in", CLASS, due=DUE, late="refuse")


def test_a_single_notebook_has_no_time(tmp_path):
    a_class(tmp_path, ["s0.ipynb"], 1)
    with collect(tmp_path / "s0.ipynb", due=DUE, late="10") as found:
        assert [(choice.share, choice.why) for choice in choices(found)] == [(1, "the only attempt, time unknown")]


@pytest.mark.parametrize("count", range(2, 6))
def test_dates_of_a_small_class_that_differ_are_times(tmp_path, count):
    with collect(a_class(tmp_path, BY_HAND[:count], 20), CLASS, due=DUE, late="refuse") as found:
        assert [choice.attempt for choice in choices(found)] == [None] * 6
        assert "9 days late (handed in 2027-02-09 18:00 by the file's date)" in choices(found)[0].why


def test_one_file_that_was_put_beside_an_export_by_hand_does_not_make_the_class_late(tmp_path):
    roster = Roster(tuple(Student(f"s{n}") for n in range(12)))
    names = [f"s{n}/crop.ipynb" for n in range(12)]
    a_class(tmp_path, names[:11], 0.5)
    a_class(tmp_path, names[11:], 0)
    at(tmp_path / names[11], DUE + timedelta(days=2))  # it came by mail
    with collect(tmp_path, roster, due=DUE, late="10") as found:
        shares = [choice.share for choice in choices(found)]
        assert shares[:11] == [1] * 11
        assert shares[11] == pytest.approx(0.8)
        assert found.timeless.startswith("11 files do not say")


def test_what_lies_in_the_export_before_the_due_time_was_handed_in_on_time(tmp_path):
    lay(tmp_path, {name: notebook() for name in BY_HAND[:2]})
    for name in BY_HAND[:2]:
        at(tmp_path / name, DUE - timedelta(hours=1))
    with collect(tmp_path, CLASS, due=DUE, late="refuse") as found:
        assert [choice.why for choice in choices(found)[:2]] == ["the only attempt, on time"] * 2
        assert found.timeless == ""


@given(minutes=st.lists(st.integers(-40_000, 40_000), min_size=1, max_size=6), late=st.sampled_from(["10", "accept"]))
@settings(max_examples=40, deadline=None)
def test_points_are_lost_by_dates_that_differ_alone(tmp_path_factory, minutes, late):
    top = tmp_path_factory.mktemp("in")
    for name, minute in zip(BY_HAND, minutes, strict=False):
        lay(top, {name: notebook()})
        at(top / name, DUE + timedelta(minutes=minute))
    with collect(top, CLASS, due=DUE, late=late) as found:
        shares = [found.rule.choose(found.of(student), student).share for student in CLASS if found.of(student)]
    are_times = max(minutes) - min(minutes) > 10
    expected = [1 - 0.1 * max(0, math.ceil(m / 1440)) if late == "10" and are_times else 1 for m in minutes]
    assert shares == pytest.approx([max(0, share) for share in expected])


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


# --- by what attempts are ordered ---------------------------------------------------------------------------


def ordered(top, files, days=0):
    lay(top, files)
    for number, name in enumerate(files):
        at(top / name, LATE + timedelta(days=days * number))
    with collect(top, CLASS, due=DUE) as found:
        attempts = found.of(CLASS.students[0])
        return [attempt.path for attempt in attempts], order_words(attempts)


def test_attempts_of_unknown_time_are_ordered_by_what_the_platform_promises_and_say_so(tmp_path):
    names = ["Name0 Of0_300_assignsubmission_file/a (10).ipynb", "Name0 Of0_300_assignsubmission_file/a (9).ipynb"]
    by_names = "ordered by the files' names, as their times are unknown"
    assert ordered(tmp_path / "Moodle", dict.fromkeys(names, b"")) == (names[::-1], by_names)
    assert ordered(tmp_path / "hand", {"s0/b.ipynb": b"", "s0/a.ipynb": b""}) == (
        ["s0/a.ipynb", "s0/b.ipynb"],
        by_names,
    )
    assert ordered(tmp_path / "dated", {"s0/b.ipynb": b"", "s0/a.ipynb": b""}, 1) == (["s0/b.ipynb", "s0/a.ipynb"], "")
    assert ordered(tmp_path / "one", {"s0/b.ipynb": b""}) == (["s0/b.ipynb"], "")
    canvas = ["of0name0_1_20_b.ipynb", "of0name0_1_100_a.ipynb"]
    by_numbers = "ordered by the numbers that Canvas gives to uploads"
    assert ordered(tmp_path / "Canvas", dict.fromkeys(canvas, b"")) == (canvas, by_numbers)


def test_files_of_one_attempt_on_blackboard_are_ordered_by_name_and_say_so(tmp_path):
    start = "w_s0_attempt_2027-01-{}-10-20-30"
    files = {f"{start.format(day)}_{name}.ipynb": b"" for day, name in ((31, "a"), (30, "c"), (30, "b"))}
    files[f"{start.format(31)}.txt"] = b"Name: Name0 Of0 (s0)"
    paths, words = ordered(tmp_path, files)
    uploaded = [path for path in paths if path.endswith(".ipynb")]
    assert [path[-7:] for path in uploaded] == ["b.ipynb", "c.ipynb", "a.ipynb"]
    assert words == "ordered by time, those of one time by the files' names"


@pytest.mark.parametrize("attempts", ["first", "last"])
def test_what_was_typed_in_is_no_attempt_beside_a_file(tmp_path, attempts):
    files = ["of0name0_1_text.html", "of0name0_1_100_a.ipynb", "of1name1_2_link.html"]
    with collect(lay(tmp_path, dict.fromkeys(files, b"")), CLASS, due=DUE, attempts=attempts) as found:
        first, second = (found.rule.choose(found.of(student), student) for student in CLASS.students[:2])
        assert (first.attempt.path, first.why) == (files[1], "the only attempt, on time")
        assert (second.attempt.path, second.attempt.is_notebook) == (files[2], False)
