"""Bundles of earlier versions stay gradable: tests/course/bundles/ holds one of all exercises, and a lecturer's own.

autumn-2026.zip was made by ``unet-edu course release`` at commit a4eaa7c, before the exercises had a file each;
autumn-2026.json has SHA-256 of each exercise's hidden cases, computed there. Thirteen exercises are newer: in one of
their cases a known mistake was right by coincidence, and the cases are those that are now drawn instead
(`judging.telling`). In five more the words for a case are plainer; their arguments are those of then. What was graded
before keeps its points as long as its results are kept.
"""

import hashlib
import json
from pathlib import Path

import pytest
from classkit import Here, notebook

from unet_edu.course import registry, values
from unet_edu.course.assignment.bundle import Bundle
from unet_edu.course.grading.mark import Question, mark
from unet_edu.course.submissions.notebook import cells_of

OLD = Path(__file__).parents[1] / "bundles" / "autumn-2026.zip"
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def bundle():
    read = Bundle.read(OLD)
    yield read
    registry.forget("own.legal")


def digest(cases) -> str:
    said = values.dumps([[case.args, case.says, case.points] for case in cases])
    return hashlib.sha256(said if isinstance(said, bytes) else said.encode()).hexdigest()[:16]


def test_it_holds_every_exercise_that_there_was(bundle):
    ids = {task.id for task in bundle.exercises}
    assert len(ids) == 63
    assert ids <= {exercise.id for exercise in registry.everything()}


def test_the_hidden_cases_are_those_of_then(bundle):
    then = json.loads(OLD.with_suffix(".json").read_text())
    assert {task.id: digest(bundle.hidden_cases(task)) for task in bundle.exercises} == then


def test_its_references_get_all_points_and_its_stubs_none(bundle):
    sandbox = Here()
    for task in bundle.exercises:
        question = Question.of(bundle, task, sandbox)
        for source, points in ((task.reference, task.points), (task.stub, 0)):
            (cell,) = cells_of(notebook([(source, task.id)]))
            marked = mark(question, [cell], sandbox)
            assert marked.points == points, (task.id, marked.why)


@pytest.mark.isolation
def test_its_references_get_all_points_behind_walls(bundle):
    from unet_edu.course.sandbox.sandbox import Sandbox

    with Sandbox() as sandbox:
        for task in bundle.exercises:
            (cell,) = cells_of(notebook([(task.reference, task.id)]))
            marked = mark(Question.of(bundle, task, sandbox), [cell], sandbox)
            assert (marked.points, marked.state) == (task.points, ""), (task.id, marked.why)
