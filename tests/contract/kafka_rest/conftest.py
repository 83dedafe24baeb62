"""New topics for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.settings import Settings
from tests.conftest import Running
from tests.support.kafka_topics import user_with_topics


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    running("kafka_rest")
    with user_with_topics(settings) as name:
        yield name
