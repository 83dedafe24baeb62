"""Queries that run on, and all their triggers: Spark is asked to keep more of what it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from local.settings import Settings
from local.supervisor.waiting import wait_until
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.tables import Tables

__all__ = ["await_records", "empty", "full", "running"]

_KEPT = 10_000
_TELL_ALL = {
    "spark.sql.streaming.numRecentProgressUpdates": str(_KEPT),
    "spark.sql.streaming.noDataProgressEventInterval": "0",
}


@contextmanager
def running(
    spark: SparkSession, settings: Settings, schema: str, every: str
) -> Iterator[list[StreamingQuery]]:
    """Clean the user's streams into the new tables of `schema`; stop at the end.

    Yields:
        The queries. Their progress holds every trigger, also those with nothing to read.
    """
    for name, value in _TELL_ALL.items():
        spark.conf.set(name, value)
    tables = Tables(settings.catalog, schema)
    queries = clean_stream(
        spark,
        checkpoints_path=settings.checkpoints_path,
        user_id=settings.user_id,
        tables=tables,
        trigger_interval=every,
    )
    with stopped_at_the_end(queries):
        yield queries


def full(query: StreamingQuery) -> list[StreamingQueryProgress]:
    """Return the triggers that read records."""
    return [progress for progress in query.recentProgress if _records(progress)]


def empty(query: StreamingQuery) -> list[StreamingQueryProgress]:
    """Return the triggers that asked for records and made no micro-batch."""
    return [progress for progress in query.recentProgress if "addBatch" not in progress.durationMs]


def await_records(queries: Sequence[StreamingQuery], records: int, seconds: float) -> None:
    """Return when each of `queries` has written so many records.

    Raises:
        SystemExit: Raised when one has ended.
        StackError: Raised when it takes longer than `seconds`.
    """

    def written(query: StreamingQuery) -> bool:
        if not query.isActive:
            raise SystemExit(f"expected '{query.name}' to run on; it ended: {query.exception()}")
        return sum(map(_records, full(query))) >= records

    for query in queries:
        what = f"{records:,} records of '{query.name}'"
        wait_until(partial(written, query), seconds=seconds, description=what)


def _records(progress: StreamingQueryProgress) -> int:
    # Spark Connect leaves the sum over all sources out.
    return sum(source.numInputRows for source in progress.sources)
