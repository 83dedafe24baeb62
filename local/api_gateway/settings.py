"""Settings of the gateway: its address, its document, its key and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from local.settings import ROOT

__all__ = ["HEALTH_PATH", "ApiGatewaySettings"]

HEALTH_PATH = "/_health"
"""Not part of the API, because it is outside every stage: no key, no throttle, no name clash."""


class ApiGatewaySettings(BaseSettings):
    """The settings of one gateway. Each comes from the environment as `API_GATEWAY_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="API_GATEWAY_", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    allowed_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    """Host names that requests may use. This stops web pages that reach the gateway through a
    forged DNS answer."""

    document: Path = ROOT / "ingestion" / "api.yaml"
    """The OpenAPI document."""
    placeholders: dict[str, str] = {}
    """Values of the `${name}` in the document."""
    stage: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")] = "prod"
    """First part of every path."""

    region: str = "us-east-1"
    """AWS region of the API, which signatures of requests name."""
    kinesis_url: str | None = None
    """URL of Kinesis. None is enough for a document without calls of Kinesis."""
    aws_access_key_id: SecretStr = SecretStr("")
    """The key that signs calls of Kinesis."""
    aws_secret_access_key: SecretStr = SecretStr("")
    caller_access_key_id: SecretStr = SecretStr("")
    """The key that clients sign requests with where the document asks for AWS_IAM. Without it, such
    requests are refused."""
    caller_secret_access_key: SecretStr = SecretStr("")

    api_key: Annotated[SecretStr, Field(min_length=20, max_length=128)]
    """The only key of the usage plan. AWS has the same limits of its length."""
    rate: Annotated[float, Field(gt=0)] = 10_000.0
    """Average requests per second that the usage plan allows; AWS' default."""
    burst: Annotated[int, Field(ge=1)] = 5_000
    """Requests that the usage plan allows at once; AWS' default."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    """Largest request body; AWS' quota."""
