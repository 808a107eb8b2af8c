"""A class is graded: every row says why, nobody's row depends on anybody else's, and nothing is done twice or lost."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classkit import SIX, Here, a_bundle, a_class, known, notebook, rows_of, scores, source_of

from unet_edu.course import cli
from unet_edu.course.assignment.bundle import Bundle, Task
from unet_edu.course.assignment.cohort import Cohort
from unet_edu.course.exercise import Exercise
from unet_edu.course.grading import grade as grade_module
from unet_edu.course.grading import mark as mark_module
from unet_edu.course.grading.grade import grade
from unet_edu.course.grading.mark import GradeError, Question, mark, places
from unet_edu.course.outcome import Case
from unet_edu.course.registry import UnknownExercise
from unet_edu.course.sandbox.messages import Answer
from unet_edu.course.submissions.notebook import Cell
from unet_edu.course.submissions.overrides import OverridesError
from unet_edu.course.submissions.roster import InputError

pytestmark = pytest.mark.usefixtures("one_thread")
HERE = Path(__file__).parent
SECRETS = (918273645, 564738291)  # hidden inputs that nobody guesses


def doubled(args, params):
    return 2 * args[0]


def an_exercise(name, **more):
    given = {"cases": lambda rng, params: [Case((n,), f"number {i}") for i, n in enumerate((*SECRETS, 0))]}
    return Exercise(f"test.{name}", "00_test", name, 3, 1, **{**given, "oracle": doubled, **more})


FIRST, SECOND = an_exercise("first"), an_exercise("second")
STUB = "def {name}(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def bundle_of(*exercises, chapters=None):
    tasks = [
        Task(e, e.settings(), 3, chapter, STUB.format(name=e.name), f"def {e.name}(x):\n    return x + x")
        for e, chapter in zip(exercises, chapters or ["00_test"] * len(exercises), strict=True)
    ]
    return Bundle(Cohort("tests", "secret" * 8), "test", tuple(tasks))


BOTH = bundle_of(FIRST, SECOND)
RIGHT = [("def first(x):\n    return 2 * x", "test.first"), ("def second(x):\n    return x + x", "test.second")]


class Room:
    """Submissions, a roster and a place for results."""

    def __init__(self, top):
        self.top = top
        (top / "in").mkdir(parents=True)

    def hand_in(self, **cells):
        for student, given in cells.items():
            data = given if isinstance(given, bytes) else notebook(given)
            (self.top / "in" / f"{student}.ipynb").write_bytes(data)
        return self

    def roster(self, *ids):
        (self.top / "roster.csv").write_text("id,name\n" + "".join(f"{id},Name of {id}\n" for id in ids))
        return self

    def grade(self, bundle=BOTH, out="out", **options):
        roster = self.top / "roster.csv"
        options = {"roster": roster if roster.exists() else None, "progress": False, **options}
        return grade(bundle, self.top / "in", self.top / out, **options)

    def rows(self, out="out"):
        return rows_of(self.top / out)


def tree(folder):
    """All that could change in a folder: names, sizes, times, contents."""
    paths = sorted(folder.rglob("*"))
    return [(p, p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes()).digest() if p.is_file() else 0) for p in paths]


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(grade_module, "Sandbox", Here)
    return Room(tmp_path)


# --- a whole class ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    top = tmp_path_factory.mktemp("class")
    bundle = a_bundle()
    return bundle, top, a_class(bundle, top, students=60)


def graded(school, out, **options):
    bundle, top, _ = school
    options = {"roster": top / "roster.csv", "progress": False, **options}
    return grade(bundle, top / "submissions", top / out, **options)


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(grade_module, "Sandbox", Here)


def test_everybody_gets_what_the_answers_deserve_and_reads_why(school, here):
    bundle, top, students = school
    before = tree(top / "submissions")
    made = graded(school, "out")
    rows = rows_of(top / "out")
    assert scores(rows) == {(s.id, id): (s.points[id], s.states[id]) for s in students for id in SIX}
    assert all(row["why"] for row in rows.values())
    assert all(row["attempt"] for row in rows.values() if row["state"] not in ("MISSING", "UNREADABLE"))
    by_name = [row for s in students if s.kind == "without metadata" for row in [rows[s.id, "crop.centre"]]]
    assert all("matched by name" in row["why"] for row in by_name)
    twice = [row for s in students if s.kind == "duplicated" for row in [rows[s.id, "crop.centre"]]]
    assert all("2 cells have its id" in row["why"] for row in twice)
    (unreadable, *_) = [rows[s.id, "crop.centre"] for s in students if s.kind == "truncated"]
    assert "cut off" in unreadable["why"]
    assert tree(top / "submissions") == before  # nothing is written there
    assert made.states["TIMEOUT"] == sum(s.kind == "hang" for s in students)
    assert made.nobody == []


def test_the_grades_do_not_depend_on_the_number_of_jobs(school, here):
    _, top, _ = school
    for jobs in (1, 4):
        graded(school, f"jobs{jobs}", jobs=jobs)
    for name in ("grades.csv", "totals.csv", "canvas.csv", "moodle.csv"):
        assert (top / "jobs1" / name).read_bytes() == (top / "jobs4" / name).read_bytes()


def test_what_has_been_graded_is_not_run_again(room):
    room.hand_in(s1=RIGHT, s2=RIGHT[:1], s3=b"").roster("s1", "s2", "s3", "s4")
    assert room.grade().ran == 4
    before, started = tree(room.top / "out"), Here.started
    assert room.grade().ran == 0
    assert Here.started == started  # not even the sandbox
    changed = {path for path, *_ in set(tree(room.top / "out")) ^ set(before)}
    assert {path.name for path in changed if path.is_file()} <= {f"{n}.csv" for n in ("grades", "totals", "canvas")} | {
        "moodle.csv",
        "unmatched.csv",
        ".lock",
    }
    room.hand_in(s2=RIGHT)
    assert room.grade().ran == 2  # another notebook of one student's
    assert room.grade(timeout=7).ran == 4  # another limit
    assert room.grade(bundle_of(FIRST, SECOND, chapters=["a", "a"]), timeout=7).ran == 4
    assert scores(room.rows())["s4", "test.first"] == (0, "MISSING")


def test_one_exercise_is_graded_anew_and_the_others_stay(room, monkeypatch):
    room.hand_in(s1=RIGHT, s2=RIGHT).roster("s1", "s2")
    room.grade()
    saved = room.top / "out" / "results" / "s1.json"
    data = json.loads(saved.read_text())
    for id in ("test.first", "test.second"):
        data["exercises"][id]["mark"]["points"] = 0.5
    saved.write_text(json.dumps(data))
    room.hand_in(s2=[("def first(x):\n    return 1", "test.first"), ("def second(x):\n    return 1", "test.second")])
    assert room.grade(only=["test.first"]).ran == 2
    assert scores(room.rows()) == {
        ("s1", "test.first"): (3, ""),
        ("s1", "test.second"): (0.5, ""),
        ("s2", "test.first"): (0, ""),
        ("s2", "test.second"): (3, ""),  # of the notebook before
    }
    with pytest.raises(UnknownExercise, match="has test.first, test.second"):
        room.grade(only=["test.third"])
    fresh = room.grade(out="fresh", only=["test.second"])
    assert fresh.states == {"NOT GRADED": 2, "": 2}


def test_results_of_a_broken_file_are_made_again(room):
    room.hand_in(s1=RIGHT)
    room.grade()
    for broken in ("", "{", "[]", '{"format": 99}', '{"format": 1, "student": {"id": "s1"}, "exercises": {"a": {}}}'):
        (room.top / "out" / "results" / "s1.json").write_text(broken)
        assert room.grade().ran == 2
        assert scores(room.rows())["s1", "test.first"] == (3, "")


SLOWLY = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background may ignore Ctrl-C
sys.path[:0] = {path!r}
from classkit import Here, a_bundle
from unet_edu.course.grading import grade
class Slow(Here):
    def run(self, **options):
        time.sleep(0.1)
        return super().run(**options)
grade.Sandbox = Slow
top = sys.argv[1]
print(grade.grade(a_bundle(), top + "/submissions", top + "/out", roster=top + "/roster.csv", jobs=2).ran)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 1)])
def test_a_grading_that_is_stopped_goes_on_where_it_was(tmp_path, here, number, status):
    bundle = a_bundle()
    students = a_class(bundle, tmp_path, students=12, seed=3)
    script = SLOWLY.format(path=[str(HERE), str(HERE.parent)])
    command = [sys.executable, "-c", script, str(tmp_path)]
    with open(tmp_path / "said", "wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
        end = time.monotonic() + 120
        while len(list((tmp_path / "out" / "results").glob("*.json"))) < 5 and time.monotonic() < end:
            assert process.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.02)
        process.send_signal(number)
        code = process.wait(300)
    text = (tmp_path / "said").read_text("utf-8", "replace")
    assert code in (status, -number), text
    if number == signal.SIGINT:
        assert "KeyboardInterrupt" in text
        assert "are waited for, and saved" in text
    assert not (tmp_path / "out" / "grades.csv").exists()
    made = grade(bundle, tmp_path / "submissions", tmp_path / "out", roster=tmp_path / "roster.csv", progress=False)
    whole = grade(bundle, tmp_path / "submissions", tmp_path / "whole", roster=tmp_path / "roster.csv", progress=False)
    assert 0 < made.ran < whole.ran
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "whole")
    assert scores(rows_of(tmp_path / "out")) == {
        (s.id, id): (s.points[id], s.states[id]) for s in students for id in s.points
    }
    names = {path.name for path in (tmp_path / "out").rglob("*")}
    assert {path.name for path in (tmp_path / "whole").rglob("*")} <= names
    if number == signal.SIGINT:
        assert not [name for name in names if "partial" in name]


def test_two_gradings_do_not_write_into_one_folder_and_a_killed_one_does_not_block_it(tmp_path, here, capsys):
    bundle, out = a_bundle(), tmp_path / "out"
    students = a_class(bundle, tmp_path, students=12, seed=3)
    script = SLOWLY.format(path=[str(HERE), str(HERE.parent)])
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.DEVNULL) as first:
        end = time.monotonic() + 120
        while not list((out / "results").glob("*.json")) and time.monotonic() < end:
            assert first.poll() is None
            time.sleep(0.02)
        bundle.write(tmp_path / "bundle.zip")
        words = ["course", "grade", tmp_path / "bundle.zip", tmp_path / "submissions", "-o", out]
        words += ["--roster", tmp_path / "roster.csv"]
        assert cli.main([str(word) for word in words]) == 2
        assert first.poll() is None, "the second ends at once"
        said = capsys.readouterr().err
        assert said.startswith(f"unet-edu: another grading (process {first.pid}) is writing into {out}: wait")
        assert "or choose another folder" in said
        assert said.count("\n") == 1
        first.kill()  # kill -9
    assert cli.main([str(word) for word in words]) == 0
    assert len(rows_of(out)) == len(students) * len(SIX)


def test_a_folder_that_cannot_be_locked_is_graded_with_a_warning(room, monkeypatch):
    def no_locks(path):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(grade_module, "lock", no_locks)
    with pytest.warns(UserWarning, match=r"out cannot be locked \(No locks available\)"):
        assert room.hand_in(s1=RIGHT).grade().ran == 2


def test_progress_is_shown_on_stderr(room, capsys):
    room.hand_in(s1=RIGHT).grade(progress=True)
    assert "1/1" in capsys.readouterr().err


# --- when something fails -----------------------------------------------------------------------------------


def failing(times, how):
    class Failing(Here):
        left = times

        def run(self, *, cells, **options):
            if "def first" in cells[0] and "7" in cells[0] and Failing.left:
                Failing.left -= 1
                return how()
            return super().run(cells=cells, **options)

    return Failing


def raises():
    raise OSError("no space left")


def lost():
    return Answer([{"stopped": "exit"}] * 3, lost=True)


@pytest.mark.parametrize("how", [raises, lost])
def test_a_sandbox_that_ends_once_is_tried_again(room, monkeypatch, how):
    monkeypatch.setattr(grade_module, "Sandbox", failing(1, how))
    room.hand_in(s1=[("def first(x):\n    seven = 7\n    return 2 * x", "test.first")]).grade(bundle_of(FIRST))
    assert scores(room.rows()) == {("s1", "test.first"): (3, "")}


@pytest.mark.parametrize(("how", "state"), [(raises, "NOT GRADED"), (lost, "STOPPED")])
def test_a_sandbox_that_ends_twice_costs_one_row_until_the_next_run(room, monkeypatch, how, state):
    monkeypatch.setattr(grade_module, "Sandbox", failing(2, how))
    seventh = [("def first(x):\n    seven = 7\n    return 2 * x", "test.first"), RIGHT[1]]
    room.hand_in(s1=seventh, s2=RIGHT).grade()
    rows = room.rows()
    assert scores(rows)["s1", "test.first"] == (0, state)
    assert "failed twice" in rows["s1", "test.first"]["why"]
    assert [points for key, (points, _) in scores(rows).items() if key != ("s1", "test.first")] == [3, 3, 3]
    assert room.grade().ran == 1
    assert set(scores(room.rows()).values()) == {(3, "")}


def test_a_fault_of_a_judge_costs_one_answer(room, monkeypatch):
    real = mark_module.decide

    def decide(exercise, args, reply, *rest):
        if reply.get("value") == 7:
            raise MemoryError
        return real(exercise, args, reply, *rest)

    monkeypatch.setattr(mark_module, "decide", decide)
    room.hand_in(s1=[("def first(x):\n    return 7", "test.first"), RIGHT[1]], s2=RIGHT).grade()
    assert scores(room.rows())["s1", "test.first"] == (0, "NOT GRADED")
    assert "MemoryError" in room.rows()["s1", "test.first"]["why"]
    assert sorted(scores(room.rows()).values())[1:] == [(3, "")] * 3


def test_results_are_not_written_among_the_submissions(room):
    room.hand_in(s1=RIGHT)
    with pytest.raises(GradeError, match="within the submissions"):
        grade(BOTH, room.top / "in", room.top / "in" / "out")
    with pytest.raises(InputError, match="no such folder"):
        grade(BOTH, room.top / "nothing", room.top / "out")


# --- which notebook, which cell -----------------------------------------------------------------------------


def test_notebooks_of_several_chapters_are_graded_each_for_its_own(room):
    both = bundle_of(FIRST, SECOND, chapters=["00_test", "01_more"])
    for name, cells in {
        "s1/first.ipynb": RIGHT[:1],
        "s1/second.ipynb": RIGHT[1:],
        "s2/first.ipynb": [RIGHT[0][0]],  # without metadata
        "s2/second (1).ipynb": [RIGHT[1][0]],
        "s2/second.ipynb": ["def second(x):\n    return 0"],
        "s3/first.ipynb": RIGHT[:1],
    }.items():
        (room.top / "in" / name).parent.mkdir(exist_ok=True)
        (room.top / "in" / name).write_bytes(notebook(cells))
        os.utime(room.top / "in" / name, (1_800_000_000, 1_800_000_000))
    room.grade(both)
    rows = room.rows()
    assert [scores(rows)[s, "test.second"] for s in ("s1", "s2", "s3")] == [(3, ""), (3, ""), (0, "MISSING")]
    assert [scores(rows)[s, "test.first"] for s in ("s1", "s2", "s3")] == [(3, "")] * 3
    assert rows["s2", "test.second"]["file"] == "s2/second (1).ipynb"
    assert "01_more" in rows["s3", "test.second"]["why"]


def test_a_later_file_that_cannot_be_read_does_not_cost_the_one_before(room):
    room.roster("s1", "s2", "s3")
    (room.top / "in" / "s1").mkdir()
    for number, (name, data) in enumerate({"crop.ipynb": notebook(RIGHT), "crop (1).ipynb": b'{"cells": [1,'}.items()):
        (room.top / "in" / "s1" / name).write_bytes(data)
        os.utime(room.top / "in" / "s1" / name, (1_800_000_000 + number,) * 2)
    (room.top / "in" / "s2.pdf").write_bytes(b"%PDF")
    room.grade()
    row = room.rows()["s1", "test.first"]
    assert (row["points"], row["file"]) == ("3", "s1/crop.ipynb")
    assert "crop (1).ipynb, handed in later, cannot be read: it is cut off" in row["attempt"]
    assert room.rows()["s2", "test.first"]["state"] == "UNREADABLE"
    assert room.rows()["s2", "test.first"]["why"] == "s2.pdf: it is no notebook (.ipynb)"


def test_the_row_speaks_of_a_broken_notebook_rather_than_of_what_lies_beside_it(tmp_path):
    room = Room(tmp_path)
    for name, data in {"s1/a.ipynb": notebook(RIGHT)[:-9], "s1/b.pdf": b"%PDF", "s2/c.pdf": b"%PDF"}.items():
        (room.top / "in" / name).parent.mkdir(exist_ok=True)
        (room.top / "in" / name).write_bytes(data)
    room.grade()
    whys = {id: room.rows()[id, "test.first"]["why"] for id in ("s1", "s2")}
    assert whys == {
        "s1": "s1/a.ipynb: it is cut off: the end of the file is missing",
        "s2": "s2/c.pdf: it is no notebook (.ipynb)",
    }


def test_what_was_typed_into_canvas_is_named_in_words(tmp_path):
    room = Room(tmp_path)
    for name in ("ekbo_12_text.html", "youngcy_13_link.html"):
        (room.top / "in" / name).write_bytes(b"<html>")
    (room.top / "roster.csv").write_text("id,name\nbo,Bo Ek\ncy,Cy Young\n")
    room.grade()
    whys = [room.rows()[id, "test.first"]["why"] for id in ("bo", "cy")]
    assert whys == [
        "ekbo_12_text.html: a text that was typed into Canvas, and no notebook",
        "youngcy_13_link.html: an address that was given to Canvas, and no notebook",
    ]


def test_the_row_says_by_what_attempts_of_unknown_time_are_ordered(room):
    late = time.mktime((2027, 2, 9, 12, 0, 0, 0, 0, -1))
    for name, cells in {"a": RIGHT, "b": RIGHT[:1], "c": RIGHT}.items():
        path = room.top / "in" / f"Bo Ek_12_assignsubmission_file/{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(notebook(cells))
        os.utime(path, (late, late))
    room.grade(due="2027-01-31 18:00", late="10")
    row = room.rows()["Bo Ek", "test.first"]
    words = "the last of 3 attempts, time unknown; ordered by the files' names, as their times are unknown"
    assert (row["attempt"], row["points"]) == (words, "3")


def test_work_that_may_be_a_group_s_stops_the_run_before_it_grades(room):
    names = ((11, "Lovelace, Ada"), (12, "Ek, Bo"), (13, "Young, Cy"), (14, "Fox, Dee"))
    rows = [f'"{name}",{number},,,A' for number, name in names]
    (room.top / "roster.csv").write_text("\n".join(["Student,ID,SIS User ID,SIS Login ID,Section", *rows]))
    (room.top / "groups.csv").write_text("canvas_user_id,group_name\n12,Owls\n13,Owls\n")
    for name in ("adalovelace_11_1_a.ipynb", "deefox_14_3_a.ipynb", "owls_12_2_a.ipynb"):
        (room.top / "in" / name).write_bytes(notebook(RIGHT))
    started = Here.started
    with pytest.raises(InputError, match="'owls' has the number of Ek, Bo, who has another name: it may be of a group"):
        room.grade()
    assert Here.started == started
    assert not (room.top / "out" / "grades.csv").exists()
    for groups, of_cy in ((room.top / "groups.csv", "owls_12_2_a.ipynb"), ("none", "")):
        room.grade(groups=groups)
        files = {id: row["file"] for (id, exercise), row in room.rows().items() if exercise == "test.first"}
        assert files == {
            "11": "adalovelace_11_1_a.ipynb",
            "12": "owls_12_2_a.ipynb",
            "13": of_cy,
            "14": "deefox_14_3_a.ipynb",
        }


def test_what_blackboard_writes_about_an_attempt_is_no_notebook(room):
    for name, data in {"_crop.ipynb": notebook(RIGHT), ".txt": b"Name: Ada (ada)"}.items():
        (room.top / "in" / f"w_ada_attempt_2027-01-30-10-20-30{name}").write_bytes(data)
    (room.top / "in" / "w_bo_attempt_2027-01-30-10-20-30.txt").write_bytes(b"Name: Bo (bo)")
    room.grade(due="2027-01-31")
    rows = room.rows()
    assert rows["ada", "test.first"]["attempt"] == "the only attempt, on time"
    assert rows["bo", "test.first"]["why"].endswith(": what Blackboard wrote about an attempt, and no notebook")


def test_one_of_something_is_one(tmp_path):
    room = Room(tmp_path).hand_in(s1=RIGHT, nobody=RIGHT).roster("s1")
    said = str(room.grade())
    assert "1 student, 2 answers;" in said
    assert "1 file belongs to nobody in the roster (see unmatched.csv): nobody.ipynb: " in said


def test_times_that_are_given_count(room):
    room.hand_in(ada=RIGHT, bo=RIGHT).roster("ada", "bo")
    (room.top / "times.csv").write_text("id,time\nada,2027-01-30 18:00\nbo,2027-02-03 18:00\n")
    made = room.grade(due="2027-01-31 18:00", late="10", times=room.top / "times.csv")
    rows = room.rows()
    assert (rows["ada", "test.first"]["points"], rows["bo", "test.first"]["points"]) == ("3", "2.1")
    assert "late (handed in 2027-02-03 18:00 by the file of times)" in rows["bo", "test.first"]["attempt"]
    assert made.timeless == ""


def test_lateness_is_looked_up_each_time_and_costs_no_run(room):
    room.hand_in(s1=RIGHT, s2=[(STUB.format(name="first"), "test.first"), RIGHT[1]])
    when = time.mktime((2027, 2, 2, 12, 0, 0, 0, 0, -1))
    for hours, name in enumerate(("s1", "s2")):
        os.utime(room.top / "in" / f"{name}.ipynb", (when + 3600 * hours,) * 2)
    room.grade()
    for late, expected in (("accept", (3, "")), ("10", (2.4, "")), ("refuse", (0, "LATE")), ("accept", (3, ""))):
        made = room.grade(due="2027-01-31 18:00", late=late)
        row = room.rows()["s1", "test.first"]
        assert (float(row["points"]), row["state"]) == expected
        assert made.ran == 0 or late == "accept"
        assert "2027-01-31 18:00" in made.rule
        assert "1 day and 18 hours late" in row["attempt"] + row["why"]
    assert made.ran == 4  # what was refused is not kept


S = STUB.format(name="first")
WRITTEN, OTHER, BROKEN = (
    "def first(x):\n    return 2 * x",
    "def first(x):\n    return 0",
    "def first(x)\n    return 2 * x",
)
CELLS = {
    # name: (cells as (source, grade_id), points, state, words of why)
    "by its id": ([(WRITTEN, "test.first")], 3, "", "all 3 cases"),
    "metadata lost": ([(WRITTEN, None)], 3, "", "matched by name: no cell has its id"),
    "in another cell, the stub left": ([(S, "test.first"), (WRITTEN, None)], 3, "", "not written in its own cell"),
    "its own cell emptied": ([("", "test.first"), (WRITTEN, None)], 3, "", "matched by name"),
    "duplicated, the last counts": ([(OTHER, "test.first"), (WRITTEN, "test.first")], 3, "", "2 cells have its id"),
    "duplicated, the last is the stub": ([(WRITTEN, "test.first"), (S, "test.first")], 3, "", "2 cells have its id"),
    "duplicated, the last is broken": ([(WRITTEN, "test.first"), (BROKEN, "test.first")], 3, "", "2 cells"),
    "defined twice, without metadata": ([(OTHER, None), (WRITTEN, None)], 3, "", "2 cells define it"),
    "a lambda": ([("first = lambda x: 2 * x", "test.first")], 3, "", "all 3 cases"),
    "a helper in another cell": (
        [("def two():\n    return 2", None), ("def first(x):\n    return two() * x", None)],
        3,
        "",
        "",
    ),
    "the stub": ([(S, "test.first")], 0, "NOT WRITTEN", "handed out"),
    "the stub with remarks": ([(S + "  # help\n\n# ?", "test.first")], 0, "NOT WRITTEN", "handed out"),
    "the stub without metadata": ([(S, None)], 0, "NOT WRITTEN", "handed out"),
    "not implemented": ([("def first(x):\n    raise NotImplementedError", None)], 0, "NOT WRITTEN", "not written"),
    "broken": ([(BROKEN, "test.first")], 0, "SYNTAX ERROR", "line 1: expected ':'"),
    "broken, without metadata": ([(BROKEN, None)], 0, "SYNTAX ERROR", "line 1"),
    "deleted": ([("def other(x):\n    return 1", None)], 0, "ABSENT CELL", "no cell with the id test.first, and none"),
    "renamed": ([("def frist(x):\n    return 2 * x", "test.first")], 0, "ABSENT CELL", "does not define first"),
    "hanging": ([("def first(x):\n    while True:\n        pass", "test.first")], 0, "TIMEOUT", "within 5 seconds"),
    "ending": ([("def first(x):\n    import os\n    os._exit(0)", "test.first")], 0, "STOPPED", "os._exit"),
    "partly right": ([("def first(x):\n    return 0 * x", "test.first")], 1, "", "1 of 3 cases"),
    "another's name in a string": ([('text = """\ndef first"""', None)], 0, "ABSENT CELL", "does not define"),
}


@pytest.mark.parametrize("name", CELLS)
def test_the_cell_of_an_answer(name):
    cells, points, state, words = CELLS[name]
    sandbox = Here()
    question = Question.of(BOTH, BOTH.exercises[0], sandbox)
    given = [Cell(place, source, grade_id or "") for place, (source, grade_id) in enumerate(cells)]
    marked = mark(question, given, sandbox)
    assert (marked.points, marked.state) == (points, state), marked
    assert words in f"{marked.why}; {marked.matched}"


def test_nothing_that_was_handed_in_is_compiled_by_the_grader(monkeypatch):
    import ast
    import builtins

    task = BOTH.exercises[0]
    for module, name in ((ast, "parse"), (builtins, "compile"), (builtins, "eval"), (builtins, "exec")):
        monkeypatch.setattr(module, name, lambda *a, **k: pytest.fail("compiled"))
    found = places(task, [Cell(0, WRITTEN, "test.first"), Cell(1, "-" * 9999, ""), Cell(2, S, "")])
    assert [place.cell.place for place in found] == [0, 2]


def test_without_an_oracle_the_reference_says_what_is_wanted(room):
    room.hand_in(s1=RIGHT, s2=[("def first(x):\n    return x", "test.first")])
    room.grade(bundle_of(an_exercise("first", oracle=None)))
    assert scores(room.rows()) == {("s1", "test.first"): (3, ""), ("s2", "test.first"): (1, "")}
    bad = bundle_of(an_exercise("first", oracle=None))
    (task,) = bad.exercises
    broken = Task(task.exercise, {}, 3, "00_test", task.stub, "def fist(x): pass")
    with pytest.raises(GradeError, match=r"reference of test\.first"):
        room.grade(Bundle(bad.cohort, "test", (broken,)))


# --- points by hand -----------------------------------------------------------------------------------------


def test_points_by_hand_survive_and_are_final(room):
    room.hand_in(s1=RIGHT, s2=[]).roster("s1", "s2", "s3")
    for hour, path in enumerate((room.top / "in").iterdir(), 11):
        os.utime(path, (time.mktime((2030, 1, 2, hour, 0, 0, 0, 0, -1)),) * 2)
    room.grade(due="2030-01-01", late="50")
    by_hand = room.top / "out" / "overrides.csv"
    text = "student;exercise;points;comment\ns1;test.first;2,5;neat, but slow\nName of s3;test.second;1;by mail\n"
    by_hand.write_text(text + "s2;test.first;;come and see me\nghost;test.first;1;\ns1;test.second;4;bonus\n")
    for _ in range(2):
        made = room.grade(due="2030-01-01", late="50")
        assert made.ran == 0
    assert by_hand.read_text().startswith(text)
    rows = room.rows()
    assert rows["s1", "test.first"]["points"] == "2.5"  # nothing off for lateness
    assert rows["s1", "test.first"]["comment"] == "neat, but slow"
    assert rows["s1", "test.first"]["why"].startswith("given by hand, instead of 1.5; all 3 cases pass")
    assert (rows["s3", "test.second"]["points"], rows["s3", "test.second"]["state"]) == ("1", "MISSING")
    assert (rows["s2", "test.first"]["points"], rows["s2", "test.first"]["comment"]) == ("0", "come and see me")
    assert rows["s1", "test.second"]["points"] == "4"
    assert any("'ghost' is nobody" in remark for remark in made.remarks)
    assert any("4 points" in remark for remark in made.remarks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,exercise,points,comment\ns1,test.third,1,\n", "line 2.*test.third.*test.first"),
        ("student,exercise,points,comment\ns1,test.first,lots,\n", "line 2.*lots"),
        ("student,exercise,points,comment\ns1,test.first,-1,\n", "line 2.*-1"),
        ("who,what\ns1,1\n", "first line"),
    ],
)
def test_overrides_that_cannot_be_meant_are_refused_before_anything_is_run(room, text, words):
    room.hand_in(s1=RIGHT)
    (room.top / "by hand.csv").write_text(text)
    with pytest.raises(OverridesError, match=words):
        room.grade(overrides=room.top / "by hand.csv")
    assert not (room.top / "out").exists()
    with pytest.raises(OverridesError, match="cannot be read"):
        room.grade(overrides=room.top / "none.csv")


def test_what_is_printed_says_where_everything_is(room):
    room.hand_in(s1=RIGHT, ghost=RIGHT).roster("s1", "s2")
    text = str(room.grade(due="2030-01-01"))
    for words in ("2 students, 4 answers", "2 MISSING", "ghost.ipynb", "due 2030-01-01", "grades.csv", "feedback/"):
        assert words in text


def test_known_answers_come_out_of_their_files_whole():
    for id in SIX:
        for answer in known(id):
            compile(source_of(answer), answer.label, "exec")
