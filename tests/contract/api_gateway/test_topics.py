"""The project's API in front of the real Kafka REST proxy and broker."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
import requests

from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running

PRODUCE = "application/vnd.kafka.json.v2+json"
ONE = b'{"records":[{"key":"17","value":{"index": 17}}]}'
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def topic_url(settings: Settings, running: Running) -> str:
    running("api_gateway")
    return f"{settings.api_url}/topics/{settings.user_id}.pin"


def post(url: str, body: bytes, key: str | None, content_type: str = PRODUCE) -> requests.Response:
    headers = {"Content-Type": content_type} | ({"x-api-key": key} if key else {})
    return requests.post(url, data=body, headers=headers, timeout=30)


def test_records_reach_kafka_and_each_is_answered(topic_url: str, secrets: Secrets) -> None:
    answer = post(topic_url, ONE, secrets.api_key)

    assert answer.status_code == 200
    [result] = answer.json()["offsets"]
    assert (result["error_code"], result["partition"] in range(3)) == (None, True)
    assert REQUEST_ID.fullmatch(answer.headers["x-amzn-RequestId"])


def test_nulls_count_as_not_given(topic_url: str, secrets: Secrets) -> None:
    record = b'{"key":null,"partition":null,"value":{"index":17}}'
    with_key = b'{"key":"17","value":{"index":17}}'

    answer = post(topic_url, b'{"records":[%b,%b]}' % (record, with_key), secrets.api_key)

    assert answer.status_code == 200
    nulls, given = answer.json()["offsets"]
    assert (nulls["error_code"], nulls["partition"]) == (None, given["partition"])


def test_a_partition_that_is_no_number_is_refused(topic_url: str, secrets: Secrets) -> None:
    body = b'{"records":[{"value":1,"partition":"0"}]}'

    assert post(topic_url, body, secrets.api_key).status_code == 422


@pytest.mark.parametrize(
    ("topic", "content_type", "status", "error_code"),
    [
        ("demo.nothing", PRODUCE, 404, 40401),
        ("connect-configs", PRODUCE, 404, 40401),
        ("..", PRODUCE, 404, 40401),
        ("é %2F {x}", PRODUCE, 404, 40401),
        ("demo.pin", "application/json", 415, 415),
    ],
)
def test_the_proxy_refuses_what_the_gateway_does_not_check(
    topic_url: str, secrets: Secrets, topic: str, content_type: str, status: int, error_code: int
) -> None:
    url = topic_url.rpartition("/")[0] + "/" + quote(topic, safe="").replace(".", "%2E")

    answer = post(url, ONE, secrets.api_key, content_type)

    assert (answer.status_code, answer.json()["error_code"]) == (status, error_code)


def test_the_key_is_not_in_the_log(topic_url: str, settings: Settings, secrets: Secrets) -> None:
    post(topic_url, ONE, secrets.api_key)

    assert secrets.api_key not in (settings.logs / "api_gateway.log").read_text()
