"""`format("kinesis")` on a real Spark Connect server, against the local Kinesis.

Tests share queries where they can: starting a query takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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
from tests.conftest import Poll, Running

SHARDS = 4
MISSING = "no-such-stream"


class Stream:
    """A new stream, and the DataFrame that reads it."""

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
            "minFetchPeriod": "0s",
        }
        kinesis.create_stream(StreamName=self.name, ShardCount=SHARDS)
        kinesis.get_waiter("stream_exists").wait(StreamName=self.name)

    def put(self, numbers: Sequence[int]) -> None:
        records = [{"Data": b"%d" % n, "PartitionKey": str(n)} for n in numbers]
        answer = self._kinesis.put_records(StreamName=self.name, Records=records)  # type: ignore[arg-type]
        assert answer["FailedRecordCount"] == 0

    def read(self, spark: SparkSession, **options: str) -> DataFrame:
        return spark.readStream.format("kinesis").options(**self._options | options).load()


class Sink:
    """Parquet files that a query writes. Spark lists those of each micro-batch in a log."""

    def __init__(self, folder: Path) -> None:
        self.checkpoint = folder / "checkpoint"
        self._rows = folder / "rows"

    def start(self, rows: DataFrame, *, drain: bool = False) -> StreamingQuery:
        writer = rows.writeStream.format("parquet")
        writer = writer.option("checkpointLocation", str(self.checkpoint))
        writer = writer.trigger(availableNow=True) if drain else writer
        return writer.start(str(self._rows))

    def drain(self, rows: DataFrame) -> None:
        assert self.start(rows, drain=True).awaitTermination(120)

    def batches(self, spark: SparkSession) -> dict[int, list[Row]]:
        """Return the rows of each complete micro-batch that has rows."""
        logs = self._rows.glob("_spark_metadata/[0-9]*")
        files = {int(log.name): _files_of(log.read_text()) for log in logs}
        return {
            number: spark.read.parquet(*paths).collect() for number, paths in files.items() if paths
        }

    def numbers(self, spark: SparkSession) -> list[int]:
        """Return the data of every row, in order."""
        return _numbers(self.batches(spark))


def _files_of(log: str) -> list[str]:
    _version, *entries = log.splitlines()
    return [json.loads(entry)["path"] for entry in entries]


def _numbers(batches: Mapping[int, list[Row]]) -> list[int]:
    return sorted(int(row.data) for rows in batches.values() for row in rows)


@pytest.fixture
def sink(tmp_path: Path) -> Sink:
    return Sink(tmp_path)


@pytest.fixture(scope="module")
def kinesis(settings: Settings, secrets: Secrets, running: Running) -> KinesisClient:
    running("kinesis")
    return kinesis_client(settings, secrets)


@pytest.fixture
def stream(kinesis: KinesisClient, settings: Settings, secrets: Secrets) -> Stream:
    return Stream(kinesis, settings, secrets)


# Trigger.AvailableNow


@dataclass(frozen=True)
class Drained:
    """A query that read 0 to 249, at most 100 in a micro-batch, and in a second run 250 to 279."""

    stream: str
    schema: str
    first: dict[int, list[Row]]
    second: dict[int, list[Row]]


@pytest.fixture(scope="module")
def drained(
    spark: SparkSession,
    kinesis: KinesisClient,
    settings: Settings,
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> Drained:
    stream, sink = Stream(kinesis, settings, secrets), Sink(tmp_path_factory.mktemp("drained"))
    rows = stream.read(spark, maxRecordsPerTrigger="100")
    arrived_at = F.unix_millis(F.col("approximateArrivalTimestamp"))
    aged = rows.withColumn("age", F.unix_millis(F.current_timestamp()) - arrived_at)
    stream.put(range(250))
    sink.drain(aged)
    first = sink.batches(spark)
    stream.put(range(250, 280))
    sink.drain(aged)
    second = {n: rows for n, rows in sink.batches(spark).items() if n not in first}
    return Drained(stream.name, rows.schema.simpleString(), first, second)


def test_rows_have_the_columns_of_databricks(drained: Drained) -> None:
    assert drained.schema == (
        "struct<partitionKey:string,data:binary,stream:string,shardId:string,"
        "sequenceNumber:string,approximateArrivalTimestamp:timestamp>"
    )
    row = drained.second[max(drained.second)][0]
    assert (row.partitionKey, row.stream) == (bytes(row.data).decode(), drained.stream)
    assert row.shardId.startswith("shardId-")
    assert row.sequenceNumber.isdigit()
    assert 0 <= row.age < 120_000


def test_available_now_drains_every_shard_and_ends(drained: Drained) -> None:
    assert _numbers(drained.first) == list(range(250))
    assert len({row.shardId for rows in drained.first.values() for row in rows}) == SHARDS


def test_a_micro_batch_holds_no_more_than_its_limit(drained: Drained) -> None:
    assert max(len(rows) for rows in drained.first.values()) <= 100


def test_a_query_resumes_where_it_ended(drained: Drained) -> None:
    assert _numbers(drained.second) == list(range(250, 280))


def test_a_repeated_micro_batch_has_the_same_rows(
    spark: SparkSession, stream: Stream, tmp_path: Path
) -> None:
    rows = stream.read(spark, maxRecordsPerTrigger="200")
    stream.put(range(500))
    with pytest.raises(PySparkException, match="a failure after the write"):
        _drain_by_function(rows, tmp_path, "first", failing_batch=1)
    stream.put(range(500, 600))
    _drain_by_function(rows, tmp_path, "second")
    first, second = (
        {
            int(folder.suffix[1:]): spark.read.parquet(str(folder)).collect()
            for folder in tmp_path.glob(f"{run}.*")
        }
        for run in ("first", "second")
    )
    assert sorted(second[1]) == sorted(first[1])
    assert _numbers({0: first[0], **second}) == list(range(600))


def _drain_by_function(
    rows: DataFrame, folder: Path, run: str, failing_batch: int | None = None
) -> None:
    """Drain `rows` to a folder per micro-batch; fail after the write of `failing_batch`."""
    prefix = str(folder / run)

    def write(batch: DataFrame, batch_id: int) -> None:
        batch.write.parquet(f"{prefix}.{batch_id}")
        if batch_id == failing_batch:
            raise RuntimeError("a failure after the write")

    writer = rows.writeStream.foreachBatch(write).trigger(availableNow=True)
    query = writer.option("checkpointLocation", str(folder / "checkpoint")).start()
    assert query.awaitTermination(120)


# A query that keeps running

BEFORE = range(10)
AFTER = range(10, 30)
LATER = range(30, 40)


@dataclass(frozen=True)
class Live:
    """A running query that began at `latest`, after `BEFORE` and before `AFTER` were put."""

    stream: Stream
    sink: Sink
    query: StreamingQuery
    scratch: Path
    other_folders: set[Path]

    def folders(self) -> set[Path]:
        """Return the folders of spooled files of this query."""
        return set(self.scratch.glob("kinesis-*")) - self.other_folders

    def files(self) -> list[Path]:
        return [file for folder in self.folders() for file in folder.iterdir()]


@pytest.fixture
def live(
    spark: SparkSession, settings: Settings, stream: Stream, sink: Sink, poll: Poll
) -> Iterator[Live]:
    scratch = settings.state / "spark" / "scratch"
    other_folders = set(scratch.glob("kinesis-*"))
    stream.put(BEFORE)
    query = sink.start(stream.read(spark, initialPosition="latest", minFetchPeriod="200ms"))
    try:
        poll((sink.checkpoint / "offsets" / "0").exists, what="the first offset")
        stream.put(AFTER)
        poll(lambda: len(sink.numbers(spark)) >= len(AFTER), what="the rows")
        yield Live(stream, sink, query, scratch, other_folders)
    finally:
        query.stop()


def test_a_query_at_latest_reads_what_arrives_later_and_keeps_no_file(
    spark: SparkSession, live: Live, poll: Poll
) -> None:
    assert live.sink.numbers(spark) == list(AFTER)
    poll(live.folders, what="the folder of spooled files")
    poll(lambda: not live.files(), what="no spooled file")
    live.query.stop()
    poll(lambda: not live.folders(), what="no folder of a stopped query")


def test_a_query_survives_a_restart_of_kinesis(
    running: Running, spark: SparkSession, live: Live, poll: Poll
) -> None:
    running.stop("kinesis")
    running("kinesis")
    live.stream.put(LATER)
    expected = [*AFTER, *LATER]
    poll(lambda: len(live.sink.numbers(spark)) >= len(expected), seconds=90, what="all rows")
    assert live.sink.numbers(spark) == expected


# Errors


def test_a_bad_option_is_named_to_the_client(spark: SparkSession, stream: Stream) -> None:
    with pytest.raises(PySparkException, match="roleArn is not supported here") as raised:
        _ = stream.read(spark, roleArn="arn:aws:iam::000000000000:role/x").schema
    assert "maxRecordsPerFetch" in str(raised.value)  # one of the supported options


def test_a_missing_stream_is_named_to_the_client_and_the_log_holds_no_key(
    settings: Settings, secrets: Secrets, spark: SparkSession, stream: Stream, sink: Sink
) -> None:
    with pytest.raises(PySparkException, match=f"expected stream {MISSING}"):
        sink.drain(stream.read(spark, streamName=MISSING))
    log = (settings.logs / "spark.log").read_text()
    assert MISSING in log
    assert secrets.aws_secret_access_key not in log
