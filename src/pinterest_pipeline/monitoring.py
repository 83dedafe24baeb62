"""Follows the progress of the queries of `clean_stream` while they run."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError, cause_of

__all__ = [
    "QUERY_PREFIX",
    "MicroBatch",
    "follow",
    "observe_oldest_arrival",
    "stopped_at_the_end",
    "watch",
]

QUERY_PREFIX = "clean "
"""What precedes the event in the name of a query. Spark reports no other label of a query."""

_OBSERVATION = "arrival"
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class MicroBatch:
    """One written micro-batch.

    Attributes:
        event: The kind of event.
        batch_id: Number of the micro-batch in the query.
        records: Records read.
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


def observe_oldest_arrival(records: DataFrame) -> DataFrame:
    """Return `records`; the progress of their query then has the arrival of the oldest one."""
    return records.observe(_OBSERVATION, F.min(F.unix_millis("arrived_at")).alias("oldest"))


def follow(queries: Sequence[StreamingQuery]) -> Iterator[MicroBatch]:
    """Yield each micro-batch of `queries` soon after it was written, until all queries end.

    Yields:
        The micro-batches that held records.

    Raises:
        CleaningError: Raised when a query fails. The others continue.
    """
    seen = {query.runId: -1 for query in queries}
    running = list(queries)
    while running:
        # Checked before the progress, so that the last micro-batch is not missed.
        ended = [query for query in running if not query.isActive]
        for query in running:
            for batch in _written(query, seen[query.runId]):
                seen[query.runId] = batch.batch_id
                yield batch
        for query in ended:
            _check(query)
        running = [query for query in running if query not in ended]
        if running:
            time.sleep(_POLL_SECONDS)


def watch(
    queries: Sequence[StreamingQuery], show: Callable[[MicroBatch], object]
) -> list[MicroBatch]:
    """Show each micro-batch of `queries` when it is written; stop the queries on an interrupt.

    Returns:
        The micro-batches of all queries.

    Raises:
        CleaningError: Raised when a query fails; the others are stopped.
    """
    batches = []
    with stopped_at_the_end(queries):
        for batch in follow(queries):
            batches.append(batch)
            show(batch)
    return batches


@contextmanager
def stopped_at_the_end(queries: Sequence[StreamingQuery]) -> Iterator[None]:
    """Stop `queries` at the end of the block: a query outlives the cell that started it."""
    with ExitStack() as stack:
        for query in queries:
            stack.callback(query.stop)
        yield


def _written(query: StreamingQuery, after: int) -> list[MicroBatch]:
    later = [progress for progress in query.recentProgress if progress.batchId > after]
    return [_micro_batch(progress) for progress in later if _records(progress)]


def _records(progress: StreamingQueryProgress) -> int:
    # Spark Connect omits the sum over all sources.
    return sum(source.numInputRows for source in progress.sources)


def _micro_batch(progress: StreamingQueryProgress) -> MicroBatch:
    began = dt.datetime.fromisoformat(progress.timestamp)
    seconds = progress.durationMs["triggerExecution"] / 1000
    written_at = began + dt.timedelta(seconds=seconds)
    return MicroBatch(
        event=str(progress.name).removeprefix(QUERY_PREFIX),
        batch_id=progress.batchId,
        records=_records(progress),
        seconds=seconds,
        lag_seconds=written_at.timestamp() - _oldest_milliseconds(progress) / 1000,
        written_at=written_at,
    )


def _oldest_milliseconds(progress: StreamingQueryProgress) -> int:
    observed = progress.observedMetrics[_OBSERVATION].asDict()
    # Spark Connect returns the row's values and schema instead of the row.
    return int(observed["values"][0] if "values" in observed else observed["oldest"])


def _check(query: StreamingQuery) -> None:
    if (error := query.exception()) is not None:
        raise CleaningError(
            f"Expected the query '{query.name}' to continue; it ended with: {cause_of(error)}\n"
            "Fix the cause and rerun; the query resumes."
        ) from error
