"""Counts what became of the records of one run."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from emulation.events import EVENTS

__all__ = ["EventCounts", "Tally"]


@dataclass
class EventCounts:
    """Records of one event.

    Attributes:
        acknowledged: Stored, by the API's word.
        retried: Sent once more; a record sent three times counts twice.
        refused: Not stored, and sending them again would not help.
        reasons: How many were refused for which reason.
    """

    acknowledged: int = 0
    retried: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


class Tally:
    """The counts of all events; several connections may add to them at once."""

    def __init__(self) -> None:
        self.events = {event.name: EventCounts() for event in EVENTS}
        self.posts = 0
        self._lock = threading.Lock()

    def acknowledged(self, event: str, records: int) -> None:
        """Add `records` that were stored."""
        with self._lock:
            self.events[event].acknowledged += records

    def retried(self, event: str, records: int) -> None:
        """Add `records` that are being sent once more."""
        with self._lock:
            self.events[event].retried += records

    def refused(self, event: str, records: int, reason: str) -> None:
        """Add `records` that were refused for `reason`."""
        with self._lock:
            self.events[event].refused += records
            self.events[event].reasons[reason] += records

    def posts_sent(self, posts: int) -> None:
        """Add `posts` whose events have all been answered for."""
        with self._lock:
            self.posts += posts

    @property
    def any_acknowledged(self) -> bool:
        """Whether posts were answered for, and not every record of theirs refused."""
        return self.posts > 0 and any(counts.acknowledged for counts in self.events.values())

    @property
    def any_refused(self) -> bool:
        """Whether a record was refused."""
        return any(counts.refused for counts in self.events.values())
