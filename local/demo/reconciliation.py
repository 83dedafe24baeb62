"""Accounts for every record: counts each stage by its own means and checks for losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_s3 import S3Client

from local.demo.comparison import Contents
from pinterest_pipeline.events import Event

__all__ = [
    "BATCH",
    "STREAMING",
    "Account",
    "Law",
    "Pipeline",
    "count_landed",
    "count_streamed",
    "count_tables",
    "post_of",
    "total_account",
]


@dataclass(frozen=True)
class Law:
    """What must hold between the counts of an account's stages.

    Attributes:
        stage: The stage on the left.
        relation: `=`, or `≤` where a retried request may add a record twice.
        stages: The stages on the right, whose counts are added.
    """

    stage: str
    relation: Literal["=", "≤"]
    stages: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as a formula."""
        return f"{self.stage} {self.relation} {' + '.join(self.stages)}"

    def holds(self, counts: Mapping[str, int]) -> bool:
        """Return whether it holds for the records at each stage."""
        total = sum(counts[stage] for stage in self.stages)
        if self.relation == "=":
            return counts[self.stage] == total
        return counts[self.stage] <= total


@dataclass(frozen=True)
class Pipeline:
    """The batch or the streaming pipeline.

    Attributes:
        name: What it is called.
        store: The service that takes its records from the API.
        laws: What must hold between its stages.
    """

    name: str
    store: str
    laws: tuple[Law, ...]


BATCH = Pipeline(
    "batch",
    "Kafka",
    (
        Law("rows in source", "=", ("acknowledged", "refused")),
        Law("acknowledged", "≤", ("new in Kafka",)),
        Law("in Kafka", "=", ("dead letters", "landed")),
        Law("landed", "=", ("clean", "superseded", "rejected")),
    ),
)
STREAMING = Pipeline(
    "streaming",
    "Kinesis",
    (
        Law("rows in source", "=", ("acknowledged", "refused")),
        Law("acknowledged", "≤", ("new in Kinesis",)),
        Law("in Kinesis", "=", ("clean", "superseded", "rejected")),
    ),
)


@dataclass(frozen=True)
class Account:
    """The records of one event in one pipeline, counted at each stage by that stage's own means.

    Attributes:
        pipeline: The pipeline.
        event: pin, geo or user; `all` for a total.
        counts: Records by stage, in the order of the stages.
    """

    pipeline: Pipeline
    event: str
    counts: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        """Whether no record is lost: each law of the pipeline holds."""
        return all(law.holds(self.counts) for law in self.pipeline.laws)

    @property
    def earlier(self) -> int:
        """Records that earlier runs left in Kafka or Kinesis."""
        return (
            self.counts[f"in {self.pipeline.store}"] - self.counts[f"new in {self.pipeline.store}"]
        )


def total_account(accounts: Sequence[Account]) -> Account:
    """Return the sum of the accounts of one pipeline."""
    stages = accounts[0].counts
    counts = {stage: sum(account.counts[stage] for account in accounts) for stage in stages}
    return Account(accounts[0].pipeline, "all", counts)


def count_landed(s3: S3Client, bucket: str, topic: str, key: str) -> Counter[int | None]:
    """Return the lines of `topic` in the landing bucket by post; None counts lines without one.

    Args:
        s3: The client to read with. Spark takes no part in this count.
        bucket: The landing bucket.
        topic: The Kafka topic.
        key: The field that holds a line's post.
    """
    lines: Counter[int | None] = Counter()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"topics/{topic}/")
    for name in (item["Key"] for page in pages for item in page.get("Contents", [])):
        body = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
        # Not splitlines(): a carriage return belongs to its line.
        lines.update(post_of(line, key) for line in body.split(b"\n")[:-1])
    return lines


def count_streamed(kinesis: KinesisClient, stream: str, key: str) -> Counter[int | None]:
    """Return the records of `stream` by post; None counts records without one.

    Args:
        kinesis: The client to read with. Spark takes no part in this count.
        stream: The stream's name.
        key: The field that holds a record's post.
    """
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return Counter(
        post_of(payload, key)
        for shard in shards
        for payload in _payloads(kinesis, stream, shard["ShardId"])
    )


def _payloads(kinesis: KinesisClient, stream: str, shard: str) -> Iterator[bytes]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    behind = True
    while behind and iterator:
        response = kinesis.get_records(ShardIterator=iterator)
        yield from (record["Data"] for record in response["Records"])
        # False at the tip. A closed shard has no next iterator at its end.
        behind = response["MillisBehindLatest"] > 0
        iterator = response.get("NextShardIterator", "")


def count_tables(contents: Contents, event: Event, arrived: Counter[int | None]) -> dict[str, int]:
    """Return `clean`, `superseded` and `rejected`: the records of `event` in the tables.

    A record is superseded when another record of the same post replaced it. The clean table keeps
    one merged record of each post. The number of posts comes from the records that arrived, so
    the clean table cannot hide its own losses.

    Args:
        contents: What the tables of the pipeline hold.
        event: The event.
        arrived: Records in the landing bucket or in the stream, by post.
    """
    rows = contents.rejected
    payloads = rows.loc[rows["event"] == event.name, "payload"]
    rejected = Counter(post_of(payload, event.key) for payload in payloads)
    posts = len((arrived - rejected).keys() - {None})
    return {
        "clean": contents.clean[event.name],
        "superseded": contents.merged.get(event.name, 0) - posts,
        "rejected": rejected.total(),
    }


def post_of(record: bytes | str, key: str) -> int | None:
    """Return the number in the field `key` of a JSON record; None without one."""
    try:
        return int(float(msgspec.json.decode(record)[key]))
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, OverflowError):
        return None
