"""Commands bypass proxies and show their errors without a traceback."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pydantic import BaseModel

from local.command import bypass_proxies, run
from local.errors import StackError
from local.settings import Settings
from pinterest_pipeline.errors import CleaningError


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Restore the umask, which a command changes for its process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_only_the_user_can_read_what_a_command_and_its_children_write(tmp_path: Path) -> None:
    def write() -> None:
        (tmp_path / "a" / "b").mkdir(parents=True)
        subprocess.run(["mkdir", "-p", tmp_path / "c" / "d"], check=True)

    run(write)

    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")} == {0o700}


@pytest.mark.parametrize("error", [StackError, CleaningError])
def test_shows_its_own_errors_unchanged(
    capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    def fail() -> None:
        raise error("see [/tmp/x/log] and [bold]")

    with pytest.raises(SystemExit, match="1"):
        run(fail)

    assert capsys.readouterr().err == "error: see [/tmp/x/log] and [bold]\n"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PINTEREST_BROKER_PORT", "abc", "is 'abc': Input should be a valid integer"),
        ("PINTEREST_BROKER_PORT", "0", "is '0': Input should be greater than or equal to 1"),
        ("PINTEREST_USER_ID", "_me", "is '_me': Value error, Expected a user id"),
    ],
)
def test_names_an_invalid_setting(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    message: str,
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit, match="1"):
        run(Settings)

    assert f"error: {variable} {message}" in capsys.readouterr().err


def test_an_unexpected_error_is_one_message_with_the_traceback_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    class Other(BaseModel):
        number: int

    with pytest.raises(SystemExit, match="1"):
        run(lambda: Other.model_validate({"number": "x"}))

    [file] = tmp_path.iterdir()
    shown = capsys.readouterr().err
    assert shown.startswith("error: unexpected ValidationError: 1 validation error for Other\n")
    assert str(file) in shown
    assert "Traceback" not in shown
    assert "test_command.py" in file.read_text()


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_services_are_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv(name, ".example.org")

    bypass_proxies()
    bypass_proxies()

    def proxies(url: str) -> dict[str, str]:
        return dict(requests.utils.get_environ_proxies(url))

    assert not proxies("http://127.0.0.1:18080/prod")
    assert not proxies("http://localhost:15002")
    assert not proxies("http://www.example.org")
    assert proxies("http://example.com")["http"] == "http://proxy.example:3128"
