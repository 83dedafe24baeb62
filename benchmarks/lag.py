"""The time from a record's arrival in Kinesis until it is in its table, at a steady rate."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import quantiles
from typing import NamedTuple

from mypy_boto3_kinesis import KinesisClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.listener import StreamingQueryProgress

from benchmarks.emulator import emulate, source
from benchmarks.environment import environment
from benchmarks.figures import Figure, log_step
from benchmarks.triggers import await_records, full_triggers, running
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.names import stream_names
from pinterest_pipeline.tables import Tables

__all__ = ["lag"]

_BATCH = 50
"""Posts per request: ten requests a second for each event at 500 posts a second."""
_AFTER_SECONDS = 10
"""Posting continues after the measured time, so that the end does not affect the figures."""
_DEADLINE_SECONDS = 300
_SCHEMA = "bench_lag"


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


class Lag(NamedTuple):
    """A record's arrival in seconds since 1970, and the seconds until it was written."""

    arrived_at: float
    seconds: float


def lag(rate: int, warm_seconds: int, seconds: int) -> list[Figure]:
    """Measure the time from a record's arrival in Kinesis until it can be read in its table.

    Args:
        rate: Posts per second that the emulator sends, three records each.
        warm_seconds: Time after the first arrival that is not measured.
        seconds: Time after it that is measured.

    Returns:
        Percentiles over all records that arrived in the measured time, and their rate. Without
        the rate, the percentiles mean nothing.
    """
    posts = rate * (warm_seconds + seconds + _AFTER_SECONDS)
    with environment("spark", "api_gateway") as own:
        url = source(own, posts)
        with running(own, _SCHEMA, every="1 second") as queries:
            log_step(f"lag: {posts:,} posts, {rate} per second")
            emulate(
                own,
                *("--to", "kinesis", "--source", url, "--rows", str(posts)),
                *("--rate", str(rate), "--batch-size", str(_BATCH), "--connections", "2"),
            )
            await_records(queries, posts, _DEADLINE_SECONDS)
            tables = Tables(own.settings.catalog, _SCHEMA)
            batches = [
                batch
                for event, query in zip(EVENTS, queries, strict=True)
                for batch in _micro_batches(
                    full_triggers(query), _merged_at(own.spark, tables, event)
                )
            ]
        arrivals: dict[str, list[Arrival]] = {}
        for name in stream_names(own.settings.user_id):
            arrivals |= _arrivals(own.kinesis, name)
    first = min(arrival.at for shard in arrivals.values() for arrival in shard)
    begin, end = first + warm_seconds, first + warm_seconds + seconds
    measured = [one.seconds for one in lags(arrivals, batches) if begin <= one.arrived_at < end]
    return [
        Figure("lag: posts that arrived", len(measured) / len(EVENTS) / seconds, "/s", rate * 0.95),
        Figure("lag from Kinesis to the table: p50", percentile(measured, 50), "s", at_most=3),
        Figure("lag from Kinesis to the table: p99", percentile(measured, 99), "s", at_most=10),
        Figure("lag from Kinesis to the table: largest", max(measured), "s"),
    ]


def lags(arrivals: Mapping[str, Sequence[Arrival]], batches: Iterable[MicroBatch]) -> Iterator[Lag]:
    """Yield the lag of each record: its micro-batch is the first that ends at it or after it.

    Args:
        arrivals: By stream and shard.
        batches: Of all the streams.

    Yields:
        One lag per record.

    Raises:
        SystemExit: Raised when a record is in no micro-batch.
    """
    in_order = sorted(batches, key=lambda batch: batch.written_at)
    for shard, records in arrivals.items():
        own = [batch for batch in in_order if shard in batch.ends]
        ends = [batch.ends[shard] for batch in own]
        for record in records:
            place = bisect_left(ends, record.sequence_number)
            if place == len(own):
                raise SystemExit(f"expected all of {shard} to be written; {record} was not")
            yield Lag(record.at, own[place].written_at - record.at)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that `percent` percent of `values` do not exceed; needs two values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _micro_batches(
    triggers: Sequence[StreamingQueryProgress], merged_at: Sequence[float]
) -> Iterator[MicroBatch]:
    """Pair each trigger of one query with its MERGE.

    Yields:
        Its micro-batches, in order.

    Raises:
        SystemExit: Raised when their numbers differ, as for posts that are not new.
    """
    if len(triggers) != len(merged_at):
        raise SystemExit(
            f"expected {len(triggers)} MERGEs, one per micro-batch; got {len(merged_at)}"
        )
    for progress, written_at in zip(triggers, merged_at, strict=True):
        shards = json.loads(progress.sources[0].endOffset)["shards"]
        ends = {name: int(read["last"]) for name, read in shards.items() if "last" in read}
        yield MicroBatch(ends, written_at)


def _merged_at(spark: SparkSession, tables: Tables, event: Event) -> list[float]:
    """Return when each MERGE into the event's table was committed, in order."""
    history = spark.sql(f"DESCRIBE HISTORY {tables.name(event.name)}").where("operation = 'MERGE'")
    seconds = history.orderBy("version").select(F.unix_millis("timestamp") / 1000)
    return [row[0] for row in seconds.collect()]


def _arrivals(kinesis: KinesisClient, stream: str) -> dict[str, list[Arrival]]:
    """Return the records of `stream`, by stream and shard."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return {
        f"{stream}/{shard['ShardId']}": list(_records(kinesis, stream, shard["ShardId"]))
        for shard in shards
    }


def _records(kinesis: KinesisClient, stream: str, shard: str) -> Iterator[Arrival]:
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
