"""The emulator is told what to post, and nobody else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from local.demo.errors import DemoError
from local.demo.posting import post
from local.secrets import Secrets
from local.settings import Settings


def test_the_source_is_not_on_the_command_line(
    settings: Settings,
    secrets: Secrets,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    commands: list[Sequence[str]] = []
    run = subprocess.run

    def noting(command: Sequence[str], **options: object) -> object:
        commands.append(command)
        return run(command, **options)  # type: ignore[call-overload]  # as it came

    monkeypatch.setattr(subprocess, "run", noting)
    missing = tmp_path / "missing.db"

    with pytest.raises(DemoError, match="the emulator ended with 1"):
        post(settings, secrets, f"sqlite:///{missing}", 5)

    assert f"There is no file {missing}" in capfd.readouterr().err
    assert "missing.db" not in " ".join(commands[0])


@pytest.fixture
def emulator_that_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the emulator refuse a row of three, acknowledge as many as told, and end with 1."""

    def acknowledging(acknowledged: int) -> None:
        def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
            geo = {"rows_in_source": 3, "acknowledged": acknowledged, "refused": 1}
            summary = Path(command[command.index("--summary-json") + 1])
            summary.write_text(json.dumps({"kafka": {"geo": geo}}))
            return subprocess.CompletedProcess(command, 1)

        monkeypatch.setattr(subprocess, "run", run)

    return acknowledging


def test_refused_rows_end_nothing(
    settings: Settings,
    secrets: Secrets,
    tmp_path: Path,
    emulator_that_fails: Callable[[int], None],
) -> None:
    emulator_that_fails(2)
    own = settings.model_copy(update={"state": tmp_path})
    assert post(own, secrets, None, None)["kafka"]["geo"].refused == 1


def test_rows_that_are_neither_acknowledged_nor_refused_end_the_demo(
    settings: Settings,
    secrets: Secrets,
    tmp_path: Path,
    emulator_that_fails: Callable[[int], None],
) -> None:
    emulator_that_fails(1)
    own = settings.model_copy(update={"state": tmp_path})
    with pytest.raises(DemoError, match="the emulator ended with 1"):
        post(own, secrets, None, None)
