"""grading/mark.py: the whole sentence for each way in which the sandbox stops an answer. Points: tests of grade.py."""

import pytest
from classkit import SECRET, a_bundle, notebook

from unet_edu.course.grading.mark import NOT_GRADED, STOPPED, TIMEOUT, Question, mark
from unet_edu.course.sandbox.messages import Answer
from unet_edu.course.submissions.notebook import cells_of

BUNDLE = a_bundle(("crop.ladder",), secret=SECRET)
(TASK,) = BUNDLE.exercises
SOURCE = "def crops(depth, kernel=3):\n    return depth\n"


class Stopping:
    """A sandbox in which every call of an answer is stopped for one reason."""

    def __init__(self, why, memory=2**31):
        self.why, self.limits = why, {"seconds": 5, "memory": memory}

    def run(self, *, args, **answer):
        if isinstance(self.why, Exception):
            raise self.why
        return Answer([{"stopped": self.why}] * len(args), lost=self.why == "lost")


def marked(sandbox, **options):
    (cell,) = cells_of(notebook([(SOURCE, TASK.id)]))
    return mark(Question.of(BUNDLE, TASK, sandbox), [cell], sandbox, **options)


@pytest.mark.parametrize(
    ("why", "options", "memory", "state", "sentence"),
    [
        ("time", {}, 2**31, TIMEOUT, "no result within 5 seconds: does a loop ever end?"),
        ("time", {"timeout": 0.5}, 2**31, TIMEOUT, "no result within 0.5 seconds: does a loop ever end?"),
        ("memory", {}, 2**31, STOPPED, "it needs more memory than the 2 GiB that there are for it"),
        ("memory", {}, 2**28, STOPPED, "it needs more memory than the 0.25 GiB that there are for it"),
        ("output", {}, 2**31, STOPPED, "it prints, or returns, more than is allowed"),
        ("exit", {}, 2**31, STOPPED, "it ends its own process: os._exit, a crash, or a signal"),
    ],
)
def test_the_sentence_for_an_answer_that_is_stopped(why, options, memory, state, sentence):
    found = marked(Stopping(why, memory), **options)
    assert (found.state, found.points) == (state, 0)
    assert {case.message for case in found.cases} == {sentence}
    assert sentence in found.why


@pytest.mark.parametrize(
    ("why", "state", "trouble"),
    [
        ("lost", STOPPED, "it ended, or did not answer"),
        (OSError("no space left"), NOT_GRADED, "OSError: no space left"),
    ],
)
def test_the_sentence_for_a_sandbox_that_fails(why, state, trouble):
    found = marked(Stopping(why))
    assert (found.state, found.points, found.lasting) == (state, 0, False)
    assert found.why == f"the sandbox failed twice while it ran this ({trouble}); run the command again"
