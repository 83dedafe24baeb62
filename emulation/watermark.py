"""Knows after which post an interrupted run can go on."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["LowWatermark"]


class LowWatermark:
    """The largest index up to which every post was acknowledged.

    Posts are read in index order and gathered into batches on one of several lanes (connections).
    A lane settles its batches in order; the lanes run ahead of each other.
    """

    def __init__(self, after: int, lanes: int) -> None:
        """Begin `after` the index of the last post that needs no sending."""
        self._unsettled: list[deque[int]] = [deque() for _ in range(lanes)]
        self._held: set[int] = set()
        self._highest = after
        self._lock = threading.Lock()

    def opened(self, lane: int, first: int) -> None:
        """Note that `lane` gathers a batch whose first post is `first`."""
        with self._lock:
            if lane not in self._held:
                self._unsettled[lane].append(first)

    def acknowledged(self, lane: int, last: int) -> None:
        """Note that the oldest batch of `lane`, whose last post is `last`, was acknowledged."""
        with self._lock:
            if lane not in self._held:
                self._unsettled[lane].popleft()
                self._highest = max(self._highest, last)

    def refused(self, lane: int) -> None:
        """Note that the oldest batch of `lane` was not: the watermark can never rise past it."""
        with self._lock:
            if lane not in self._held:
                self._held.add(lane)
                self._unsettled[lane] = deque([self._unsettled[lane][0]])

    @property
    def after(self) -> int:
        """Index after which a later run must begin so that no post is left out."""
        with self._lock:
            oldest = [lane[0] for lane in self._unsettled if lane]
            return min(oldest) - 1 if oldest else self._highest
