"""Fetches the next micro-batch while Spark writes the one before it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from .filling import Fetch
from .limits import Limits
from .offsets import Offset

__all__ = ["Ahead", "Plan"]


@dataclass(frozen=True)
class Plan:
    """A micro-batch that has been fetched.

    Attributes:
        end: Where it ends.
        fetches: What was taken of each shard.
        more: Whether there may be more to fetch already.
    """

    end: Offset
    fetches: list[Fetch]
    more: bool

    def discard(self) -> None:
        """Remove what was fetched."""
        for fetch in self.fetches:
            fetch.file.path.unlink(missing_ok=True)


class Ahead:
    """Makes plans, one at a time; the next one in the background where there is a backlog.

    A query at the tip fetches nothing ahead: it would only get less than by asking later.
    """

    def __init__(self, plan: Callable[[Offset, Limits], Plan]) -> None:
        """Take what makes a `plan` of the micro-batch that begins at an offset."""
        self._plan = plan
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kinesis-ahead")
        self._asked: tuple[Offset, Limits] | None = None
        self._coming: Future[Plan] | None = None

    def take(self, start: Offset, limits: Limits) -> Plan:
        """Return the plan of the micro-batch that begins at `start`."""
        coming, self._coming = self._coming, None
        if coming and self._asked == (start, limits):
            plan = coming.result()
        else:
            _discard(coming)
            plan = self._plan(start, limits)
        if plan.more:
            self._asked = plan.end, limits
            self._coming = self._thread.submit(self._plan, *self._asked)
        return plan

    def close(self) -> None:
        """Return once nothing is fetched any more."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def _discard(coming: Future[Plan] | None) -> None:
    """Wait for a plan that nobody asks for: until then the cursors move."""
    if coming:
        with suppress(Exception):  # it will come again where it matters
            coming.result().discard()
