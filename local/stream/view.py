"""The live view of the streams: a table with a row per event."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence

from rich.table import Table

from pinterest_pipeline.monitoring import MicroBatch

__all__ = ["LiveView"]

_WINDOW = dt.timedelta(seconds=30)
"""The time, at least, over which posts per second are averaged."""

_WAITING = "Waiting for the first micro-batch."
_MEANING = (
    "posts/s: records cleaned per second; a post has one record of each event. lag: age of the"
    " oldest record of the last micro-batch when it was written. rows: rows of the table; a post"
    " that the table already has adds no row."
)


class LiveView:
    """Shows the micro-batches of the last 30 seconds, and the rows of the tables.

    Args:
        events: Names of the events, in the order of the rows.
        started_at: Start of the posting.
        rate: Requested posts per second.
    """

    def __init__(self, events: Sequence[str], started_at: dt.datetime, rate: float) -> None:
        self._events = events
        self._rate = rate
        self._since = dict.fromkeys(events, started_at)
        self._batches: dict[str, deque[MicroBatch]] = defaultdict(deque)
        self._cleaned: Counter[str] = Counter()
        self._rows: Mapping[str, int] = {}

    def add(self, batch: MicroBatch) -> None:
        """Add a written micro-batch."""
        self._batches[batch.event].append(batch)
        self._cleaned[batch.event] += batch.records

    def count(self, rows: Mapping[str, int]) -> None:
        """Set the number of rows of each table, by its name."""
        self._rows = rows

    def posts_per_second(self, event: str, now: dt.datetime) -> float:
        """Return the records of `event` that the last micro-batches wrote per second.

        It counts whole micro-batches, so the value does not fall between two of them.
        """
        written = self._batches[event]
        while written and written[0].written_at < now - _WINDOW:
            self._since[event] = written.popleft().written_at
        batches = tuple(written)
        if not batches or batches[-1].written_at <= self._since[event]:
            return 0.0
        seconds = (batches[-1].written_at - self._since[event]).total_seconds()
        return sum(batch.records for batch in batches) / seconds

    def table(self, now: dt.datetime) -> Table:
        """Return the table at `now`."""
        title = f"The streams at {now:%H:%M:%S} UTC, {self._rate:g} posts/s requested; Ctrl-C stops"
        caption = _MEANING if self._cleaned else _WAITING
        table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
        table.add_column("event")
        for heading in ("posts/s", "lag, s", "micro-batch, s", "batch", "cleaned", "rows"):
            table.add_column(heading, justify="right")
        for event in self._events:
            posts = f"{self.posts_per_second(event, now):,.1f}"
            batches = self._batches[event]
            last = batches[-1] if batches else None
            table.add_row(
                event,
                posts,
                f"{last.lag_seconds:,.1f}" if last else "",
                f"{last.seconds:,.1f}" if last else "",
                f"{last.batch_id:,}" if last else "",
                f"{self._cleaned[event]:,}" if last else "",
                _format(self._rows.get(event)),
            )
        table.add_section()
        table.add_row("rejected", "", "", "", "", "", _format(self._rows.get("rejected")))
        return table


def _format(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"
