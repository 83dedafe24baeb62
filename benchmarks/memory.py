"""How much memory a process has taken at most."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

__all__ = ["peak_megabytes", "run_measuring"]

_LOOK_SECONDS = 0.1


def peak_megabytes(process: psutil.Process) -> float:
    """Return the largest resident set so far, as Linux counts it; elsewhere the present one."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return process.memory_info().rss / 2**20


def run_measuring(process: psutil.Popen) -> float:
    """Return the megabytes of a child's largest resident set, when it has ended.

    The system's own figure for ended children would not do: Linux counts into it what the parent
    held when it made the child.
    """
    peak = 0.0
    while True:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, KeyError):  # it has just ended
            peak = max(peak, peak_megabytes(process))
        with suppress(psutil.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return peak
