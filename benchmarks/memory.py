"""The peak memory of a process or of its children, and the live heap of a JVM."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Peak", "live_megabytes", "peak_megabytes", "peak_of_children", "run_measuring"]

_INTERVAL_SECONDS = 0.1


def peak_megabytes(process: psutil.Process) -> float:
    """Return the largest resident set so far on Linux; elsewhere the current one."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return process.memory_info().rss / 2**20


def run_measuring(process: psutil.Popen) -> float:
    """Wait for the end of a child.

    The system's figure for ended children is no use: Linux includes the parent's memory at the
    time of the fork.

    Returns:
        Its largest resident set in megabytes.
    """
    peak = 0.0
    while True:
        with suppress(psutil.NoSuchProcess, FileNotFoundError, KeyError):  # it ended meanwhile
            peak = max(peak, peak_megabytes(process))
        with suppress(psutil.TimeoutExpired):
            process.wait(_INTERVAL_SECONDS)
            return peak


@dataclass
class Peak:
    """The largest value so far."""

    megabytes: float = 0.0


@contextmanager
def peak_of_children(process: psutil.Process) -> Iterator[Peak]:
    """Measure all descendants of `process` until the end of the block.

    Yields:
        The largest sum of their memory. Shared pages are excluded, because Spark forks its Python
        workers.
    """
    peak = Peak()
    ended = threading.Event()

    def measure() -> None:
        while not ended.wait(_INTERVAL_SECONDS):
            held = sum(_own_megabytes(child) for child in process.children(recursive=True))
            peak.megabytes = max(peak.megabytes, held)

    measuring = threading.Thread(target=measure, daemon=True)
    measuring.start()
    try:
        yield peak
    finally:
        ended.set()
        measuring.join()


def _own_megabytes(process: psutil.Process) -> float:
    with suppress(psutil.Error):  # it ended meanwhile
        return float(process.memory_full_info().uss) / 2**20
    return 0.0


def live_megabytes(process: psutil.Process) -> float:
    """Return the live heap of a JVM, in megabytes, after two full collections.

    Its resident set says little, because a JVM collects as late as possible.
    """
    command = ["jcmd", str(process.pid), "GC.class_histogram"]
    for _ in range(2):  # after the first, Spark releases more
        histogram = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    _, _, live_bytes = histogram.strip().splitlines()[-1].split()
    return int(live_bytes) / 2**20
