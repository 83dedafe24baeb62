"""The API in front of a Kinesis that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.environment import REGION
from local.secrets import Secrets
from local.settings import ROOT, Settings
from tests.conftest import Running
from tests.support.faulty_aws import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyAws,
    answering,
    dropped,
    faulty_aws,
    refused,
)
from tests.support.gateway_process import KEY, gateway_process
from tests.support.streams_api import StreamsApi


@pytest.fixture(scope="module")
def faulty_gateway(
    settings: Settings, secrets: Secrets, running: Running
) -> Iterator[tuple[str, FaultyAws]]:
    """Serve the API in front of a Kinesis with faults; yield its URL and that Kinesis."""
    running("kinesis")
    proxy = {
        "kafka_rest_url": "http://127.0.0.1:9",
        "proxy_secret": "of-the-proxy",
        "authorization": "NONE",
        "vpc_link_id": "none",
    }
    kinesis_role = {"region": REGION, "kinesis_role_arn": "arn:aws:iam::1:role/a"}
    with (
        faulty_aws(settings.kinesis_url) as kinesis,
        gateway_process(
            ROOT / "ingestion" / "api.yaml",
            KINESIS_URL=kinesis.url,
            PLACEHOLDERS=json.dumps(proxy | kinesis_role),
            AWS_ACCESS_KEY_ID=secrets.aws_access_key_id,
            AWS_SECRET_ACCESS_KEY=secrets.aws_secret_access_key,
        ) as url,
    ):
        yield url, kinesis


@pytest.fixture
def failing(api: StreamsApi, faulty_gateway: tuple[str, FaultyAws]) -> tuple[StreamsApi, FaultyAws]:
    """The API in front of a Kinesis whose calls fail as a test requests."""
    url, kinesis = faulty_gateway
    return replace(api, url=url, key=KEY), kinesis


@pytest.mark.parametrize(
    ("error", "status"), [(THROTTLED, 400), (INTERNAL_FAILURE, 500), ("ServiceUnavailable", 500)]
)
def test_an_error_of_kinesis_keeps_its_body(
    failing: tuple[StreamsApi, FaultyAws], error: str, status: int
) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecords", answering(error))

    answer = api.put_records(({}, "1"))

    assert (answer.status_code, answer.json()["__type"]) == (status, error)
    assert api.put_records(({}, "1")).status_code == 200


def test_a_partial_failure_is_unchanged(failing: tuple[StreamsApi, FaultyAws]) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecords", refused(every=2))

    answer = api.put_records(*(({}, str(i)) for i in range(4)))

    errors = [result.get("ErrorCode") for result in answer.json()["Records"]]
    assert (answer.status_code, answer.json()["FailedRecordCount"]) == (200, 2)
    assert errors == [None, THROTTLED, None, THROTTLED]
    assert [key for key, _ in api.records()] == ["0", "2"]


@pytest.mark.parametrize(("after", "stored"), [(False, 0), (True, 1)])
def test_a_call_whose_answer_is_lost_is_not_sent_again(
    failing: tuple[StreamsApi, FaultyAws], after: bool, stored: int
) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecord", dropped(after=after))
    calls = kinesis.calls["PutRecord"]

    answer = api.put_record({})

    assert (answer.status_code, answer.json()) == (
        504,
        {"message": "Network error communicating with endpoint"},
    )
    assert kinesis.calls["PutRecord"] == calls + 1
    assert len(api.records()) == stored
