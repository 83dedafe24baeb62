"""The calls through botocore, with answers instead of HTTP."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from local.spark.pyspark_kinesis.client import Kinesis, Record, Shard, ShardPosition, connect
from local.spark.pyspark_kinesis.errors import ExpiredIteratorError, NotFoundError
from local.spark.pyspark_kinesis.options import TRIM_HORIZON, Options

SHARD = Shard("pins", "shardId-0")
EMPTY = {"Records": [], "NextShardIterator": "i", "MillisBehindLatest": 0}


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.getvalue()


ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/pins"
DESCRIBED: tuple[int, dict[str, Any]] = (
    200,
    {"StreamDescriptionSummary": {"StreamARN": ARN, "RetentionPeriodHours": 24}},
)


class Wire:
    """The requests that were sent, and the answers to return: status and body."""

    def __init__(self) -> None:
        self._client = boto3.Session().client(
            "kinesis",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"mode": "standard", "total_max_attempts": 4}),
        )
        self._client.meta.events.register("before-send.kinesis.*", self._answer)  # type: ignore[arg-type]  # it may return an answer
        self.reset()

    def reset(self) -> None:
        self.kinesis = Kinesis(self._client)
        self.sent: list[dict[str, Any]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.date = datetime.now(UTC)
        self.slept = 0

    def sleep(self, _seconds: float) -> None:
        self.slept += 1

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        assert isinstance(request.body, bytes)
        self.sent.append(json.loads(request.body))
        status, body = self.answers.pop(0)
        headers = HTTPHeaders()
        headers["date"] = format_datetime(self.date, usegmt=True)
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))


@pytest.fixture(scope="module")
def shared_wire() -> Wire:
    return Wire()


@pytest.fixture
def wire(shared_wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Wire:
    shared_wire.reset()
    monkeypatch.setattr("botocore.endpoint.time.sleep", shared_wire.sleep)
    return shared_wire


def test_a_page_holds_the_records(wire: Wire) -> None:
    record = {
        "SequenceNumber": "49",
        "ApproximateArrivalTimestamp": 1.5,
        "Data": base64.b64encode(b"\x00\xff").decode(),
        "PartitionKey": "é",
        "EncryptionType": "KMS",
    }
    answer = {"Records": [record], "NextShardIterator": "next", "MillisBehindLatest": 7}
    wire.answers = [DESCRIBED, (200, answer)]
    page = wire.kinesis.page("pins", "now", 10)
    assert page.records == [Record("49", 1.5, b"\x00\xff", "é")]
    assert (page.iterator, page.milliseconds_behind, page.size) == ("next", 7, 2)
    assert wire.sent[1:] == [{"StreamARN": ARN, "ShardIterator": "now", "Limit": 10}]


def test_the_last_page_of_a_closed_shard_has_no_iterator(wire: Wire) -> None:
    wire.answers = [DESCRIBED, (200, {"Records": [], "MillisBehindLatest": 0, "ChildShards": []})]
    assert wire.kinesis.page("pins", "now", 10).iterator is None


@pytest.mark.parametrize(
    "error",
    [
        (400, {"__type": "ProvisionedThroughputExceededException", "message": "slow down"}),
        (400, {"__type": "LimitExceededException", "message": "slow down"}),
        (500, {"__type": "InternalFailure", "message": "failed"}),
        (503, {}),
    ],
)
def test_throttling_and_failures_are_retried_with_backoff(
    wire: Wire, error: tuple[int, dict[str, Any]]
) -> None:
    wire.answers = [DESCRIBED, error, error, (200, EMPTY)]
    assert wire.kinesis.page("pins", "now", 10).iterator == "i"
    assert (len(wire.sent), wire.slept) == (4, 2)


def test_an_expired_iterator_is_raised_at_once(wire: Wire) -> None:
    wire.answers = [DESCRIBED, (400, {"__type": "ExpiredIteratorException", "message": "old"})]
    with pytest.raises(ExpiredIteratorError):
        wire.kinesis.page("pins", "now", 10)
    assert len(wire.sent) == 2


def test_a_missing_stream_is_named(wire: Wire) -> None:
    wire.answers = [(400, {"__type": "ResourceNotFoundException", "message": "no pins"})]
    with pytest.raises(NotFoundError, match="expected stream pins; Kinesis says: no pins: check"):
        wire.kinesis.shards("pins")


def test_a_record_of_a_recreated_stream_is_named(wire: Wire) -> None:
    wire.answers = [(400, {"__type": "InvalidArgumentException", "message": "invalid"})]
    with pytest.raises(NotFoundError, match="a record 49 in stream pins, shard shardId-0"):
        wire.kinesis.iterator(SHARD, ShardPosition("49", TRIM_HORIZON))


@pytest.mark.parametrize(
    ("position", "start"),
    [
        (ShardPosition(None, TRIM_HORIZON), {"ShardIteratorType": "TRIM_HORIZON"}),
        (
            ShardPosition(None, 1_000.75),
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 1_000.75},
        ),
        (
            ShardPosition("49", TRIM_HORIZON),
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "49"},
        ),
    ],
)
def test_an_iterator_starts_at_the_position(
    wire: Wire, position: ShardPosition, start: dict[str, Any]
) -> None:
    wire.answers = [(200, {"ShardIterator": "i"})]
    assert wire.kinesis.iterator(SHARD, position) == "i"
    assert wire.sent == [{"StreamName": "pins", "ShardId": "shardId-0", **start}]


def test_all_shards_are_listed_with_their_parents(wire: Wire) -> None:
    wire.answers = [
        (200, {"Shards": [{"ShardId": "shardId-0"}], "NextToken": "more"}),
        (
            200,
            {
                "Shards": [
                    {
                        "ShardId": "shardId-2",
                        "ParentShardId": "shardId-0",
                        "AdjacentParentShardId": "shardId-1",
                    }
                ]
            },
        ),
    ]
    child = Shard("pins", "shardId-2", ("shardId-0", "shardId-1"))
    assert wire.kinesis.shards("pins").shards == [SHARD, child]
    assert wire.sent == [{"StreamName": "pins"}, {"NextToken": "more"}]


def test_the_retention_of_a_stream_is_in_seconds(wire: Wire) -> None:
    wire.answers = [DESCRIBED]
    assert wire.kinesis.retention_seconds("pins") == 86_400


@pytest.mark.parametrize("day", [1, 28])
def test_kinesis_time_is_used_where_the_local_clock_is_wrong(wire: Wire, day: int) -> None:
    wire.date = datetime(2001, 1, day, tzinfo=UTC)
    wire.answers = [(200, {"Shards": []}), DESCRIBED, (200, EMPTY)]
    assert wire.kinesis.shards("pins").at == wire.date.timestamp()
    assert wire.kinesis.page("pins", "i", 1).at == wire.date.timestamp()


def test_a_process_has_one_client_for_the_same_options() -> None:
    options = {"streamName": "pins", "region": "us-east-1", "endpointUrl": "http://127.0.0.1:1"}
    assert connect(Options.of(options)) is connect(Options.of(options))
