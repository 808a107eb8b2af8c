"""Runs what students wrote where it can do no harm: in a sandbox of bubblewrap (``bwrap``), on Linux.

    with Sandbox(timeout=5, jobs=2) as sandbox:
        answer = sandbox.run(cells=[imports, centre_crop], exercise_id="crop.centre", args=[(x, 3, 3)])
    answer.outcomes     one reply a case, data that somebody else made: for `exercise.decide`, or {"stopped": "time"}
    answer.printed      the start of what was printed

Inside (see `worker`) there is the interpreter with its packages, all of it read-only, an empty scratch for each answer,
and nothing else: no network, no home, no submissions, no other processes. Time, memory, output and the number of
processes are limited. The sandbox is started as a program of its own, so that nothing in this process is in there.

Needs bwrap and either root or user namespaces (most distributions have them). ``unsafe=True`` does without.
"""

import base64
import contextlib
import functools
import importlib.util
import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from unet_edu.course import deadline, registry
from unet_edu.course.exercise import Exercise
from unet_edu.course.sandbox import system_calls, worker
from unet_edu.course.sandbox.messages import Answer, Request, answer_from

NOBODY = 65534
SCRATCH = "/scratch"
STARTING = 120  # seconds that the import of torch may take
# the modules that the worker gets as text
SHARED = ("values", "deadline", "outcome", "exercise", "judging", "evaluate")
SHARED += ("sandbox.cell_syntax", "sandbox.cell_dependencies")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
SYSTEM += ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime")

INSTALL = """\
Submissions are run isolated from this machine, and that needs bubblewrap (the program bwrap), on Linux:
    Debian, Ubuntu    apt install bubblewrap
    Fedora            dnf install bubblewrap
    Arch              pacman -S bubblewrap
Elsewhere (macOS, Windows) grade in the container of the Dockerfile in the book's repository."""

WINDOWS = """\
On Windows no answer can be run: its system has none of what limits a process here. Do this in WSL, which is a Linux
(https://learn.microsoft.com/windows/wsl/install), or in the container of the Dockerfile in the book's repository."""

ALLOW = """\
bwrap is here, but may not make a sandbox. Usually one of these helps:
    Ubuntu 24.04 and newer   sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
    older Debian             sudo sysctl kernel.unprivileged_userns_clone=1
    in a container           docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined \\
                                        --security-opt systempaths=unconfined ...
or grade as root, or in the container of the Dockerfile in the book's repository."""

UNSAFE = """\
Without isolation, the code of students runs as you do. It can read your files (submissions, the bundle's secret, keys),
change and delete them, use the network, look into the memory of your processes, start any number of processes, and
leave processes and files behind. Only a call's time, memory and output are limited. Read the code before."""

NO_IPYTHON = """\
IPython is not installed here, which reads what is no Python in notebooks (%time, !pip):
    pip install "unet-edu[grade]\""""


class SandboxUnavailable(RuntimeError):
    """No isolation is possible here; the message names what to install or to allow."""


class UnsafeWarning(UserWarning):
    """Code of students runs without isolation."""


class Sandbox:
    """Runs answers, each case of them for at most `timeout` seconds of the processor, in `jobs` processes.

    Args:
        timeout: seconds of the processor for one call, and for the definitions of a notebook; by the clock
            `deadline.PATIENCE` times as long, so that a busy machine costs nobody an answer. After a call that took
            longer, the other cases have a fifth of it.
        memory: bytes that one answer may use, all its processes together, beside what Python and torch hold.
        jobs: processes; `run` may be called from as many threads, and waits for a free one.
        unsafe: no isolation; warns with what is at risk.
        processes: of one answer, itself included.
        output: bytes that one answer may print before it is stopped.
        stops: how often an answer is stopped before its other cases are given up.
        nest: whether each answer gets namespaces of its own where the system allows; without them, what an answer
            left is ended and removed before the next.

    Raises:
        SandboxUnavailable: on entering, where bwrap is missing or may not do its work, and on Windows.
    """

    def __init__(
        self,
        timeout: float = 5,
        memory: int = 2**31,
        jobs: int = 1,
        unsafe: bool = False,
        *,
        processes: int = 48,
        output: int = 2**20,
        stops: int = 2,
        nest: bool = True,
    ):
        self.jobs, self.unsafe, self.nest = jobs, unsafe, nest
        self.limits = {
            "seconds": timeout,
            "patience": deadline.PATIENCE,  # seconds by the clock for each of them
            "memory": memory,
            "processes": processes,
            "count_processes": not unsafe,  # the system would count all of the user's
            "output": output,
            "reply": 2**23,  # bytes of what comes back, of all cases together
            "parts": 50_000,  # numbers, texts and containers in there
            "file": 2**26,  # bytes of one file
            "scratch": 2**27,  # bytes of all files
            "stops": stops,
        }
        self._zygotes: list[_Zygote] = []
        self._free: queue.Queue = queue.Queue()
        self._public: _Zygote | None = None  # started when it is needed
        self._public_free = threading.Lock()

    def __enter__(self):
        if os.name == "nt":
            raise SandboxUnavailable(WINDOWS)
        if importlib.util.find_spec("IPython") is None:
            raise SandboxUnavailable(NO_IPYTHON)
        if self.unsafe:
            warnings.warn(UNSAFE, UnsafeWarning, stacklevel=2)
        try:
            for _ in range(self.jobs):  # all start to import torch, then they are waited for
                self._zygotes.append(_Zygote(self.unsafe, self.nest))
            for zygote in self._zygotes:
                zygote.wait()
                self._free.put(zygote)
            if not self.unsafe and not self.filtered and system_calls.filter_program():
                why = "this kernel takes no filter"
                warnings.warn(system_calls.REMAINS.format(why=why), system_calls.NotFilteredWarning, stacklevel=2)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """End all processes."""
        for zygote in (*self._zygotes, *filter(None, [self._public])):
            zygote.close()
        self._zygotes, self._free, self._public = [], queue.Queue(), None

    @property
    def isolation(self) -> str:
        """How answers are kept apart: "namespaces" (each has its own), "alone" (emptied after each), "plain" (not)."""
        return self._zygotes[0].isolation

    @property
    def filtered(self) -> bool:
        """Whether the system calls that no answer needs are refused (see `system_calls`)."""
        return self._zygotes[0].filtered

    def run(
        self,
        *,
        cells: Sequence[str],
        exercise_id: "str | Exercise",
        args: Sequence[tuple],
        params: Mapping | None = None,
        own: int = -1,
        public: bool = False,
        room: Mapping[str, int] | None = None,
    ) -> Answer:
        """Run one answer on all cases.

        Args:
            cells: the code cells of a notebook, in order. `own` is the place of the exercise's: it is run whole; of the
                others only what it needs is taken (see `cell_dependencies`).
            exercise_id: which exercise, by its id or itself.
            args: for each case the arguments, as in `Case.args`.
            params: of the cohort; what is not given has the book's value.
            public: whether the cases are no secret. They are run by a process of its own that has never had any other
                in its memory, so that nothing that the answer says, in errors or notes, can be of a hidden one.
            room: for what comes back, where that is more than the limits "reply" and "parts" (see `room_for`). What an
                answer returns takes no more of this process's own memory than that.

        Raises:
            values.NotData: for arguments that cannot be carried.
            SandboxUnavailable: when a process that ended cannot be started again.
        """
        exercise = exercise_id if isinstance(exercise_id, Exercise) else registry.find(exercise_id)
        limits = {**self.limits, **{name: max(self.limits[name], most) for name, most in (room or {}).items()}}
        request = Request.of(exercise, cells, args, params, own, limits)
        return answer_from(*self.exchange(request, public), limits)

    def exchange(self, request: Request, public: bool = False) -> tuple[list[bytes | None], str]:
        """Run a request on a free worker; return its frames, and why the missing ones are missing."""
        if public:
            with self._public_free:
                if self._public is None:
                    self._public = _Zygote(self.unsafe, self.nest)
                    self._public.wait()
                return self._public.exchange(request)
        zygote = self._free.get()
        try:
            return zygote.exchange(request)
        finally:
            self._free.put(zygote)


@functools.cache
def _texts() -> dict[str, str]:
    texts = {name: (_course() / f"{name.replace('.', '/')}.py").read_text("utf-8") for name in SHARED}
    return {worker.COURSE: "", **{f"{worker.COURSE}.{name}": text for name, text in {"sandbox": "", **texts}.items()}}


# -------------------------------------------------------------------------------------------------------- one process


class _Zygote:
    """A worker with torch imported, in its sandbox."""

    def __init__(self, unsafe, nest):
        self.unsafe, self.nest, self.isolation = unsafe, nest, ""
        self._way = None if unsafe else _way()
        self._start()

    def _start(self):
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            _command(self._way),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(),
            start_new_session=True,  # Ctrl-C ends the grader in its own order
        )
        setup = {
            "sandboxed": not self.unsafe,
            "nest": self.nest,
            "nobody": NOBODY if self._way == "root" else None,
            "scratch": SCRATCH,
            "path": [*_packages(), str(_package().parent)],
            "modules": _texts(),
            "calls": "" if self.unsafe else base64.b64encode(system_calls.filter_program()).decode(),
        }
        with contextlib.suppress(OSError):  # it has ended already; `wait` reports why
            worker.send(self._process.stdin.fileno(), json.dumps(setup).encode())

    def wait(self):
        """Wait until torch is imported."""
        hello = self._receive(time.monotonic() + STARTING, worker.FIRST)
        if hello is not None:
            self.isolation, self.filtered = (json.loads(hello)[key] for key in ("isolation", "filtered"))
            return
        self._process.kill()
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()
        why = "The process that grades does not start" if self.unsafe or "Traceback" in said else ALLOW
        raise SandboxUnavailable(f"{why}\n\nIts output: {said[-1500:] or 'none'}")

    def exchange(self, request: Request) -> tuple[list[bytes | None], str]:
        if self._process.poll() is not None:
            self._again()
        frames: list[bytes | None] = []
        try:
            worker.send(self._process.stdin.fileno(), request.data)
            end = time.monotonic() + request.patience
            left = request.limits["reply"] + 32 * request.cases  # each case may be stopped, which is a reply, too
            frames += [self._receive(end, worker.FIRST), self._receive(end, 8 * worker.PRINTED)]
            for _ in range(request.cases):
                frames.append(self._receive(end, left))
                left -= len(frames[-1] or b"")
        except OSError:
            frames = [None] * (2 + request.cases)
        if None not in frames:
            return frames, ""
        why = "exit" if self._process.poll() is not None else "time"  # the zygote has ended, or does not answer
        self._again()
        return frames, why

    def _again(self):
        self.close()
        self._start()
        self.wait()

    def _receive(self, end, most) -> bytes | None:
        """Return one frame; None when the process ends, `end` (of time.monotonic) is reached, or it is above `most`."""
        fd, data, size = self._process.stdout.fileno(), bytearray(), 4
        for part in ("head", "body"):
            while len(data) < size:
                ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
                more = os.read(fd, min(size - len(data), 1 << 20)) if ready else b""
                if not more:
                    return None
                data += more
            if part == "head":
                size, data = int.from_bytes(data, "big"), bytearray()
                if size > most:  # the worker sends none: it is no longer itself
                    self._process.kill()
                    return None
        return bytes(data)

    def close(self):
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()


# ------------------------------------------------------------------------------------------------------------- bwrap


def why_unavailable() -> str:
    """Return why there can be no sandbox here, or an empty string; starts a sandbox that does nothing."""
    try:
        command = [*_bwrap(_way()), "--", "/usr/bin/true"]
    except SandboxUnavailable as error:
        return str(error)
    done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    return f"{ALLOW}\n\nIts output: {done.stderr.strip()[-500:]}" if done.returncode else ""


def _way() -> str:
    """Return how bwrap is started here: by "root", or by a "user" in a user namespace. Raises SandboxUnavailable."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        raise SandboxUnavailable(INSTALL)
    # a user namespace of root's would leave nobody in there the owner of all that is root's: root changes the user
    return "root" if os.geteuid() == 0 else "user"


def _command(way) -> list[str]:
    python = [sys.executable, "-I", "-B"]
    if way is None:
        return [*python, worker.__file__]
    inside = "/worker.py"
    return [*_bwrap(way), "--ro-bind", worker.__file__, inside, "--remount-ro", "/", "--", *python, inside]


def _bwrap(way) -> list[str]:
    """Return the start of the command. What is not named here is not there."""
    command = [shutil.which("bwrap"), "--die-with-parent", "--new-session"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if way == "root":
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    command += ["--hostname", "sandbox", "--proc", "/proc", "--dev", "/dev"]
    command += ["--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            command += ["--ro-bind", path, path]
    shown = _shown()
    for above in sorted({str(above) for path in shown for above in Path(path).parents} - {"/"}, key=len):
        if not any(Path(above).is_relative_to(other) for other in SYSTEM):
            command += ["--perms", "0755", "--dir", above]  # bwrap's own would be root's alone
    for path in shown:
        command += ["--ro-bind", os.path.realpath(path), path]
    course = str(_course())
    command += ["--perms", "0555", "--tmpfs", course, "--remount-ro", course]  # with cases and oracles
    command += ["--perms", "1777", "--tmpfs", SCRATCH, "--chdir", SCRATCH]
    if not any(Path(path).is_relative_to("/tmp") for path in shown):
        command += ["--symlink", SCRATCH.lstrip("/"), "/tmp"]
    return command


def _shown() -> list[str]:
    """Return the folders of the interpreter and of its packages, outermost first, none within another."""
    prefixes = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    wanted = {*prefixes, *map(os.path.realpath, prefixes), *_packages(), str(_package())}
    kept: list[str] = []
    for path in sorted(wanted, key=lambda path: (len(Path(path).parts), path)):
        if path != "/" and not any(Path(path).is_relative_to(other) for other in (*SYSTEM, *kept)):
            kept.append(path)
    return kept


def _packages() -> list[str]:
    """Return the folders that packages are installed in."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages") and os.path.isdir(path)]


def _package() -> Path:
    """Return the folder of unet_edu."""
    return Path(__file__).resolve().parents[2]


def _course() -> Path:
    """Return the folder of unet_edu.course, which no answer may see."""
    return Path(__file__).parents[1]


def _environment() -> dict[str, str]:
    """Return the environment of a worker; one thread, since the answers run side by side."""
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
    plain = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": SCRATCH, "TMPDIR": SCRATCH, "USER": "nobody"}
    return {**plain, **one, "MPLBACKEND": "agg", "MPLCONFIGDIR": SCRATCH, "PYTHONHASHSEED": "0"}
