"""How fast one topic or stream is written to, as its own answers say."""

from __future__ import annotations

import threading
import time
from collections import deque

__all__ = ["Throttle"]

DECREASE = 0.5
INCREASE_PER_SECOND = 100.0
"""Records per second; a tenth of what one shard of Kinesis takes."""
LOWEST = 50.0
"""Records per second; so 500 records are never held back for more than ten seconds."""
WINDOW_SECONDS = 1.0


class Throttle:
    """Additive increase, multiplicative decrease, as of TCP.

    Nothing is held back before the first answer that says "slower". At such an answer the speed
    falls to half of what was sent in the second before, and from then on it grows by 100 records
    per second each second. All connections share it, so it falls once a second at most: several
    of them hear of the same shortage.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: deque[tuple[float, int]] = deque()
        self._turn = 0.0
        self._fallen_to: float | None = None
        self._fallen_at = 0.0

    def wait(self, records: int, stop: threading.Event) -> None:
        """Return when `records` may be sent, or as soon as `stop` is set."""
        with self._lock:
            now = time.monotonic()
            turn = max(self._turn, now)
            speed = self._speed(now)
            self._turn = turn if speed is None else turn + records / speed
            self._sent.append((turn, records))
            self._forget(now)
        if turn > now:
            stop.wait(turn - now)

    def slow_down(self) -> None:
        """Halve the speed: what was sent was too much."""
        with self._lock:
            now = time.monotonic()
            if self._fallen_to is None or now - self._fallen_at >= WINDOW_SECONDS:
                self._forget(now)
                sent = sum(records for at, records in self._sent if at <= now) / WINDOW_SECONDS
                self._fallen_to = max(LOWEST, DECREASE * sent)
                self._fallen_at = now

    def _speed(self, now: float) -> float | None:
        """Return the records per second that may be sent; null where nothing is held back."""
        if self._fallen_to is None:
            return None
        return self._fallen_to + INCREASE_PER_SECOND * (now - self._fallen_at)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0][0] < now - WINDOW_SECONDS:
            self._sent.popleft()
