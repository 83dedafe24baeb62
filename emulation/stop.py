"""Stops a run early: on a signal or on an error of one of its threads."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["StopSignal", "run_periodically", "stop_on_signals"]


class StopSignal(threading.Event):
    """Tells all threads of a run to stop.

    Attributes:
        error: The error that ended the run; None if there was none.
        interrupted: Whether Ctrl-C or SIGTERM ended it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.interrupted = False
        self._lock = threading.Lock()

    def fail(self, error: Exception) -> None:
        """Stop the run because of `error`; the first error is kept."""
        with self._lock:
            if not self.is_set():
                self.error = error
            self.set()


@contextmanager
def stop_on_signals(stop: StopSignal) -> Iterator[None]:
    """Let SIGINT and SIGTERM set `stop` while the block runs; a second signal ends the process."""
    signals = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.interrupted = True
        stop.set()
        restore()

    for number in signals:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        restore()


@contextmanager
def run_periodically(
    task: Callable[[], object], stop: StopSignal, seconds: float
) -> Iterator[None]:
    """Call `task` every `seconds` while the block runs, and once at the end.

    An error of `task` ends the run; `task` is not called again.
    """
    finished = threading.Event()

    def repeat() -> None:
        try:
            while not finished.wait(seconds):
                task()
            task()
        except Exception as error:  # noqa: BLE001  # any error must end the run
            stop.fail(error)

    thread = threading.Thread(target=repeat, name="periodic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
