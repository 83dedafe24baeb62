"""The demo counts by post what S3 and Kinesis hold, from the records alone."""

from __future__ import annotations

from collections import Counter

from local.demo.reconciliation import count_landed, count_streamed
from local.environment import kinesis_client, s3_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running


def test_each_line_of_a_topic_counts_for_its_post(
    settings: Settings, secrets: Secrets, running: Running
) -> None:
    running("s3")
    s3 = s3_client(settings, secrets)
    for name, body in {
        "counted.geo/partition=0/a.json": b'{"ind":1}\n{"ind":2,\r"country":"Peru"}\n',
        "counted.geo/partition=1/b.json": b'{"ind":1}\nhello\n',
        "counted.geography/partition=0/c.json": b'{"ind":3}\n',
    }.items():
        s3.put_object(Bucket=settings.bucket, Key=f"topics/{name}", Body=body)

    counts = count_landed(s3, settings.bucket, "counted.geo", "ind")

    assert counts == Counter({1: 2, 2: 1, None: 1})


def test_each_record_of_each_shard_counts_for_its_post(
    settings: Settings, secrets: Secrets, running: Running
) -> None:
    running("kinesis")
    kinesis = kinesis_client(settings, secrets)
    kinesis.create_stream(StreamName="counted", ShardCount=3)
    payloads = [b'{"ind":%d}' % (number % 40) for number in range(80)] + [b"hello", b"\xff"]
    kinesis.put_records(
        StreamName="counted",
        Records=[{"Data": payload, "PartitionKey": payload.hex()} for payload in payloads],
    )

    counts = count_streamed(kinesis, "counted", "ind")

    assert counts == Counter({None: 2} | dict.fromkeys(range(40), 2))
