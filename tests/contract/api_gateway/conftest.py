"""The project's API with a new Kinesis stream for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running
from tests.support.streams_api import StreamsApi


@pytest.fixture
def api(settings: Settings, secrets: Secrets, running: Running) -> Iterator[StreamsApi]:
    running("api_gateway")
    kinesis = kinesis_client(settings, secrets)
    stream = f"streaming-{uuid.uuid4().hex}"
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    yield StreamsApi(settings.api_url, secrets.api_key, stream, kinesis)
    kinesis.delete_stream(StreamName=stream)
