"""`python -m local.demo` says what is wrong, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT


def error_of_demo(state: Path, **changes: str) -> str:
    """Return what the demo ends with where it may not even start the stack."""
    done = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=ROOT,
        env={**os.environ, "PINTEREST_STATE": str(state), **changes},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


def test_a_wrong_setting(tmp_path: Path) -> None:
    error = error_of_demo(tmp_path, PINTEREST_BROKER_PORT="abc")

    assert error.startswith("error: PINTEREST_BROKER_PORT is 'abc'")


def test_an_error_is_shown_as_it_is(tmp_path: Path) -> None:
    schema = "looks[/like]markup"
    (tmp_path / "spark" / "checkpoints" / schema / "ann.pin").mkdir(parents=True)

    error = error_of_demo(tmp_path, PINTEREST_SCHEMA=schema)

    assert error.startswith(f"error: the tables of spark_catalog.{schema} hold the posts of ann")
