"""`format("kinesis")` on a real Spark Connect server, against the local Kinesis."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
from mypy_boto3_kinesis import KinesisClient
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from local.environment import REGION, kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from local.temporary import free_ports, temporary_state
from tests.conftest import Poll, Running

SHARDS = 4


class Stream:
    """A stream of its own, and what reads it."""

    def __init__(self, kinesis: KinesisClient, settings: Settings, secrets: Secrets) -> None:
        self.name = f"test-{uuid4()}"
        self._kinesis = kinesis
        self._options = {
            "streamName": self.name,
            "region": REGION,
            "endpointUrl": settings.kinesis_url,
            "awsAccessKey": secrets.aws_access_key_id,
            "awsSecretKey": secrets.aws_secret_access_key,
            "initialPosition": "earliest",
        }
        kinesis.create_stream(StreamName=self.name, ShardCount=SHARDS)
        kinesis.get_waiter("stream_exists").wait(StreamName=self.name)

    def put(self, numbers: Sequence[int]) -> None:
        records = [{"Data": b"%d" % n, "PartitionKey": str(n)} for n in numbers]
        for first in range(0, len(records), 500):
            answer = self._kinesis.put_records(
                StreamName=self.name,
                Records=records[first : first + 500],  # type: ignore[arg-type]
            )
            assert answer["FailedRecordCount"] == 0

    def read(self, spark: SparkSession, **options: str) -> DataFrame:
        return spark.readStream.format("kinesis").options(**self._options | options).load()


@pytest.fixture
def stream(settings: Settings, secrets: Secrets, running: Running) -> Stream:
    running("kinesis")
    return Stream(kinesis_client(settings, secrets), settings, secrets)


class Sink:
    """Where a query writes; each run adds files, one folder a micro-batch."""

    def __init__(self, folder: Path) -> None:
        self.checkpoint = folder / "checkpoint"
        self._rows = folder / "rows"

    def start(self, rows: DataFrame, run: str = "run", *, drain: bool = False) -> StreamingQuery:
        folder = str(self._rows)

        def write(batch: DataFrame, batch_id: int) -> None:
            batch.write.parquet(f"{folder}/{batch_id}-{run}")

        writer = rows.writeStream.foreachBatch(write)
        writer = writer.option("checkpointLocation", str(self.checkpoint))
        return writer.trigger(availableNow=True).start() if drain else writer.start()

    def drain(self, rows: DataFrame, run: str = "run") -> None:
        assert self.start(rows, run, drain=True).awaitTermination(120)

    def batches(self, spark: SparkSession, run: str = "run") -> dict[int, list[Row]]:
        """Return the rows of each micro-batch that was written to its end."""
        done = [file.parent for file in self._rows.glob(f"*-{run}/_SUCCESS")]
        return {
            int(folder.name.split("-")[0]): spark.read.parquet(str(folder)).collect()
            for folder in done
        }

    def numbers(self, spark: SparkSession, run: str = "run") -> list[int]:
        """Return the data of every row, in order."""
        rows = [row for batch in self.batches(spark, run).values() for row in batch]
        return sorted(int(row.data) for row in rows)


@pytest.fixture
def sink(tmp_path: Path) -> Sink:
    return Sink(tmp_path)


def test_rows_are_as_on_databricks(spark: SparkSession, stream: Stream, sink: Sink) -> None:
    stream.put([7])
    rows = stream.read(spark)
    assert rows.schema.simpleString() == (
        "struct<partitionKey:string,data:binary,stream:string,shardId:string,"
        "sequenceNumber:string,approximateArrivalTimestamp:timestamp>"
    )
    arrived = F.col("approximateArrivalTimestamp")
    sink.drain(
        rows.withColumn("age", F.unix_millis(F.current_timestamp()) - F.unix_millis(arrived))
    )
    (row,) = [row for batch in sink.batches(spark).values() for row in batch]
    assert (row.partitionKey, bytes(row.data), row.stream) == ("7", b"7", stream.name)
    assert row.shardId.startswith("shardId-")
    assert row.sequenceNumber.isdigit()
    assert 0 <= row.age < 120_000


def test_available_now_drains_every_shard_and_ends(
    spark: SparkSession, stream: Stream, sink: Sink
) -> None:
    stream.put(range(1_000))
    sink.drain(stream.read(spark))
    assert sink.numbers(spark) == list(range(1_000))
    shards = {row.shardId for batch in sink.batches(spark).values() for row in batch}
    assert len(shards) == SHARDS


def test_a_micro_batch_holds_no_more_than_its_limit(
    spark: SparkSession, stream: Stream, sink: Sink
) -> None:
    stream.put(range(250))
    sink.drain(stream.read(spark, maxRecordsPerTrigger="100", minFetchPeriod="0s"))
    assert sink.numbers(spark) == list(range(250))
    assert max(len(rows) for rows in sink.batches(spark).values()) <= 100


def test_a_query_goes_on_where_it_ended(spark: SparkSession, stream: Stream, sink: Sink) -> None:
    stream.put(range(50))
    sink.drain(stream.read(spark), "first")
    stream.put(range(50, 80))
    sink.drain(stream.read(spark), "second")
    assert sink.numbers(spark, "first") == list(range(50))
    assert sink.numbers(spark, "second") == list(range(50, 80))


def test_latest_leaves_out_what_was_there_and_nothing_that_follows(
    spark: SparkSession, stream: Stream, sink: Sink, poll: Poll
) -> None:
    stream.put(range(10))
    query = sink.start(stream.read(spark, initialPosition="latest"))
    try:
        poll((sink.checkpoint / "offsets" / "0").exists, what="the first offset")
        stream.put(range(10, 30))
        poll(lambda: len(sink.numbers(spark)) >= 20, what="20 rows")
    finally:
        query.stop()
    assert sink.numbers(spark) == list(range(10, 30))


def test_at_timestamp_begins_at_the_moment(
    spark: SparkSession, stream: Stream, sink: Sink, poll: Poll
) -> None:
    stream.put([1])
    put = datetime.now(UTC)
    poll(lambda: (datetime.now(UTC) - put).total_seconds() > 0.01, what="another moment")
    moment = datetime.now(UTC)
    stream.put([2])
    position = {
        "at_timestamp": moment.isoformat(sep=" ", timespec="milliseconds"),
        "format": "yyyy-MM-dd HH:mm:ss.SSSXXX",
    }
    sink.drain(stream.read(spark, initialPosition=json.dumps(position)))
    assert sink.numbers(spark) == [2]


def test_a_trigger_keeps_no_file_once_it_is_committed(
    settings: Settings, spark: SparkSession, stream: Stream, sink: Sink, poll: Poll
) -> None:
    scratch = settings.state / "spark" / "scratch"
    before = set(scratch.glob("kinesis-*"))

    def kept(files: str = "") -> set[Path]:
        """Return the folder of this query, or the `files` in it."""
        own = set(scratch.glob("kinesis-*")) - before
        return {file for folder in own for file in folder.glob(files)} if files else own

    stream.put(range(10))
    query = sink.start(stream.read(spark))
    try:
        poll(lambda: len(sink.numbers(spark)) == 10, what="10 rows")
        poll(kept, what="the folder of kept files")
        poll(lambda: not kept("*"), what="no kept file")
    finally:
        query.stop()
    poll(lambda: not kept(), what="no folder of a query that has ended")


def test_a_query_outlives_a_stop_and_a_start_of_kinesis(
    running: Running, spark: SparkSession, stream: Stream, sink: Sink, poll: Poll
) -> None:
    stream.put(range(10))
    query = sink.start(stream.read(spark))
    try:
        poll(lambda: len(sink.numbers(spark)) == 10, what="10 rows")
        running.stop("kinesis")
        running("kinesis")
        stream.put(range(10, 20))
        poll(lambda: len(sink.numbers(spark)) >= 20, seconds=90, what="20 rows")
    finally:
        query.stop()
    assert sink.numbers(spark) == list(range(20))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"streamName": ""}, "stream"),
        ({"roleArn": "arn:aws:iam::000000000000:role/x"}, "roleArn is not honoured here"),
        ({"initialPosition": "yesterday"}, "expected latest, trim_horizon, earliest"),
        ({"consumerMode": "efo"}, "consumerMode"),
    ],
)
def test_a_bad_option_is_named_to_the_client(
    spark: SparkSession, stream: Stream, options: dict[str, str], said: str
) -> None:
    with pytest.raises(PySparkException, match=said) as raised:
        _ = stream.read(spark, **options).schema
    assert "maxRecordsPerFetch" in str(raised.value)  # among those that it honours


def test_a_stream_that_does_not_exist_is_named_to_the_client(
    spark: SparkSession, stream: Stream, sink: Sink
) -> None:
    with pytest.raises(PySparkException, match="expected stream no-such-stream"):
        sink.drain(stream.read(spark, streamName="no-such-stream"))


def test_the_server_s_log_holds_no_key(
    settings: Settings, secrets: Secrets, spark: SparkSession, stream: Stream, sink: Sink
) -> None:
    with pytest.raises(PySparkException):
        sink.drain(stream.read(spark, streamName="no-stream-of-this-name"))
    log = (settings.logs / "spark.log").read_text()
    assert "no-stream-of-this-name" in log  # it tells of the query
    assert secrets.aws_secret_access_key not in log


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Settings, Secrets, Running]]:
    """An environment of its own, for its Spark server is killed."""
    with temporary_state() as state:
        settings = Settings.model_validate({"state": state, **free_ports()})
        running = Running(settings)
        running("kinesis", "spark")
        yield settings, Secrets.of(state), running
        running.stop()


def test_a_killed_server_repeats_the_same_rows(
    own: tuple[Settings, Secrets, Running], sink: Sink, tmp_path: Path, poll: Callable[..., object]
) -> None:
    settings, secrets, running = own
    stream = Stream(kinesis_client(settings, secrets), settings, secrets)
    stream.put(range(500))
    seen = str(tmp_path / "seen")

    def write_and_hang(batch: DataFrame, batch_id: int) -> None:
        batch.write.parquet(f"{seen}/{batch_id}")
        if batch_id == 1:
            Event().wait()

    spark = connect(settings, secrets)
    rows = stream.read(spark, maxRecordsPerTrigger="200", minFetchPeriod="0s")
    writer = rows.writeStream.foreachBatch(write_and_hang)
    writer.option("checkpointLocation", str(sink.checkpoint)).start()
    poll(lambda: Path(f"{seen}/1/_SUCCESS").exists(), seconds=90, what="the second micro-batch")
    first = spark.read.parquet(f"{seen}/1").collect()
    stream.put(range(500, 600))
    running.kill("spark")

    running("spark")
    spark = connect(settings, secrets)
    sink.drain(stream.read(spark, maxRecordsPerTrigger="200"))
    batches = sink.batches(spark)
    assert sorted(batches[1]) == sorted(first)
    before = spark.read.parquet(f"{seen}/0").collect()
    assert sorted(int(r.data) for r in [*before, *(r for b in batches.values() for r in b)]) == (
        list(range(600))
    )
