"""Ctrl-C and SIGTERM end a run in good order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["halted_by_signals"]


@contextmanager
def halted_by_signals(halt: threading.Event) -> Iterator[list[int]]:
    """Let SIGINT and SIGTERM set `halt`; a second one ends the run at once.

    Yields:
        The signals that have come.
    """
    came: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def end(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        halt.set()
        restore()

    for number in signals:
        signal.signal(number, end)
    try:
        yield came
    finally:
        restore()
