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


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_a_request_without_the_key_is_refused(topic_url: str, key: str | None) -> None:
    answer = post(topic_url, ONE, key)

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


@pytest.mark.parametrize(
    "value", [b"null", b'"not an event"', b"17", b'{"age":"abc"}', b'{"nothing":[]}']
)
def test_any_json_value_passes(topic_url: str, secrets: Secrets, value: bytes) -> None:
    body = b'{"records":[{"value":' + value + b"}]}"

    assert post(topic_url, body, secrets.api_key).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b'{"records":[',
        b'{"records":[]}',
        b'{"records":[{"key":"17"}]}',
        b'{"records":[{"value":1,"partition":"0"}]}',
        b'{"records":[' + b",".join([b'{"value":1}'] * 501) + b"]}",
        b'{"records":[{"value":"\xff"}]}',
    ],
)
def test_a_body_that_is_not_a_produce_request_is_invalid(
    topic_url: str, secrets: Secrets, body: bytes
) -> None:
    answer = post(topic_url, body, secrets.api_key)

    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid request body"})


def test_500_records_pass(topic_url: str, secrets: Secrets) -> None:
    body = b'{"records":[' + b",".join([b'{"value":1}'] * 500) + b"]}"

    assert len(post(topic_url, body, secrets.api_key).json()["offsets"]) == 500


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


def test_a_body_over_10_mb_is_too_long(topic_url: str, secrets: Secrets) -> None:
    body = b'{"records":[{"value":"' + b"x" * 10 * 1024 * 1024 + b'"}]}'

    answer = post(topic_url, body, secrets.api_key)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/prod/topics/demo.pin"),
        ("POST", "/prod/topics/demo.pin/more"),
        ("POST", "/prod/nothing"),
        ("POST", "/topics/demo.pin"),
        ("GET", "/"),
    ],
)
def test_an_unknown_route_has_the_answer_of_aws(
    topic_url: str, secrets: Secrets, method: str, path: str
) -> None:
    root = topic_url.partition("/prod")[0]

    answer = requests.request(
        method, root + path, headers={"x-api-key": secrets.api_key}, timeout=10
    )

    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_a_request_for_a_forged_host_is_refused(topic_url: str, secrets: Secrets) -> None:
    headers = {"Host": "evil.example", "x-api-key": secrets.api_key, "Content-Type": PRODUCE}

    assert requests.post(topic_url, data=ONE, headers=headers, timeout=10).status_code == 403


def test_the_key_is_not_in_the_log(topic_url: str, settings: Settings, secrets: Secrets) -> None:
    post(topic_url, ONE, secrets.api_key)

    assert secrets.api_key not in (settings.logs / "api_gateway.log").read_text()
