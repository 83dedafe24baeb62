"""The secrets of one local environment, created at its first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field

from local.files import write_atomically

__all__ = ["Secrets"]


_PRIVATE = 0o700


def _token() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Tokens that the services require. Never put them in a command line, a log or a commit."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(default_factory=_token)
    spark_token: str = Field(default_factory=_token)
    jupyter_token: str = Field(default_factory=_token)
    workspace_token: str = Field(default_factory=_token)
    proxy_secret: str = Field(default_factory=_token)
    connect_password: str = Field(default_factory=_token)
    aws_access_key_id: str = Field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    aws_secret_access_key: str = Field(default_factory=_token)

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
