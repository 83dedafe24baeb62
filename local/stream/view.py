"""What the live view shows of the streams: a row per event."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from rich.table import Table

from pinterest_pipeline.progress import MicroBatch

__all__ = ["View"]

_SPAN = dt.timedelta(seconds=30)
"""Over so long a time the posts per second are counted."""


class View:
    """The micro-batches of the last half minute, and the rows of the tables.

    Args:
        events: Their names, in the order of the rows.
        began_at: When the posting began.
    """

    def __init__(self, events: Sequence[str], began_at: dt.datetime) -> None:
        self._events = events
        self._began_at = began_at
        self._batches: dict[str, deque[MicroBatch]] = defaultdict(deque)
        self._rows: Mapping[str, int] = {}

    def add(self, batch: MicroBatch) -> None:
        """Take note of a micro-batch that has been written."""
        self._batches[batch.query.removeprefix("clean ")].append(batch)

    def count(self, rows: Mapping[str, int]) -> None:
        """Take note of how many `rows` the tables hold, by their names."""
        self._rows = rows

    def posts_per_second(self, event: str, now: dt.datetime) -> float:
        """Return the records of `event` that were written in each second of the last half minute.

        A post is one record of each event.
        """
        written = self._batches[event]
        while written and written[0].written_at < now - _SPAN:
            written.popleft()
        seconds = min(_SPAN, now - self._began_at).total_seconds()
        return sum(batch.records for batch in tuple(written)) / seconds if seconds > 0 else 0.0

    def table(self, now: dt.datetime) -> Table:
        """Return the table of this moment."""
        table = Table(title=f"The streams at {now:%H:%M:%S} UTC; Ctrl-C ends", title_justify="left")
        table.add_column("event")
        for heading in ("posts/s", "lag, s", "micro-batch, s", "batch", "rows"):
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
                _shown(self._rows.get(event)),
            )
        table.add_section()
        table.add_row("rejected", "", "", "", "", _shown(self._rows.get("rejected")))
        return table


def _shown(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"
