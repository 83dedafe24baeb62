"""How fast one shard is read."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Pace"]

_MB = 1_000_000


class Pace:
    """Waits before a call where Kinesis would refuse it.

    A shard gives five answers and 2 MB a second, for all who read it together. What is refused
    nevertheless is asked for again by the client, with back-off.
    """

    def __init__(
        self,
        seconds: float,
        megabytes: float | None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let a call through every `seconds`, and `megabytes` a second (null: any number)."""
        self._seconds = seconds
        self._megabytes = megabytes
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0
        self._called = 0.0

    def wait(self) -> None:
        """Return when the next call may be made."""
        remaining = self._next - self._clock()
        if remaining > 0:
            self._sleep(remaining)
        self._called = self._clock()

    def fetched(self, size: int) -> None:
        """Note that the call gave `size` bytes."""
        needed = size / (self._megabytes * _MB) if self._megabytes else 0.0
        self._next = self._called + max(self._seconds, needed)
