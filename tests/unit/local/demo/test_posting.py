"""The demo posts with the emulator, and keeps the source's URL off the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from local.demo.posting import Posted, post
from local.errors import StackError

NOWHERE = {"PINTEREST_API": "http://127.0.0.1:9", "PINTEREST_API_KEY": "key"}

type FakeEmulator = Callable[[int], None]


def test_the_source_is_not_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    commands: list[Sequence[str]] = []
    run = subprocess.run

    def recorded_run(command: Sequence[str], **options: object) -> object:
        commands.append(command)
        return run(command, **options)  # type: ignore[call-overload]  # passes all options on

    monkeypatch.setattr(subprocess, "run", recorded_run)
    missing = tmp_path / "missing.db"

    with pytest.raises(StackError, match="the emulator ended with 1"):
        post(NOWHERE, tmp_path / "posted.json", f"sqlite:///{missing}", 5)

    assert f"There is no file {missing}" in capfd.readouterr().err
    assert "missing.db" not in " ".join(commands[0])


@pytest.fixture
def fake_emulator(monkeypatch: pytest.MonkeyPatch) -> FakeEmulator:
    """Replaces the emulator: of three rows it refuses one, acknowledges some, and exits with 1."""

    def replace_emulator(acknowledged: int) -> None:
        def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
            geo = {"rows_in_source": 3, "acknowledged": acknowledged, "refused": 1}
            summary = Path(command[command.index("--summary-json") + 1])
            summary.write_text(json.dumps({"kafka": {"geo": geo}}))
            return subprocess.CompletedProcess(command, 1)

        monkeypatch.setattr(subprocess, "run", run)

    return replace_emulator


def test_refused_rows_do_not_stop_the_demo(tmp_path: Path, fake_emulator: FakeEmulator) -> None:
    fake_emulator(2)
    posted = post({}, tmp_path / "posted.json", None, None)
    assert posted["kafka"]["geo"] == Posted(rows_in_source=3, acknowledged=2, refused=1)


def test_rows_neither_acknowledged_nor_refused_stop_the_demo(
    tmp_path: Path, fake_emulator: FakeEmulator
) -> None:
    fake_emulator(1)
    with pytest.raises(StackError, match="the emulator ended with 1"):
        post({}, tmp_path / "posted.json", None, None)
