"""Packages of the user's `PYTHONPATH` do not replace those of a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.python_path import own_folders
from local.settings import ROOT


@pytest.mark.parametrize("command", ["local.services", "benchmarks.size"])
def test_a_command_uses_its_own_packages(tmp_path: Path, command: str) -> None:
    for name in ("typer", "pyspark"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('another version')")

    shown = subprocess.run(
        [sys.executable, "-m", command, "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Usage: " in shown.stdout


def test_folders_of_the_checkout_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert own_folders("") == ""
    assert own_folders(f"/elsewhere::{ROOT / 'src'}:.:..") == f"{ROOT / 'src'}:."
