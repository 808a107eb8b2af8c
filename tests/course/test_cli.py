"""`unet-edu course`: what a lecturer types, and what is said of a mistake. (The page's own commands: test_teaching.)"""

import subprocess
import sys
from functools import partial

import pytest
from bookkit import BIN, ROOT
from clikit import type_command

from unet_edu.course import cli
from unet_edu.course.assignment import release as release_module
from unet_edu.course.assignment.bundle import Bundle
from unet_edu.course.grading import grade as grade_module
from unet_edu.course.registry import everything, find, forget

OWN = [str(ROOT / "book" / "own" / name) for name in ("legal.py", "legal.md")]


@pytest.fixture
def type_(capsys):
    """Function that runs a command and returns (exit status, standard output, standard error)."""
    return partial(type_command, capsys, cli.main, "course")


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    """The folder of a released assignment, of the exercise that the page gives as an example."""
    out = tmp_path_factory.mktemp("released") / "week1"
    assert cli.main(["course", "release", "-o", str(out), "--cohort", "autumn 2027", "--private", *OWN]) == 0
    yield out
    forget("own.legal")


# --- exercises ---------------------------------------------------------------------------------------


def test_exercises_are_listed_with_what_they_are_worth(type_):
    status, out, _ = type_("exercises")
    assert status == 0
    book = [each for each in everything() if each.id != "own.legal"]
    for each in book:
        (line,) = [line for line in out.splitlines() if line.split()[:1] == [each.id]]
        assert f" {each.name} " in line
        assert f"{each.points} points" in line
        assert f"{each.minutes} minutes" in line
        assert line.endswith(f"changes: {', '.join(each.book)}" if each.book else "minutes")


@pytest.mark.parametrize("word", ["05_skips", "5", "05", "skips", "book/05_skips.md", "05_skips.ipynb"])
def test_a_chapter_may_be_called_in_several_ways(type_, word):
    status, out, _ = type_("exercises", word)
    assert status == 0
    assert out.startswith("05_skips\n")
    assert out.splitlines()[-1].startswith("4 exercises, ")


def test_a_chapter_named_twice_is_listed_once_and_the_order_is_that_of_the_words():
    assert cli.chapters_named(["skips", "3", "5"]) == ["05_skips", "03_arithmetic"]


@pytest.mark.parametrize("word", ["77", "skip", "", "."])
def test_a_chapter_that_there_is_not_is_a_mistake_told_in_one_line(type_, word):
    status, out, err = type_("exercises", word)
    assert (status, out) == (2, "")
    assert err.startswith("unet-edu: there are no exercises of chapter")
    assert "05_skips" in err
    assert err.count("\n") == 1


# --- release -----------------------------------------------------------------------------------------


def test_release_writes_an_assignment(assignment, capsys):
    bundle = Bundle.read(assignment / "bundle.zip")
    assert bundle.cohort.name == "autumn 2027"
    assert [task.id for task in bundle.exercises] == ["own.legal"]
    assert (assignment / "student" / "legal.ipynb").is_file()
    assert (assignment / "instructor" / "legal.ipynb").is_file()


def test_release_says_what_may_be_published(type_, tmp_path):
    status, out, err = type_("release", "-o", tmp_path / "w", "--cohort", "spring", "--private", *OWN)
    assert (status, err) == (0, "")
    publish, keep = out.split("Never to publish:")
    assert "student" in publish.split("To hand out or publish:")[1]
    assert "bundle.zip" in keep
    assert "instructor" in keep
    forget("own.legal")


def test_release_again_keeps_the_secret_and_another_cohort_s_is_not_lost(type_, assignment):
    before = Bundle.read(assignment / "bundle.zip").cohort
    status, out, _ = type_("release", "-o", assignment, "--cohort", "autumn 2027", "--private", *OWN)
    assert status == 0
    assert Bundle.read(assignment / "bundle.zip").cohort == before
    status, out, err = type_("release", "-o", assignment, "--cohort", "spring 2028", "--private", *OWN)
    assert (status, out) == (2, "")
    assert "another folder" in err
    assert Bundle.read(assignment / "bundle.zip").cohort == before


def test_release_hands_everything_on(monkeypatch, type_, tmp_path):
    called = {}
    monkeypatch.setattr(release_module, "release", lambda *args, **options: called.update(options, args=args))
    words = ["5", "arithmetic", "-o", tmp_path, "--cohort", "x", "--exercise", "crop.centre", "crop.blame"]
    words += ["--private", "a.py", "--private", "b.md", "--book", "there", "--again", "old.zip"]
    assert type_("release", *words)[0] == 0
    assert called["args"] == (["05_skips", "03_arithmetic"], tmp_path)
    assert called["exercises"] == ("crop.centre", "crop.blame")
    assert [path.name for path in called["private"]] == ["a.py", "b.md"]
    assert (called["cohort"], called["book"].name, called["again"].name) == ("x", "there", "old.zip")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["skips", "--cohort", "x"], "-o"),
        (["skips", "-o", "w"], "--cohort"),
        (["-o", "w", "--cohort", "x"], "exercise"),
        (["-o", "w", "--cohort", "x", "--private", "nothing.py"], "nothing.py: No such file"),
        (["-o", "w", "--cohort", " ", "--private", *OWN], "name"),
        (["5", "-o", "w", "--cohort", "x", "--book", "."], "make book"),
        (["5", "-o", "w", "--cohort", "x", "--exercises", "crop.centre"], "--exercises"),
    ],
)
def test_a_mistake_in_release_is_told_and_nothing_is_written(type_, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    status, _, err = type_("release", *words)
    assert status == 2
    assert said in err
    assert list(tmp_path.iterdir()) == []


# --- grade -------------------------------------------------------------------------------------------


def test_grade_hands_everything_on(monkeypatch, type_, tmp_path, assignment):
    called = {}
    monkeypatch.setattr(grade_module, "grade", lambda *args, **options: called.update(options, args=args))
    words = [assignment / "bundle.zip", "handed.zip", "-o", tmp_path, "--roster", "class.csv", "--jobs", "3"]
    words += ["--timeout", "2.5", "--memory", "0.5", "--only", "own.legal", "--due", "2027-03-01 18:00"]
    words += ["--late", "10%-a-day", "--attempts", "first", "--overrides", "o.csv", "--unsafe", "--progress"]
    words += ["--assignment", "Week 3 homework (4711)", "--scheduler", "tls://there:8786"]
    words += ["--groups", "groups.csv", "--times", "times.csv"]
    assert type_("grade", *words)[0] == 0
    bundle, submissions, out = called.pop("args")
    assert (bundle.title, submissions.name, out) == ("legal", "handed.zip", tmp_path)
    assert called.pop("roster").name == "class.csv"
    assert called.pop("overrides").name == "o.csv"
    assert called.pop("groups").name == "groups.csv"
    assert called.pop("times").name == "times.csv"
    assert called == {
        "scheduler": "tls://there:8786",
        "jobs": 3,
        "timeout": 2.5,
        "memory": 2**29,
        "only": ("own.legal",),
        "due": "2027-03-01 18:00",
        "late": "10%-a-day",
        "assignment": "Week 3 homework (4711)",
        "attempts": "first",
        "unsafe": True,
        "progress": True,
    }


def test_grade_s_defaults_are_those_of_the_function(monkeypatch, type_, tmp_path, assignment):
    import inspect

    defaults = {name: each.default for name, each in inspect.signature(grade_module.grade).parameters.items()}
    called = {}
    monkeypatch.setattr(grade_module, "grade", lambda *args, **options: called.update(options))
    assert type_("grade", assignment / "bundle.zip", "x", "-o", tmp_path)[0] == 0
    assert called.pop("progress") is False, "no bar where there is no terminal"
    assert 1 <= called.pop("jobs") <= cli.JOBS, "as many as there are cores"
    assert called == {name: defaults[name] for name in called}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.zip", "x", "-o", "g"], "nothing.zip: No such file"),
        (["notes.txt", "x", "-o", "g"], "not a bundle"),
        (["BUNDLE", "x", "-o", "g"], "x: no such folder"),
        (["BUNDLE", "x"], "-o"),
        (["BUNDLE", "handed", "-o", "g", "--roster", "none.csv"], "none.csv"),
        (["BUNDLE", "handed", "-o", "g", "--due", "Monday"], "'Monday' is no time"),
        (["BUNDLE", "handed", "-o", "g", "--late", "maybe"], "'maybe' is none of"),
        (["BUNDLE", "handed", "-o", "g", "--only", "own.illegal"], "'own.illegal' is not in this assignment"),
        (["BUNDLE", "handed", "-o", "g", "--overrides", "none.csv"], "none.csv"),
        (["BUNDLE", "handed", "-o", "handed/g"], "within the submissions"),
        (["BUNDLE", "handed", "-o", "g", "--jobs", "0"], "--jobs"),
        (["BUNDLE", "handed", "-o", "g", "--timeout", "-1"], "--timeout"),
        (["BUNDLE", "handed", "-o", "g", "--memory", "much"], "--memory"),
        (["BUNDLE", "handed", "-o", "g", "--time", "3"], "--time"),
    ],
)
def test_a_mistake_in_grade_is_told_and_nothing_is_written(type_, tmp_path, monkeypatch, assignment, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed" / "ada").mkdir(parents=True)
    (tmp_path / "handed" / "ada" / "legal.ipynb").write_text('{"cells": []}')
    (tmp_path / "notes.txt").write_text("no bundle")
    status, out, err = type_("grade", *(assignment / "bundle.zip" if word == "BUNDLE" else word for word in words))
    assert (status, out) == (2, "")
    assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["handed", "notes.txt"]


def test_without_isolation_grade_says_what_to_install(type_, tmp_path, monkeypatch, assignment):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed").mkdir()
    notebook = (assignment / "student" / "legal.ipynb").read_text("utf-8").replace("NotImplementedError", "KeyError")
    (tmp_path / "handed" / "ada.ipynb").write_text(notebook, encoding="utf-8")
    status, out, err = type_("grade", assignment / "bundle.zip", "handed", "-o", "g")
    assert (status, out) == (2, "")
    assert "apt install bubblewrap" in err
    assert "Dockerfile" in err


def test_unsafe_says_what_is_at_risk_and_grades(type_, tmp_path, assignment):
    handed = tmp_path / "handed"
    handed.mkdir()
    notebook = (assignment / "student" / "legal.ipynb").read_text("utf-8").replace("NotImplementedError", "KeyError")
    (handed / "ada.ipynb").write_text(notebook, encoding="utf-8")
    status, out, err = type_("grade", assignment / "bundle.zip", handed, "-o", tmp_path / "g", "--jobs", 1, "--unsafe")
    assert status == 0
    assert err.startswith("warning: ")
    assert "the bundle's secret" in err
    assert "1 student, 1 answer; 1 run" in out
    assert "KeyError" in (tmp_path / "g" / "grades.csv").read_text("utf-8-sig")


def test_ctrl_c_ends_without_a_traceback(type_, monkeypatch, tmp_path, assignment):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(grade_module, "grade", interrupted)
    status, _, err = type_("grade", assignment / "bundle.zip", "x", "-o", tmp_path)
    assert status == 130
    assert "the same command goes on" in err


# --- the program -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["course"], ["course", "exercises"], ["course", "release"], ["course", "grade"]])
def test_help_is_there_and_fits_the_screen(words, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([*words, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 120
    for action in ("release", "grade") if words == ["course"] else ():
        assert action in out


def test_without_a_command_it_says_which_there_are(capsys):
    for words, said in (([], "course"), (["course"], "release")):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        assert end.value.code == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("program", [[BIN / "unet-edu"], [sys.executable, "-m", "unet_edu.course.cli"]])
def test_it_is_a_program(program, tmp_path):
    done = subprocess.run([*program, "course", "exercises", "skips"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert find("crop.centre").name in done.stdout
    wrong = subprocess.run([*program, "course", "exercises", "snips"], cwd=tmp_path, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_a_reader_that_stops_early_sees_no_traceback():
    done = subprocess.run(
        f'"{sys.executable}" -u -m unet_edu.course.cli course exercises | head -1',
        shell=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
