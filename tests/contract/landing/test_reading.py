"""How the Spark server reads the landing bucket through its paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from mypy_boto3_s3 import S3Client
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import SparkSession

from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from tests.conftest import Running

FOLDER = "topics/u.pin/partition=0"


@dataclass(frozen=True)
class Landing:
    """A new bucket that is mounted in a new session."""

    spark: SparkSession
    path: str
    checkpoint: str
    bucket: str
    s3: S3Client

    def land(self, number: int) -> str:
        """Put an object of one line; return its path."""
        key = f"{FOLDER}/u.pin+0+{number:010d}.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=f"line {number}\n".encode())
        return f"{self.path}/{key}"

    def mount(self, path: str) -> None:
        """Mount the bucket as the workspace does."""
        self.spark.conf.set(f"fs.viewfs.mounttable.local.link.{path}", f"s3a://{self.bucket}/")

    def lines(self, path: str) -> list[str]:
        return sorted(row.value for row in self.spark.read.text(path).collect())

    def drain(self, folder: Path) -> None:
        """Read the landing by a streaming query of one object per micro-batch."""
        rows = self.spark.readStream.option("maxFilesPerTrigger", 1).text(f"{self.path}/{FOLDER}")
        writer = rows.writeStream.option("checkpointLocation", self.checkpoint)
        writer = writer.trigger(availableNow=True).format("parquet")
        assert writer.start(str(folder)).awaitTermination(120)


@pytest.fixture
def landing(settings: Settings, secrets: Secrets, running: Running) -> Iterator[Landing]:
    running("spark")
    s3, spark, bucket = s3_client(settings, secrets), connect(settings, secrets), f"b-{uuid4()}"
    s3.create_bucket(Bucket=bucket)
    checkpoint = f"{settings.checkpoints_path}/{bucket}"
    landing = Landing(spark, f"/mnt/{bucket}", checkpoint, bucket, s3)
    landing.mount(landing.path)
    yield landing
    spark.stop()


def test_a_mount_is_seen_by_the_next_query(landing: Landing) -> None:
    path = landing.land(0)
    assert landing.lines(path) == ["line 0"]
    other = f"/mnt/other-{uuid4()}"

    with pytest.raises(PySparkException, match="PATH_NOT_FOUND"):
        landing.lines(path.replace(landing.path, other))
    landing.mount(other)
    assert landing.lines(path.replace(landing.path, other)) == ["line 0"]


def test_a_stream_resumes_and_leaves_no_s3_client_per_micro_batch(
    landing: Landing, running: Running, tmp_path: Path
) -> None:
    server = psutil.Process(running.pid("spark"))
    for number in range(2):
        landing.land(number)
    landing.drain(tmp_path)
    before = _connections(server)

    for number in range(2, 22):
        landing.land(number)
    landing.drain(tmp_path)
    rows = landing.spark.read.parquet(str(tmp_path)).collect()
    assert sorted(row.value for row in rows) == sorted(f"line {number}" for number in range(22))
    assert _connections(server) < before + 10


def _connections(process: psutil.Process) -> int:
    return len(process.net_connections("tcp"))
