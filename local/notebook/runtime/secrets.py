"""`dbutils.secrets`: what a notebook must know and must not show."""
# ruff: noqa: N802  # the names are Databricks'

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from .errors import ExecutionError, Utility

__all__ = ["SecretMetadata", "SecretScope", "Secrets"]


class SecretScope(NamedTuple):
    """A named group of secrets."""

    name: str

    def getName(self) -> str:
        """Return the name."""
        return self.name


class SecretMetadata(NamedTuple):
    """A secret without its value."""

    key: str


class Secrets(Utility):
    """Secrets of the environment, from a JSON file: scope → key → value.

    The runner writes `[REDACTED]` for each of their values in what it saves of a notebook.
    """

    _path = "dbutils.secrets"

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, scope: str, key: str) -> str:
        """Return the value of a secret.

        Raises:
            ExecutionError: There is no such secret.
        """
        try:
            return self._scopes()[scope][key]
        except KeyError:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope} "
                f"and key: {key}. Put it into {self._file} as "
                f'{{"{scope}": {{"{key}": "<value>"}}}}.'
            ) from None

    def getBytes(self, scope: str, key: str) -> bytes:
        """Return the value of a secret as UTF-8 bytes."""
        return self.get(scope, key).encode()

    def listScopes(self) -> list[SecretScope]:
        """Return all scopes."""
        return [SecretScope(name) for name in sorted(self._scopes())]

    def list(self, scope: str) -> list[SecretMetadata]:
        """Return the keys of a scope.

        Raises:
            ExecutionError: There is no such scope.
        """
        scopes = self._scopes()
        if scope not in scopes:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Scope {scope} does not exist! "
                f"Scopes: {', '.join(sorted(scopes)) or 'none'}."
            )
        return [SecretMetadata(key) for key in sorted(scopes[scope])]

    def _scopes(self) -> dict[str, dict[str, str]]:
        if not self._file.exists():
            return {}
        scopes: dict[str, dict[str, str]] = json.loads(self._file.read_text())
        return scopes
