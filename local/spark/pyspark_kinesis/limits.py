"""How much one micro-batch may hold."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["UNLIMITED", "Limits"]


@dataclass(frozen=True)
class Limits:
    """What ends a micro-batch; infinity means nothing does.

    Attributes:
        records: Records of all shards together; never exceeded.
        size: Bytes of their data; the page that reaches it is still taken whole.
        seconds: Time to fetch; the page that reaches it is still taken whole.
    """

    records: float = math.inf
    size: float = math.inf
    seconds: float = math.inf

    def share(self, shards: int) -> Limits:
        """Return the part of one of `shards` shards, at least one record."""
        records = self.records if math.isinf(self.records) else max(1, self.records // shards)
        return Limits(records, self.size / shards, self.seconds)

    def without(self, records: int, size: int, seconds: float) -> Limits:
        """Return what remains."""
        return Limits(self.records - records, self.size - size, self.seconds - seconds)

    @property
    def spent(self) -> bool:
        """Whether nothing remains."""
        return self.records < 1 or self.size <= 0 or self.seconds <= 0


UNLIMITED = Limits()
"""What a trigger that reads everything at once asks for."""
