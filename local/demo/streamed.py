"""Counts what the Kinesis streams hold, by reading them: Spark is not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mypy_boto3_kinesis import KinesisClient

from local.demo.landed import post_of

__all__ = ["records_streamed"]


def records_streamed(kinesis: KinesisClient, stream: str, key: str) -> Counter[int | None]:
    """Return how many records of each post a stream holds; null stands for those that name none.

    Args:
        kinesis: The client to read with.
        stream: The stream's name.
        key: The field that says which post a record is about.
    """
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return Counter(
        post_of(data, key)
        for shard in shards
        for data in _records(kinesis, stream, shard["ShardId"])
    )


def _records(kinesis: KinesisClient, stream: str, shard: str) -> Iterator[bytes]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    behind = True
    while behind and iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        yield from (record["Data"] for record in answer["Records"])
        # At the tip, or at the end of a shard that was closed.
        behind = answer["MillisBehindLatest"] > 0
        iterator = answer.get("NextShardIterator", "")
