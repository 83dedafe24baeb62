"""The emulator is told what to post, and nobody else."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from local.demo.errors import DemoError
from local.demo.posting import post
from local.stack.secrets import Secrets
from local.stack.settings import Settings


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
