"""Records on their way in one request."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

__all__ = ["Delivery", "parts"]


class Delivery:
    """The records of one request that are not settled yet.

    Attributes:
        advanced_at: Monotonic time at which one was last settled; at first, of the first attempt.
    """

    def __init__(self, event: str, records: Sequence[bytes]) -> None:
        self.event = event
        self.pending = records
        self.attempts = 0
        self.refused = 0
        self.advanced_at = time.monotonic()

    def keep(self, pending: Sequence[bytes], refused: int) -> None:
        """Note that only `pending` are left, and that `refused` were refused."""
        if len(pending) < len(self.pending):
            self.advanced_at = time.monotonic()
        self.pending = pending
        self.refused += refused


def parts(records: Sequence[bytes], max_bytes: int) -> Iterator[Sequence[bytes]]:
    """Yield `records` in order, in parts of `max_bytes` at most; one that is longer comes alone."""
    start = size = 0
    for position, record in enumerate(records):
        if size + len(record) > max_bytes and position > start:
            yield records[start:position]
            start, size = position, 0
        size += len(record)
    yield records[start:]
