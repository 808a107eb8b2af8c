"""A limit on the time of a call, for code that may never return.

On the main thread, where signals exist, a timer of the system interrupts the call; elsewhere (other threads, Windows)
the call is traced, line by line, which makes it slower. Either way Python itself must get its turn: one long call into
compiled code, such as a matrix product or a sum over an endless iterator, is not stopped before it is done. The sandbox
of the grader has no such limit: it ends processes from outside.
"""

import signal
import sys
import threading
import time

AGAIN = 0.05  # seconds until a timer that was swallowed (by a bare `except:`, say) goes off again


class OutOfTime(BaseException):
    """The time is up. No Exception, so that `except Exception` in the code that is stopped does not keep it."""

    def __init__(self, seconds):
        super().__init__(f"stopped after {seconds:g} seconds")


def can_signal() -> bool:
    """Return whether a timer of the system can be used here."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def call(seconds, function, *args, **options):
    """Return ``function(*args, **options)``, or raise OutOfTime when it takes more than `seconds`.

    Nothing is left behind: a timer and a handler that were set before are set again (a timer later by the time that
    the call took), as is a trace function.
    """
    seconds = max(seconds, 1e-3)  # a timer of 0 would never go off
    way = _by_signal if can_signal() else _by_trace
    return way(seconds, lambda: function(*args, **options))


def _inside(function):
    return function()


def _is_inside(frame) -> bool:
    """Return whether the call is still going on: what handles its end must not be interrupted."""
    while frame is not None:
        if frame.f_code is _inside.__code__:
            return True
        frame = frame.f_back
    return False


def _by_signal(seconds, function):
    def stop(number, frame):
        if _is_inside(frame):
            raise OutOfTime(seconds)

    start = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        return _inside(function)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-6), interval)


def _by_trace(seconds, function):
    end = time.monotonic() + seconds

    def trace(frame, event, arg):
        if time.monotonic() > end:
            raise OutOfTime(seconds)  # once: Python takes a trace function that raises away
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return _inside(function)
    finally:
        sys.settrace(before)
