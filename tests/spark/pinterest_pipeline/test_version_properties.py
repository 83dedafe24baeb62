"""The version of a post that arrived last wins, however the versions are delivered.

The number of a version tells the order. The time does not: a clock may be set back.
A source gives the versions of one post in order over micro-batches, but in any order within one.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from pinterest_pipeline.events import event_named
from pinterest_pipeline.micro_batch import MicroBatches
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import rows_of, write_checkpoint
from tests.support.strategies import drawn

_POSTS = 150
_MICRO_BATCHES = 2
_BEGIN = dt.datetime(2024, 1, 1)  # noqa: DTZ001  # Spark takes naive times for UTC
_NUMBERS = st.integers(0, 120) | st.integers(0, 10**56)
_COLUMNS = "event string, payload string, origin string, position string, arrived_at timestamp"


@dataclass(frozen=True, order=True)
class Version:
    """One version of a post at one position of its stream."""

    number: int
    microseconds: int
    title: str | None
    is_good: bool


_versions = st.builds(
    Version,
    microseconds=st.sampled_from([0, 1, 1_000_000]),
    number=_NUMBERS,
    title=st.sampled_from(["one", "two", "three", None]),
    is_good=st.sampled_from([True, True, True, False]),
)
_histories = st.lists(_versions, min_size=1, max_size=6, unique_by=lambda one: one.number)
_splits = st.lists(st.integers(0, _MICRO_BATCHES - 1), min_size=6, max_size=6).map(sorted)
Delivery = list[tuple[int, int, Version]]
"""Micro-batch, post and version of each record."""


@dataclass(frozen=True)
class Cleaning:
    """Micro-batches of one checkpoint, and the tables that they are written to."""

    spark: SparkSession
    tables: Tables
    checkpoint: str

    def clean(self, delivery: Delivery) -> None:
        """Write all micro-batches."""
        write_checkpoint(self.spark, self.checkpoint)
        staged = f"{self.checkpoint}/staged"
        run = MicroBatches(event_named("pin"), self.tables, self.checkpoint, staged)
        for batch, records in groupby(delivery, key=lambda record: record[0]):
            run.clean(self._records([record[1:] for record in records]), batch)

    def _records(self, versions: Sequence[tuple[int, Version]]) -> DataFrame:
        rows = [
            (
                "pin",
                _payload(post, version),
                f"post {post}",
                _position(post, version),
                _BEGIN + dt.timedelta(microseconds=version.microseconds),
            )
            for post, version in versions
        ]
        return self.spark.createDataFrame(rows, _COLUMNS)


def _position(post: int, version: Version) -> str:
    """Return a position in an object or in a stream, in turn."""
    return f"shardId-000000000001/{version.number}" if post % 2 else str(version.number)


def _payload(post: int, version: Version) -> str:
    event = json.dumps({"index": post, "title": version.title, "category": "art"})
    return event if version.is_good else event[:-1]


def test_the_version_that_arrived_last_wins(
    spark: SparkSession, tables: Tables, shared_path: str
) -> None:
    histories = [sorted(history) for history in drawn(_histories, _POSTS)]
    first = _delivered(histories, drawn(_splits, len(histories)))
    replay = _delivered(histories, drawn(_splits, len(histories))[::-1])
    last = [
        (post, good[-1].title)
        for post, history in enumerate(histories)
        if (good := [version for version in history if version.is_good])
    ]
    rejected = sorted(
        (f"post {post}", _position(post, version), _payload(post, version))
        for _, post, version in first
        if not version.is_good
    )

    for name, delivery in (("first", first), ("replay", replay)):
        Cleaning(spark, tables, f"{shared_path}/{name}").clean(delivery)

        assert rows_of(spark, tables, "pin", "ind", "title") == last
        assert rows_of(spark, tables, "rejected", "origin", "position", "payload") == rejected
    loads = rows_of(
        spark,
        tables,
        "loads",
        "records_read",
        "rows_merged",
        "records_superseded",
        "records_rejected",
    )
    assert loads == sorted(_counts(first) + _counts(replay))


def _delivered(histories: Sequence[list[Version]], splits: Sequence[list[int]]) -> Delivery:
    """Return the records in a possible order; some are delivered twice in a micro-batch."""
    delivery = [
        (batch, post, version)
        for post, history in enumerate(histories)
        for batch, version in zip(splits[post % len(splits)], history, strict=False)
        for _ in range(1 + (version.number % 5 == 0 and version.is_good))
    ]
    shuffled = random.Random(len(delivery)).sample(delivery, len(delivery))
    return sorted(shuffled, key=lambda record: record[0])


def _counts(delivery: Delivery) -> list[tuple[int, ...]]:
    """Return the read, merged, superseded and rejected records of each micro-batch."""
    counts: list[tuple[int, ...]] = []
    for _, group in groupby(delivery, key=lambda record: record[0]):
        posts = Counter(post if version.is_good else None for _, post, version in group)
        rejected = posts.pop(None, 0)
        good = sum(posts.values())
        counts.append((good + rejected, len(posts), good - len(posts), rejected))
    return counts
