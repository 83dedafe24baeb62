"""A state folder has at most one supervisor."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from local.errors import StackError
from local.settings import ROOT
from local.supervisor import state
from local.supervisor.state import has_supervisor, supervisor_lock
from local.supervisor.waiting import wait_until


def test_a_folder_has_a_supervisor_while_its_lock_is_held(tmp_path: Path) -> None:
    assert not has_supervisor(tmp_path)
    with supervisor_lock(tmp_path):
        assert has_supervisor(tmp_path)
    assert not has_supervisor(tmp_path)


def test_rejects_a_second_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_LOCK_SECONDS", 0.1)
    with (
        supervisor_lock(tmp_path),
        pytest.raises(StackError, match="has a supervisor already"),
        supervisor_lock(tmp_path),
    ):
        pass


def test_kill_9_of_the_supervisor_frees_the_lock(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import pathlib, signal
        from local.supervisor.state import supervisor_lock
        with supervisor_lock(pathlib.Path({str(tmp_path)!r})):
            signal.pause()
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as supervisor:
        wait_until(lambda: has_supervisor(tmp_path), seconds=30, description="the lock")
        supervisor.kill()

    assert not has_supervisor(tmp_path)
