"""The HTTP side, with brokers that are made up."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
import requests
import uvicorn
from confluent_kafka import KafkaError

from ingestion.kafka_rest.app import create_app
from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.errors import BrokerUnreachableError
from ingestion.kafka_rest.settings import KafkaRestSettings
from local.supervisor.waiting import wait_until

PRODUCE = "application/vnd.kafka.json.v2+json"
ONE = b'{"records":[{"key":"17","value":{"index": 17}}]}'


class FakeBrokers:
    """Brokers with `demo.pin` of three partitions; each record gets the next offset."""

    def __init__(self, *, up: bool = True, error: KafkaError | None = None) -> None:
        self.are_up = up
        self.partitions = {"demo.pin": 3, "connect-configs": 1}
        self.made_meanwhile: dict[str, int] = {}
        self.producer = self
        self.values: list[bytes] = []
        self.error = error
        self.closed = False

    def produce(self, *record: object, on_delivery: Callable[..., None]) -> None:
        self.values.append(cast("bytes", record[1]))
        offset = len(self.values) - 1
        on_delivery(self.error, SimpleNamespace(partition=lambda: 0, offset=lambda: offset))

    def refresh(self) -> None:
        if not self.are_up:
            raise BrokerUnreachableError
        self.partitions |= self.made_meanwhile

    def close(self) -> None:
        self.closed = True


class Client:
    """Speaks HTTP to a proxy that runs in this process."""

    def __init__(self, url: str) -> None:
        self._url = url

    def post(self, path: str, content: bytes, content_type: str = PRODUCE) -> requests.Response:
        headers = {"Content-Type": content_type}
        return requests.post(self._url + path, data=content, headers=headers, timeout=10)

    def request(self, method: str, path: str, host: str | None = None) -> requests.Response:
        headers = {"Host": host} if host else {}
        return requests.request(method, self._url + path, headers=headers, timeout=10)


@contextmanager
def proxy(brokers: FakeBrokers, settings: KafkaRestSettings | None = None) -> Iterator[Client]:
    app = create_app(settings or KafkaRestSettings(), lambda _: cast("Brokers", brokers))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, seconds=10, description="the proxy")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Client(f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()


def test_each_record_is_answered_with_its_place() -> None:
    with proxy(FakeBrokers()) as client:
        answer = client.post("/topics/demo.pin", content=b'{"records":[{"value":1},{"value":2}]}')

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
    with proxy(brokers) as client:
        answer = client.post(f"/topics/{topic}", content=body)

    assert (answer.status_code, answer.json()["error_code"]) == (status, error_code)
    assert brokers.values == []


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.kafka.avro.v2+json"])
def test_another_content_type_is_unsupported(content_type: str) -> None:
    with proxy(FakeBrokers()) as client:
        answer = client.post("/topics/demo.pin", content=ONE, content_type=content_type)

    assert (answer.status_code, answer.json()["error_code"]) == (415, 415)


def test_a_content_type_may_name_its_character_set() -> None:
    content_type = "application/vnd.kafka.json.v2+json; charset=utf-8"
    with proxy(FakeBrokers()) as client:
        answer = client.post("/topics/demo.pin", content=ONE, content_type=content_type)

    assert answer.status_code == 200


def test_a_body_of_exactly_the_limit_passes() -> None:
    with proxy(FakeBrokers(), KafkaRestSettings(max_body_bytes=len(ONE))) as client:
        assert client.post("/topics/demo.pin", content=ONE).status_code == 200


def test_a_body_over_the_limit_is_too_large() -> None:
    with proxy(FakeBrokers(), KafkaRestSettings(max_body_bytes=len(ONE) - 1)) as client:
        answer = client.post("/topics/demo.pin", content=ONE)

    assert (answer.status_code, answer.json()["error_code"]) == (413, 413)


def test_a_topic_made_after_the_start_is_found() -> None:
    brokers = FakeBrokers()
    brokers.made_meanwhile = {"demo.geo": 3}
    with proxy(brokers) as client:
        assert client.post("/topics/demo.geo", content=ONE).status_code == 200


def test_without_brokers_the_answer_is_503_at_once() -> None:
    with proxy(FakeBrokers(up=False)) as client:
        answer = client.post("/topics/demo.pin", content=ONE)

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)


def test_records_that_could_all_be_sent_again_are_one_503() -> None:
    timed_out = KafkaError(KafkaError._MSG_TIMED_OUT)
    with proxy(FakeBrokers(error=timed_out)) as client:
        answer = client.post("/topics/demo.pin", content=ONE)

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)


@pytest.mark.parametrize(("up", "status"), [(True, 200), (False, 503)])
def test_health_is_that_of_the_brokers(up: bool, status: int) -> None:
    with proxy(FakeBrokers(up=up)) as client:
        assert client.request("GET", "/health").status_code == status


def test_only_topics_of_events_are_listed() -> None:
    with proxy(FakeBrokers()) as client:
        assert client.request("GET", "/topics").json() == ["demo.pin"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("DELETE", "/topics/demo.pin", 405)]
)
def test_what_is_not_served_is_said_in_the_contracts_form(
    method: str, path: str, status: int
) -> None:
    with proxy(FakeBrokers()) as client:
        answer = client.request(method, path)

    assert (answer.status_code, answer.json()["error_code"]) == (status, status)


def test_a_request_for_a_forged_host_is_refused() -> None:
    with proxy(FakeBrokers()) as client:
        assert client.request("GET", "/topics", host="evil.example").status_code == 400


def test_the_end_waits_for_the_brokers() -> None:
    brokers = FakeBrokers()
    with proxy(brokers):
        pass

    assert brokers.closed
