"""Running queries with the progress of all their triggers, and the cost of an empty trigger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median

from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from benchmarks.environment import environment
from benchmarks.figures import Figure, log_step
from benchmarks.records import lines_of, put
from local.environment import Environment
from local.supervisor.waiting import wait_until
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.names import stream_names
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.tables import Tables

__all__ = ["await_records", "full_triggers", "idle", "running"]

_KEEP_ALL_PROGRESS = {
    "spark.sql.streaming.numRecentProgressUpdates": "10000",
    "spark.sql.streaming.noDataProgressEventInterval": "0",
}
_IDLE_POSTS = 1_000
_DEADLINE_SECONDS = 300


def idle(triggers: int) -> list[Figure]:
    """Measure the shortest trigger with nothing to read, while all three queries run.

    Each query has read some records before, and starts a trigger as soon as the last one has
    ended. The time includes the source's wait: it reads a shard at most five times a second.

    Returns:
        The median of the last half of `triggers` triggers of each query.
    """
    with environment("spark") as own:
        for event, name in zip(EVENTS, stream_names(own.settings.user_id), strict=True):
            put(own.kinesis, name, lines_of(event.name, _IDLE_POSTS))
        with running(own, "bench_idle", every="0 seconds") as queries:
            log_step("idle: read the records")
            await_records(queries, _IDLE_POSTS, _DEADLINE_SECONDS)
            log_step(f"idle: {triggers} empty triggers")
            for query in queries:
                description = f"{triggers} empty triggers of '{query.name}'"
                enough = partial(_has_empty_triggers, query, triggers)
                wait_until(enough, seconds=_DEADLINE_SECONDS, description=description)
            milliseconds = [
                progress.durationMs["triggerExecution"]
                for query in queries
                for progress in empty_triggers(query)[triggers // 2 : triggers]
            ]
    name = "trigger with nothing to read"
    return [Figure(name, median(milliseconds) / 1000, "s", at_most=0.5)]


def _has_empty_triggers(query: StreamingQuery, count: int) -> bool:
    return len(empty_triggers(query)) >= count


@contextmanager
def running(own: Environment, schema: str, every: str) -> Iterator[list[StreamingQuery]]:
    """Clean the user's streams into the new tables of `schema`; stop the queries at the end.

    Yields:
        The queries. Their progress holds every trigger, also those with nothing to read.
    """
    for name, value in _KEEP_ALL_PROGRESS.items():
        own.spark.conf.set(name, value)
    queries = clean_stream(
        own.spark,
        checkpoints_path=own.settings.checkpoints_path,
        user_id=own.settings.user_id,
        tables=Tables(own.settings.catalog, schema),
        trigger_interval=every,
    )
    with stopped_at_the_end(queries):
        yield queries


def full_triggers(query: StreamingQuery) -> list[StreamingQueryProgress]:
    """Return the triggers that read records."""
    return [progress for progress in query.recentProgress if _records(progress)]


def empty_triggers(query: StreamingQuery) -> list[StreamingQueryProgress]:
    """Return the triggers that found no records and ran no micro-batch."""
    return [progress for progress in query.recentProgress if "addBatch" not in progress.durationMs]


def await_records(queries: Sequence[StreamingQuery], records: int, seconds: float) -> None:
    """Wait until each of `queries` has written `records` records.

    Raises:
        SystemExit: Raised when a query has ended.
        StackError: Raised when it takes longer than `seconds`.
    """

    def written(query: StreamingQuery) -> bool:
        if not query.isActive:
            raise SystemExit(
                f"expected '{query.name}' to keep running; it ended: {query.exception()}"
            )
        return sum(map(_records, full_triggers(query))) >= records

    for query in queries:
        what = f"{records:,} records of '{query.name}'"
        wait_until(partial(written, query), seconds=seconds, description=what)


def _records(progress: StreamingQueryProgress) -> int:
    # Spark Connect omits the sum over all sources.
    return sum(source.numInputRows for source in progress.sources)
