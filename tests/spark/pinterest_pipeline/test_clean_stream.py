"""From stream to tables. Parquet files with the Kinesis source's columns are the stream."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import event_named
from pinterest_pipeline.monitoring import MicroBatch, follow, stopped_at_the_end, watch
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.read import Reader
from pinterest_pipeline.tables import Tables
from tests.support.landing_folder import (
    Line,
    encoded,
    geo,
    pin,
    rows_of,
    stop_a_micro_batch_of_pins,
)

pytestmark = pytest.mark.local

_COLUMNS = pa.schema({
    "partitionKey": pa.string(),
    "data": pa.binary(),
    "stream": pa.string(),
    "shardId": pa.string(),
    "sequenceNumber": pa.string(),
    "approximateArrivalTimestamp": pa.timestamp("us", "UTC"),
})
_STREAM = "streaming-u-pin"
_SHARD = "shardId-000000000000"
_BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass
class Stream:
    """A stream of pins, the progress of its query, and the tables that it is cleaned into."""

    spark: SparkSession
    folder: Path
    checkpoints: Path
    tables: Tables
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, *records: Line, second: int = 0) -> list[str]:
        """Put records that arrive at the same time; return their sequence numbers."""
        numbers = [f"{next(self._numbers):056d}" for _ in records]
        arrived = _BEGIN + dt.timedelta(seconds=second)
        rows = [
            ("7", encoded(record), _STREAM, _SHARD, number, arrived)
            for record, number in zip(records, numbers, strict=True)
        ]
        self.folder.mkdir(exist_ok=True)
        table = pa.table([*zip(*rows, strict=True)], schema=_COLUMNS)
        pq.write_table(table, self.folder / f"{numbers[0]}.parquet")
        return numbers

    def clean(self, event: str = "pin", **options: str) -> list[MicroBatch]:
        """Clean the available records; return the micro-batches."""
        queries = clean_stream(
            self.spark,
            checkpoints_path=str(self.checkpoints),
            user_id="u",
            tables=self.tables,
            events=[event_named(event)],
            reader=Reader("parquet", {"path": str(self.folder), **options}),
        )
        shown: list[MicroBatch] = []
        assert watch(queries, shown.append) == shown
        return shown

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        return rows_of(self.spark, self.tables, table, *columns)

    def start(self, trigger_interval: str) -> list[StreamingQuery]:
        return clean_stream(
            self.spark,
            checkpoints_path=str(self.checkpoints),
            user_id="u",
            tables=self.tables,
            events=[event_named("pin")],
            reader=Reader("parquet", {"path": str(self.folder)}),
            trigger_interval=trigger_interval,
        )


@pytest.fixture
def stream(spark: SparkSession, tables: Tables, tmp_path: Path) -> Iterator[Stream]:
    setting = "spark.sql.streaming.schemaInference"  # the reader names no schema
    spark.conf.set(setting, "true")
    yield Stream(spark, tmp_path / "stream", tmp_path / "checkpoints", tables)
    spark.conf.unset(setting)


def test_each_record_ends_in_its_clean_table_or_rejected_and_is_counted(stream: Stream) -> None:
    numbers = stream.put(
        pin(1, title="first"),
        "not JSON",
        pin(1, title="second"),
        b'{"index": 3, "title": "\xff"}',
        geo(4),
        "",
        '{\n  "index": 2,\r\n  "title": "of several lines"\n}\n',
    )

    batches = stream.clean()

    assert [(batch.event, batch.batch_id, batch.records) for batch in batches] == [("pin", 0, 7)]
    assert stream.rows("pin", "ind", "title") == [(1, "second"), (2, "of several lines")]
    assert stream.rows("rejected", "event", "origin", "position", "payload", "reason")[0] == (
        "pin",
        _STREAM,
        f"{_SHARD}/{numbers[1]}",
        "not JSON",
        "not JSON, or cut off",
    )
    assert stream.rows("rejected", "position") == [
        (f"{_SHARD}/{numbers[at]}",) for at in (1, 3, 4, 5)
    ]
    assert stream.rows(
        "loads", "batch_id", "records_read", "rows_merged", "records_superseded", "records_rejected"
    ) == [(0, 7, 2, 1, 4)]


def test_a_later_version_wins_over_several_runs_and_a_replay(
    stream: Stream, tmp_path: Path
) -> None:
    stream.put(pin(1, title="old"), pin(2), second=1)
    stream.clean()
    stream.put(pin(1, title="new"), "not JSON", second=2)
    stream.clean()
    assert stream.rows("pin", "ind", "title") == [(1, "new"), (2, "T")]
    assert stream.clean() == []
    assert len(stream.rows("loads", "batch_id")) == 2

    stream.checkpoints = tmp_path / "other"
    stream.clean(maxFilesPerTrigger="1")

    assert stream.rows("pin", "ind", "title") == [(1, "new"), (2, "T")]
    assert len(stream.rows("rejected", "position")) == 1


def test_the_lag_is_the_age_of_the_oldest_record_when_it_was_written(stream: Stream) -> None:
    stream.put(pin(1), second=0)
    stream.put(pin(2), second=3_600)
    (batch,) = stream.clean()
    age = (batch.written_at - _BEGIN).total_seconds()
    assert batch.lag_seconds == pytest.approx(age, abs=0.001)


def test_a_failing_query_is_an_error_with_the_next_step(stream: Stream) -> None:
    stream.put(pin(1))
    name = stream.tables.name("pin")
    stream.spark.sql(f"DROP TABLE {name}")
    stream.spark.sql(f"CREATE TABLE {name} (other INT) USING delta")

    with pytest.raises(CleaningError, match=r"(?s)query 'clean pin' .* rerun; the query resumes"):
        stream.clean()


def test_a_query_that_another_program_stops_is_an_error(stream: Stream) -> None:
    stream.put(*(pin(n) for n in range(3_000)))
    queries = stream.start("")
    stop_a_micro_batch_of_pins(stream.spark)

    # Spark names the interrupt only if it met a call that it interrupts.
    stopped = r"query 'clean pin' to (clean all .* stopped it|continue.*Interrupted)"
    with pytest.raises(CleaningError, match=stopped):
        watch(queries, print)


def test_a_source_that_does_not_exist_is_an_error(stream: Stream) -> None:
    with pytest.raises(CleaningError, match="pin records"):
        stream.clean()


def test_with_an_interval_the_query_runs_until_it_is_stopped(stream: Stream) -> None:
    stream.put(pin(1))
    queries = stream.start("1 second")
    with stopped_at_the_end(queries):
        batches = follow(queries)
        assert next(batches).records == 1
        stream.put(pin(2), pin(3))
        assert next(batches).records == 2
    assert not queries[0].isActive
    assert stream.rows("pin", "ind") == [(1,), (2,), (3,)]


def test_a_second_run_of_the_same_tables_is_refused_and_the_first_one_continues(
    stream: Stream,
) -> None:
    stream.put(pin(1))
    first = stream.start("1 second")
    with stopped_at_the_end(first):
        with pytest.raises(CleaningError, match=r"pin records; .* already active"):
            stream.start("")
        assert first[0].isActive
