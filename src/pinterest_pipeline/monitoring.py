"""Follows the progress of the queries of `clean_stream` while they run."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError, cause_of
from pinterest_pipeline.stopped import STOPPED, stopped_queries

__all__ = [
    "QUERY_PREFIX",
    "MicroBatch",
    "Summary",
    "follow",
    "observe_oldest_arrival",
    "stopped_at_the_end",
    "watch",
]

QUERY_PREFIX = "clean "
"""What precedes the event in the name of a query. Spark reports no other label of a query."""

_OBSERVATION = "arrival"
_POLL_SECONDS = 3
"""A poll asks the server about each query, and some servers need a call for each figure."""
_KEPT = 1_000
"""Micro-batches that `watch` returns; a query may run for months."""
_FIRST_SUMMARY_SECONDS = 10.0
_LONGEST_SUMMARY_SECONDS = 3_600.0
"""About 3 KB of text a day. Databricks limits the output of a cell."""


@dataclass(frozen=True)
class MicroBatch:
    """One written micro-batch.

    Attributes:
        event: The kind of event.
        batch_id: Number of the micro-batch in the query.
        records: Records read. Up to some thousands too many where a micro-batch suddenly grew.
        seconds: From its beginning until it was written.
        lag_seconds: From the arrival of its oldest record until it was written.
        written_at: When it was written.
    """

    event: str
    batch_id: int
    records: int
    seconds: float
    lag_seconds: float
    written_at: dt.datetime

    @property
    def records_per_second(self) -> float:
        """Records that were written in each second of the micro-batch."""
        return self.records / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        """Return it as one line."""
        return (
            f"{self.written_at:%H:%M:%S}  {self.event:<4}  batch {self.batch_id:<4}"
            f"  {self.records:>7,} records  {self.records_per_second:>7,.0f} records/s"
            f"  {self.seconds:>6.1f} s  lag {self.lag_seconds:,.1f} s"
        )


@dataclass(frozen=True)
class Summary:
    """What the queries wrote in a period.

    Attributes:
        seconds: Length of the period.
        batches: The micro-batches, in the order in which they were reported.
    """

    seconds: float
    batches: Sequence[MicroBatch]

    def __str__(self) -> str:
        """Return it as one line."""
        minutes = f"{self.seconds / 60:,.1f} min"
        if not self.batches:
            return f"in {minutes}: no new records"
        written = [
            f"{event} {sum(batch.records for batch in own):,} records in {len(own):,} micro-batches"
            for event in dict.fromkeys(batch.event for batch in self.batches)
            if (own := [batch for batch in self.batches if batch.event == event])
        ]
        last = max(batch.written_at for batch in self.batches)
        lag_seconds = max(batch.lag_seconds for batch in self.batches)
        return (
            f"{last:%H:%M:%S}  in {minutes}: {', '.join(written)}; lag at most {lag_seconds:,.1f} s"
        )


def observe_oldest_arrival(records: DataFrame) -> DataFrame:
    """Return `records`; the progress of their query then has the arrival of the oldest one."""
    return records.observe(_OBSERVATION, F.min(F.unix_millis("arrived_at")).alias("oldest"))


def follow(queries: Sequence[StreamingQuery]) -> Iterator[MicroBatch]:
    """Yield each micro-batch of `queries` soon after it was written, until all queries end.

    Yields:
        The micro-batches that held records.

    Raises:
        CleaningError: Raised when a query fails, or another program stops one that ends by itself.
            The others continue.
    """
    for batches in _polls(queries):
        yield from batches


def watch(
    queries: Sequence[StreamingQuery],
    show: Callable[[Any], object],
    *,
    summarize: bool = False,
) -> list[MicroBatch]:
    """Show what `queries` write until they end; stop them on an interrupt.

    Args:
        queries: The queries.
        show: Shows a `MicroBatch` or a `Summary`, such as `print`.
        summarize: Show no single micro-batch, but a summary now and then: the first after 10
            seconds, each next one after twice the time, at most an hour. For queries that do not
            end by themselves.

    Returns:
        The last 1,000 micro-batches.

    Raises:
        CleaningError: Raised when a query fails, or another program stops one; the others are
            stopped.
    """
    kept: deque[MicroBatch] = deque(maxlen=_KEPT)
    with ExitStack() as stack:
        stack.enter_context(stopped_at_the_end(queries))
        summaries = _Summaries(show, monotonic())
        if summarize:
            stack.callback(summaries.show_rest)
        for batches in _polls(queries, endless=summarize):
            kept.extend(batches)
            if summarize:
                summaries.add(batches)
                continue
            for batch in batches:
                show(batch)
    return list(kept)


@dataclass
class _Summaries:
    """Shows a summary each time that a period is over; the periods grow."""

    show: Callable[[Any], object]
    began_at: float
    period_seconds: float = _FIRST_SUMMARY_SECONDS
    batches: list[MicroBatch] = field(default_factory=list)

    def add(self, batches: Sequence[MicroBatch]) -> None:
        self.batches.extend(batches)
        seconds = monotonic() - self.began_at
        if seconds >= self.period_seconds:
            self.show(Summary(seconds, self.batches))
            self.period_seconds = min(2 * self.period_seconds, _LONGEST_SUMMARY_SECONDS)
            self.began_at += seconds
            self.batches = []

    def show_rest(self) -> None:
        if self.batches:
            self.show(Summary(monotonic() - self.began_at, self.batches))


@contextmanager
def stopped_at_the_end(queries: Sequence[StreamingQuery]) -> Iterator[None]:
    """Stop `queries` at the end of the block: a query outlives the cell that started it."""
    with ExitStack() as stack:
        for query in queries:
            stack.callback(query.stop)
        yield


def _polls(
    queries: Sequence[StreamingQuery], *, endless: bool = False
) -> Iterator[list[MicroBatch]]:
    """Yield what `queries` have written since the last poll, perhaps nothing, until all end."""
    seen = {query.runId: -1 for query in queries}
    running = list(queries)
    while running:
        # Checked before the progress, so that the last micro-batch is not missed.
        ended = [query for query in running if not query.isActive]
        batches = []
        for query in running:
            written = _written(query, seen[query.runId])
            seen[query.runId] = max([seen[query.runId], *(batch.batch_id for batch in written)])
            batches += written
        yield batches
        for query in ended:
            _check(query, endless=endless)
        running = [query for query in running if query not in ended]
        if running:
            with suppress(PySparkException):  # the next poll finds the error, with its query
                running[0].awaitTermination(_POLL_SECONDS)
    _check_not_stopped(queries)


def _written(query: StreamingQuery, after: int) -> list[MicroBatch]:
    """Return the micro-batches later than number `after`. Usually the last one is sufficient."""
    last = query.lastProgress
    if last is None or _value(last, "batchId") <= after:
        return []
    is_next = _value(last, "batchId") == after + 1
    recent = [last] if is_next else query.recentProgress
    later = [progress for progress in recent if _value(progress, "batchId") > after]
    return [_micro_batch(progress) for progress in later if _records(progress)]


def _value(holder: object, name: str) -> Any:  # noqa: ANN401  # JSON
    """Return a figure of a progress, which is an object, a dict or both, by Spark's version."""
    return holder[name] if isinstance(holder, Mapping) else getattr(holder, name)


def _records(progress: object) -> int:
    # Spark Connect omits the sum over all sources.
    return sum(_value(source, "numInputRows") for source in _value(progress, "sources"))


def _micro_batch(progress: object) -> MicroBatch:
    began = dt.datetime.fromisoformat(_value(progress, "timestamp"))
    seconds = _value(progress, "durationMs")["triggerExecution"] / 1000
    written_at = began + dt.timedelta(seconds=seconds)
    return MicroBatch(
        event=str(_value(progress, "name")).removeprefix(QUERY_PREFIX),
        batch_id=_value(progress, "batchId"),
        records=_records(progress),
        seconds=seconds,
        lag_seconds=written_at.timestamp() - _oldest_milliseconds(progress) / 1000,
        written_at=written_at,
    )


def _oldest_milliseconds(progress: object) -> int:
    observed = _value(progress, "observedMetrics")[_OBSERVATION]
    named = observed.asDict() if isinstance(observed, Row) else observed
    # Spark Connect may return the row's values and schema instead of the row.
    return int(named["values"][0] if "values" in named else named["oldest"])


def _check(query: StreamingQuery, *, endless: bool) -> None:
    error = query.exception()
    if error is None and endless:
        raise CleaningError(
            f"Expected the query '{query.name}' to continue; another program stopped it.\n"
            "Stop that program and rerun; the query resumes."
        )
    if error is not None:
        raise CleaningError(
            f"Expected the query '{query.name}' to continue; it ended with: {cause_of(error)}\n"
            "Fix the cause and rerun; the query resumes."
        ) from error


def _check_not_stopped(queries: Sequence[StreamingQuery]) -> None:
    for query in stopped_queries(queries):
        raise CleaningError(
            f"Expected the query '{query.name}' to clean all records; {STOPPED}.\n"
            "Stop that program and rerun; the query resumes."
        )
