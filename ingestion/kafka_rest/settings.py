"""Settings of the proxy, and the librdkafka configurations that follow from them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import botocore.session
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
from botocore.exceptions import BotoCoreError
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingestion.kafka_rest.contract import CredentialsError
from pinterest_pipeline.names import EVENT_NAMES, USER_ID_PATTERN

__all__ = [
    "KafkaRestSettings",
    "Security",
    "check_credentials",
    "check_secret",
    "client_configuration",
    "msk_token",
    "producer_configuration",
]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Security = Literal["plaintext", "msk_iam"]
"""`plaintext`: no sign-in. `msk_iam`: TLS and the AWS identity of this machine."""


class KafkaRestSettings(BaseSettings):
    """The settings of one proxy. Each comes from the environment as `KAFKA_REST_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_REST_", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8082
    allowed_hosts: str = "127.0.0.1,localhost"
    """Host names, comma-separated, that requests may use. This stops web pages that reach the proxy
    through a forged DNS answer."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Brokers, comma-separated, as `host:port`."""
    security: Security = "plaintext"
    region: str | None = None
    """AWS region of the MSK cluster; required with `msk_iam`."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the brokers' certificates; null: those of the system,
    which include MSK's."""
    shared_secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    """Required in the header `X-Proxy-Secret` of each request but `GET /health`; null: none. Only a
    proxy on a loopback address may do without."""

    topic_pattern: str = rf"{USER_ID_PATTERN}\.({'|'.join(EVENT_NAMES)})"
    """Topics that clients may write to. Kafka Connect keeps its configuration in topics of the same
    cluster, and clients must not change it."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    """Largest request body; API Gateway has the same limit."""
    max_records: Annotated[int, Field(ge=1)] = 500
    """Most records of one request; the API has the same limit."""
    max_requests: Annotated[int, Field(ge=1)] = 32
    """Requests that are read and delivered at once. Others wait, their bodies unread."""
    read_seconds: Annotated[float, Field(gt=0, lt=29)] = 10.0
    """How long a request may wait for its turn and send its body."""
    max_record_bytes: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 1_000_000
    """Largest record; at most the brokers' `message.max.bytes`: they refuse whole batches."""
    delivery_seconds: Annotated[float, Field(gt=0, lt=29)] = 8.0
    """How long a record waits for its acknowledgement; less than API Gateway's 29 s."""

    @property
    def allowed_host_names(self) -> list[str]:
        """`allowed_hosts` as a list."""
        return [name.strip() for name in self.allowed_hosts.split(",")]

    @model_validator(mode="after")
    def _region_is_known(self) -> Self:
        if self.security == "msk_iam" and not self.region:
            msg = "msk_iam signs for one AWS region: set KAFKA_REST_REGION, for example us-east-1"
            raise ValueError(msg)
        return self


def client_configuration(settings: KafkaRestSettings) -> dict[str, Any]:
    """Return the part of a librdkafka configuration that producers and admin clients share."""
    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap_servers,
        "log_level": 3,  # errors only; the proxy itself logs when brokers stop answering
        "reconnect.backoff.max.ms": 1000,
    }
    if settings.security == "msk_iam":
        configuration |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "OAUTHBEARER",
            "oauth_cb": partial(msk_token, settings.region),
        }
        if settings.ca_file is not None:
            configuration["ssl.ca.location"] = str(settings.ca_file)
    return configuration


def producer_configuration(settings: KafkaRestSettings) -> dict[str, Any]:
    """Return a producer's librdkafka configuration, in which "acknowledged" means "stored once".

    Every in-sync replica has an acknowledged record.
    """
    return client_configuration(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": int(settings.delivery_seconds * 1000),
        "message.max.bytes": settings.max_record_bytes,
        "linger.ms": 2,
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": 256 * 1024,
        # The partitioner of Java's clients, and so of Confluent's proxy: keys stay in their
        # partitions when one proxy replaces the other.
        "partitioner": "murmur2_random",
    }


def check_credentials(settings: KafkaRestSettings) -> None:
    """Check that this machine can sign in. Without credentials, clients start with a time-out.

    Raises:
        CredentialsError: Raised when `settings` ask for AWS credentials, and there are none.
    """
    if settings.security != "msk_iam":
        return
    try:
        credentials = botocore.session.Session().get_credentials()
    except BotoCoreError as error:
        raise CredentialsError(f"Expected AWS credentials: {error}") from error
    if credentials is None:
        raise CredentialsError(
            "Expected AWS credentials, found none: give the EC2 instance a role, or set AWS_PROFILE"
        )


def check_secret(settings: KafkaRestSettings) -> None:
    """Check that other machines cannot use the proxy without a secret.

    Raises:
        CredentialsError: Raised when it listens on more than loopback and requires no secret.
    """
    if settings.shared_secret is None and settings.host not in _LOOPBACK:
        raise CredentialsError(
            f"Other machines reach a proxy at {settings.host}: set KAFKA_REST_SHARED_SECRET, or"
            f" KAFKA_REST_HOST to one of {', '.join(_LOOPBACK)}"
        )


def msk_token(region: str | None, _configuration: str) -> tuple[str, float]:
    """Return a token for MSK and its expiry, in seconds since the epoch.

    The token is a URL signed with the machine's AWS credentials; no request is sent.
    """
    token, expires_milliseconds = MSKAuthTokenProvider.generate_auth_token(region)
    return token, expires_milliseconds / 1000
