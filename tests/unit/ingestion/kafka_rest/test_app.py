"""The HTTP side of the proxy, with fake brokers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest
from confluent_kafka import KafkaError
from pydantic import SecretStr

from ingestion.kafka_rest.app import create_app
from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.settings import KafkaRestSettings
from tests.support.kafka_rest_app import PRODUCE, FakeBrokers, client_of, send

SECRET = "example-of-a-secret"
ONE = b'{"records":[{"key":"17","value":{"index": 17}}]}'


def test_the_answer_has_partition_and_offset_of_each_record() -> None:
    body = b'{"records":[{"value":1},{"value":2}]}'
    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", body)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.kafka.v2+json"
    assert answer.json() == {
        "offsets": [
            {"partition": 0, "offset": 0, "error_code": None, "error": None},
            {"partition": 0, "offset": 1, "error_code": None, "error": None},
        ],
        "key_schema_id": None,
        "value_schema_id": None,
    }


@pytest.mark.parametrize(
    ("topic", "body", "status", "error_code"),
    [
        ("demo.pin", b'{"records":[{"value":1', 400, 400),
        ("demo.pin", b"", 400, 400),
        ("demo.pin", b'{"records":[]}', 422, 422),
        ("demo.pin", b'{"records":[{"key":"17"}]}', 422, 422),
        ("demo.geo", ONE, 404, 40401),
        ("no such topic", ONE, 404, 40401),
        ("connect-configs", ONE, 404, 40401),
        ("demo.pin", b'{"records":[{"value":1,"partition":3}]}', 404, 40402),
        ("demo.pin", b'{"records":[{"value":1,"partition":-1}]}', 404, 40402),
    ],
)
def test_a_refused_request_writes_nothing(
    topic: str, body: bytes, status: int, error_code: int
) -> None:
    brokers = FakeBrokers()
    answer = send(brokers, "POST", f"/topics/{topic}", body)

    assert (answer.status_code, answer.json()["error_code"]) == (status, error_code)
    assert brokers.values == []


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.kafka.avro.v2+json"])
def test_another_content_type_is_unsupported(content_type: str) -> None:
    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", ONE, content_type=content_type)

    assert (answer.status_code, answer.json()["error_code"]) == (415, 415)


def test_a_content_type_may_name_its_character_set() -> None:
    content_type = "application/vnd.kafka.json.v2+json; charset=utf-8"
    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", ONE, content_type=content_type)

    assert answer.status_code == 200


@pytest.mark.parametrize(("max_body_bytes", "status"), [(len(ONE), 200), (len(ONE) - 1, 413)])
def test_a_body_over_the_limit_is_too_large(max_body_bytes: int, status: int) -> None:
    settings = KafkaRestSettings(max_body_bytes=max_body_bytes)

    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", ONE, settings=settings)

    assert answer.status_code == status
    assert answer.json().get("error_code", 200) == status


@pytest.mark.parametrize(("records", "status"), [(500, 200), (501, 413)])
def test_a_request_has_at_most_500_records(records: int, status: int) -> None:
    brokers = FakeBrokers()
    body = b'{"records":[%b]}' % b",".join([b'{"value":1}'] * records)

    answer = send(brokers, "POST", "/topics/demo.pin", body)

    assert answer.status_code == status
    assert len(brokers.values) == (records if status == 200 else 0)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_body_that_is_corrupt_is_a_400(encoding: str) -> None:
    body = gzip.compress(ONE)[:-9]
    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", body, encoding=encoding)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)


async def never_ending() -> AsyncIterator[bytes]:
    yield b'{"records":['
    await asyncio.Event().wait()


def test_a_body_that_does_not_arrive_is_a_408_on_a_closed_connection() -> None:
    settings = KafkaRestSettings(read_seconds=0.05)

    answer = send(FakeBrokers(), "POST", "/topics/demo.pin", never_ending(), settings=settings)

    assert (answer.status_code, answer.json()["error_code"]) == (408, 408)
    assert answer.headers["connection"] == "close"


def test_a_client_that_leaves_during_its_body_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(KafkaRestSettings(), lambda _: cast("Brokers", FakeBrokers()))
    headers = [(b"host", b"127.0.0.1"), (b"content-type", PRODUCE.encode())]
    path = "/topics/demo.pin"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": headers,
        "query_string": b"",
    }
    received: Iterator[dict[str, object]] = iter([
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ])

    async def receive() -> dict[str, object]:
        return next(received)

    async def send_nothing(_message: object) -> None:
        return

    async def run() -> None:
        async with app.router.lifespan_context(app):
            await app(scope, receive, send_nothing)

    asyncio.run(run())

    assert caplog.messages == [f"a client left before the end of its body: {path}"]


def test_a_request_whose_turn_does_not_come_is_a_429() -> None:
    """The first request takes the only turn until the second one has its answer."""
    settings = KafkaRestSettings(max_requests=1, read_seconds=0.05)
    app = create_app(settings, lambda _: cast("Brokers", FakeBrokers()))

    async def run() -> list[int]:
        async with app.router.lifespan_context(app), client_of(app) as client:
            async with app.state.proxy._turns:
                refused = await client.post("/topics/demo.pin", content=ONE)
            accepted = await client.post("/topics/demo.pin", content=ONE)
            return [refused.status_code, accepted.status_code]

    assert asyncio.run(run()) == [429, 200]


def test_a_topic_created_after_the_start_is_known() -> None:
    brokers = FakeBrokers()
    brokers.new_topics = {"demo.geo": 3}
    assert send(brokers, "POST", "/topics/demo.geo", ONE).status_code == 200


def test_without_brokers_the_answer_is_503_at_once() -> None:
    answer = send(FakeBrokers(up=False), "POST", "/topics/demo.pin", ONE)

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)


def test_a_request_whose_records_are_all_retriable_is_a_503() -> None:
    timed_out = KafkaError(KafkaError._MSG_TIMED_OUT)
    answer = send(FakeBrokers(error=timed_out), "POST", "/topics/demo.pin", ONE)

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)
    assert answer.json()["message"].startswith("No record was acknowledged: ")


@pytest.mark.parametrize(("up", "status"), [(True, 200), (False, 503)])
def test_health_is_that_of_the_brokers(up: bool, status: int) -> None:
    assert send(FakeBrokers(up=up), "GET", "/health").status_code == status


def test_only_topics_of_events_are_listed() -> None:
    assert send(FakeBrokers(), "GET", "/topics").json() == ["demo.pin"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/topics/demo.pin", 405)]
)
def test_http_errors_have_the_form_of_the_contract(method: str, path: str, status: int) -> None:
    answer = send(FakeBrokers(), method, path)

    assert (answer.status_code, answer.json()["error_code"]) == (status, status)


def test_a_request_for_a_forged_host_is_refused() -> None:
    assert send(FakeBrokers(), "GET", "/topics", host="evil.example").status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "secret", "status"),
    [
        ("POST", "/topics/demo.pin", SECRET, 200),
        ("POST", "/topics/demo.pin", "", 401),
        ("POST", "/topics/demo.pin", SECRET + "é", 401),
        ("GET", "/topics", "", 401),
        ("GET", "/health", "", 200),
    ],
)
def test_requests_need_the_shared_secret(method: str, path: str, secret: str, status: int) -> None:
    settings = KafkaRestSettings(shared_secret=SecretStr(SECRET))

    answer = send(
        FakeBrokers(), method, path, ONE, settings=settings, secret=secret.encode("latin-1")
    )

    assert answer.status_code == status


def test_a_refused_sign_in_is_the_reason_of_a_503() -> None:
    brokers = FakeBrokers(up=False)
    brokers.problem = "the proxy cannot sign in: access denied"

    assert send(brokers, "GET", "/health").json() == {
        "error_code": 50302,
        "message": "Broker not available: the proxy cannot sign in: access denied",
    }


def test_shutdown_closes_the_brokers() -> None:
    brokers = FakeBrokers()
    send(brokers, "GET", "/health")

    assert brokers.closed
