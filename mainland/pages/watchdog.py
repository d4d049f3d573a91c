"""A limit on the CPU time that one page may take, so that no page can stop a crawl.

CPython runs signal handlers between two instructions of Python and inside :mod:`re`, and a handler may raise: a timer
of CPU time interrupts both. Code in C that calls no Python is interrupted when it returns, and is bounded by what it
is given.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

MOST_SECONDS = 10.0
"""CPU seconds that the reading of one page may take. A usual page takes 0.01."""

_AGAIN = 0.5  # seconds of CPU after which the timer fires again: Python ignores what is raised in a finalizer
_HURRIED = 2.0  # seconds of CPU that the page being read still has after the signal to stop


class TooLongError(Exception):
    """The reading took more than its CPU time."""


class InterruptedReadingError(Exception):
    """The reading was interrupted because the process ends. It says nothing about the page."""


class _Interrupt(BaseException):
    """Ends a reading from a signal handler; no ``except Exception`` on the way catches it."""


class _State:
    """Whether :func:`call` is reading a page, and whether :func:`hurry` or :func:`interrupt` were called meanwhile."""

    is_reading = False
    is_hurried = False


def call(read: Callable[..., T], *args: Any, seconds: float | None = None) -> T:
    """Calls a function with a limit on its CPU time, in seconds, and returns its result.

    ``seconds`` is :data:`MOST_SECONDS` by default. A call inside another one counts to it. There is no limit outside
    the main thread, and where the system has no timer of CPU time (Windows). The signal handler and the timer that
    were set before are set again at the end; the timer without the time that was used.

    :raises TooLongError: the function took longer and was interrupted.
    :raises InterruptedReadingError: :func:`hurry` or :func:`interrupt` ended it.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if _State.is_reading or not is_main or not hasattr(signal, "setitimer"):
        return read(*args)
    former, timer = signal.getsignal(signal.SIGVTALRM), signal.getitimer(signal.ITIMER_VIRTUAL)
    started = os.times().user if timer[0] else None  # a slow call, and few callers have a timer
    try:
        try:
            signal.signal(signal.SIGVTALRM, _fire)
            _State.is_reading, _State.is_hurried = True, False
            timer = signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS if seconds is None else seconds, _AGAIN)
            return read(*args)
        finally:
            _State.is_reading = False
    except _Interrupt:
        raise (InterruptedReadingError("interrupted") if _State.is_hurried else TooLongError()) from None
    finally:
        _set_again(former, timer, 0.0 if started is None else os.times().user - started)


def _set_again(former: Any, timer: tuple[float, float], used: float) -> None:
    """Sets the handler (``former``) and the timer that were set before; the timer goes on as if it had run meanwhile.

    ``used`` is the CPU time since then, in seconds. What the handler of another signal raises here is raised when both
    are set.
    """
    left, interval = timer
    try:
        _State.is_reading = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        try:
            signal.signal(signal.SIGVTALRM, signal.SIG_DFL if former is None else former)
        finally:
            is_due = 0 < left <= used
            signal.setitimer(signal.ITIMER_VIRTUAL, interval if is_due else max(left - used, 0.0), interval)
            if is_due:
                signal.raise_signal(signal.SIGVTALRM)


def hurry() -> None:
    """Leaves the page that is being read two more seconds of CPU time; then InterruptedReadingError ends its reading.

    To be called from a signal handler. It does nothing if no page is being read.
    """
    if _State.is_reading and not _State.is_hurried:
        _State.is_hurried = True
        signal.setitimer(signal.ITIMER_VIRTUAL, _HURRIED, _AGAIN)


def interrupt() -> None:
    """Ends the reading of a page at once with InterruptedReadingError; does nothing if no page is being read.

    To be called from a signal handler, as the last thing.
    """
    if _State.is_reading:
        _State.is_hurried = True
        signal.setitimer(signal.ITIMER_VIRTUAL, _AGAIN, _AGAIN)  # if what is raised here is ignored
        raise _Interrupt


def _fire(_number: int, _frame: FrameType | None) -> None:
    """Handles the signal of the timer: raises what ends the reading, if a page is being read."""
    if _State.is_reading:
        raise _Interrupt
