"""A state folder has one supervisor at most, and whether it has one is never in doubt."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from local.errors import StackError
from local.settings import ROOT
from local.supervisor.lock import has_supervisor, supervisor_lock


def test_a_folder_has_a_supervisor_as_long_as_its_lock_is_held(tmp_path: Path) -> None:
    assert not has_supervisor(tmp_path)
    with supervisor_lock(tmp_path):
        assert has_supervisor(tmp_path)
    assert not has_supervisor(tmp_path)


def test_there_is_one(tmp_path: Path) -> None:
    with (
        supervisor_lock(tmp_path),
        pytest.raises(StackError, match="has a supervisor already"),
        supervisor_lock(tmp_path),
    ):
        pass


def test_a_killed_supervisor_leaves_no_lock(tmp_path: Path, poll: Callable[..., object]) -> None:
    program = textwrap.dedent(f"""
        import pathlib, signal
        from local.supervisor.lock import supervisor_lock
        with supervisor_lock(pathlib.Path({str(tmp_path)!r})):
            signal.pause()
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as supervisor:
        poll(lambda: has_supervisor(tmp_path), what="the lock to be taken")
        supervisor.kill()

    assert not has_supervisor(tmp_path)
