"""Spark is killed in a micro-batch: no row is lost, and none is duplicated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from local.temporary import free_ports, temporary_state
from pinterest_pipeline.events import Event, event_named
from pinterest_pipeline.monitoring import watch
from pinterest_pipeline.tables import Tables
from tests.support.bad_records import pin
from tests.support.blocking_tables import (
    AppendingTables,
    BlockingAppendingTables,
    BlockingTables,
    sleeping_at,
)
from tests.support.services import Poll, Running
from tests.support.streaming_pipeline import StreamingPipeline

PIN = event_named("pin")

pytestmark = pytest.mark.timeout(1200)  # one test waits for all blocked queries


@dataclass
class Environment:
    """An environment of the module, because the test kills its Spark server."""

    settings: Settings
    secrets: Secrets
    running: Running
    spark: SparkSession

    def session(self) -> SparkSession:
        """Return a new session: the queries of one session need different names."""
        return connect(self.settings, self.secrets)

    def kill_spark(self) -> None:
        self.running.kill("spark")
        self.running("spark")
        self.spark = self.session()


@pytest.fixture(scope="module")
def own() -> Iterator[Environment]:
    with temporary_state() as state:
        settings = Settings.model_validate({"state": state, **free_ports()})
        running = Running(settings)
        running("spark")
        secrets = Secrets.of(state)
        environment = Environment(settings, secrets, running, connect(settings, secrets))
        yield environment
        environment.spark.stop()  # it would stay the active session of later tests
        running.stop()


BATCH = 20
"""Records of a micro-batch; a quarter is bad. There are two micro-batches."""
GOOD = [ind for ind in range(2 * BATCH) if ind % 4]
RECORDS = [pin(index=ind) if ind in GOOD else b"bad" for ind in range(2 * BATCH)]


@dataclass
class Counts:
    """Rows of the tables."""

    clean: int
    rejected: int
    loads: int

    @classmethod
    def of(cls, spark: SparkSession, tables: Tables) -> Counts:
        return cls(*(tables.read(spark, name).count() for name in ("pin", "rejected", "loads")))


PARSING = "while records are parsed in memory"
STAGING = "while the records of the first micro-batch are staged"
AT = {
    PARSING: Counts(15, 5, 1),
    STAGING: Counts(0, 0, 0),
    "after the clean rows": Counts(30, 5, 1),
    "after add_rejected": Counts(30, 10, 1),
    "after add_load": Counts(30, 10, 2),
}
"""The rows of the tables when the server is killed at that point."""
SLEEPING = {PARSING: GOOD[-1], STAGING: GOOD[0]}
"""The post whose cleaning never ends."""
CONTROL = "control"


@dataclass(frozen=True)
class BlockedQuery:
    """A query that is blocked in a micro-batch."""

    pipeline: StreamingPipeline
    tables: Tables
    checkpoint: Path

    def is_blocked(self, spark: SparkSession, point: str) -> bool:
        """Return whether the query has reached `point`."""
        if point == PARSING:
            return (self.checkpoint / "offsets" / "1").exists()
        return self._staging() if point == STAGING else Counts.of(spark, self.tables) == AT[point]

    def committed(self, micro_batch: int) -> Path:
        return self.checkpoint / "commits" / str(micro_batch)

    def _staging(self) -> bool:
        """Return whether the first micro-batch writes its files."""
        return any(self.checkpoint.glob("staged/*/_temporary/**/*.parquet"))


def start_blocking(own: Environment, point: str) -> BlockedQuery:
    """Start a query that blocks at `point`."""
    pipeline = StreamingPipeline.new(own.settings, own.secrets, shards=1)
    pipeline.put("pin", *RECORDS)
    event, tables = PIN, pipeline.tables
    names = (pipeline.tables.catalog, pipeline.tables.schema)
    if point == CONTROL:
        blocking: Tables = BlockingAppendingTables(*names, "after add_load")
        tables = AppendingTables(*names)
    else:
        blocking = BlockingTables(*names, point)
    if point in SLEEPING:
        event = replace(PIN, clean=sleeping_at(SLEEPING[point]))
    start(pipeline, own.session(), blocking, event)
    folder = own.settings.state / "spark" / "checkpoints" / pipeline.tables.schema
    return BlockedQuery(pipeline, tables, folder / f"{pipeline.settings.user_id}.pin")


def start(
    pipeline: StreamingPipeline, spark: SparkSession, tables: Tables, event: Event = PIN
) -> list[StreamingQuery]:
    return pipeline.start(
        spark, events=[event], tables=tables, maxRecordsPerTrigger=str(BATCH), minFetchPeriod="0s"
    )


@pytest.fixture(scope="module")
def killed(own: Environment, poll: Poll) -> Mapping[str, BlockedQuery]:
    """Block a query at each point, kill the server, and run the queries again."""
    queries = {}
    for points in ([STAGING], [point for point in (*AT, CONTROL) if point != STAGING]):
        # A cleaning that never ends occupies a core, and the server may have two.
        for point in points:  # one after the other, because each starts Python processes
            query = queries[point] = start_blocking(own, point)
            reached = "after add_load" if point == CONTROL else point
            poll(partial(query.is_blocked, own.spark, reached), seconds=120, what=point)
            assert Counts.of(own.spark, query.tables) == AT[reached]
            assert not query.committed(1).exists()
        own.kill_spark()
    for query in queries.values():
        watch(start(query.pipeline, own.spark, query.tables), lambda _: None)
    return queries


@pytest.mark.parametrize("point", AT)
def test_spark_killed_in_a_micro_batch_loses_no_row_and_duplicates_none(
    own: Environment, killed: Mapping[str, BlockedQuery], point: str
) -> None:
    pipeline = killed[point].pipeline

    assert pipeline.rows(own.spark, "pin", "ind") == sorted([(ind,) for ind in GOOD], key=str)
    assert Counts.of(own.spark, pipeline.tables) == Counts(30, 10, 2)
    positions = pipeline.tables.read(own.spark, "rejected").select("position").distinct().count()
    assert positions == 10
    figures = ("batch_id", "records_read", "rows_merged", "records_rejected")
    assert pipeline.rows(own.spark, "loads", *figures) == [(0, 20, 15, 5), (1, 20, 15, 5)]


def test_writers_that_only_append_duplicate_the_rows_of_the_micro_batch(
    own: Environment, killed: Mapping[str, BlockedQuery]
) -> None:
    """The control: without idempotent writers the tests above would fail."""
    assert Counts.of(own.spark, killed[CONTROL].pipeline.tables) == Counts(45, 15, 3)
