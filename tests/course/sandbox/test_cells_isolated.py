"""What is run of other cells in the sandbox: within a deadline of its own, and told where it is not."""

import multiprocessing
import os
import time

import pytest
from test_sandbox import CASES, FIRST, RIGHT_FIRST, points

from unet_edu.course.evaluate import outcome_of
from unet_edu.course.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.isolation
ANSWER = "def first(x):\n    return helper(2) * x"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(timeout=1, memory=2**29) as sandbox:
        yield sandbox


def run(sandbox, *cells, **options):
    return sandbox.run(cells=cells, exercise_id=FIRST, args=CASES, **options)


HELPERS = {
    "partial": ["import functools\nhelper = functools.partial(max, 1)"],
    "vectorize": ["import numpy as np", "helper = lambda n: float(np.vectorize(abs)(n))"],
    "range": ["numbers = range(5)", "helper = lambda n: numbers[n]"],
    "torch.tensor": ["import torch", "two = torch.tensor(2)", "helper = lambda n: two"],
    "dict": ["numbers = dict(two=2)", "helper = lambda n: numbers['two']"],
    "try: import": ["try:\n    import no_such_module as helper\nexcept ImportError:\n    helper = abs"],
    "if True": ["if True:\n    def helper(n):\n        return n"],
    "with": ["import torch\nwith torch.no_grad():\n    two = torch.ones(1) * 2", "helper = lambda n: float(two)"],
    "a table": ["table = {}\nfor n in range(5):\n    table[n] = n", "helper = table.get"],
    "magics": ["%%time\nimport functools\n!ls\nhelper = functools.partial(max, 1)\nhelper?\nfiles = !ls"],
    "beside a training loop": ["helper = abs\nfor epoch in iter(int, 1):\n    pass\nwhile True: pass"],
}


@pytest.mark.parametrize("name", HELPERS)
def test_helpers_made_by_calls_are_there(sandbox, name):
    answer = run(sandbox, *HELPERS[name], ANSWER)
    assert points(answer) == 3, answer
    assert answer.notes == []


def test_what_is_not_run_is_named_with_its_reason(sandbox):
    start = time.monotonic()
    answer = run(sandbox, "x = 1", "\nhelper = [n for n in iter(int, 1)]", "helper = abs", "broken = (", ANSWER)
    assert points(answer) == 3  # of the cell below that one
    assert answer.notes == [
        "cell 2 was not run, because it takes too long (line 2)",
        "cell 4 cannot be read: '(' was never closed (line 1)",
    ]
    assert time.monotonic() - start < 5
    answer = run(sandbox, "helper = nowhere(1)", "print(3)\nother = helper", ANSWER)
    assert outcome_of(answer.outcomes[0]).said == "name 'helper' is not defined"
    assert answer.notes == ["cell 1 was not run, because NameError: name 'nowhere' is not defined (line 1)"]
    answer = run(sandbox, "def helper(n)\n    return n", ANSWER)
    assert answer.notes == ["cell 1 was not run, because it cannot be read: expected ':' (line 1)"]
    answer = run(sandbox, f"two = nowhere\n{RIGHT_FIRST.replace('2 *', 'two *')}")
    assert answer.notes == ["line 1 of its cell was not run, because NameError: name 'nowhere' is not defined"]


TRAPS = {
    "ends the process": "import os\nhelper = os._exit(0)",
    "hears no deadline": (
        "import signal\nif True:\n    for each in (signal.SIGPROF, signal.SIGALRM):\n"
        "        signal.signal(each, signal.SIG_IGN)\n    while True:\n        helper = 3"
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_statement_that_cannot_be_stopped_costs_what_calls_something(sandbox, trap):
    """It is ended from outside, and the definitions of the other cells are there all the same."""
    answer = run(sandbox, TRAPS[trap], "two = 2", "def first(x):\n    return (helper if 0 else two) * x")
    assert points(answer) == 3
    assert answer.notes == ["cell 1 was not run, because it takes too long, or ends the process"]


def test_a_definition_that_ends_the_process_costs_the_other_cells(sandbox):
    trap = "import os\nclass helper:\n    os._exit(0)"
    answer = run(sandbox, trap, "def first(x):\n    return 2 * x if len(x) else helper")
    assert points(answer) == 3
    assert answer.notes == ["what is not in its cell was not run, because it takes too long, or ends the process"]


def test_what_a_notebook_has_exists_and_does_nothing(sandbox):
    cell = """
display("a picture")
get_ipython().run_line_magic("matplotlib", "inline")
get_ipython().system("ls")
if "google.colab" in str(get_ipython()):
    raise RuntimeError
def first(x):
    display(x, x)
    %time y = 3
    get_ipython().run_cell_magic("bash", "", "ls")
    return 2 * x
%time first(torch.ones(2))
first?"""
    answer = run(sandbox, "import torch", cell)
    assert points(answer) == 3, answer
    assert answer.notes == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("def first(x):\nreturn 2 * x", ("IndentationError", "line 2 of its cell")),
        ("def first(x):\n\treturn 2 * x\n        return 1", ("TabError", "line 3 of its cell")),
        ("if 1:\n\tx = 1\n        first = 2", ("TabError", "line 3 of its cell")),
        ("%%bash\nfirst", ("SyntaxError", "line 1 of its cell")),
    ],
)
def test_every_way_not_to_be_python_is_of_the_cell(sandbox, cell, said):
    got = outcome_of(run(sandbox, cell).outcomes[0])
    assert (got.name, got.where) == said
    assert got.is_a("SyntaxError")


def busy(stop):
    os.setsid()  # Linux shares processors between sessions first, where it groups by them (sched_autogroup)
    while not stop.is_set():
        pass


def test_a_busy_machine_makes_no_right_answer_a_timeout(sandbox):
    """Four others for each core want the processor: the answer needs half of its second, and several of the clock's."""
    slow = "import time\ndef first(x):\n    end = time.process_time() + 0.5\n"
    slow += "    while time.process_time() < end: pass\n    return 2 * x"
    helper = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: two = 2"
    stop = multiprocessing.Event()
    others = [multiprocessing.Process(target=busy, args=(stop,), daemon=True) for _ in range(4 * os.cpu_count())]
    for other in others:
        other.start()
    try:
        start = time.monotonic()
        answer = run(sandbox, helper, slow.replace("2 * x", "two * x"))
        took = time.monotonic() - start
    finally:
        stop.set()
        for other in others:
            other.join()
    assert points(answer) == 3, answer
    assert took > 2 * sandbox.limits["seconds"], "the machine was not busy"


def test_an_answer_that_uses_its_processor_time_is_ended_and_so_is_one_that_sleeps(sandbox):
    start = time.monotonic()
    assert run(sandbox, "def first(x):\n    while True: pass").stopped == {"time"}
    working = time.monotonic() - start
    forks = "import os\ndef first(x):\n    for _ in range(4): os.fork()\n    while True: pass"
    assert run(sandbox, forks).stopped == {"time"}
    start = time.monotonic()
    assert run(sandbox, "import time\ndef first(x):\n    time.sleep(999)").stopped == {"time"}
    sleeping = time.monotonic() - start
    patience = sandbox.limits["patience"] * sandbox.limits["seconds"]
    assert patience < sleeping < 2 * patience + 9
    assert working < sleeping
    naps = "import time\ndef first(x):\n    time.sleep(2)\n    return 2 * x"
    assert points(run(sandbox, naps)) == 3  # twice its second by the clock, and none of the processor


def test_a_public_run_never_had_a_hidden_case_in_its_memory(sandbox):
    """An answer that searches its process finds the arguments of others in the one for hidden cases, if anywhere."""
    mark = "918273645546372819"
    secret = f"def first(x):\n    return {{}}['hidden {mark}']"
    run(sandbox, secret.replace(mark, "in the text"), RIGHT_FIRST)
    sandbox.run(cells=[RIGHT_FIRST], exercise_id=FIRST, args=[(int(mark),)])
    search = """
import re
def first(x):
    found, wanted = [], re.compile(b"91827364554637281[9]")
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
        for line in maps:
            start, end = (int(n, 16) for n in line.split()[0].split("-"))
            if "[heap]" in line or (" rw-p " in line and len(line.split()) == 5 and end - start < 2**27):
                memory.seek(start)
                found += wanted.findall(memory.read(end - start))
    return len(found)"""
    sandbox.limits["seconds"] = 30
    try:
        answer = sandbox.run(cells=[search], exercise_id=FIRST, args=CASES[:1], public=True)
    finally:
        sandbox.limits["seconds"] = 1
    assert outcome_of(answer.outcomes[0]) == 0
    assert sandbox._public is not None
