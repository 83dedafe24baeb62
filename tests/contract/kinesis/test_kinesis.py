"""The local Kinesis: what streaming relies on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import PutRecordOutputTypeDef

from ingestion.kinesis import create_streams
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running


def test_streams_are_created_once(settings: Settings, secrets: Secrets, running: Running) -> None:
    running("kinesis")
    streams = create_streams(kinesis_client(settings, secrets), settings.user_id, settings.shards)
    assert [(s.shards, s.created) for s in streams] == [(settings.shards, False)] * 3


@pytest.mark.parametrize("end", [Running.stop, Running.kill])
def test_records_survive_the_end_of_the_process(
    settings: Settings, secrets: Secrets, running: Running, end: Callable[[Running, str], None]
) -> None:
    sent = [(b"{}", "7"), (b"\x00\xff", "7"), ("é".encode(), "é")]
    running("kinesis")
    kinesis = kinesis_client(settings, secrets)
    stream = f"streaming-{settings.user_id}-pin"
    answers = [kinesis.put_record(StreamName=stream, Data=d, PartitionKey=k) for d, k in sent]

    end(running, "kinesis")
    running("kinesis")

    assert [stored_record(kinesis, stream, answer) for answer in answers] == sent


def stored_record(
    kinesis: KinesisClient, stream: str, answer: PutRecordOutputTypeDef
) -> tuple[bytes, str]:
    """Return data and partition key of the record that `answer` acknowledges."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream,
        ShardId=answer["ShardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=answer["SequenceNumber"],
    )["ShardIterator"]
    [record] = kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"]
    return record["Data"], record["PartitionKey"]
