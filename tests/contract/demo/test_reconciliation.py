"""What the streams hold is counted by post, from the records alone."""

from __future__ import annotations

from collections import Counter

from local.demo.streamed import records_streamed
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running


def test_each_record_of_each_shard_counts_for_its_post(
    settings: Settings, secrets: Secrets, running: Running
) -> None:
    running("kinesis")
    kinesis = kinesis_client(settings, secrets)
    kinesis.create_stream(StreamName="counted", ShardCount=3)
    payloads = [b'{"ind":%d}' % (number % 40) for number in range(80)] + [b"hello", b"\xff"]
    kinesis.put_records(
        StreamName="counted",
        Records=[{"Data": data, "PartitionKey": data.hex()} for data in payloads],
    )

    counted = records_streamed(kinesis, "counted", "ind")

    assert counted == Counter({None: 2} | dict.fromkeys(range(40), 2))
