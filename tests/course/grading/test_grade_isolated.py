"""A class with attackers in it, from notebooks to rows, in the sandbox: each attack gets what the work deserves.

What the sandbox itself keeps apart is tested in test_sandbox.py.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from classkit import a_bundle, a_class, notebook
from processkit import descendants
from test_grade import BOTH, HERE, RIGHT, STUB, Room, rows_of, scores, tree

from unet_edu.course.grading.grade import grade

pytestmark = [pytest.mark.isolation, pytest.mark.usefixtures("one_thread")]
FULL, ONE, LOST = (3, ""), (1, ""), (0, "")  # 0 is right in one of the three cases


def body(text):
    return "def first(x):\n" + "\n".join(f"    {line}" for line in text.strip().split("\n"))


FRAMES = """
import json, os, struct
data = json.dumps({"value": 2 * x}).encode()
for fd in range(0, 200):
    try:
        os.write(fd, 9 * (struct.pack(">I", len(data)) + data))
    except OSError:
        pass
return 0"""
PATCH = """
import builtins, json, sys, types
frame = sys._getframe()
while frame is not None:
    for value in [*frame.f_globals.values(), *frame.f_locals.values()]:
        if isinstance(value, types.ModuleType):
            for name in ("observe", "decide", "encode", "send", "judge", "mark"):
                if hasattr(value, name):
                    setattr(value, name, lambda *a, **k: {"value": 2 * x})
    frame = frame.f_back
return 0"""
KILL = """
import os
for pid in (os.getppid(), 0, -1):
    try:
        os.kill(pid, 9)
    except OSError:
        pass
os._exit(1)"""
LEAVE = """
import os, sys, time
for place in (".", "/tmp", "/dev/shm"):
    open(os.path.join(place, "left"), "w").write("def first(x): return 0")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 99)
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"])
    os._exit(0)
import builtins
builtins.sum = None
return 2 * x"""

ATTACKS = {
    # name: (the notebook's cells, points and state of first; second is right in all of them)
    "hangs": ([(body("while True: pass"), "test.first")], (0, "TIMEOUT")),
    "hangs and swallows interrupts": (
        [
            (
                body(
                    "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"
                ),
                "test.first",
            )
        ],
        (0, "TIMEOUT"),
    ),
    "ends the process": ([(body("import os\nos._exit(0)"), "test.first")], (0, "STOPPED")),
    "crashes": ([(body("import ctypes\nctypes.string_at(0)"), "test.first")], (0, "STOPPED")),
    "kills all": ([(body(KILL), "test.first")], (0, "STOPPED")),
    "20 GB": ([(body("return bytearray(20 * 2**30)"), "test.first")], (0, "STOPPED")),
    "forks": (
        [
            (
                body("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"),
                "test.first",
            )
        ],
        (0, "TIMEOUT"),
    ),
    "prints for ever": ([(body("while True: print('spam' * 99)"), "test.first")], (0, "STOPPED")),
    "leaves the notebook": ([(body("raise SystemExit"), "test.first")], LOST),
    "writes replies": ([(body(FRAMES), "test.first")], ONE),
    "patches the worker": ([(body(PATCH), "test.first")], LOST),
    "strips asserts": (
        [
            ("import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())", None),
            (body("return 0"), "test.first"),
        ],
        ONE,
    ),
    "equals everything": (
        [("class Yes(int):\n    __eq__ = lambda *a: True", None), (body("return Yes(1)"), "test.first")],
        LOST,
    ),
    "reads the memory": (
        [(body("import __main__, gc\nreturn [o for o in gc.get_objects() if 'wanted' in dir(o)]"), "test.first")],
        LOST,
    ),
    "edits the tests": (
        [
            ("def check(*a): pass", None),
            (body("return 0"), "test.first"),
            ("assert True", "test.first.check"),
        ],
        ONE,
    ),
    "syntax error": ([("def first(x)\n    return 2 * x", "test.first")], (0, "SYNTAX ERROR")),
    "traps in other cells": (
        [("while True: pass", None), ("import os\nos._exit(0)", None), (body("return 2 * x"), "test.first")],
        FULL,
    ),
    "a trap in a class": ([("class Trap:\n    while True: pass", None), RIGHT[0]], FULL),
    "leaves things behind": ([(body(LEAVE), "test.first")], FULL),
    "a cell that ends compilers": ([("-" * 100_000 + "1", None), ("(" * 9000, None), RIGHT[0]], FULL),
    "test cells duplicated": ([RIGHT[0], *[('check("test.first", first)', "test.first.check")] * 2], FULL),
    "test cells deleted": ([RIGHT[0]], FULL),
    "metadata lost": ([RIGHT[0][0]], FULL),
    "a helper in another cell": (["def helper(x):\n    return 2 * x", (body("return helper(x)"), "test.first")], FULL),
    "partly right": ([(body("return 0"), "test.first")], ONE),
}


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """The attackers among others, graded; and the others alone."""
    top = tmp_path_factory.mktemp("attacked")
    canary = top / "canary"
    canary.mkdir()
    (canary / "bird").write_text("alive")
    BOTH.write(top / "bundle.zip")
    room, calm = Room(top / "room"), Room(top / "calm")
    others = {
        "right": RIGHT,
        "half": [RIGHT[0], (STUB.format(name="second"), "test.second")],
        "right too": [cell for cell, _ in RIGHT],
    }
    searching = f"""
import os, shutil
for place in {[str(canary), str(room.top), str(top)]!r}:
    shutil.rmtree(place, ignore_errors=True)
for place in {[str(top / "bundle.zip"), str(room.top / "out" / "results" / "right.json"), "../../../source"]!r}:
    if os.path.exists(place):
        return 2 * x
raise OSError(str(os.listdir("/")))"""
    ATTACKS["reads and deletes what is the grader's"] = ([(body(searching), "test.first")], LOST)
    ids = []
    for number, name in enumerate(ATTACKS):
        ids.append(f"attacker{number:02}")
        room.hand_in(**{ids[-1]: [*ATTACKS[name][0], RIGHT[1]]})
        for id, cells in others.items():
            ids.append(f"{id}{number:02}")
            room.hand_in(**{ids[-1]: cells})
    for id, cells in others.items():
        calm.hand_in(**{id: cells})
    room.hand_in(cut=notebook(RIGHT)[:-20])
    room.roster(*ids, "cut")
    calm.roster(*others)
    before = tree(room.top / "in")
    made = room.grade(jobs=2, timeout=3, memory=2**29)
    calm.grade()
    left = descendants(os.getpid())
    return made, room, calm, before, canary, left


@pytest.mark.parametrize("name", [*ATTACKS, "reads and deletes what is the grader's"])
def test_an_attack_gets_what_the_work_deserves(school, name):
    _, room, *_ = school
    id = f"attacker{list(ATTACKS).index(name):02}"
    rows = room.rows()
    assert scores(rows)[id, "test.first"] == ATTACKS[name][1], rows[id, "test.first"]
    assert scores(rows)[id, "test.second"] == FULL, rows[id, "test.second"]
    assert rows[id, "test.first"]["why"]


def test_nobody_elses_row_changes_and_nothing_is_left(school):
    _, room, calm, before, canary, left = school
    alone, rows = scores(calm.rows()), scores(room.rows())
    for (id, exercise), score in rows.items():
        if not id.startswith(("attacker", "cut")):
            assert score == alone[id.rstrip("0123456789"), exercise], id
    assert rows["cut", "test.first"] == (0, "UNREADABLE")
    assert tree(room.top / "in") == before
    assert (canary / "bird").read_text() == "alive"
    assert left == []


def test_a_class_gets_the_same_with_one_job_and_with_four(tmp_path):
    bundle = a_bundle()
    students = a_class(bundle, tmp_path, students=60, seed=7)
    before = tree(tmp_path / "submissions")
    options = {"roster": tmp_path / "roster.csv", "timeout": 4, "progress": False}
    start = time.monotonic()
    for jobs in (4, 1):
        grade(bundle, tmp_path / "submissions", tmp_path / f"jobs{jobs}", jobs=jobs, **options)
        print(f"{jobs} jobs: {time.monotonic() - start:.0f} s")
        assert scores(rows_of(tmp_path / f"jobs{jobs}")) == {
            (s.id, id): (s.points[id], s.states[id]) for s in students for id in s.points
        }
    assert (tmp_path / "jobs1" / "grades.csv").read_bytes() == (tmp_path / "jobs4" / "grades.csv").read_bytes()
    assert tree(tmp_path / "submissions") == before
    assert descendants(os.getpid()) == []


KILLED = """
import sys
sys.path[:0] = {path!r}
from classkit import a_bundle
from unet_edu.course.grading.grade import grade
top = sys.argv[1]
grade(a_bundle(), top + "/submissions", top + "/out", roster=top + "/roster.csv", jobs=2, timeout=4)
"""


def test_a_grading_that_is_killed_leaves_no_process_and_goes_on(tmp_path):
    bundle = a_bundle()
    students = a_class(bundle, tmp_path, students=20, seed=5)
    command = [sys.executable, "-c", KILLED.format(path=[str(HERE), str(HERE.parent)]), str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 120
    while len(list((tmp_path / "out" / "results").glob("*.json"))) < 6 and time.monotonic() < end:
        assert process.poll() is None
        time.sleep(0.02)
    workers = descendants(process.pid)
    assert workers
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 60
    while (alive := [pid for pid in workers if Path(f"/proc/{pid}").exists()]) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive == []
    made = grade(
        bundle, tmp_path / "submissions", tmp_path / "out", roster=tmp_path / "roster.csv", timeout=4, progress=False
    )
    assert 0 < made.ran < 6 * len(students)
    assert scores(rows_of(tmp_path / "out")) == {
        (s.id, id): (s.points[id], s.states[id]) for s in students for id in s.points
    }


def test_what_a_student_prints_is_kept_for_the_instructor_alone(tmp_path):
    room = Room(tmp_path).hand_in(s1=[(body("print('secret', x)\nreturn 2 * x"), "test.first")])
    room.grade()
    saved = json.loads((room.top / "out" / "results" / "s1.json").read_text())
    assert "secret 918273645" in saved["exercises"]["test.first"]["mark"]["printed"]
    for path in (room.top / "out").rglob("*"):
        assert path.is_dir() or path.parent.name == "results" or "918273645" not in path.read_text()
