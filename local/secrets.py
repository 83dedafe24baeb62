"""The secrets of one local environment, created at its first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field

from local.files import write_atomically

__all__ = ["AwsKey", "Secrets"]

_PRIVATE = 0o700


def _token() -> str:
    return secrets.token_urlsafe(32)


def _key_id() -> str:
    return f"AKIA{secrets.token_hex(8).upper()}"


class AwsKey(BaseModel):
    """An access key in the local AWS.

    Attributes:
        id: The access key id.
        secret: The secret access key.
    """

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=_key_id)
    secret: str = Field(default_factory=_token)


class Secrets(BaseModel):
    """Tokens that the services require. Never put them in a command line, a log or a commit."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(default_factory=_token)
    spark_token: str = Field(default_factory=_token)
    jupyter_token: str = Field(default_factory=_token)
    workspace_token: str = Field(default_factory=_token)
    proxy_secret: str = Field(default_factory=_token)
    connect_password: str = Field(default_factory=_token)
    aws_access_key_id: str = Field(default_factory=_key_id)
    aws_secret_access_key: str = Field(default_factory=_token)
    caller_aws_key: AwsKey = Field(default_factory=AwsKey)
    gateway_aws_key: AwsKey = Field(default_factory=AwsKey)
    connect_aws_key: AwsKey = Field(default_factory=AwsKey)
    spark_aws_key: AwsKey = Field(default_factory=AwsKey)

    @classmethod
    def of(cls, state: Path) -> Secrets:
        """Return the secrets of the environment in `state`; create those that its file lacks.

        Then only its owner can read the folder, which an older version may have made.
        """
        state.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if state.stat().st_uid == os.getuid():
            state.chmod(_PRIVATE)
        path = state / "secrets.json"
        with FileLock(state / "secrets.lock"):  # commands that start at once get the same values
            kept = cls.model_validate_json(path.read_text() if path.exists() else "{}")
            if kept.model_fields_set != cls.model_fields.keys():
                write_atomically(path, kept.model_dump_json())
        return kept

    def values(self) -> list[str]:
        """Return all secrets, those of keys included."""
        fields = self.model_dump().values()
        return [
            secret
            for field in fields
            for secret in (field.values() if isinstance(field, dict) else (field,))
        ]
