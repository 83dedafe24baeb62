"""How much memory a process has taken at most, its children, or what lives in a JVM."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Peak", "live_megabytes", "peak_megabytes", "peak_of_children", "run_measuring"]

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


@dataclass
class Peak:
    """The most that was seen so far."""

    megabytes: float = 0.0


@contextmanager
def peak_of_children(process: psutil.Process) -> Iterator[Peak]:
    """Look at the children of `process`, and at theirs, until the end.

    Yields:
        The most memory that they held together at one look. Pages that they share are left out:
        Spark forks its Python workers.
    """
    peak = Peak()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            held = sum(_own_megabytes(child) for child in process.children(recursive=True))
            peak.megabytes = max(peak.megabytes, held)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield peak
    finally:
        ended.set()
        looking.join()


def _own_megabytes(process: psutil.Process) -> float:
    with suppress(psutil.Error):  # it has just ended
        return float(process.memory_full_info().uss) / 2**20
    return 0.0


def live_megabytes(process: psutil.Process) -> float:
    """Return what a JVM's heap holds when everything that nobody needs is gone.

    What it takes from the system says little: it collects when it must, not when it could.
    """
    command = ["jcmd", str(process.pid), "GC.class_histogram"]
    for _ in range(2):  # what the first collection frees lets Spark let go of more
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    _, _, live_bytes = said.strip().splitlines()[-1].split()
    return int(live_bytes) / 2**20
