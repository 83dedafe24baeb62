"""What a benchmark measures: an environment of its own, and the memory of its processes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.environment import Environment
from local.secrets import Secrets
from local.services.stack import all_services
from local.settings import Settings
from local.supervisor.supervisor import Supervisor
from local.temporary import free_ports, temporary_state

__all__ = [
    "MeasuredEnvironment",
    "live_megabytes",
    "measured_environment",
    "peak_megabytes",
    "peak_of_children",
    "run_measuring",
]

_INTERVAL_SECONDS = 0.1


class MeasuredEnvironment(Environment):
    """The clients of an environment, and the process of its Spark server."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        super().__init__(settings)
        self._supervisor = supervisor

    @property
    def spark_process(self) -> psutil.Process:
        """The Spark server's process, which has to be started."""
        return psutil.Process(self._supervisor.processes["spark"].pid)


@contextmanager
def measured_environment(*services: str, java_options: str = "") -> Iterator[MeasuredEnvironment]:
    """Start an environment for one benchmark, and remove it afterwards.

    By default, Spark's JVM has the options for long work.

    Yields:
        The environment, in which `services` and the services they need are ready.
    """
    with temporary_state() as state:
        settings = Settings(state=state, spark_java_options=java_options, **free_ports())  # type: ignore[arg-type]  # all integers
        supervisor = Supervisor(all_services(settings, Secrets.of(state)), settings.logs)
        try:
            supervisor.start(services)
            yield MeasuredEnvironment(settings, supervisor)
        finally:
            supervisor.stop()


def peak_megabytes(process: psutil.Process) -> float:
    """Return the largest resident set so far on Linux; elsewhere the current one."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return process.memory_info().rss / 2**20


def run_measuring(process: psutil.Popen) -> float:
    """Return the largest resident set of a child in megabytes, once it has ended.

    The system's figure for ended children is no use: Linux includes the parent's memory at the
    time of the fork.
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
            held = sum(_unshared_megabytes(child) for child in process.children(recursive=True))
            peak.megabytes = max(peak.megabytes, held)

    measuring = threading.Thread(target=measure, daemon=True)
    measuring.start()
    try:
        yield peak
    finally:
        ended.set()
        measuring.join()


def _unshared_megabytes(process: psutil.Process) -> float:
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
