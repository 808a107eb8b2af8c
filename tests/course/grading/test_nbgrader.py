"""A release under real nbgrader: what it makes of the notebooks, and that it gives the points that `grade` gives.

The commands are those of the page *Teaching with this book*, typed by one person who is lecturer and student in turn.
"""

import csv

import nbformat
import pytest
from bookkit import ROOT
from nbgraderkit import Course
from pagekit import consoles

from unet_edu.course.registry import find, forget
from unet_edu.course.sandbox.sandbox import why_unavailable

pytestmark = pytest.mark.weekly
RELEASE = 'unet-edu course release skips -o week3 --cohort "autumn 2027" --private own/legal.py own/legal.md'
HALF = {
    "crop.centre": "reference",
    "crop.ladder": "def crops(depth, kernel=3):\n    return (4,) if depth == 1 else ()",
    "crop.shift": "stub",
    "crop.blame": "import sys\nprint('watch', file=sys.stderr)\ndef blame(size):\n    print(size)\n    return None",
    "own.legal": "import sys\ndef count_legal(low, high):\n    print('seen', low, high, file=sys.stderr)\n    return 1",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """All commands of the page's section, with three students who hand in."""
    assert (ROOT / "_build" / "notebooks" / "source" / "05_skips.ipynb").is_file(), "type 'make book' first"
    course = Course(tmp_path_factory.mktemp("hub"))
    with course.shell:
        course.type(RELEASE)
        release, collect, behind_walls = consoles("hub")
        course.type_all(release)
        ids = [task.id for task in course.bundle.exercises]
        course.hand_in("ada", dict.fromkeys(ids, "reference"))
        course.hand_in("bo", HALF)
        course.hand_in("cy", {id: f"def {find(id).name}(*_):\n    return 'wrong'" for id in ids})
        course.type_all(collect)
        course.behind_walls = behind_walls
        yield course
    forget("own.legal")


def test_nbgrader_makes_our_student_notebooks_of_our_instructor_notebooks(course):
    def cells(path):
        notebook = nbformat.read(path, 4)
        marks = ("grade", "grade_id", "locked", "points", "solution", "task")
        kept = [
            (cell.cell_type, cell.source, [(cell.metadata.get("nbgrader") or {}).get(mark) for mark in marks])
            for cell in notebook.cells
        ]
        assert [cell for cell in kept if cell[0] == "code"]
        return kept

    assert course.notebooks == ["05_skips.ipynb", "legal.ipynb"]
    unet = course.folder / "unet"
    header = cells(unet / "source" / "header.ipynb")  # of quickstart's making
    for name in course.notebooks:
        theirs = cells(unet / "release" / "week3" / name)
        assert theirs == header + cells(course.folder / "week3" / "student" / name)


def test_a_right_answer_gets_all_points_and_a_wrong_one_none(course):
    worth = {task.id: task.points for task in course.bundle.exercises}
    assert course.points["ada"] == worth
    assert set(course.points["cy"].values()) == {0}


def test_a_half_right_one_gets_its_share_whatever_it_prints(course):
    """Text on stderr would cost all points under nbgrader, if `score` let it through."""
    half = course.points["bo"]
    assert half["crop.centre"] == course.bundle.task("crop.centre").points
    assert half["crop.shift"] == 0
    assert 0 < half["crop.blame"] < course.bundle.task("crop.blame").points
    assert 0 < half["own.legal"] < course.bundle.task("own.legal").points


@pytest.mark.skipif(bool(why_unavailable()), reason="no sandbox here")
def test_the_points_are_those_of_our_own_grader(course):
    course.type_all(course.behind_walls)
    with (course.folder / "week3" / "hub" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    ours = {(row["student"], row["exercise"]): float(row["points"]) for row in rows if row["exercise"]}
    theirs = {(student, id): score for student, scores in course.points.items() for id, score in scores.items()}
    assert ours == pytest.approx(theirs)


def test_feedback_shows_no_secret_and_no_hidden_input(course):
    pages = list((course.folder / "unet" / "feedback").rglob("*.html"))
    assert len(pages) == 3 * len(course.notebooks)
    for page in pages:
        text = page.read_text("utf-8")
        assert ">score</span>" in text, "nbgrader shows the hidden tests; they hold nothing worth hiding"
        assert course.bundle.cohort.secret not in text
        for task in course.bundle.exercises:
            assert course.bundle.cohort.seed(task.id) not in text
    (bo,) = [page for page in pages if page.parts[-3] == "bo" and page.stem == "legal"]
    for case in course.bundle.hidden_cases(course.bundle.task("own.legal")):
        assert f"seen {case.args[0]} {case.args[1]}" not in bo.read_text("utf-8")


def test_nbgrader_exports_the_totals(course):
    with (course.folder / "unet" / "grades.csv").open(newline="") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert totals["ada"] == sum(task.points for task in course.bundle.exercises)
    assert totals["bo"] == pytest.approx(sum(course.points["bo"].values()))
