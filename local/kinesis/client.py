"""A client of the local Kinesis."""

from __future__ import annotations

from botocore.config import Config
from mypy_boto3_kinesis import KinesisClient

from local.aws import aws_session
from local.secrets import Secrets
from local.settings import Settings

__all__ = ["kinesis_client"]

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5})


def kinesis_client(settings: Settings, secrets: Secrets) -> KinesisClient:
    """Return a client of the local Kinesis, signed in with the environment's own key."""
    return aws_session(secrets).client("kinesis", endpoint_url=settings.kinesis_url, config=_CONFIG)
