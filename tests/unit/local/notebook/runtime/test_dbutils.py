"""Secrets come from the environment's scopes; task values follow the rules outside a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.runtime.dbutils import DbutilsSecrets, TaskValues
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


def test_outside_a_job_the_debug_value_is_returned() -> None:
    outside = TaskValues()
    outside.set("rows", 1)
    assert outside.get("a", "rows", default=0, debugValue=5) == 5


def test_outside_a_job_a_debug_value_is_needed() -> None:
    with pytest.raises(TypeError, match="Must pass debugValue when calling get outside of a job"):
        TaskValues().get("a", "rows", default=0)


def test_a_task_value_has_at_most_48_kib() -> None:
    TaskValues().set("text", "x" * (48 * 1024 - 2))  # and two quotes
    with pytest.raises(ValueError, match="has 49,153 bytes as JSON"):
        TaskValues().set("text", "x" * (48 * 1024 - 1))


@pytest.mark.parametrize(("key", "value"), [(1, "x"), ("x", {1, 2})])
def test_a_key_is_text_and_a_value_is_json(key: object, value: object) -> None:
    with pytest.raises(TypeError):
        TaskValues().set(key, value)  # type: ignore[arg-type]  # rejected
