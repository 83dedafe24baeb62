"""Connectors of new users, with a real broker and the local S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from confluent_kafka import Producer
from mypy_boto3_s3 import S3Client

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from local.environment import Environment, kafka_client_configuration, s3_client
from local.kafka.connect import connector_name, start_connector
from local.kafka.progress import TopicProgress, wait_until_landed
from local.secrets import Secrets
from local.services.kafka import connector_configuration
from local.settings import Settings
from tests.conftest import Running

type Produce = Callable[[str, Sequence[bytes]], None]
type Landing = Callable[..., Settings]

PARTITIONS = 2


@pytest.fixture
def s3(settings: Settings, secrets: Secrets) -> S3Client:
    return s3_client(settings, secrets)


@pytest.fixture
def landing(running: Running, settings: Settings) -> Iterator[Landing]:
    """Start a connector for the topics of a new user; returns the settings with that user."""
    running("connect")
    environment = Environment(settings)
    users: list[str] = []

    def start(user_id: str, **changes: object) -> Settings:
        own = settings.model_copy(update={"user_id": user_id, **changes})
        proxy = KafkaRestSettings(
            bootstrap_servers=settings.bootstrap_servers, security="plaintext"
        )
        create_topics(proxy, user_id, TopicPlan(partitions=PARTITIONS))
        users.append(user_id)
        start_landing(own)
        return own

    yield start
    for user_id in users:
        environment.connect.delete_connector(connector_name(user_id))


@pytest.fixture
def produce(settings: Settings) -> Produce:
    def to_partition_0(topic: str, values: Sequence[bytes]) -> None:
        producer = Producer(kafka_client_configuration(settings))
        for value in values:
            producer.produce(topic, value=value, partition=0)
        assert producer.flush(30) == 0

    return to_partition_0


def start_landing(user: Settings) -> None:
    start_connector(Environment(user).connect, user.user_id, connector_configuration(user))


def wait_until_all_landed(
    user: Settings, topic: str, *, deadline_seconds: float = 60
) -> dict[str, TopicProgress]:
    environment = Environment(user)
    return wait_until_landed(
        environment.kafka_admin,
        environment.connect,
        user.user_id,
        [topic],
        deadline_seconds=deadline_seconds,
    )


def objects(s3: S3Client, settings: Settings, topic: str) -> dict[str, bytes]:
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=settings.bucket, Prefix=f"topics/{topic}/"
    )
    return {
        item["Key"]: s3.get_object(Bucket=settings.bucket, Key=item["Key"])["Body"].read()
        for page in pages
        for item in page.get("Contents", [])
    }


def lines(s3: S3Client, settings: Settings, topic: str) -> list[bytes]:
    return b"".join(objects(s3, settings, topic).values()).splitlines()


def numbered(first: int, last: int) -> list[bytes]:
    return [b'{"index":%d,"text":"%s"}' % (i, b"x" * 500) for i in range(first, last)]
