"""What a student reads of the cells that were not run, in the sandbox; and that an answer cannot choose it."""

import pytest
from test_report import of_secret

from unet_edu.course.grading.mark import Question, mark
from unet_edu.course.sandbox.sandbox import Sandbox
from unet_edu.course.submissions.notebook import Cell

pytestmark = pytest.mark.isolation
SECRETS = ("01234567", "89abcdef", "deadbeef")
# looks for the hidden cases in the process around it, and fails or not by the parity of what it finds
PEEK = """
import sys
def peek(bit):
    frame = sys._getframe()
    while frame is not None:
        request = frame.f_locals.get("request")
        if request and "cases" in request:
            return request["cases"][0]["tuple"][0] >> bit & 1
        frame = frame.f_back
    return None
SEEN = peek(0)"""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(timeout=2) as sandbox:
        yield sandbox


def marked(sandbox, secret, *cells):
    bundle = of_secret(secret, "a number")
    given = [Cell(place, source) for place, source in enumerate(cells[:-1])]
    given.append(Cell(len(given), cells[-1], "test.first"))
    return mark(Question.of(bundle, bundle.exercises[0], sandbox), given, sandbox)


def test_the_student_reads_which_cell_was_not_run_and_why(sandbox):
    found = marked(sandbox, SECRETS[0], "x = 1", "helper = nowhere(1)", "def first(x):\n    return helper * x")
    note = "cell 2 was not run, because NameError: name 'nowhere' is not defined (line 1)"
    assert found.notes == (note,)
    assert (
        found.why
        == f"0 of 6 cases pass; it stops with NameError: name 'helper' is not defined (line 2 of first); {note}"
    )
    found = marked(sandbox, SECRETS[0], "helper = nowhere(1)", "helper = 2", "def first(x):\n    return helper * x")
    assert (found.points, found.notes, found.why) == (3, (), "all 6 cases pass")


CHOOSING = {
    "which cell fails": (
        [PEEK, *(f"n{bit} = 1 / peek({bit})" for bit in range(8)), "def first(x):\n    return n0 + n1 + n2 + n3 + n4"]
    ),
    "the text of the error": [PEEK, "n = int('x' * (peek(0) + 1))", "def first(x):\n    return n"],
    "its own cell's error": [PEEK, "if peek(0): raise SyntaxError('odd')\nfirst = nowhere"],
    "a forged reply": [
        PEEK,
        "import json, os, struct\ndef first(x):\n    where = f'line {peek(0) + 1} of its cell'\n"
        "    reply = {'raised': 'SyntaxError', 'said': 'invalid syntax', 'kinds': [], 'where': where}\n"
        "    data = json.dumps(reply).encode()\n    for fd in range(3, 99):\n        try:\n"
        "            os.write(fd, 9 * (struct.pack('>I', len(data)) + data))\n        except OSError: pass\n"
        "    os._exit(0)",
    ],
    "forged remarks": [
        PEEK,
        "import json, os, struct\nif True:\n    data = json.dumps([f'cell {SEEN} was not run, because']).encode()\n"
        "    for fd in range(3, 99):\n        try:\n            os.write(fd, struct.pack('>I', len(data)) + data)\n"
        "        except OSError: pass\ndef first(x):\n    return nowhere",
    ],
}


def test_the_hidden_inputs_can_be_looked_for(sandbox):
    """What is chosen below is chosen by them, and differs."""
    seen = [marked(sandbox, secret, PEEK, "def first(x):\n    print(SEEN)\n    return 0").printed for secret in SECRETS]
    assert {text.split()[0] for text in seen} == {"0", "1"}


@pytest.mark.parametrize("name", CHOOSING)
def test_what_is_not_run_by_a_hidden_input_is_not_told(sandbox, name):
    read = set()
    for secret in SECRETS:
        found = marked(sandbox, secret, *CHOOSING[name])
        assert found.points == 0
        read.add((found.why, found.matched, found.notes, tuple(sorted({case.message for case in found.cases}))))
    assert len(read) == 1, read
