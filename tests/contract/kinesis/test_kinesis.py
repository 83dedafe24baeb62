"""The local Kinesis: what the streaming half relies on."""

from __future__ import annotations

import pytest

from ingestion.kinesis.streams import create_streams
from local.kinesis.client import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running


def test_streams_are_made_once(settings: Settings, secrets: Secrets, running: Running) -> None:
    running("kinesis")
    streams = create_streams(kinesis_client(settings, secrets), settings.user_id, settings.shards)
    assert [(stream.shards, stream.made) for stream in streams] == [(settings.shards, False)] * 3


@pytest.mark.parametrize("data", [b"{}", b"\x00\xff", "é".encode()])
def test_records_survive_a_stop_and_a_start(
    settings: Settings, secrets: Secrets, running: Running, data: bytes
) -> None:
    running("kinesis")
    kinesis = kinesis_client(settings, secrets)
    stream = f"streaming-{settings.user_id}-pin"
    put = kinesis.put_record(StreamName=stream, Data=data, PartitionKey="7")

    running.stop("kinesis")
    running("kinesis")

    iterator = kinesis.get_shard_iterator(
        StreamName=stream,
        ShardId=put["ShardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        StartingSequenceNumber=put["SequenceNumber"],
    )["ShardIterator"]
    kept = kinesis.get_records(ShardIterator=iterator)["Records"][0]
    assert (kept["Data"], kept["PartitionKey"]) == (data, "7")
