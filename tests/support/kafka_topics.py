"""Posts records to the Kafka REST proxy and reads them from their topic."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from local.secrets import Secrets
from local.settings import Settings

PRODUCE = {"Content-Type": "application/vnd.kafka.json.v2+json"}
PARTITIONS = 3


def proxy_settings(settings: Settings) -> KafkaRestSettings:
    return KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers)


@contextmanager
def user_with_topics(settings: Settings) -> Iterator[str]:
    """Create the topics of a new user, and delete them at the end; yield the user id."""
    name = f"user-{uuid.uuid4().hex}"
    created = create_topics(proxy_settings(settings), name, TopicPlan(partitions=PARTITIONS))
    yield name
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for deleted in admin.delete_topics(created).values():
        deleted.result()


def post(
    settings: Settings, topic: str, body: bytes, session: requests.Session | None = None
) -> requests.Response:
    url = f"{settings.kafka_rest_url}/topics/{topic}"
    headers = PRODUCE | {"X-Proxy-Secret": Secrets.of(settings.state).proxy_secret}
    return (session or requests.Session()).post(url, data=body, headers=headers, timeout=30)


def records_of(settings: Settings, topic: str) -> list[tuple[bytes | None, bytes | None, int]]:
    """Return key, value and partition of every record in `topic`."""
    consumer = Consumer({
        "bootstrap.servers": settings.bootstrap_servers,
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


def values_of(settings: Settings, topic: str) -> list[bytes | None]:
    return [value for _, value, _ in records_of(settings, topic)]
