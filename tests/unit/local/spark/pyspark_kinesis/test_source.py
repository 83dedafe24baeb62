"""What Spark gets: pickled readers, partitions, record batches."""

from __future__ import annotations

import pickle

import pytest
from pyspark.sql.datasource import InputPartition
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadMaxRows
from pyspark.sql.types import StructType

import local.spark.pyspark_kinesis.source as module
from local.spark.pyspark_kinesis import DefaultSource
from local.spark.pyspark_kinesis.errors import OptionError
from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.source import KinesisStreamReader
from tests.support.fake_kinesis import FakeKinesis

OPTIONS = {
    "streamName": "pins",
    "initialPosition": "earliest",
    "minFetchPeriod": "0s",
    "maxRecordsPerTrigger": "5",
}


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> FakeKinesis:
    kinesis = FakeKinesis(2)
    monkeypatch.setattr(module, "connect", lambda _options: kinesis)
    return kinesis


def reader_of() -> KinesisStreamReader:
    return DefaultSource(OPTIONS).streamReader(StructType())


def rows(reader: KinesisStreamReader, partition: InputPartition) -> list[dict[str, object]]:
    return [row for batch in reader.read(partition) for row in batch.to_pylist()]


def test_bad_options_are_rejected_when_the_query_is_defined() -> None:
    with pytest.raises(OptionError):
        DefaultSource({})


def test_a_reader_can_be_pickled_before_it_is_used() -> None:
    assert isinstance(pickle.loads(pickle.dumps(reader_of())), KinesisStreamReader)  # noqa: S301


def test_a_micro_batch_is_fetched_once(kinesis: FakeKinesis) -> None:
    put = kinesis.put("shardId-1", 3)
    reader = reader_of()
    start = reader.initialOffset()
    end = reader.latestOffset(start, reader.getDefaultReadLimit())
    (partition,) = reader.partitions(start, end)
    calls = dict(kinesis.calls)
    records = rows(reader_of(), pickle.loads(pickle.dumps(partition)))  # noqa: S301
    assert [row["sequenceNumber"] for row in records] == put
    assert [row["shardId"] for row in records] == ["shardId-1"] * 3
    assert kinesis.calls == calls
    reader.stop()


def test_without_the_file_the_stream_gives_the_same_rows(kinesis: FakeKinesis) -> None:
    kinesis.put("shardId-0", 3)
    reader = reader_of()
    start = reader.initialOffset()
    end = reader.latestOffset(start, ReadAllAvailable())
    (partition,) = reader.partitions(start, end)
    first = rows(reader, partition)
    reader.stop()
    kinesis.put("shardId-0", 3)
    restarted = reader_of()
    (again,) = restarted.partitions(restarted.initialOffset(), end)
    assert rows(restarted, again) == first
    assert len(first) == 3
    restarted.stop()


@pytest.mark.parametrize(("limit", "count"), [(ReadMaxRows(5), 4), (ReadAllAvailable(), 20)])
def test_spark_s_limit_is_respected(kinesis: FakeKinesis, limit: object, count: int) -> None:
    kinesis.put("shardId-0", 10)
    kinesis.put("shardId-1", 10)
    reader = reader_of()
    start = reader.initialOffset()
    end = reader.latestOffset(start, limit)  # type: ignore[arg-type]
    records = [row for p in reader.partitions(start, end) for row in rows(reader, p)]
    assert len(records) == count
    reader.stop()


def test_no_partition_where_nothing_is_new(kinesis: FakeKinesis) -> None:
    kinesis.put("shardId-0")
    reader = reader_of()
    end = reader.latestOffset(reader.initialOffset(), ReadAllAvailable())
    assert reader.partitions(end, end) == []
    assert reader.latestOffset(end, ReadAllAvailable()) == end
    assert Offset.from_json(end).to_json() == end
    reader.stop()


def test_a_reader_that_was_never_used_can_be_stopped() -> None:
    reader_of().stop()
