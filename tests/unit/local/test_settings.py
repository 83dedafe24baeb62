"""Settings are read from environment variables and validated."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from local.settings import Settings


def test_a_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_API_GATEWAY_PORT", "8080")

    assert Settings().api_url == "http://127.0.0.1:8080/prod"


def test_the_landing_path_is_a_volume_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_SCHEMA", "pins")

    assert Settings().landing_path == "/Volumes/spark_catalog/pins/landing"


def test_the_state_folder_is_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")

    assert Settings(state=Path("stack")).state == tmp_path / "stack"
    assert Settings(state=Path("~/stack")).state == Path("/home/ann/stack")


@pytest.mark.parametrize("name", ["a:b", "a\nb", "a\tb", "a\u2028b", "a\udce9b"])
def test_a_state_folder_that_a_service_cannot_use_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError, match=r"the path has .*Name another folder"):
        Settings(state=tmp_path / name)


def test_the_variables_result_in_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_SCHEMA", "pins")
    settings = Settings(state=Path("/state"), broker_port=1234, api_rate=0.5, spark_java_options="")

    for name, value in settings.variables.items():
        monkeypatch.setenv(name, value)

    assert settings.schema_name == "pins"
    assert Settings() == settings
