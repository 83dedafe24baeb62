"""How fast running queries are: the lag at a steady rate, and the cost of an empty trigger.

The lag is the time from a record's arrival in Kinesis until it can be read in its table.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median, quantiles
from typing import NamedTuple

from mypy_boto3_kinesis import KinesisClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.listener import StreamingQueryProgress
from pyspark.sql.streaming.query import StreamingQuery

from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from benchmarks.ingest import create_source, emulate
from benchmarks.records import lines_of, put
from local.environment import Environment
from local.supervisor.waiting import wait_until
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.monitoring import stopped_at_the_end
from pinterest_pipeline.names import stream_names
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.tables import Tables

__all__ = ["idle", "lag"]

_KEEP_ALL_PROGRESS = {
    "spark.sql.streaming.numRecentProgressUpdates": "10000",
    "spark.sql.streaming.noDataProgressEventInterval": "0",
}
_IDLE_POSTS = 1_000
_BATCH = 50
"""Posts per request: ten requests a second for each event at 500 posts a second."""
_AFTER_SECONDS = 10
"""Posting continues after the measured time, so that the end does not affect the figures."""
_DEADLINE_SECONDS = 300
_LAG_SCHEMA = "bench_lag"


class Arrival(NamedTuple):
    """The arrival of a record: its sequence number, and the time in seconds since 1970."""

    sequence_number: int
    at: float


class MicroBatch(NamedTuple):
    """The records that one trigger wrote.

    Attributes:
        ends: By stream and shard, the sequence number of its last record, or an earlier batch's.
        written_at: When its rows were committed to the clean table, in seconds since 1970.
    """

    ends: Mapping[str, int]
    written_at: float


def idle(triggers: int) -> list[Figure]:
    """Return the time of a trigger with nothing to read, while all three queries run.

    It is the median of the last half of `triggers` triggers of each query. Each query has read some
    records before, and starts a trigger as soon as the last one has ended. The time includes the
    source's wait: it reads a shard at most five times a second.
    """
    with measured_environment("spark") as environment:
        for event, name in zip(EVENTS, stream_names(environment.settings.user_id), strict=True):
            put(environment.kinesis, name, lines_of(event.name, _IDLE_POSTS))
        with _running(environment, "bench_idle", every="0 seconds") as queries:
            log_step("idle: read the records")
            _await_records(environment, "bench_idle", queries, _IDLE_POSTS)
            log_step(f"idle: {triggers} empty triggers")
            for query in queries:
                description = f"{triggers} empty triggers of '{query.name}'"
                enough = partial(_has_empty_triggers, query, triggers)
                wait_until(enough, seconds=_DEADLINE_SECONDS, description=description)
            milliseconds = [
                progress.durationMs["triggerExecution"]
                for query in queries
                for progress in _empty_triggers(query)[triggers // 2 : triggers]
            ]
    name = "trigger with nothing to read"
    return [Figure(name, median(milliseconds) / 1000, "s", at_most=0.5)]


def lag(rate: int, warm_seconds: int, seconds: int) -> list[Figure]:
    """Return percentiles of the lag, and the rate, without which they mean nothing.

    Args:
        rate: Posts per second that the emulator sends, three records each.
        warm_seconds: Time after the first arrival that is not measured.
        seconds: Time after it that is measured.
    """
    posts = rate * (warm_seconds + seconds + _AFTER_SECONDS)
    with measured_environment("spark", "api_gateway") as environment:
        url = create_source(environment, posts)
        with _running(environment, _LAG_SCHEMA, every="1 second") as queries:
            log_step(f"lag: {posts:,} posts, {rate} per second")
            emulate(
                environment,
                *("--to", "kinesis", "--source", url, "--rows", str(posts)),
                *("--rate", str(rate), "--batch-size", str(_BATCH), "--connections", "2"),
            )
            _await_records(environment, _LAG_SCHEMA, queries, posts)
            batches = list(_micro_batches(environment, queries))
        arrivals: dict[str, list[Arrival]] = {}
        for name in stream_names(environment.settings.user_id):
            arrivals |= _arrivals(environment.kinesis, name)
    first = min(arrival.at for shard in arrivals.values() for arrival in shard)
    begin, end = first + warm_seconds, first + warm_seconds + seconds
    measured = [delay for at, delay in _lags(arrivals, batches) if begin <= at < end]
    percentiles = quantiles(measured, n=100, method="inclusive")
    return [
        Figure("lag: posts that arrived", len(measured) / len(EVENTS) / seconds, "/s", rate * 0.95),
        Figure("lag from Kinesis to the table: p50", percentiles[49], "s", at_most=3),
        Figure("lag from Kinesis to the table: p99", percentiles[98], "s", at_most=6),
        Figure("lag from Kinesis to the table: largest", max(measured), "s"),
    ]


@contextmanager
def _running(environment: Environment, schema: str, every: str) -> Iterator[list[StreamingQuery]]:
    """Clean the user's streams into the new tables of `schema`; stop the queries at the end.

    Yields:
        The queries. Their progress holds every trigger, also those with nothing to read.
    """
    for name, value in _KEEP_ALL_PROGRESS.items():
        environment.spark.conf.set(name, value)
    queries = clean_stream(
        environment.spark,
        checkpoints_path=environment.settings.checkpoints_path,
        user_id=environment.settings.user_id,
        tables=Tables(environment.settings.catalog, schema),
        trigger_interval=every,
    )
    with stopped_at_the_end(queries):
        yield queries


def _full_triggers(query: StreamingQuery) -> list[StreamingQueryProgress]:
    return [progress for progress in query.recentProgress if _records(progress)]


def _empty_triggers(query: StreamingQuery) -> list[StreamingQueryProgress]:
    """Return the triggers that found no records and ran no micro-batch."""
    return [progress for progress in query.recentProgress if "addBatch" not in progress.durationMs]


def _has_empty_triggers(query: StreamingQuery, count: int) -> bool:
    return len(_empty_triggers(query)) >= count


def _await_records(
    environment: Environment, schema: str, queries: Sequence[StreamingQuery], records: int
) -> None:
    """Wait until each of `queries` has written `records` records, and has reported it.

    The table counts: a query's progress counts some records twice where a micro-batch grew.

    Raises:
        SystemExit: Raised when a query has ended.
        StackError: Raised when it takes too long.
    """
    tables = Tables(environment.settings.catalog, schema)

    def written() -> bool:
        for query in queries:
            if not query.isActive:
                raise SystemExit(
                    f"expected '{query.name}' to keep running; it ended: {query.exception()}"
                )
        figures = (F.sum("records_read").alias("records"), F.max("batch_id").alias("last"))
        loads = tables.read(environment.spark, "loads").groupBy("event").agg(*figures).collect()
        of_event = {load.event: load for load in loads}
        return len(loads) == len(EVENTS) and all(
            of_event[event.name].records >= records and _reported(query, of_event[event.name].last)
            for event, query in zip(EVENTS, queries, strict=True)
        )

    what = f"{records:,} records of each event"
    wait_until(written, seconds=_DEADLINE_SECONDS, description=what)


def _reported(query: StreamingQuery, batch_id: int) -> bool:
    last = query.lastProgress
    return last is not None and last.batchId >= batch_id


def _records(progress: StreamingQueryProgress) -> int:
    # Spark Connect omits the sum over all sources.
    return sum(source.numInputRows for source in progress.sources)


def _lags(
    arrivals: Mapping[str, Sequence[Arrival]], batches: Iterable[MicroBatch]
) -> Iterator[tuple[float, float]]:
    """Pair the arrival of each record with the seconds until it was written.

    Its micro-batch is the first that ends at it or after it.

    Yields:
        One pair per record.

    Raises:
        SystemExit: Raised when a record is in no micro-batch.
    """
    in_order = sorted(batches, key=lambda batch: batch.written_at)
    for shard, records in arrivals.items():
        of_shard = [batch for batch in in_order if shard in batch.ends]
        ends = [batch.ends[shard] for batch in of_shard]
        for record in records:
            index = bisect_left(ends, record.sequence_number)
            if index == len(ends):
                raise SystemExit(f"expected all of {shard} to be written; {record} was not")
            yield record.at, of_shard[index].written_at - record.at


def _micro_batches(
    environment: Environment, queries: Sequence[StreamingQuery]
) -> Iterator[MicroBatch]:
    """Pair each trigger that read records with its append.

    Yields:
        The micro-batches of each query, in order.

    Raises:
        SystemExit: Raised when their numbers differ, as for posts that are not new.
    """
    tables = Tables(environment.settings.catalog, _LAG_SCHEMA)
    for event, query in zip(EVENTS, queries, strict=True):
        triggers = _full_triggers(query)
        appended_at = _appended_at(environment.spark, tables, event)
        if len(triggers) != len(appended_at):
            raise SystemExit(
                f"expected {len(triggers)} appends, one per micro-batch; got {len(appended_at)}"
            )
        for progress, written_at in zip(triggers, appended_at, strict=True):
            shards = json.loads(progress.sources[0].endOffset)["shards"]
            ends = {name: int(read["last"]) for name, read in shards.items() if "last" in read}
            yield MicroBatch(ends, written_at)


def _appended_at(spark: SparkSession, tables: Tables, event: Event) -> list[float]:
    """Return when each append to the event's table was committed, in order."""
    history = spark.sql(f"DESCRIBE HISTORY {tables.name(event.name)}").where("operation = 'WRITE'")
    seconds = history.orderBy("version").select(F.unix_millis("timestamp") / 1000)
    return [row[0] for row in seconds.collect()]


def _arrivals(kinesis: KinesisClient, stream: str) -> dict[str, list[Arrival]]:
    """Return the records of `stream`, by stream and shard."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return {
        f"{stream}/{shard['ShardId']}": list(_shard_arrivals(kinesis, stream, shard["ShardId"]))
        for shard in shards
    }


def _shard_arrivals(kinesis: KinesisClient, stream: str, shard: str) -> Iterator[Arrival]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    behind = True
    while behind:
        answer = kinesis.get_records(ShardIterator=iterator)
        for record in answer["Records"]:
            at = record["ApproximateArrivalTimestamp"].timestamp()
            yield Arrival(int(record["SequenceNumber"]), at)
        behind = answer["MillisBehindLatest"] > 0
        iterator = answer["NextShardIterator"]
