"""Posts records to the Kafka REST proxy and reads them from their topic."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import requests
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it has all of them
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from local.secrets import Secrets
from local.settings import Settings

PRODUCE = {"Content-Type": "application/vnd.kafka.json.v2+json"}
PARTITIONS = 3

type Post = Callable[[bytes, requests.Session], requests.Response]


def proxy_settings(settings: Settings) -> KafkaRestSettings:
    return KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers)


@contextmanager
def user_with_topics(settings: Settings) -> Iterator[str]:
    """Create the topics of a new user, and delete them at the end; yield the user id."""
    name = f"user-{uuid.uuid4().hex}"
    created = create_topics(proxy_settings(settings), name, TopicPlan(partitions=PARTITIONS))
    yield name
    _delete_topics(settings, created)


# A broker that hung is fenced for a moment. A client that finds no controller does not retry.
@retry(
    retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(60), wait=wait_fixed(0.5)
)
def _delete_topics(settings: Settings, names: Sequence[str]) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    left = admin.list_topics(timeout=10).topics.keys() & set(names)
    deleted = admin.delete_topics(list(left), request_timeout=10) if left else {}
    for result in deleted.values():
        result.result()


def post(
    settings: Settings, topic: str, body: bytes, session: requests.Session | None = None
) -> requests.Response:
    url = f"{settings.kafka_rest_url}/topics/{topic}"
    headers = PRODUCE | {"X-Proxy-Secret": Secrets.of(settings.state).proxy_secret}
    return (session or requests.Session()).post(url, data=body, headers=headers, timeout=30)


def alter_topic(settings: Settings, topic: str, name: str, value: str) -> None:
    """Set one property of a topic."""
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for altered in admin.incremental_alter_configs([resource]).values():
        altered.result()


class Kafka(Protocol):
    """Where the brokers are."""

    @property
    def bootstrap_servers(self) -> str: ...


def records_of(kafka: Kafka, topic: str) -> list[tuple[bytes | None, bytes | None, int]]:
    """Return key, value and partition of every record in `topic`."""
    consumer = Consumer({
        "bootstrap.servers": kafka.bootstrap_servers,
        "group.id": "tests",
        "fetch.wait.max.ms": 20,
        "log_level": 0,
    })
    ends = {partition: end_offset(consumer, topic, partition) for partition in range(PARTITIONS)}
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    messages = consumer.consume(sum(ends.values()), timeout=20) if any(ends.values()) else []
    consumer.close()
    assert len(messages) == sum(ends.values())
    return [(m.key(), m.value(), m.partition() or 0) for m in messages]


# Right after the start of a topic or a broker, the partition has no leader.
@retry(
    retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(20), wait=wait_fixed(0.1)
)
def end_offset(consumer: Consumer, topic: str, partition: int) -> int:
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
    return int(end)


def values_of(kafka: Kafka, topic: str) -> list[bytes | None]:
    return [value for _, value, _ in records_of(kafka, topic)]


def is_acknowledged(answer: requests.Response) -> bool:
    """Return whether the one record of a request is stored: 200 may hold the record's error."""
    return answer.status_code == 200 and answer.json()["offsets"][0]["offset"] is not None


class Writers:
    """Clients that post one number after the other until they are stopped.

    Args:
        post: Sends one body in a session.
        clients: Number of clients.

    Attributes:
        acknowledged: The values that are stored, by their answers.
        statuses: The statuses of all answers.
    """

    def __init__(self, post: Post, clients: int) -> None:
        self._post = post
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(c,), daemon=True) for c in range(clients)
        ]
        self.acknowledged: list[bytes] = []
        self.statuses: set[int] = set()
        for thread in self._threads:
            thread.start()

    def _write(self, client: int) -> None:
        session = requests.Session()
        number = 0
        while not self._stop.is_set():
            value = f"{client}{number:06}".lstrip("0").encode() or b"0"
            body = b'{"records":[{"value":' + value + b"}]}"
            try:
                answer = self._post(body, session)
            except requests.ConnectionError:
                return
            self.statuses.add(answer.status_code)
            if is_acknowledged(answer):
                self.acknowledged.append(value)
            else:
                self._stop.wait(0.05)
            number += 1

    def stop(self) -> Sequence[bytes]:
        """Stop; return the acknowledged values."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.acknowledged
