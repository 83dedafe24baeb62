"""The secrets of one local environment, made at its first start."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Secrets"]


def _token() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Tokens that the services ask for. Never in a command line, a log or a commit."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(default_factory=_token)
    spark_token: str = Field(default_factory=_token)
    jupyter_token: str = Field(default_factory=_token)
    aws_access_key_id: str = Field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    aws_secret_access_key: str = Field(default_factory=_token)

    @classmethod
    def of(cls, state: Path) -> Secrets:
        """Return the secrets of the environment in `state`; made at the first call."""
        path = state / "secrets.json"
        if path.exists():
            return cls.model_validate_json(path.read_text())
        state.mkdir(parents=True, exist_ok=True)
        made = cls()
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(made.model_dump_json())
        return made
