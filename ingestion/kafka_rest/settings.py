"""Where the proxy listens, which brokers it writes to, and what it lets through."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["KafkaRestSettings", "Security"]

Security = Literal["plaintext", "msk_iam"]
"""`plaintext`: no sign-in. `msk_iam`: TLS and the AWS identity of this machine."""


class KafkaRestSettings(BaseSettings):
    """The settings of one proxy. Each comes from the environment as `KAFKA_REST_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="KAFKA_REST_", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless said otherwise."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8082
    allowed_hosts: str = "127.0.0.1,localhost"
    """Host names, comma-separated, that a request may name. A page in a browser that was led here
    by a forged DNS answer names another one and is refused."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Brokers, comma-separated, as `host:port`."""
    security: Security = "plaintext"
    region: str | None = None
    """AWS region of the MSK cluster; needed with `msk_iam` only."""

    topic_pattern: str = r"[A-Za-z0-9][A-Za-z0-9._-]*\.(pin|geo|user)"
    """Topics that exist for clients. Kafka Connect keeps its configuration in topics of the same
    cluster: whoever may post events must not be able to write there."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    """Largest request body, that of API Gateway."""
    max_record_bytes: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 1_000_000
    """Largest record. Not above the brokers' `message.max.bytes`: they refuse whole batches."""
    delivery_seconds: Annotated[float, Field(gt=0, lt=29)] = 8.0
    """How long a record may wait for its acknowledgement; below API Gateway's 29 s."""

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
