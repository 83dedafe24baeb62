"""The project's API with a new Kinesis stream for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials

from emulation.signature import AwsSignature
from local.environment import REGION, kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Running
from tests.support.streams_api import StreamsApi


@pytest.fixture
def api(settings: Settings, secrets: Secrets, running: Running) -> Iterator[StreamsApi]:
    running("api_gateway")
    kinesis = kinesis_client(settings, secrets)
    stream = f"streaming-{uuid.uuid4().hex}-pin"
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    key = Credentials(secrets.caller_aws_key.id, secrets.caller_aws_key.secret)
    signature = AwsSignature(key, REGION)
    yield StreamsApi(settings.api_url, secrets.api_key, stream, kinesis, signature)
    kinesis.delete_stream(StreamName=stream)
