"""The emulator's own command, as a user would run it, and what it did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import NamedTuple

import psutil
from pydantic import BaseModel, TypeAdapter

from benchmarks.figures import tell
from benchmarks.memory import run_measuring
from local.secrets import Secrets
from local.settings import ROOT, Settings

__all__ = ["Run", "emulate", "source"]


class Run(NamedTuple):
    """What one run of the emulator did.

    Attributes:
        records_per_second: Acknowledged records; its start and end are within the time.
        peak_megabytes: Its largest resident set.
    """

    records_per_second: float
    peak_megabytes: float


class _Posted(BaseModel):
    acknowledged: int


def source(settings: Settings, rows: int) -> str:
    """Return the URL of a new source of `rows` synthetic posts."""
    tell(f"a source of {rows:,} posts")
    url = f"sqlite:///{settings.state / 'source.db'}"
    command = [sys.executable, "-m", "emulation.synthetic", "--to", url, "--rows", str(rows)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return url


def emulate(settings: Settings, *options: str) -> Run:
    """Return what the emulator did with `options`, once it has ended.

    Raises:
        SystemExit: Raised when a record was not acknowledged.
    """
    summary = settings.state / "posted.json"
    begun = time.monotonic()
    emulator = psutil.Popen(
        [
            *(sys.executable, "user_posting_emulation.py", *options),
            *("--summary-json", str(summary)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "PINTEREST_API": settings.api_url,
            "PINTEREST_API_KEY": Secrets.of(settings.state).api_key,
            "PINTEREST_USER_ID": settings.user_id,
            "PINTEREST_EMULATOR_STATE": str(settings.state / "emulator"),
        },
        stdout=subprocess.DEVNULL,
    )
    peak = run_measuring(emulator)
    seconds = time.monotonic() - begun
    if emulator.returncode:
        raise SystemExit(f"the emulator ended with {emulator.returncode}; see what it said above")
    posted = TypeAdapter(dict[str, _Posted]).validate_json(summary.read_text())
    return Run(sum(event.acknowledged for event in posted.values()) / seconds, peak)
