"""Settings come from the environment and are checked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from local.stack.settings import Settings


def test_a_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_API_GATEWAY_PORT", "8080")

    assert Settings().api_url == "http://127.0.0.1:8080/prod"


def test_the_landing_is_a_volume_of_catalog_and_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_SCHEMA", "pins")

    assert Settings().landing_path == "/Volumes/spark_catalog/pins/landing"


@pytest.mark.parametrize("user_id", ["_hidden", ".hidden", "a/b", "", "a b"])
def test_a_user_id_that_would_make_an_unreadable_folder_is_refused(user_id: str) -> None:
    with pytest.raises(ValidationError):
        Settings(user_id=user_id)


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(ValidationError):
        Settings(spark_port=port)
