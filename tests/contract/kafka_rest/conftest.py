"""New topics for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient

from ingestion.kafka_rest.topics import create_topics
from local.settings import Settings
from tests.conftest import Running
from tests.support.kafka_topics import PARTITIONS, proxy_settings


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    """A user with new topics, which are deleted after the test."""
    running("kafka_rest")
    name = f"user-{uuid.uuid4().hex}"
    created = create_topics(proxy_settings(settings), name, PARTITIONS)
    yield name
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for deleted in admin.delete_topics(created).values():
        deleted.result()
