"""The proxy that makes the local Kinesis fail on demand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from mypy_boto3_kinesis import KinesisClient

from local.environment import aws_session
from local.secrets import Secrets
from local.settings import Settings
from local.supervisor.ports import free_port
from tests.conftest import Running
from tests.support.faulty_kinesis import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyKinesis,
    answering,
    dropped,
    faulty_kinesis,
    refused,
)


@pytest.fixture
def proxy(settings: Settings, running: Running) -> Iterator[FaultyKinesis]:
    running("kinesis")
    with faulty_kinesis(settings.kinesis_url) as kinesis:
        yield kinesis


@pytest.fixture
def client(proxy: FaultyKinesis, secrets: Secrets) -> KinesisClient:
    return connect(proxy, secrets)


def connect(proxy: FaultyKinesis, secrets: Secrets) -> KinesisClient:
    once = Config(retries={"total_max_attempts": 1})
    return aws_session(secrets).client("kinesis", endpoint_url=proxy.url, config=once)


def put(client: KinesisClient, settings: Settings) -> list[str | None]:
    """Put records; return the error of each, null for none."""
    answer = client.put_records(
        StreamName=f"streaming-{settings.user_id}-geo",
        Records=[{"Data": b"{}", "PartitionKey": str(i)} for i in range(5)],
    )
    assert answer["FailedRecordCount"] == sum("ErrorCode" in r for r in answer["Records"])
    return [record.get("ErrorCode") for record in answer["Records"]]


def stored(client: KinesisClient, settings: Settings) -> int:
    """Count the records of the stream."""
    stream, count = f"streaming-{settings.user_id}-geo", 0
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        start = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        count += len(client.get_records(ShardIterator=start["ShardIterator"])["Records"])
    return count


def test_other_calls_are_forwarded(
    proxy: FaultyKinesis, client: KinesisClient, settings: Settings
) -> None:
    assert put(client, settings) == [None] * 5
    assert proxy.calls["PutRecords"] == 1


@pytest.mark.parametrize("error", [THROTTLED, INTERNAL_FAILURE, "ExpiredIteratorException"])
def test_the_next_calls_fail_and_no_more(
    proxy: FaultyKinesis, client: KinesisClient, error: str
) -> None:
    proxy.fail("ListStreams", answering(error), calls=2)

    for _ in range(2):
        with pytest.raises(ClientError) as raised:
            client.list_streams()
        assert raised.value.response["Error"]["Code"] == error
    assert client.list_streams()["StreamNames"]


@pytest.mark.parametrize("error", [THROTTLED, INTERNAL_FAILURE])
def test_some_records_are_refused_and_the_others_are_stored(
    proxy: FaultyKinesis, client: KinesisClient, settings: Settings, error: str
) -> None:
    before = stored(client, settings)
    proxy.fail("PutRecords", refused(every=2, error=error))

    assert put(client, settings) == [None, error, None, error, None]
    assert stored(client, settings) == before + 3


def test_all_records_are_refused(
    proxy: FaultyKinesis, client: KinesisClient, settings: Settings
) -> None:
    before = stored(client, settings)
    proxy.fail("PutRecords", refused(every=1))

    assert put(client, settings) == [THROTTLED] * 5
    assert stored(client, settings) == before


@pytest.mark.parametrize(("after", "more"), [(False, 0), (True, 5)])
def test_a_connection_is_dropped_before_or_after_the_call(
    proxy: FaultyKinesis, client: KinesisClient, settings: Settings, after: bool, more: int
) -> None:
    before = stored(client, settings)
    proxy.fail("PutRecords", dropped(after=after))

    with pytest.raises(ConnectionClosedError):
        put(client, settings)
    assert stored(client, settings) == before + more


def test_a_kinesis_that_is_not_there_looks_like_that(secrets: Secrets) -> None:
    with faulty_kinesis(f"http://127.0.0.1:{free_port()}") as proxy:
        client = connect(proxy, secrets)

        with pytest.raises(ConnectionClosedError):
            client.list_streams()
