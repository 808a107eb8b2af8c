"""What students may hand in, run in the sandbox: every attack gets the points of the rest, and touches nobody else."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from processkit import descendants

import unet_edu
from unet_edu.course import values
from unet_edu.course.evaluate import decide, outcome_of
from unet_edu.course.exercise import Exercise
from unet_edu.course.outcome import Case, Raised, Verdict
from unet_edu.course.sandbox import sandbox as sandbox_module
from unet_edu.course.sandbox.messages import Answer, Request, carried
from unet_edu.course.sandbox.sandbox import Sandbox, SandboxUnavailable, UnsafeWarning

pytestmark = pytest.mark.isolation
SECRET = "the secret of the cohort 8f4b1c"
CASES = ((torch.arange(4.0),), (torch.ones(3),))


def only_the_grader_knows(args, params):
    return args[0] * 2 + params.get("plus", 0)


def plainly(args, got, wanted, params):
    same = isinstance(got, torch.Tensor) and got.shape == wanted.shape and torch.equal(got, wanted)
    return Verdict(same, "" if same else "no")


FACTOR = 1


def times(value):
    return FACTOR * value


def with_a_factor(answer, args, params):
    import torch

    return torch.as_tensor(answer(*args)) * times(1)


def an_exercise(name, **more):
    given = {"cases": lambda rng, params: [Case(c) for c in CASES], "oracle": only_the_grader_knows, "judge": plainly}
    return Exercise(id=f"test.{name}", chapter="00_test", name=name, points=3, minutes=1, **{**given, **more})


FIRST, SECOND = an_exercise("first"), an_exercise("second")
RIGHT_FIRST, RIGHT_SECOND = "def first(x):\n    return 2 * x", "def second(x):\n    return x + x"


def points(answer: Answer, exercise=FIRST, params=None):
    """What it gets of 3 points; a stopped case gets none."""
    settings = exercise.settings(params)
    verdicts = [
        "stopped" not in reply and decide(exercise, Case(args), reply, exercise.oracle(args, settings), settings).passed
        for args, reply in zip(CASES, answer.outcomes, strict=True)
    ]
    return 3 * sum(verdicts) / len(verdicts)


class Room:
    """A sandbox with two exercises to hand in."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    def processes(self):
        return descendants(self.sandbox._zygotes[0]._process.pid)

    def first(self, source, *others, **options):
        return self.sandbox.run(cells=[*others, source], exercise_id=FIRST, args=CASES, **options)

    def second(self, *cells):
        return self.sandbox.run(cells=cells, exercise_id=SECOND, args=CASES)

    def value(self, body, exercise=FIRST, cells=()):
        """What the body of an answer returns in a single call, as the grader reads it."""
        source = "def first(x):\n" + "\n".join(f"    {line}" for line in body.strip().split("\n"))
        return outcome_of(self.sandbox.run(cells=[*cells, source], exercise_id=exercise, args=CASES[:1]).outcomes[0])

    def is_as_before(self):
        assert points(self.first(RIGHT_FIRST)) == 3
        end = time.monotonic() + 60  # those that were ended are gone as soon as the first process in there has seen it
        while len(self.processes()) != self.sandbox.idle and time.monotonic() < end:
            time.sleep(0.05)
        assert len(self.processes()) == self.sandbox.idle


@pytest.fixture(scope="module", params=["namespaces", "alone"])
def shared_sandbox(request):
    os.environ["COHORT_SECRET"] = SECRET
    with Sandbox(timeout=4, memory=2**29, nest=request.param == "namespaces") as sandbox:
        if sandbox.isolation != request.param:
            pytest.skip("this system gives no namespaces within namespaces")
        sandbox.idle = len(Room(sandbox).processes())
        yield sandbox
    del os.environ["COHORT_SECRET"]


@pytest.fixture
def room(shared_sandbox):
    return Room(shared_sandbox)


# ------------------------------------------------------------------------------------------------- the attack table

ATTACKS = {
    # what stands in the function: how its calls end
    "hang": ("while True: pass", "time"),
    "hang, swallowing interrupts": (
        "import signal, time\n"
        "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):\n    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    try:\n        time.sleep(10)\n    except BaseException:\n        pass",
        "time",
    ),
    "os._exit": ("import os\nos._exit(0)", "exit"),
    "a crash": ("import ctypes\nctypes.string_at(0)", "exit"),
    "20 GB": ("torch = __import__('torch')\nreturn torch.ones(5 * 2**30)", "memory"),
    "20 GB of bytes": ("return bytearray(20 * 2**30)", "memory"),
    "memory in several processes": (
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        break\n"
        "kept = bytearray(b'x') * (120 * 2**20)\ntime.sleep(9)",
        "memory",
    ),
    "endless print": ("while True: print('spam' * 100)", "output"),
    "a huge reply": (
        "import os, time\nfor fd in range(3, 99):\n    try:\n        os.write(fd, b'\\xff' * 9)\n"
        "    except OSError:\n        pass\ntime.sleep(9)",
        "output",
    ),
    "closing all files": ("import os, time\nos.closerange(0, 200)\ntime.sleep(9)", "exit"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_costs_its_own_points_only(room, attack, monkeypatch):
    body, why = ATTACKS[attack]
    cell = "def first(x):\n" + "\n".join(f"    {line}" for line in body.split("\n"))
    if why == "time":
        monkeypatch.setitem(room.sandbox.limits, "seconds", 0.4)
    answer = room.first(cell, RIGHT_SECOND)
    monkeypatch.undo()
    assert answer.stopped == {why}
    assert points(answer) == 0
    assert points(room.second(cell, RIGHT_SECOND), SECOND) == 3  # the same notebook's other exercise
    room.is_as_before()


def test_a_fork_bomb_is_bounded(room, monkeypatch):
    monkeypatch.setitem(room.sandbox.limits, "seconds", 1)
    most = []
    watching = threading.Event()

    def watch():
        while not watching.wait(0.1):
            most.append(len(room.processes()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    answer = room.first(
        "import os, time\ndef first(x):\n    while True:\n        try:\n            os.fork()\n"
        "        except OSError:\n            time.sleep(0.1)"
    )
    watching.set()
    watcher.join()
    monkeypatch.undo()
    assert answer.stopped == {"time"}
    assert 10 < max(most) < 60
    room.is_as_before()


def test_files_outside_are_neither_there_nor_writable(room, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("alive")
    (tmp_path / "submissions").mkdir()
    places = [canary, __file__, Path.home() / ".bashrc", "/etc/passwd", "/etc/shadow", "/var/log", "/home", "/sys"]
    package = Path(unet_edu.__file__).parent
    places += [package / "course/exercises/crop/centre.py", package.parent / "book"]
    assert places[-2].is_file()
    body = f"""
import os, shutil
shutil.rmtree({str(tmp_path)!r}, ignore_errors=True)
return [place for place in {[str(place) for place in places]!r} if os.path.exists(place)]"""
    assert room.value(body) == []
    assert canary.read_text() == "alive"
    places = ["/", "/dev", "/usr", "/worker.py", "/proc/sys/kernel/core_pattern", unet_edu.__file__]
    places += [str(folder) for file in (unet_edu.__file__, torch.__file__) for folder in Path(file).parents]
    body = f"""
import os
done = []
for place in {places!r}:
    try:
        path = place if os.path.isfile(place) else os.path.join(place, "left behind")
        open(path, "ab").close()
        done.append(path)
    except OSError:
        pass
return done"""
    assert room.value(body) == []


def test_no_network(room):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind("\0unet-edu-test")
        local.listen()
        body = f"""
import socket
reached = []
there = {server.getsockname()!r}, ("192.0.2.1", 80), "\\0unet-edu-test"
for family, address in zip((socket.AF_INET, socket.AF_INET, socket.AF_UNIX), there):
    try:
        socket.socket(family).connect(address)
        reached.append(str(address))
    except OSError:
        pass
return reached"""
        assert room.value(body) == []


def test_nothing_of_the_grader_is_in_its_memory(room, monkeypatch):
    """Neither through `__main__`, nor the environment, nor among the objects, nor in /proc, nor among the raw bytes."""
    body = """
import gc, __main__, os, re, sys
found = sorted(name for name in vars(__main__) if not name.startswith("__") and name not in ("first", "check"))
found += [name for name in os.environ if "SECRET" in name]
found += [str(o) for o in gc.get_objects() if getattr(o, "__name__", "") .startswith("only_the_grader")]
found += [name for name in sys.modules if name.startswith("unet_edu.course.") or name.endswith("sandbox")]
wanted = re.compile(b"the secret of the c[o]hort|only_the_grader_[k]nows"), re.compile(b"def c[e]ntre_mistakes")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
    for line in maps:
        start, end = (int(n, 16) for n in line.split()[0].split("-"))
        if "[heap]" in line or (" rw-p " in line and len(line.split()) == 5 and end - start < 2**27):
            memory.seek(start)
            raw = memory.read(end - start)
            found += [str(w) for w in wanted if w.search(raw)]
return found"""
    monkeypatch.setitem(room.sandbox.limits, "seconds", 30)
    assert room.value(body) == []
    body = """
import os
open_ = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("mem", "environ", "root/etc", "fd"):
        path = f"/proc/{pid}/{name}"
        try:
            os.listdir(path) if name in ("root/etc", "fd") else open(path, "rb").close()
        except OSError:
            continue
        if not os.path.samefile(f"/proc/{pid}", "/proc/self"):
            open_.append(path)
return open_"""
    assert room.value(body) == []


def test_a_reply_cannot_be_forged_by_writing(room):
    frame = r"""
import json, os, struct
data = json.dumps({"value": 42}).encode()
frame = struct.pack(">I", len(data)) + data
"""
    printing = (
        frame + "def first(x):\n    os.write(1, frame * 9); os.write(2, frame * 9); print(frame * 9)\n    return 0 * x"
    )
    answer = room.first(printing)
    assert [outcome_of(reply).sum() for reply in answer.outcomes] == [0, 0]  # what it returned
    assert "42" in answer.printed
    everywhere = frame + (
        "def first(x):\n    for fd in range(3, 200):\n        try:\n            os.write(fd, frame * 9)\n"
        "        except OSError:\n            pass\n    return x * 0"
    )
    answer = room.first(everywhere)
    assert len(answer.outcomes) == 2
    assert points(answer) == 0
    room.is_as_before()  # and nothing is left of it in the replies to the next


@pytest.mark.parametrize("data", ["x", "[" * 5000, '{"value": {"tensor": ["float32", [9e9], ""]}}', '{"evil": 1}', "7"])
def test_garbled_frames_are_no_answer(room, data):
    cell = f"""
import os, struct
def first(x):
    data = {data!r}.encode()
    for fd in range(3, 100):
        try:
            os.write(fd, struct.pack(">I", len(data)) + data)
        except OSError:
            pass
    os._exit(0)"""
    assert points(room.first(cell)) == 0
    room.is_as_before()


def test_the_worker_may_be_patched_and_gains_nothing(room):
    patched = """
import builtins, gc, json, sys, types
def first(x):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_globals.values()) + list(frame.f_locals.values()):
            if isinstance(value, types.ModuleType):
                for name in ("observe", "encode", "decode", "send"):
                    if hasattr(value, name):
                        setattr(value, name, lambda *a, **k: {"value": True})
        frame = frame.f_back
    json.dumps = lambda *a, **k: '{"value": true}'
    return True"""
    assert points(room.first(patched)) == 0
    transformers = "get_ipython().ast_transformers.append(None)\ndef first(x):\n    return 0 * x\nassert first(1)"
    answer = room.first(transformers)
    assert points(answer) == 0
    assert any("get_ipython" in note for note in answer.notes)
    room.is_as_before()


def test_objects_that_equal_everything_and_tensors_that_lie(room):
    equal = "class Yes:\n    __eq__ = __ge__ = lambda *a: True\n    shape = (4,)\ndef first(x):\n    return Yes()"
    assert points(room.first(equal)) == 0
    lying = """
import torch
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
    def __reduce_ex__(self, protocol):
        return print, ("unpickled",)
def first(x):
    return torch.zeros_like(x).as_subclass(Liar)"""
    answer = room.first(lying)
    assert points(answer) == 0
    assert "unpickled" not in answer.printed


def test_nothing_stays_for_the_next(room):
    leave = """
import os, subprocess, sys, tempfile
def first(x):
    for place in (".", "/tmp", "/dev/shm", tempfile.gettempdir(), os.environ["HOME"]):
        os.makedirs(os.path.join(place, "left", "deep"), exist_ok=True)
        open(os.path.join(place, "left", "deep", "file"), "w").close()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 99)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"])
        os._exit(0)
    import numpy
    numpy.add = numpy.subtract
    import builtins
    builtins.sum = None
    return 2 * x"""
    assert points(room.first(leave)) == 3
    look = """
import os, numpy
left = [os.listdir(place) for place in (".", "/tmp", "/dev/shm")]
return left, sum([1, 2]), int(numpy.add(2, 1))"""
    assert room.value(look) == ([[], [], []], 3, 3)
    room.is_as_before()


def test_ending_or_holding_the_zygote(room, monkeypatch):
    killing = "import os, signal\ndef first(x):\n    os.kill({target}, signal.{signal})\n    os._exit(0)"
    for target in ("os.getppid()", "-1"):
        assert points(room.first(killing.format(target=target, signal="SIGKILL"))) == 0
    room.is_as_before()
    if room.sandbox.isolation == "alone":
        monkeypatch.setattr(Request, "patience", 2)
        holding = "import os, time\ndef first(x):\n    os.kill(os.getppid(), 19)\n    time.sleep(60)"
        assert room.first(holding).stopped == {"time"}
        room.is_as_before()


# ------------------------------------------------------------------------------------------------ what is taken of it


def test_a_syntax_error_costs_its_own_exercise(room):
    broken = "def first(x)\n    return 2 * x"
    answer = room.first(broken, RIGHT_SECOND)
    got = outcome_of(answer.outcomes[0])
    assert isinstance(got, Raised)
    assert (got.name, got.where) == ("SyntaxError", "line 1 of its cell")
    assert points(room.second(broken, RIGHT_SECOND), SECOND) == 3


def test_helpers_of_other_cells_are_taken_and_calls_are_not(room):
    cells = [
        "%matplotlib inline\nimport torch\nfrom unet_edu.course import check\nimport no_such_module",
        "TWO = FACTORS['two']",  # needs what stands below
        "FACTORS = {'two': 2}\nwhile True: pass",
        "import functools\n@functools.cache\ndef helper(value):\n    return torch.as_tensor(TWO * deeper())",
        "def deeper():\n    return 1\nprint('called')\nsys.exit()",
        "trained = [helper(1) for _ in iter(int, 1)]",
    ]
    answer = room.first("def first(x):\n    return helper(2) * x\ncheck('test.first', first)\n!ls", *cells)
    assert points(answer) == 3, answer
    assert answer.printed == ""
    assert answer.notes == []


def test_a_helper_has_the_meaning_that_it_had_when_the_cell_was_run(room):
    """Helpers of one name in several cells: the own cell's, else the nearest above, else one below."""
    answer = room.sandbox.run(
        cells=[
            "def factor():\n    return 1\ndef other():\n    return 0",
            "def other():\n    return factor()",
            "def factor():\n    return two()\ndef first(x):\n    return factor() * other() // factor() * x",
            "def factor():\n    return 7\ndef other():\n    return 9",
            "def two():\n    return 2",
        ],
        own=2,
        exercise_id=FIRST,
        args=CASES,
    )
    assert points(answer) == 3, answer


def test_a_trap_in_a_helper_does_not_cost_an_answer_that_stands_by_itself(room, monkeypatch):
    monkeypatch.setitem(room.sandbox.limits, "seconds", 4)
    trap = "class two:\n    while True: pass"
    answer = room.first("try:\n    two\nexcept NameError:\n    two = 2\ndef first(x):\n    return 2 * x", trap)
    assert points(answer) == 3


def test_what_is_missing_is_named(room):
    assert outcome_of(room.first("def frist(x):\n    return 2 * x").outcomes[0]).said == "no cell defines first"
    got = outcome_of(room.first("@nothing\ndef first(x):\n    return 2 * x").outcomes[0])
    assert (got.name, got.said) == ("NameError", "name 'nothing' is not defined")
    answer = room.first("def first(x):\n    raise ValueError('odd')")
    assert outcome_of(answer.outcomes[1]).is_a("ValueError")
    assert outcome_of(room.first("def first(x):\n    raise SystemExit(3)").outcomes[1]).name == "SystemExit"


def test_one_bad_case_costs_one_case(room, monkeypatch):
    monkeypatch.setitem(room.sandbox.limits, "seconds", 4)
    for bad in ("while True: pass", "import os; os._exit(1)"):
        answer = room.first(f"def first(x):\n    if len(x) == 4:\n        {bad}\n    return 2 * x")
        assert points(answer) == 1.5


def test_what_is_printed_is_kept_up_to_a_limit(room):
    answer = room.first("def first(x):\n    print('héllo' * 5000)\n    return 2 * x")
    assert points(answer) == 3
    assert answer.printed.startswith("héllohéllo")
    assert len(answer.printed) <= 20_000


def test_modules_that_would_be_the_answer_cannot_be_imported(room):
    exercise = an_exercise("first", forbids=("unet_edu.arithmetic", "unet_edu.models"))
    body = """
import importlib, sys, unet_edu
found = []
for name in ("unet_edu.arithmetic", "unet_edu.models", "unet_edu.models.unet", "unet_edu.course.exercise"):
    try:
        importlib.import_module(name)
        found.append(name)
    except ModuleNotFoundError:
        pass
return found"""
    assert room.value(body, exercise) == []
    assert room.value("import unet_edu.arithmetic\nreturn 1") == 1
    if room.sandbox.isolation == "namespaces":  # its text cannot be read either
        body = "import unet_edu, os\nfolder = os.path.dirname(unet_edu.__file__)\n"
        body += "return open(os.path.join(folder, 'arithmetic.py')).read(), os.listdir(os.path.join(folder, 'models'))"
        assert isinstance(room.value(body), tuple)
        assert isinstance(room.value(body, exercise), Raised) or room.value(body, exercise) == ("", [])


def test_the_same_random_numbers_in_every_call(room):
    body = "import random, numpy, torch\nreturn random.random(), float(numpy.random.rand()), torch.rand(3)"
    one, two = room.value(body), room.value(body)
    assert one[:2] == two[:2]
    assert torch.equal(one[2], two[2])


# ------------------------------------------------------------------------------------------------ the trusted half


def test_what_is_carried_of_an_exercise_holds_what_it_needs_and_not_the_oracle():
    assert carried(FIRST) == {}
    ((module, source, expression),) = carried(an_exercise("first", probe=with_a_factor)).values()
    assert (module, expression) == (__name__, "with_a_factor")
    assert "FACTOR = 1" in source
    assert "def times" in source
    assert "only_the_grader_knows" not in source


def test_every_exercise_of_the_book_can_be_carried():
    from unet_edu.course.registry import everything

    for exercise in everything():
        carried(exercise)


def test_probe_prepare_needs_and_parameters_run_in_there(room):
    exercise = an_exercise("first", probe=with_a_factor, needs=("import torch as t",), book={"plus": 1})
    cells = ["def first(x):\n    return t.add(2 * x, 5)"]
    answer = room.sandbox.run(cells=cells, exercise_id=exercise, args=CASES, params={"plus": 5})
    assert points(answer, exercise, {"plus": 5}) == 3
    with pytest.raises(ValueError, match="no parameter"):
        room.sandbox.run(cells=cells, exercise_id=exercise, args=CASES, params={"minus": 5})
    with pytest.raises(values.NotData):
        room.sandbox.run(cells=cells, exercise_id=exercise, args=[(print,)])


def test_answers_side_by_side_get_what_they_get_one_by_one():
    cells = [RIGHT_FIRST, "def first(x):\n    return x", "def first(x):\n    import os\n    os._exit(0)", "1 +"] * 3
    with Sandbox(timeout=20, jobs=2) as sandbox, ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda cell: sandbox.run(cells=[cell], exercise_id=FIRST, args=CASES), cells))
        assert both == [sandbox.run(cells=[cell], exercise_id=FIRST, args=CASES) for cell in cells]
    assert [points(answer) for answer in both] == [3, 0, 0, 0] * 3


AS_A_USER = """
import os, sys
from unet_edu.course import exercise
from unet_edu.course.sandbox import sandbox
tried = exercise.Exercise("test.user", "00_test", "first", 3, 1, cases=len, oracle=len)
with sandbox.Sandbox(timeout=4) as box:
    for body in ("return os.getuid()", "while True: pass", "open('file', 'w'); return os.listdir()"):
        cell = "import os\\ndef first():\\n    " + body
        print(os.getuid() > 0, box.run(cells=[cell], exercise_id=tried, args=[()]).outcomes)
"""


def without_root() -> list[str]:
    """The start of a command that runs another as a user who is not root, with the interpreter where it is."""
    if os.geteuid() != 0:
        return []
    command = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    shown = sandbox_module._shown()
    for above in sorted({above for path in shown for above in Path(path).parents}, key=str):
        if above.stat().st_mode & 0o5 != 0o5:  # a home that is root's alone
            inner = [path for path in shown if Path(path).is_relative_to(above)]
            command += ["--perms", "0755", "--tmpfs", str(above)]
            for folder in sorted({str(f) for path in inner for f in Path(path).parents if f != above}, key=len):
                command += ["--perms", "0755", "--dir", folder] if Path(folder).is_relative_to(above) else []
            command += [word for path in inner for word in ("--ro-bind", path, path)]
    return [*command, "--", "setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv to become another user")
def test_as_a_user_without_privileges():
    command = [*without_root(), sys.executable, "-c", AS_A_USER]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=Path(unet_edu.__file__).parents[1])
    if "kernel.apparmor" in done.stderr:
        pytest.skip("only root may make a sandbox here")
    assert done.returncode == 0, done.stderr
    uid, hang, files = done.stdout.strip().split("\n")
    assert uid.startswith("True [{'value': 65534")
    assert hang == "True [{'stopped': 'time'}]"
    assert files.startswith("True [{'value': {'list': ['file']}")


def test_without_bwrap_it_refuses_and_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="apt install bubblewrap"), Sandbox():
        pass
    assert "apt install bubblewrap" in sandbox_module.why_unavailable()
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    bwrap.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match=r"(?s)kernel\.apparmor.*setting up uid map"), Sandbox():
        pass


def test_unsafe_says_what_is_at_risk_and_still_ends_what_hangs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # no bwrap needed
    sandbox = Sandbox(timeout=1.5, unsafe=True)
    with pytest.warns(UnsafeWarning, match="runs as you do"):
        sandbox.__enter__()
    try:
        room = Room(sandbox)
        sandbox.idle = len(room.processes())
        assert sandbox.isolation == "plain"
        assert room.first("def first(x):\n    while True: pass").stopped == {"time"}
        leave = "import os, time\ndef first(x):\n    if os.fork() == 0: os.setsid(); time.sleep(60)\n    return 2 * x"
        assert points(room.first(leave)) == 3
        assert room.first("def first(x):\n    return bytearray(20 * 2**30)").stopped == {"memory"}
        room.is_as_before()
    finally:
        sandbox.close()
