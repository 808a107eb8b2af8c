"""A limit on the time of a call: on the main thread by a timer, on others by watching lines."""

import contextlib
import signal
import sys
import threading
import time

import pytest

from unet_edu.course import deadline
from unet_edu.course.deadline import OutOfTime, call


def forever():
    while True:
        pass


def ignoring_exceptions():
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def on_thread(function):
    """Run it on another thread; return its result or what it raised."""
    found = []

    def run():
        try:
            found.append(function())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return found[0]


def test_a_call_in_time_returns_what_it_returns():
    assert call(5, lambda a, b=0: a + b, 1, b=2) == 3
    assert on_thread(lambda: call(5, lambda a, b=0: a + b, 1, b=2)) == 3


def test_what_a_call_raises_passes():
    with pytest.raises(KeyError):
        call(5, {}.__getitem__, 1)
    assert isinstance(on_thread(lambda: call(5, {}.__getitem__, 1)), KeyError)


@pytest.mark.parametrize("function", [forever, ignoring_exceptions, lambda: time.sleep(600)])
def test_a_call_that_does_not_end_is_stopped(function):
    start = time.monotonic()
    with pytest.raises(OutOfTime, match=r"stopped after 0\.1 seconds"):
        call(0.1, function)
    assert time.monotonic() - start < 300, "on a busy machine, too"


def test_a_bare_except_keeps_it_once_only():
    """The timer goes off again and again: between two tries of the loop, too, where nothing catches it."""
    start = time.monotonic()
    with pytest.raises(OutOfTime):
        call(0.1, swallowing_a_while)
    assert time.monotonic() - start < 300


def swallowing_a_while():
    caught = 0
    while True:
        try:
            while True:
                pass
        except BaseException:
            caught += 1
            if caught > 3:
                raise


@pytest.mark.parametrize("function", [forever, ignoring_exceptions])
def test_a_loop_is_stopped_on_another_thread(function):
    assert isinstance(on_thread(lambda: call(0.1, function)), OutOfTime)


def test_it_is_no_exception_that_student_code_would_catch():
    assert not issubclass(OutOfTime, Exception)


def test_no_time_at_all_is_a_very_short_time():
    with pytest.raises(OutOfTime):
        call(0, forever)


def test_nothing_is_left_behind():
    handler = signal.getsignal(signal.SIGALRM)
    call(1, int)
    with pytest.raises(OutOfTime):
        call(0.05, forever)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    time.sleep(3 * deadline.AGAIN)  # no timer goes off any more


def test_a_timer_that_was_set_goes_on():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(time.monotonic()))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(OutOfTime):
            call(0.1, forever)
        assert not rung
        time.sleep(0.5)
        assert len(rung) == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_trace_function_that_was_set_is_set_again():
    def watched():
        def trace(frame, event, arg):
            return None

        sys.settrace(trace)
        try:
            call(1, int)
            return sys.gettrace() is trace
        finally:
            sys.settrace(None)

    assert on_thread(watched) is True


def test_the_keyboard_still_interrupts():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(1, interrupted)
