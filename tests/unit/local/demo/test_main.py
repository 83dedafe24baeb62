"""`python -m local.demo` shows errors without a traceback."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import typer

from local.command import run
from local.demo.__main__ import demo
from local.demo.preconditions import only_one_demo


@pytest.fixture(autouse=True)
def _command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["demo"])
    monkeypatch.setenv("PINTEREST_STATE", str(tmp_path))


def error_of_demo(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the error of a demo that fails before it starts the stack."""
    with pytest.raises(SystemExit, match="1"):
        run(partial(typer.run, demo))
    return capsys.readouterr().err


def test_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PINTEREST_BROKER_PORT", "abc")

    assert error_of_demo(capsys).startswith("error: PINTEREST_BROKER_PORT is 'abc'")


def test_a_second_demo_at_the_same_time_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_one_demo(tmp_path):
        assert error_of_demo(capsys).startswith("error: another make demo runs on this stack")


def test_text_that_looks_like_markup_is_shown_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = "looks[/like]markup"
    (tmp_path / "spark" / "checkpoints" / schema / "ann.pin").mkdir(parents=True)
    monkeypatch.setenv("PINTEREST_SCHEMA", schema)

    message = f"error: the tables of spark_catalog.{schema} hold the posts of ann"
    assert error_of_demo(capsys).startswith(message)
