"""`dbutils.secrets`: values that a notebook uses and must not show."""
# ruff: noqa: N802  # the names are Databricks'

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from local.notebook.runtime.utility import ExecutionError, JsonFile, Utility

__all__ = ["DbutilsSecrets", "SecretMetadata", "SecretScope", "read_scopes"]

_FILE = "secret_scopes.json"


def read_scopes(state: Path) -> dict[str, dict[str, str]]:
    """Return the secrets of the environment with this state folder: scope → key → value."""
    return JsonFile(state / _FILE).read()


class SecretScope(NamedTuple):
    """A named group of secrets."""

    name: str

    def getName(self) -> str:
        """Return the name."""
        return self.name


class SecretMetadata(NamedTuple):
    """A secret without its value."""

    key: str


class DbutilsSecrets(Utility):
    """Secrets of the environment, from `secret_scopes.json` in its state folder.

    The exported notebook contains `[REDACTED]` in place of their values.
    """

    _path = "dbutils.secrets"

    def __init__(self, state: Path) -> None:
        self._state = state

    def get(self, scope: str, key: str) -> str:
        """Return the value of a secret.

        Raises:
            ExecutionError: Raised when there is no such secret.
        """
        try:
            return read_scopes(self._state)[scope][key]
        except KeyError:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope} "
                f"and key: {key}. Put it into {self._state / _FILE} as "
                f'{{"{scope}": {{"{key}": "<value>"}}}}.'
            ) from None

    def getBytes(self, scope: str, key: str) -> bytes:
        """Return the value of a secret as UTF-8 bytes."""
        return self.get(scope, key).encode()

    def listScopes(self) -> list[SecretScope]:
        """Return all scopes."""
        return [SecretScope(name) for name in sorted(read_scopes(self._state))]

    def list(self, scope: str) -> list[SecretMetadata]:
        """Return the keys of a scope.

        Raises:
            ExecutionError: Raised when there is no such scope.
        """
        scopes = read_scopes(self._state)
        if scope not in scopes:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Scope {scope} does not exist! "
                f"Scopes: {', '.join(sorted(scopes)) or 'none'}."
            )
        return [SecretMetadata(key) for key in sorted(scopes[scope])]
