"""What the live view shows of the streams: a row per event."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence

from rich.table import Table

from pinterest_pipeline.monitoring import MicroBatch

__all__ = ["View"]

_SPAN = dt.timedelta(seconds=30)
"""Over so long a time, or a little more, the posts per second are counted."""

_WAITING = "Waiting for the first micro-batch."
_MEANING = (
    "posts/s: records cleaned, a post is one of each event. lag: age of the oldest record of the"
    " last micro-batch when it was written. rows: of the table; a post that was there before adds"
    " none."
)


class View:
    """The micro-batches of the last half minute, and the rows of the tables.

    Args:
        events: Their names, in the order of the rows.
        began_at: When the posting began.
        rate: Posts per second that are asked for.
    """

    def __init__(self, events: Sequence[str], began_at: dt.datetime, rate: float) -> None:
        self._events = events
        self._rate = rate
        self._since = dict.fromkeys(events, began_at)
        self._batches: dict[str, deque[MicroBatch]] = defaultdict(deque)
        self._cleaned: Counter[str] = Counter()
        self._rows: Mapping[str, int] = {}

    def add(self, batch: MicroBatch) -> None:
        """Take note of a micro-batch that has been written."""
        event = batch.query.removeprefix("clean ")
        self._batches[event].append(batch)
        self._cleaned[event] += batch.records

    def count(self, rows: Mapping[str, int]) -> None:
        """Take note of how many `rows` the tables hold, by their names."""
        self._rows = rows

    def posts_per_second(self, event: str, now: dt.datetime) -> float:
        """Return the records of `event` that its last micro-batches wrote in each second.

        Whole micro-batches are counted, so it does not sink between two of them.
        """
        written = self._batches[event]
        while written and written[0].written_at < now - _SPAN:
            self._since[event] = written.popleft().written_at
        batches = tuple(written)
        if not batches or batches[-1].written_at <= self._since[event]:
            return 0.0
        seconds = (batches[-1].written_at - self._since[event]).total_seconds()
        return sum(batch.records for batch in batches) / seconds

    def table(self, now: dt.datetime) -> Table:
        """Return the table of this moment."""
        title = f"The streams at {now:%H:%M:%S} UTC, {self._rate:g} posts/s asked for; Ctrl-C ends"
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
                _shown(self._rows.get(event)),
            )
        table.add_section()
        table.add_row("rejected", "", "", "", "", "", _shown(self._rows.get("rejected")))
        return table


def _shown(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"
