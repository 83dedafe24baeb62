"""Creating streams, with botocore's stub of Kinesis."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from aiohttp import web
from botocore.stub import Stubber
from mypy_boto3_kinesis import KinesisClient
from typer import Typer
from typer.testing import CliRunner

from ingestion.kinesis import KinesisError, Stream, create_streams, main
from pinterest_pipeline.errors import UserIdError
from tests.support.http_server import serving_app

NAMES = ["streaming-demo-pin", "streaming-demo-geo", "streaming-demo-user"]


@pytest.fixture
def kinesis() -> KinesisClient:
    return boto3.client(
        "kinesis", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )


@pytest.fixture
def stub(kinesis: KinesisClient) -> Iterator[Stubber]:
    with Stubber(kinesis) as stub:
        yield stub
        stub.assert_no_pending_responses()


def _expect_summary(stub: Stubber, name: str, shards: int, hours: int = 168) -> None:
    summary = {
        "StreamName": name,
        "StreamARN": f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}",
        "StreamStatus": "ACTIVE",
        "RetentionPeriodHours": hours,
        "StreamCreationTimestamp": 0,
        "EnhancedMonitoring": [],
        "OpenShardCount": shards,
    }
    answer = {"StreamDescriptionSummary": summary}
    stub.add_response("describe_stream_summary", answer, {"StreamName": name})


def _expect_active(stub: Stubber, name: str) -> None:
    description = {
        "StreamName": name,
        "StreamARN": f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}",
        "StreamStatus": "ACTIVE",
        "Shards": [],
        "HasMoreShards": False,
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": 0,
        "EnhancedMonitoring": [],
    }
    stub.add_response("describe_stream", {"StreamDescription": description}, {"StreamName": name})


def test_missing_streams_are_created(kinesis: KinesisClient, stub: Stubber) -> None:
    _expect_summary(stub, NAMES[0], 2)
    for _ in NAMES[1:]:
        stub.add_client_error("describe_stream_summary", "ResourceNotFoundException")
    for name in NAMES[1:]:
        stub.add_response("create_stream", {}, {"StreamName": name, "ShardCount": 2})
    for name in NAMES:
        _expect_active(stub, name)
    for name in [*NAMES, *NAMES]:
        _expect_summary(stub, name, 2)

    streams = create_streams(kinesis, "demo", 2)

    assert streams == [
        Stream(NAMES[0], 2, False),
        Stream(NAMES[1], 2, True),
        Stream(NAMES[2], 2, True),
    ]


def test_the_shards_of_a_stream_are_not_changed(kinesis: KinesisClient, stub: Stubber) -> None:
    for name in NAMES:
        _expect_summary(stub, name, 4)
    for name in NAMES:
        _expect_active(stub, name)
    for name in [*NAMES, *NAMES]:
        _expect_summary(stub, name, 4)

    with pytest.raises(KinesisError, match=r"expected 2 shards .* streaming-demo-pin has 4"):
        create_streams(kinesis, "demo", 2)


def test_retention_is_only_increased(kinesis: KinesisClient, stub: Stubber) -> None:
    for name in NAMES:
        _expect_summary(stub, name, 2)
    for name in NAMES:
        _expect_active(stub, name)
    _expect_summary(stub, NAMES[0], 2, hours=24)
    increase = {"StreamName": NAMES[0], "RetentionPeriodHours": 48}
    stub.add_response("increase_stream_retention_period", {}, increase)
    _expect_summary(stub, NAMES[1], 2, hours=48)
    _expect_summary(stub, NAMES[2], 2, hours=72)
    for name in NAMES:
        _expect_summary(stub, name, 2)

    create_streams(kinesis, "demo", 2, retention_hours=48)


def test_a_refusal_keeps_the_message_of_kinesis(kinesis: KinesisClient, stub: Stubber) -> None:
    stub.add_client_error("describe_stream_summary", "AccessDeniedException", "no such right")

    with pytest.raises(KinesisError, match="no such right"):
        create_streams(kinesis, "demo", 2)


def test_an_invalid_user_id_is_refused_before_any_call(kinesis: KinesisClient) -> None:
    with pytest.raises(UserIdError, match="1 to 113 letters"):
        create_streams(kinesis, "a b", 2)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_kinesis_of_this_machine_is_asked_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"__type": "AccessDeniedException"}, status=400)

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "k")
    application = web.Application()
    application.router.add_post("/", refuse)
    command = Typer()
    command.command()(main)
    with serving_app(application) as url:
        endpoint = url.replace("127.0.0.1", host)
        result = CliRunner().invoke(command, ["--region", "us-east-1", "--endpoint-url", endpoint])

    assert "AccessDeniedException" in result.stderr
