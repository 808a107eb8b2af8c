"""What runs inside the sandbox: a process with torch imported and no secret, which forks for every answer.

    parent ──setup, requests──▶ zygote ──fork──▶ child: takes definitions, calls the answer, case by case
           ◀─ frames of data ──        ◀─frames──       (own pid namespace, own scratch, no way to the zygote's pipes)

The zygote passes a child's frames on without reading them, counts its time, memory and output, and ends it with all
that it has started. A frame is four bytes of length and JSON. Started by `sandbox`; needs nothing but Python, and
gets all else that it shares with the package as text, since the package's `course` is not there to be read in here.
"""

import base64
import builtins
import contextlib
import ctypes
import errno
import functools
import gc
import glob
import importlib.abc
import importlib.util
import io
import json
import linecache
import os
import random
import re
import selectors
import shutil
import signal
import struct
import sys
import tempfile
import time
import types

with contextlib.suppress(ModuleNotFoundError):  # Windows has none; no answer is run there
    import resource

COURSE = "unet_edu.course"
PRINTED = 20_000  # bytes kept of what a child prints
NOTES = 40  # remarks on what was taken of the cells, of at most
NOTE = 300  # characters each
AFTER_TIME = 5  # a case after one that ran out of time has a fifth of it: what never ends once, seldom does twice
FIRST = 2**17  # bytes of the frame with the remarks

NEW_USER, NEW_PID, NEW_FILES, NEW_IPC = 0x10000000, 0x20000000, 0x00020000, 0x08000000
BIND, RECURSIVE, PRIVATE, NO_SUID, NO_DEV = 4096, 16384, 1 << 18, 2, 4
HUGE, HUGE_PAGES, COLLAPSE = 2**21, 14, 25  # bytes of a page; advice to the kernel, the second since Linux 6.1
SET_DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES, BE_SUBREAPER, SET_SECCOMP = 4, 24, 38, 36, 22


# ------------------------------------------------------------------------------------------------------------- frames


def send(fd: int, data: bytes) -> None:
    """Write one frame."""
    view = memoryview(struct.pack(">I", len(data)) + data)
    while view:
        view = view[os.write(fd, view) :]


def receive(fd: int) -> bytes | None:
    """Read one frame, or None where the other side has closed."""
    head = _exactly(fd, 4)
    return None if head is None else _exactly(fd, struct.unpack(">I", head)[0])


def _exactly(fd, count):
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


# ------------------------------------------------------------------------------------------------- what the kernel does


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _kernel(name, *args):
    if getattr(_libc(), name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source, target, kind=None, flags=0, options=None):
    _kernel("mount", source.encode(), target.encode(), kind and kind.encode(), flags, options and options.encode())


def become_nobody(uid: int) -> None:
    """Give up root for good."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _libc().prctl(SET_DUMPABLE, 1, 0, 0, 0)  # lost with root; without it /proc/self belongs to root


def _own_namespaces():
    """Enter a user namespace in which this process may make others, and a pid namespace for the next child."""
    uid, gid = os.getuid(), os.getgid()
    _kernel("unshare", NEW_USER | NEW_PID | NEW_FILES | NEW_IPC)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _can_nest(scratch) -> bool:
    """Try, in a process that is thrown away, whether children can have namespaces of their own."""

    def trial():
        _own_namespaces()
        return _in_child(lambda: _in_child_of_own(scratch))

    return _in_child(trial) == 0


def _in_child_of_own(scratch):
    home = os.open("/proc/self/ns/pid", os.O_RDONLY)
    _kernel("unshare", NEW_PID)
    status = _in_child(lambda: _private(scratch, 2**20, []))
    _kernel("setns", home, 0)
    return status


def _filter_calls(program: bytes):
    """Let the kernel refuse system calls to this process and to all that it starts, for good."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

    _kernel("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _kernel("prctl", SET_SECCOMP, 2, ctypes.byref(Program(len(program) // 8, program)), 0, 0)


def _in_child(function) -> int:
    """Run `function` in a fork; 0 when it returned 0 or None."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(1 if function() else 0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1]


def _private(scratch, size, hidden):
    """Give this process its own files and IPC: an empty scratch, and nothing where `hidden` is. Then no more power."""
    _kernel("unshare", NEW_FILES | NEW_IPC)
    _mount("none", "/", None, RECURSIVE | PRIVATE)
    for place in (scratch, "/dev/shm"):
        _mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEV, f"size={size},mode=1777")
    for path in hidden:
        if os.path.isdir(path):
            _mount("tmpfs", path, "tmpfs", NO_SUID | NO_DEV, "size=4k,mode=0555")
        else:
            _mount("/dev/null", path, None, BIND)
    for capability in range(64):
        if _libc().prctl(DROP_BOUND, capability, 0, 0, 0):
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _kernel("capset", header, (ctypes.c_uint32 * 6)())


# ----------------------------------------------------------------------------------------------------------- modules


class Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from texts."""

    def __init__(self, texts):
        self.texts = texts

    def find_spec(self, name, path=None, target=None):
        """Return the spec of a module; None for one that this finder leaves to others."""
        if name in self.texts:
            package = any(other.startswith(f"{name}.") for other in self.texts)
            return importlib.util.spec_from_loader(name, self, is_package=package)
        return None

    def exec_module(self, module):
        """Execute the text of a module."""
        exec(compile(self.texts[module.__name__], f"<{module.__name__}>", "exec"), vars(module))


class Blocked(importlib.abc.MetaPathFinder):
    """Refuses to import some modules."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        """Return None for a module that this finder leaves to others. Raises ModuleNotFoundError for one it refuses."""
        if _is_within(name, self.names):
            raise ModuleNotFoundError(f"{name} cannot be imported while this exercise is graded", name=name)
        return None


def _is_within(name, names) -> bool:
    return any(name == blocked or name.startswith(f"{blocked}.") for blocked in names)


@functools.cache
def _imported(names: tuple) -> list[str]:
    """Return the modules among `names`, or within one of them, that are imported."""
    return [name for name in sys.modules if _is_within(name, names)]


def _block(names: tuple):
    """Take modules away, those already imported too; of the course, leave a `check` that does nothing."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Texts)]
    for name in _imported(names):
        del sys.modules[name]
        above, _, last = name.rpartition(".")
        if above in sys.modules:
            vars(sys.modules[above]).pop(last, None)
    sys.meta_path.insert(0, Blocked(names))
    course = types.ModuleType(COURSE)
    course.check = _no_check
    sys.modules[COURSE] = course


def _no_check(*args, **options):
    """Stands in for the `check` that a student calls below an answer."""


@functools.cache
def _files_of(names: tuple) -> list[str]:
    """Return the files and folders of modules of unet_edu, compiled ones included."""
    found = []
    spec = importlib.util.find_spec("unet_edu")
    for name in names:
        for root in spec.submodule_search_locations if spec else ():
            base = os.path.join(root, *name.split(".")[1:])
            cached = os.path.join(os.path.dirname(base), "__pycache__", os.path.basename(base) + ".*.pyc")
            found += [path for path in (base, f"{base}.py", *glob.glob(cached)) if os.path.exists(path)]
    return found


# ------------------------------------------------------------------------------------------------------------ a child


def child(request: dict, reply: int, first: int, less: int) -> None:
    """Take the definitions, send a first frame with remarks, then one frame for each case from `first` on.

    less: of the other cells take all that is needed (0), definitions that call nothing (1), nothing (2).
    """
    from unet_edu.course import deadline, evaluate, exercise, values
    from unet_edu.course.sandbox import cell_dependencies

    tried = _carried(request["carried"], exercise)
    params = values.decode(request["params"])
    name = request["name"]
    _block((COURSE, *request["blocked"]))
    home = types.ModuleType("__main__")
    sys.modules["__main__"] = home
    home.check = _no_check
    builtins.display, builtins.get_ipython = _display, _Notebook  # where IPython puts them
    notes = _take(cell_dependencies, deadline, request, vars(home), less)
    sys.stdout.flush()
    send(reply, json.dumps([str(note)[:NOTE] for note in notes["said"][:NOTES]]).encode())
    answer = vars(home).get(name)
    for case in request["cases"][first:]:
        if name not in vars(home):
            data = notes["missing"]
        else:
            _seed()
            try:
                data = evaluate.observe(tried, answer, values.decode(case), params)
            except BaseException as error:  # KeyboardInterrupt, which a student may raise as well
                data = {"raised": type(error).__name__, "said": "", "kinds": [], "where": ""}
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # replaced or closed by the student
                stream.flush()
        send(reply, json.dumps(data).encode())


def _carried(carried, exercise):
    """Return the exercise's own `probe` and `prepare`, from the part of their module that they need."""
    tried = {"probe": exercise.call, "prepare": exercise.as_given}
    for what, (module, source, expression) in carried.items():
        space = {"__name__": module, "__package__": module.rpartition(".")[0]}
        exec(compile(source, f"<{what}>", "exec"), space)
        tried[what] = eval(compile(expression, f"<{what}>", "eval"), space)
    return types.SimpleNamespace(**tried)


def _display(*objects, **options):
    """Stands in for IPython's: there is nobody to see it."""


class _Notebook:
    """Stands in for the shell of a notebook: its magics and commands do nothing, and there is nothing else of it."""

    def _nothing(self, *args, **options):
        return None

    run_line_magic = run_cell_magic = magic = system = getoutput = set_next_input = show_usage = _nothing

    def __getattr__(self, name):
        raise AttributeError(f"get_ipython() has no {name} while this is graded")


def _take(cell_dependencies, deadline, request, space, less=0) -> dict:
    """Run what is taken of the cells, statement by statement; what fails is tried again when the rest is there.

    A statement of another cell may use half of the time of a call, all of them together as much as a call.
    """
    cells, own, name, seconds = (*(request[key] for key in ("cells", "own", "name")), request["limits"]["seconds"])
    start = time.process_time()

    def within(is_own, function, *args):
        left = seconds if is_own else min(seconds / 2, seconds - (time.process_time() - start))
        return deadline.call_on_processor(max(left, 0.01), function, *args)

    for line in request["needs"]:
        exec(line, space)
    seen = cells if less < 2 else [cell if number == own else "" for number, cell in enumerate(cells)]
    found, broken = cell_dependencies.pieces(seen, own, functools.partial(within, False, cell_dependencies.parse))
    for number, source in enumerate(cells):  # for inspect.getsource, and for the lines of a traceback
        lines = source.splitlines(keepends=True)
        linecache.cache[f"<cell {number + 1}>"] = (len(source), None, lines, f"<cell {number + 1}>")
    taken = cell_dependencies.needed(found, name, calls=less == 0)
    failed = _run_all(taken, space, within)
    said = []
    if less:  # what was taken first has ended the process, or did not end
        lost = {piece.cell for piece in cell_dependencies.needed(found, name) if piece not in taken}
        which = [f"cell {number + 1}" for number in sorted(lost)] if less == 1 else ["what is not in its cell"]
        said = [f"{each} was not run, because it takes too long, or ends the process" for each in which]
    strictly = cell_dependencies.needed_by_answer(found, name)
    for piece, error in failed:
        line, cell = f"line {piece.tree.lineno}", f"cell {piece.cell + 1}"
        if piece not in strictly or piece.own and name in piece.binds:
            said.append(f"{cell}, {line}: {_describe(error)}")
        elif piece.own:
            said.append(f"{line} of its cell was not run, because {_describe(error)}")
        else:
            said.append(f"{cell} was not run, because {_describe(error)} ({line})")
    used = set().union(*(piece.uses for piece in strictly))
    lost = [each for each in used if each not in space and not hasattr(builtins, each)]
    for number, error in broken.items():
        has_it = number != own and any(re.search(rf"\b{re.escape(each)}\b", cells[number]) for each in lost)
        said.append(f"cell {number + 1} {'was not run, because it ' * has_it}cannot be read: {_unread(error)}")
    errors = [(error, piece.tree.lineno) for piece, error in failed if piece.own and name in piece.binds]
    if own in broken:
        errors = [(broken[own], getattr(broken[own], "lineno", None))]
    return {"said": said, "missing": _missing(*(errors or [(NameError(f"no cell defines {name}"), 0)])[0])}


def _run_all(taken, space, within) -> list:
    """Run statements, those that fail up to three times; return the pieces that fail in the end, with their errors."""
    given_up, left = [], taken
    for _ in range(3):
        failed = [(piece, error) for piece in left if (error := _run(piece, space, within)) is not None]
        # what ran out of time would again, and what changes something must not do it twice
        again = [(p, e) for p, e in failed if type(e).__name__ != "OutOfTime" and (p.own or not p.changes)]
        given_up += [each for each in failed if each not in again]
        if not again or len(again) == len(left):
            break
        left = [piece for piece, _ in again]
    return given_up + again


def _missing(error, line) -> dict:
    """Return the reply to all cases where there is no answer: the error of its cell, by "line 3 of its cell"."""
    kinds = [kind.__name__ for kind in type(error).__mro__[:-1]]
    where = f"line {line} of its cell" if line else "" if line == 0 else "its cell"
    text = error.msg if isinstance(error, SyntaxError) else _describe(error).partition(": ")[2]
    return {"raised": type(error).__name__[:80], "said": str(text)[:300], "kinds": kinds, "where": where}


def _unread(error) -> str:
    return f"{error.msg} (line {error.lineno})" if isinstance(error, SyntaxError) else "it takes too long"


def _run(piece, space, within):
    import ast

    try:
        module = ast.Module([piece.tree], [])
        code = within(piece.own, compile, module, f"<cell {piece.cell + 1}>", "exec", piece.flags, True)
        within(piece.own, exec, code, space)
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: nothing in a cell ends the grading of it
        return error
    return None


def _describe(error) -> str:
    if type(error).__name__ == "OutOfTime":
        return "it takes too long"
    try:
        return f"{type(error).__name__}: {error}"[:300]
    except Exception:
        return type(error).__name__[:80]


def _seed():
    """Return the same random numbers in every call, on every machine, in any number of jobs."""
    random.seed(0)
    sys.modules["numpy"].random.seed(0)
    sys.modules["torch"].manual_seed(0)


def _confine(request, scratch):
    """Set limits; leave nothing of the environment and no inherited file but the two pipes."""
    limits = request["limits"]
    used = Zygote.pages("self")[0] * resource.getpagesize()
    seconds = int(limits["seconds"] * (len(request["cases"]) + 2)) + 2
    for name, most in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_AS", used + limits["memory"]),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", limits["file"]),
        ("RLIMIT_NOFILE", 128),
        ("RLIMIT_NPROC", limits["processes"]),
    ):
        if name == "RLIMIT_NPROC" and not limits["count_processes"]:
            continue
        with contextlib.suppress(ValueError, OSError, AttributeError):  # a lower one holds, or the system has none
            resource.setrlimit(getattr(resource, name), (most, most))
    os.environ.update(HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch)
    tempfile.tempdir = None
    os.chdir(scratch)


# ----------------------------------------------------------------------------------------------------------- a zygote


class Zygote:
    """The process that answers requests, one after the other.

    isolation: "namespaces" of each child's own, "alone" in a sandbox, or "plain", as any other process of the user.
    """

    def __init__(self, isolation, scratch, control, out, calls):
        self.isolation, self.scratch, self.control, self.out = isolation, scratch, control, out
        takes = calls and _in_child(lambda: _filter_calls(calls)) == 0  # the kernel may have no filters
        self.calls = calls if takes else b""
        self.home = os.open("/proc/self/ns/pid", os.O_RDONLY) if isolation == "namespaces" else None
        self.known = self.processes()

    def answer(self, request: dict) -> list[bytes]:
        """Return the frames for the parent: remarks, what was printed, and one for each case."""
        cases = len(request["cases"])
        replies, printed, notes, stops, less = [], b"", b"[]", 0, 0
        seconds = request["limits"]["seconds"]
        while len(replies) < cases:
            left = request["limits"]["reply"] - sum(map(len, replies))
            frames, stop, output = self.fork(request, len(replies), less, left, seconds)
            printed = (printed + output)[:PRINTED]
            if frames:
                notes = frames[0]
                replies += frames[1:]
            if stop is None:
                break
            if not frames and less < 2 and len(request["cells"]) > 1:
                less += 1  # something in another cell may have done it: with less of them, or none, it gets a chance
                continue
            stops += 1
            if stop == "time":
                seconds = request["limits"]["seconds"] / AFTER_TIME
            # the case that was stopped, and all others where it stopped before the first or for the second time
            lost = cases - len(replies) if not frames or stops >= request["limits"]["stops"] else 1
            replies += [json.dumps({"stopped": stop}).encode()] * lost
        return [notes, json.dumps(printed.decode("utf-8", "replace")).encode(), *replies[:cases]]

    def fork(self, request, first, less, left, seconds):
        """Return one child: its frames, why it was stopped ("time", "memory", "exit", "output" or None), its output."""
        blocked = tuple(request["blocked"])
        _imported((COURSE, *blocked))  # found once, here, and not by each child
        _files_of(blocked)  # likewise
        reply_in, reply_out = os.pipe()
        print_in, print_out = os.pipe()
        scratch = tempfile.mkdtemp(prefix="unet-edu-") if self.isolation == "plain" else self.scratch
        if self.isolation == "namespaces":
            _kernel("unshare", NEW_PID)
        pid = os.fork()
        if pid == 0:
            try:
                self.start(request, reply_out, print_out, scratch)
                child(request, reply_out, first, less)
                os._exit(0)
            except BaseException as error:
                try:
                    os.write(2, f"\n(stopped by {_describe(error)})\n".encode())
                finally:
                    os._exit(1)
        if self.isolation == "namespaces":
            _kernel("setns", self.home, 0)
        os.close(reply_out)
        os.close(print_out)
        try:
            return self.watch(request, pid, reply_in, print_in, 1 + len(request["cases"]) - first, left, seconds)
        finally:
            self.end(pid)
            os.close(reply_in)
            os.close(print_in)
            self.clean(scratch)

    def start(self, request, reply, printed, scratch):
        """Return the first that a child does."""
        os.setsid()
        if sys.platform == "linux":
            _libc().prctl(SET_DUMPABLE, 1, 0, 0, 0)  # its own /proc/self is its own again
        for number in range(1, signal.NSIG):  # none that this process was started to ignore
            if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ, 32, 33):
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        if self.isolation == "namespaces":
            _private(scratch, request["limits"]["scratch"], _files_of(tuple(request["blocked"])))
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        for fd in os.listdir("/dev/fd") if os.path.exists("/dev/fd") else map(str, range(3, 256)):
            if int(fd) > 2 and int(fd) != reply:
                with contextlib.suppress(OSError):
                    os.close(int(fd))
        for name, fd in (("stdout", 1), ("stderr", 2)):
            stream = io.TextIOWrapper(io.FileIO(fd, "w", closefd=False), "utf-8", "replace", write_through=True)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        _confine(request, scratch)
        if self.calls:
            _filter_calls(self.calls)

    def watch(self, request, pid, reply, printed, wanted, left, seconds):
        """Wait until the child ends or reaches a limit; return its frames, why it was stopped, its output.

        The frames may have `left` bytes together, beside the first; a case may take `seconds`.
        """
        limits = request["limits"]
        frames, buffer, kept, total = [], bytearray(), bytearray(), 0
        # seconds of the processor's are limited; by the clock much more may pass, since the machine may be busy
        patience = limits["patience"] if os.path.isdir("/proc") else 1
        last = time.monotonic() + limits["seconds"] * (wanted + 1 + patience * (limits["stops"] + 1))
        end = min(last, time.monotonic() + 2 * patience * limits["seconds"])
        most = 2 * limits["seconds"]  # for other cells, and for its own
        look, gone = time.monotonic() + 0.1, 0
        with selectors.DefaultSelector() as wait:
            for fd in (reply, printed, self.control):
                wait.register(fd, selectors.EVENT_READ)
            while len(frames) < wanted:
                now = time.monotonic()
                if now >= end:
                    return frames, "time", bytes(kept)
                if now >= look:
                    look = now + 0.1
                    if self.worked(pid) >= most:
                        return frames, "time", bytes(kept)
                    if self.uses() > limits["memory"] or self.filled() > limits["scratch"]:
                        return frames, "memory", bytes(kept)
                    gone += self.is_gone(pid)
                    if gone > 1:  # twice: what it sent last has been read
                        return frames, "exit", bytes(kept)
                for key, _ in wait.select(min(end, look) - now):
                    data = os.read(key.fd, 1 << 16)
                    if key.fd == self.control:  # nothing is sent meanwhile: the parent is gone
                        self.end(pid)
                        os._exit(0)
                    if key.fd == printed:
                        kept += data[: PRINTED - len(kept)]
                        total += len(data)
                        if not data:
                            wait.unregister(printed)
                        if total > limits["output"]:
                            return frames, "output", bytes(kept)
                        continue
                    if not data:
                        return frames, "exit", bytes(kept) + self.rest(printed)
                    buffer += data
                    while len(buffer) >= 4 and len(frames) < wanted:
                        (size,) = struct.unpack_from(">I", buffer)
                        if size > (left if frames else FIRST):
                            return frames, "output", bytes(kept)
                        if len(buffer) < 4 + size:
                            break
                        left -= size if frames else 0
                        frames.append(bytes(buffer[4 : 4 + size]))
                        del buffer[: 4 + size]
                        end = min(last, time.monotonic() + patience * seconds)
                        most = self.worked(pid) + seconds
        return frames, None, bytes(kept) + self.rest(printed)

    @staticmethod
    def rest(printed) -> bytes:
        """Return what is printed and not yet read."""
        os.set_blocking(printed, False)
        try:
            return os.read(printed, 1 << 16)
        except BlockingIOError:
            return b""

    @staticmethod
    def is_gone(pid) -> bool:
        """Return whether the child has ended."""
        try:
            return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def processes(self) -> set[str]:
        """Return the processes that can be seen, where they are the sandbox's own."""
        if self.isolation == "plain" or not os.path.isdir("/proc"):
            return set()
        return {name for name in os.listdir("/proc") if name.isdigit()}

    def uses(self) -> int:
        """Return bytes of memory that all processes of a child have written themselves, together."""
        total, shared = 0, self.written("self")
        for name in self.processes() - self.known:
            total += max(0, self.written(name) - shared)  # of what a fork shares, none
        return total

    def worked(self, pid) -> float:
        """Return seconds of the processor that a child has used, with its own processes where they can be seen."""
        ticks = 0
        for name in self.processes() - self.known or {str(pid)}:
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                ticks += sum(map(int, file.read().rpartition(b")")[2].split()[11:15]))  # with children waited for
        return ticks / os.sysconf("SC_CLK_TCK")

    @classmethod
    def written(cls, name) -> int:
        """Return the bytes that a process has written itself."""
        _, resident, shared = cls.pages(name)
        return (resident - shared) * resource.getpagesize()

    @staticmethod
    def pages(name) -> tuple[int, int, int]:
        """Return pages of a process: all, in memory, and of these the ones of files."""
        try:
            with open(f"/proc/{name}/statm") as file:
                return tuple(map(int, file.read().split()[:3]))
        except OSError:  # it has ended, or the system has no /proc
            return 0, 0, 0

    def filled(self) -> int:
        """Return bytes in a scratch that has no size of its own."""
        if self.isolation != "alone":
            return 0
        spaces = [os.statvfs(place) for place in (self.scratch, "/dev/shm")]
        return sum((space.f_blocks - space.f_bfree) * space.f_frsize for space in spaces)

    def end(self, pid):
        """End a child and all that it started."""
        if self.isolation == "alone":
            os.kill(-1, signal.SIGKILL)  # all in this sandbox but its first process and this one
        elif self.isolation == "plain":
            for stop in (lambda: os.killpg(pid, signal.SIGKILL), lambda: os.kill(pid, signal.SIGKILL)):
                with contextlib.suppress(OSError):
                    stop()
        else:
            os.kill(pid, signal.SIGKILL)  # the first of its namespace: the kernel ends the others
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        for _ in range(1000 if self.isolation == "plain" else 0):  # those that left its session came to this process
            for orphan in _children():
                os.kill(orphan, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        # whoever was killed in an "alone" sandbox is waited for: of many, some die long after, and would still count
        while True:
            try:
                if os.waitpid(-1, 0 if self.isolation == "alone" else os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break

    def clean(self, scratch):
        """Leave nothing for the next; a process that cannot make sure of that ends, and is started again."""
        if self.isolation == "plain":
            shutil.rmtree(scratch, ignore_errors=True)
        elif self.isolation == "alone":
            for place in (scratch, "/dev/shm"):
                for entry in list(os.scandir(place)):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        os.unlink(entry.path)
                if os.listdir(place):
                    os._exit(3)


def _children() -> list[int]:
    try:
        with open("/proc/self/task/%d/children" % os.getpid()) as file:  # noqa: UP031
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def warm():
    """Import, and use once, what nearly every answer needs."""
    for name in ("collections", "copy", "dataclasses", "functools", "itertools", "math", "typing"):
        importlib.import_module(name)
    import numpy
    import torch
    import torch.nn.functional

    torch.set_num_threads(1)  # a fork has one thread only
    numpy.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    x = torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8), torch.ones(1, 1, 3, 3, requires_grad=True))
    torch.nn.functional.cross_entropy(torch.cat([x, x], 1), torch.zeros(1, 6, 6, dtype=torch.long)).backward()
    from unet_edu.course import evaluate, judging  # noqa: F401
    from unet_edu.course.sandbox import cell_dependencies

    cell_dependencies.parse("%time 1")  # imports IPython's transformer

    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        _huge_pages()


def _huge_pages():
    """Put what this process holds into pages of 2 MiB, where the system can: a fork then has less to copy.

    One entry of a page table stands for 512. What a child writes to is copied in pages of 4 KiB as before.
    """
    with open("/proc/self/maps") as file:
        lines = file.read().splitlines()
    for line in lines:
        place, rights, _, device, _, *name = line.split()
        if rights == "rw-p" and device == "00:00" and name in ([], ["[heap]"]):
            start, end = (int(side, 16) for side in place.split("-"))
            start, end = -(-start // HUGE) * HUGE, end // HUGE * HUGE
            if start < end and _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), HUGE_PAGES) == 0:
                _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), COLLAPSE)


def main():
    """Set up the isolation, import torch, then answer requests until the parent closes."""
    control, out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # whatever prints goes where errors go
    setup = json.loads(receive(control))
    if setup["nobody"]:
        become_nobody(setup["nobody"])
    isolation = "plain"
    if setup["sandboxed"]:
        nests = setup["nest"] and _can_nest(setup["scratch"])
        isolation = "namespaces" if nests else "alone"
    if isolation == "namespaces":
        _own_namespaces()
        pid = os.fork()
        if pid:
            _libc().prctl(SET_DUMPABLE, 0, 0, 0, 0)
            for fd in (control, out, null):
                os.close(fd)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
        _mount("none", "/", None, RECURSIVE | PRIVATE)
        try:
            with open("/proc/sys/user/max_user_namespaces", "w") as file:
                file.write("0")  # no child needs one, and they are a large part of the kernel to open to it
        except OSError:
            pass
    elif sys.platform == "linux":
        _libc().prctl(BE_SUBREAPER, 1, 0, 0, 0)
    sys.path[:0] = [path for path in setup["path"] if path not in sys.path]
    sys.meta_path.insert(0, Texts(setup["modules"]))
    warm()
    if sys.platform == "linux":
        _libc().prctl(SET_DUMPABLE, 0, 0, 0, 0)  # no other process may look into this one
    zygote = Zygote(isolation, setup["scratch"], control, out, base64.b64decode(setup["calls"]))
    versions = {"isolation": isolation, "filtered": bool(zygote.calls), "torch": sys.modules["torch"].__version__}
    send(out, json.dumps(versions).encode())
    while (data := receive(control)) is not None:
        for frame in zygote.answer(json.loads(data)):
            send(out, frame)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        if error.errno != errno.EPIPE:  # the parent is gone
            raise
