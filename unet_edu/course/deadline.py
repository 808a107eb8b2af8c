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
PATIENCE = 8  # seconds that may pass for each of the processor's: as busy as a machine may be, or as long as one waits


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
    if not can_signal():
        return _by_trace(seconds, lambda: function(*args, **options))
    clocks = [(signal.ITIMER_REAL, signal.SIGALRM, seconds)]
    return _by_signal(clocks, seconds, lambda: function(*args, **options))


def call_on_processor(seconds, function, *args, **options):
    """Return the same as `call`, within `seconds` of the processor's time; a busy machine takes none away.

    In all it may take `PATIENCE` times as long, so that one that waits for ever ends as well. On the main thread of a
    system with signals only; elsewhere it is `call`, with that time.
    """
    seconds = max(seconds, 1e-3)
    if not can_signal():
        return call(PATIENCE * seconds, function, *args, **options)
    clocks = [
        (signal.ITIMER_PROF, signal.SIGPROF, seconds),
        (signal.ITIMER_REAL, signal.SIGALRM, PATIENCE * seconds),
    ]
    return _by_signal(clocks, seconds, lambda: function(*args, **options))


def _inside(function):
    return function()


def _is_inside(frame) -> bool:
    """Return whether the call is still going on: what handles its end must not be interrupted."""
    while frame is not None:
        if frame.f_code is _inside.__code__:
            return True
        frame = frame.f_back
    return False


def _by_signal(clocks, seconds, function):
    """Return what the function returns. clocks: a timer of the system, its signal and its seconds, for each."""

    def stop(number, frame):
        if _is_inside(frame):
            raise OutOfTime(seconds)

    start = time.monotonic()
    before = [(clock, number, signal.signal(number, stop)) for clock, number, _ in clocks]
    left = [signal.setitimer(clock, limit, AGAIN) for clock, _, limit in clocks]
    try:
        return _inside(function)
    finally:
        for (clock, number, handler), (rest, interval) in zip(before, left, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
            if rest:
                signal.setitimer(clock, max(rest - (time.monotonic() - start), 1e-6), interval)


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
