"""Where the gateway listens, what it serves, and to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from local.settings import ROOT

__all__ = ["ApiGatewaySettings"]


class ApiGatewaySettings(BaseSettings):
    """The settings of one gateway. Each comes from the environment as `API_GATEWAY_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="API_GATEWAY_", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless said otherwise."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    allowed_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    """Host names that a request may name. A page in a browser that was led here by a forged DNS
    answer names another one and is refused."""

    document: Path = ROOT / "ingestion" / "api.yaml"
    """The OpenAPI document."""
    placeholders: dict[str, str] = {}
    """Values of the `${name}` in the document."""
    stage: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")] = "prod"
    """First part of every path."""

    kinesis_url: str | None = None
    """Where Kinesis is; null for none, if the document calls none."""
    aws_access_key_id: SecretStr = SecretStr("")
    """What calls of Kinesis are signed with."""
    aws_secret_access_key: SecretStr = SecretStr("")

    api_key: Annotated[SecretStr, Field(min_length=20, max_length=128)]
    """The one key of the usage plan; its length is AWS' rule."""
    rate: Annotated[float, Field(gt=0)] = 10_000.0
    """Requests per second that the usage plan lets through on average; AWS' default."""
    burst: Annotated[int, Field(ge=1)] = 5_000
    """Requests that the usage plan lets through at once; AWS' default."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    """Largest request body; AWS' quota."""
