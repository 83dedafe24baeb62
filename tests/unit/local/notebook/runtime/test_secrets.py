"""Secrets are read from the environment's scopes; errors name scope and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.runtime.secrets import DbutilsSecrets
from local.notebook.runtime.utility import ExecutionError


@pytest.fixture
def secrets(tmp_path: Path) -> DbutilsSecrets:
    (tmp_path / "secret_scopes.json").write_text('{"api": {"key": "käse", "other": "x"}}')
    return DbutilsSecrets(tmp_path)


def test_a_secret_is_text_or_bytes(secrets: DbutilsSecrets) -> None:
    assert secrets.get("api", "key") == "käse"
    assert secrets.getBytes("api", "key") == b"k\xc3\xa4se"


def test_scopes_and_keys_are_listed_without_values(secrets: DbutilsSecrets) -> None:
    assert [scope.getName() for scope in secrets.listScopes()] == ["api"]
    assert [secret.key for secret in secrets.list("api")] == ["key", "other"]


def test_an_unknown_secret_names_scope_and_key(secrets: DbutilsSecrets) -> None:
    with pytest.raises(ExecutionError, match="Secret does not exist with scope: api and key: no"):
        secrets.get("api", "no")


def test_an_unknown_scope_names_those_that_exist(secrets: DbutilsSecrets) -> None:
    with pytest.raises(ExecutionError, match="Scope no does not exist! Scopes: api"):
        secrets.list("no")


def test_an_environment_without_secrets_has_no_scopes(tmp_path: Path) -> None:
    assert DbutilsSecrets(tmp_path).listScopes() == []
