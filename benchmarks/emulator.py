"""Runs the emulator's command as a user would, and measures it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import NamedTuple

import psutil
from pydantic import BaseModel, TypeAdapter

from benchmarks.figures import log_step
from benchmarks.memory import run_measuring
from local.environment import Environment
from local.settings import ROOT

__all__ = ["Run", "emulate", "source"]


class Run(NamedTuple):
    """The measurements of one run of the emulator.

    Attributes:
        records_per_second: Acknowledged records; the time includes its start and end.
        peak_megabytes: Its largest resident set.
    """

    records_per_second: float
    peak_megabytes: float


class _Posted(BaseModel):
    acknowledged: int


def source(own: Environment, rows: int) -> str:
    """Create a source of `rows` synthetic posts.

    Returns:
        Its URL.
    """
    log_step(f"a source of {rows:,} posts")
    url = f"sqlite:///{own.settings.state / 'source.db'}"
    command = [sys.executable, "-m", "emulation.synthetic", "--to", url, "--rows", str(rows)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return url


def emulate(own: Environment, *options: str) -> Run:
    """Run the emulator with `options` to its end.

    Returns:
        Its measurements.

    Raises:
        SystemExit: Raised when a record was not acknowledged.
    """
    summary = own.settings.state / "posted.json"
    begun = time.monotonic()
    emulator = psutil.Popen(
        [
            *(sys.executable, "user_posting_emulation.py", *options),
            *("--summary-json", str(summary)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "PINTEREST_API": own.settings.api_url,
            "PINTEREST_API_KEY": own.secrets.api_key,
            "PINTEREST_USER_ID": own.settings.user_id,
            "PINTEREST_EMULATOR_STATE": str(own.settings.state / "emulator"),
        },
        stdout=subprocess.DEVNULL,
    )
    peak = run_measuring(emulator)
    seconds = time.monotonic() - begun
    if emulator.returncode:
        raise SystemExit(f"the emulator ended with {emulator.returncode}; see its output above")
    posted = TypeAdapter(dict[str, _Posted]).validate_json(summary.read_text())
    return Run(sum(event.acknowledged for event in posted.values()) / seconds, peak)
