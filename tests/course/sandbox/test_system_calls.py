"""No answer may leave anything in the stores of the kernel, where the next one would find it."""

import errno
import sys

import pytest

from unet_edu.course.evaluate import outcome_of
from unet_edu.course.exercise import Exercise
from unet_edu.course.sandbox import system_calls
from unet_edu.course.sandbox.sandbox import Sandbox
from unet_edu.course.sandbox.system_calls import KEPT, OTHERS, NotFilteredWarning, filter_program, numbers

CALLING = Exercise("test.calling", "00_test", "calling", 3, 1, cases=lambda rng, params: [])
BY_NUMBER = """
import ctypes, errno

def calling(numbers):
    libc, refused = ctypes.CDLL(None, use_errno=True), []
    for number in numbers:
        ctypes.set_errno(0)
        result = libc.syscall(number, -1, -1, -1, -1, -1)
        refused.append((result, ctypes.get_errno()))
    return refused
"""
KEYRING = """
import ctypes

def calling(add, search):
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(search, 10, -4, b"user", b"from-an-answer", 0)
    made = libc.syscall(add, b"user", b"from-an-answer", b"seen", 4, -4)
    return found, made
"""
ORDINARY = """
import socket, subprocess, threading
import torch

def calling():
    done = []
    thread = threading.Thread(target=lambda: done.append("a thread"))
    thread.start(), thread.join()
    ends = socket.socketpair()
    ends[0].send(b"a pair"), done.append(ends[1].recv(9).decode())
    done.append(subprocess.run(["/bin/echo", "a program"], capture_output=True, text=True).stdout.strip())
    done.append(float(torch.nn.Conv2d(1, 1, 3)(torch.ones(1, 1, 5, 5)).detach().sum()) != 0)
    return done
"""


@pytest.fixture(scope="module", params=["namespaces", "alone"])
def sandbox(request):
    with Sandbox(timeout=20, nest=request.param == "namespaces") as sandbox:
        if sandbox.isolation != request.param:
            pytest.skip("this system gives no namespaces within namespaces")
        yield sandbox


def value(sandbox, source, *args):
    return outcome_of(sandbox.run(cells=[source], exercise_id=CALLING, args=[args]).outcomes[0])


@pytest.mark.isolation
@pytest.mark.parametrize("names", [*KEPT.values(), *OTHERS.values()], ids=[*KEPT, *OTHERS])
def test_calls_that_no_answer_needs_are_refused(sandbox, names):
    assert sandbox.filtered
    known = numbers(names)
    assert len(known) >= 3
    assert value(sandbox, BY_NUMBER, known) == [(-1, errno.EPERM)] * len(known)


@pytest.mark.isolation
def test_what_is_put_into_a_keyring_is_not_found_by_the_next(sandbox):
    add, search = numbers("add_key keyctl")
    for _ in range(2):
        assert value(sandbox, KEYRING, add, search) == (-1, -1)


@pytest.mark.isolation
def test_what_answers_do_is_allowed(sandbox):
    assert value(sandbox, ORDINARY) == ["a thread", "a pair", "a program", True]


@pytest.mark.isolation
def test_only_sockets_of_this_machine_are_made(sandbox):
    source = "import socket\n\ndef calling(family):\n    socket.socket(family)\n"
    assert value(sandbox, source, 2).name == "PermissionError"  # AF_INET
    assert value(sandbox, source, 16).name == "PermissionError"  # AF_NETLINK
    assert value(sandbox, source, 1) is None  # AF_UNIX


def test_a_call_that_this_processor_does_not_have_is_left_out():
    assert numbers("keyctl no_such_call") == numbers("keyctl")
    assert len(filter_program()) % 8 == 0  # instructions of eight bytes
    assert len(filter_program()) // 8 > len(numbers(" ".join(KEPT.values())))


def test_without_the_library_it_says_what_remains_and_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    filter_program.cache_clear()
    try:
        with pytest.warns(NotFilteredWarning) as said:
            assert filter_program() == b""
    finally:
        filter_program.cache_clear()
    (warning,) = said
    assert str(warning.message).startswith("System calls are not filtered here (")
    assert "keyrings" in str(warning.message)
    assert 'pip install "unet_edu[grade]"' in str(warning.message)


@pytest.mark.isolation
def test_without_the_library_answers_are_graded_as_before(monkeypatch):
    monkeypatch.setattr(system_calls, "filter_program", lambda: b"")
    with Sandbox(timeout=20) as sandbox:
        assert not sandbox.filtered
        assert value(sandbox, ORDINARY) == ["a thread", "a pair", "a program", True]
