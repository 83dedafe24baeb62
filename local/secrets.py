"""The secrets of one local environment, created at its first start."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from local.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Secrets"]


def _token() -> str:
    return secrets.token_urlsafe(32)


class Secrets(BaseModel):
    """Tokens that the services require. Never put them in a command line, a log or a commit."""

    model_config = ConfigDict(frozen=True)

    api_key: str = Field(default_factory=_token)
    spark_token: str = Field(default_factory=_token)
    jupyter_token: str = Field(default_factory=_token)
    aws_access_key_id: str = Field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    aws_secret_access_key: str = Field(default_factory=_token)

    @classmethod
    def of(cls, state: Path) -> Secrets:
        """Return the secrets of the environment in `state`; the first call creates them."""
        path = state / "secrets.json"
        if not path.exists():
            state.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another command created them at the same time
                write_atomically(path, cls().model_dump_json(), overwrite=False)
        return cls.model_validate_json(path.read_text())
