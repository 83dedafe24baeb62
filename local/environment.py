"""One local environment: its settings, its secrets, and the clients of its services."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from confluent_kafka.admin import AdminClient
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_s3 import S3Client

from local.kafka.connect import ConnectApi
from local.secrets import Secrets
from local.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = [
    "REGION",
    "Environment",
    "aws_session",
    "kafka_client_configuration",
    "kinesis_client",
    "s3_client",
]

REGION = "us-east-1"
"""The only AWS region of the local environment."""

_RETRIES = Config(retries={"mode": "standard", "max_attempts": 5})


class Environment:
    """The clients of one environment, each created at its first use.

    Commands create one environment and pass its clients to the functions that need them.

    Args:
        settings: The settings. Default: from the environment variables.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.secrets = Secrets.of(self.settings.state)

    @cached_property
    def s3(self) -> S3Client:
        """A client of the local S3."""
        return s3_client(self.settings, self.secrets)

    @cached_property
    def kinesis(self) -> KinesisClient:
        """A client of the local Kinesis."""
        return kinesis_client(self.settings, self.secrets)

    @cached_property
    def kafka_admin(self) -> AdminClient:
        """An admin client of the broker."""
        return AdminClient(kafka_client_configuration(self.settings))

    @cached_property
    def connect(self) -> ConnectApi:
        """A client of Kafka Connect's REST interface."""
        return ConnectApi(self.settings.connect_url, self.secrets.connect_password)

    @property
    def emulator_variables(self) -> dict[str, str]:
        """The environment variables with which the emulator posts to this environment."""
        usual = {
            "PINTEREST_API": self.settings.api_url,
            "PINTEREST_API_KEY": self.secrets.api_key,
            "PINTEREST_USER_ID": self.settings.user_id,
            "PINTEREST_EMULATOR_STATE": str(self.settings.state / "emulator"),
            "PINTEREST_SIGN": "false",
        }
        if self.settings.api_authorization == "NONE":
            return usual
        return usual | {
            "PINTEREST_SIGN": "true",
            "AWS_ACCESS_KEY_ID": self.secrets.caller_aws_key.id,
            "AWS_SECRET_ACCESS_KEY": self.secrets.caller_aws_key.secret,
            "AWS_DEFAULT_REGION": REGION,
        }

    @cached_property
    def spark(self) -> SparkSession:
        """A session on the Spark Connect server; it fails fast when the server has ended."""
        from local.spark.session import connect  # noqa: PLC0415  # importing pyspark takes a second

        return connect(self.settings, self.secrets)


def aws_session(secrets: Secrets) -> boto3.Session:
    """Return a session that signs with the environment's own key and ignores AWS profiles."""
    own = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(
        botocore_session=own,
        region_name=REGION,
        aws_access_key_id=secrets.aws_access_key_id,
        aws_secret_access_key=secrets.aws_secret_access_key,
    )


def s3_client(settings: Settings, secrets: Secrets) -> S3Client:
    """Return a client of the local S3."""
    path_style = _RETRIES.merge(Config(s3={"addressing_style": "path"}))
    return aws_session(secrets).client("s3", endpoint_url=settings.landing_url, config=path_style)


def kinesis_client(settings: Settings, secrets: Secrets) -> KinesisClient:
    """Return a client of the local Kinesis."""
    session = aws_session(secrets)
    return session.client("kinesis", endpoint_url=settings.kinesis_url, config=_RETRIES)


def kafka_client_configuration(settings: Settings) -> dict[str, str | int | float | bool]:
    """Return librdkafka's settings for a client of the local broker."""
    return {
        "bootstrap.servers": settings.bootstrap_servers,
        "log_level": 0,  # errors are raised; librdkafka would also print them
    }
