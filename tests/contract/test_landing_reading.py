"""How the Spark server reads the local landing: what it asks S3 for, and what it never mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import SparkSession

from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from pinterest_pipeline.events import event_named
from pinterest_pipeline.read import Reader, landing
from tests.conftest import Running
from tests.contract.counted_s3 import CountedS3, counted_s3

FOLDER = "topics/u.pin/partition=0"
MANY = 40  # Spark plans more than 32 files in tasks


@dataclass(frozen=True)
class Landing:
    """A bucket of its own that is mounted in a session of its own; its requests are counted."""

    spark: SparkSession
    path: str
    bucket: str
    s3: S3Client
    counted: CountedS3

    def land(self, number: int, line: str) -> str:
        """Put an object of one line; return its path."""
        key = f"{FOLDER}/u.pin+0+{number:010d}.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=f"{line}\n".encode())
        return f"{self.path}/{key}"

    def list_only(self) -> None:
        """Have Spark list the folder, and read nothing."""
        assert self.spark.read.text(f"{self.path}/{FOLDER}").inputFiles()

    def lines(self, path: str) -> list[str]:
        return [row.value for row in self.spark.read.text(path).collect()]

    def requests_for_objects(self) -> Mapping[str, list[str]]:
        requests = self.counted.requests
        return {key: kinds for key, kinds in requests.items() if key.endswith(".json")}


@pytest.fixture
def landed(settings: Settings, secrets: Secrets, running: Running) -> Iterator[Landing]:
    running("spark")
    s3, spark, bucket = s3_client(settings, secrets), connect(settings, secrets), f"b-{uuid4()}"
    s3.create_bucket(Bucket=bucket)
    with counted_s3(settings.landing_url) as counted:
        spark.conf.set(f"fs.s3a.bucket.{bucket}.endpoint", counted.url)
        mount(spark, f"/mnt/{bucket}", bucket)
        yield Landing(spark, f"/mnt/{bucket}", bucket, s3, counted)
        spark.stop()


def mount(spark: SparkSession, path: str, bucket: str) -> None:
    """Mount a bucket as the workspace does."""
    spark.conf.set(f"fs.viewfs.mounttable.local.link.{path}", f"s3a://{bucket}/")


def test_each_object_is_asked_for_once(landed: Landing, tmp_path: Path) -> None:
    paths = [landed.land(number, f"line {number}") for number in range(MANY)]

    records = landing(landed.spark, landed.path, "u", event_named("pin"), Reader())
    writing = records.writeStream.option("checkpointLocation", str(tmp_path / "checkpoint"))
    writing = writing.trigger(availableNow=True).format("parquet")
    writing.start(str(tmp_path / "records")).awaitTermination()

    rows = landed.spark.read.parquet(str(tmp_path / "records")).select("origin", "payload")
    assert {tuple(row) for row in rows.collect()} == {
        (f"viewfs://local{path}", f"line {number}") for number, path in enumerate(paths)
    }
    asked = landed.requests_for_objects()
    assert len(asked) == MANY
    assert {tuple(kinds) for kinds in asked.values()} == {("GET",)}


def test_an_object_that_was_replaced_is_never_read_by_what_was_listed(landed: Landing) -> None:
    path = landed.land(0, "as it was listed")
    landed.list_only()
    landed.land(0, "as it is")

    with pytest.raises(PySparkException, match="RemoteFileChanged"):
        landed.lines(path)
    assert landed.lines(path) == ["as it is"]


def test_an_object_that_was_removed_is_missed(landed: Landing) -> None:
    path = landed.land(0, "a line")
    landed.list_only()
    landed.s3.delete_object(Bucket=landed.bucket, Key=path.removeprefix(f"{landed.path}/"))

    with pytest.raises(PySparkException, match="PATH_NOT_FOUND"):
        landed.lines(path)


def test_a_mount_is_seen_by_the_next_query(landed: Landing) -> None:
    path = landed.land(0, "a line")
    assert landed.lines(path) == ["a line"]
    later = f"/mnt/later-{uuid4()}"

    with pytest.raises(PySparkException, match="PATH_NOT_FOUND"):
        landed.lines(path.replace(landed.path, later))
    mount(landed.spark, later, landed.bucket)
    assert landed.lines(path.replace(landed.path, later)) == ["a line"]
