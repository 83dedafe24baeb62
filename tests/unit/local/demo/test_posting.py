"""The demo posts with the emulator, and keeps the source's URL off the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from local.demo.posting import Posted, post
from local.errors import StackError


class FakeEmulator:
    """Of three rows it refuses one, acknowledges two or fewer, and exits with 1."""

    def __init__(self) -> None:
        self.acknowledged = 2
        self.command: Sequence[str] = []
        self.variables: Mapping[str, str] = {}

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], **_: object
    ) -> subprocess.CompletedProcess[bytes]:
        self.command, self.variables = command, env
        geo = {"rows_in_source": 3, "acknowledged": self.acknowledged, "refused": 1}
        summary = Path(command[command.index("--summary-json") + 1])
        summary.write_text(json.dumps({"kafka": {"geo": geo}}))
        return subprocess.CompletedProcess(command, 1)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> FakeEmulator:
    emulator = FakeEmulator()
    monkeypatch.setattr(subprocess, "run", emulator.run)
    return emulator


def test_the_source_is_not_on_the_command_line(tmp_path: Path, emulator: FakeEmulator) -> None:
    post({"PINTEREST_API_KEY": "key"}, tmp_path / "posted.json", "sqlite:///a.db", 5)

    assert emulator.variables["PINTEREST_SOURCE"] == "sqlite:///a.db"
    assert emulator.variables["PINTEREST_API_KEY"] == "key"
    assert "--rows 5" in " ".join(emulator.command)
    assert "a.db" not in " ".join(emulator.command)


def test_refused_rows_do_not_stop_the_demo(tmp_path: Path, emulator: FakeEmulator) -> None:
    posted = post({}, tmp_path / "posted.json", None, None)

    assert posted["kafka"]["geo"] == Posted(rows_in_source=3, acknowledged=2, refused=1)
    assert "--rows" not in emulator.command


def test_rows_neither_acknowledged_nor_refused_stop_the_demo(
    tmp_path: Path, emulator: FakeEmulator
) -> None:
    emulator.acknowledged = 1

    with pytest.raises(StackError, match="the emulator ended with 1"):
        post({}, tmp_path / "posted.json", None, None)
