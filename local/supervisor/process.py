"""A service, and its process: start, check its health, stop with all its descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psutil
import requests

from local.errors import StackError
from local.files import limit_size
from local.supervisor.ports import listening_ports, require_free

__all__ = [
    "Phase",
    "Service",
    "ServiceProcess",
    "inherited_environment",
    "is_healthy",
    "launcher",
]

Phase = Literal["waiting", "starting", "ready", "ended"]

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_LINES_IN_ERROR = 15
_LOG_BYTES = 10_000_000
_INHERITED = (
    "HOME",
    "JAVA_HOME",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "TMPDIR",
    "TZ",
    "USER",
    "no_proxy",
)


def _do_nothing() -> None:
    """Most services need no preparation."""


def _never() -> bool:
    """Return false: most services work whenever they answer."""
    return False


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process that listens on loopback ports.

    Attributes:
        name: Name in tables, in `depends_on` and of the log file.
        command: Program and arguments. Pass secrets in `environment` or in a file, never here.
        ports: Loopback ports, by the environment variable that changes each. The process must
            itself listen on the first one before it counts as ready.
        health_url: The service is ready when this URL answers 200; null if listening is enough.
        health_login: User and password for the health URL; null if it needs none.
        environment: Variables added to `inherited_environment`.
        depends_on: Names of services that must be ready before this one starts.
        prepare: Called before each start; idempotent.
        on_ready: Called when the service answers; idempotent.
        needs_restart: Whether the service answers and yet cannot work until it is restarted. Each
            start asks it.
        start_seconds: Deadline for becoming ready.
        stop_seconds: Deadline for a graceful stop (SIGTERM); SIGKILL follows.
        parent_death_signal: The signal that Linux sends when the supervisor itself is killed.
    """

    name: str
    command: Sequence[str]
    ports: Mapping[str, int]
    health_url: str | None = None
    health_login: tuple[str, str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    depends_on: Sequence[str] = ()
    prepare: Callable[[], object] = _do_nothing
    on_ready: Callable[[], object] = _do_nothing
    needs_restart: Callable[[], bool] = _never
    start_seconds: float = 60
    stop_seconds: float = 15
    parent_death_signal: signal.Signals = signal.SIGTERM

    @property
    def port(self) -> int:
        """The port that decides whether the service is ready."""
        return next(iter(self.ports.values()))


def inherited_environment() -> dict[str, str]:
    """Return the variables of this process that a service gets too.

    No other variable of the user reaches a service: those of another Python, Java, Spark or AWS
    account would change it. The locale is fixed, because Java reads file names with it.
    """
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    coverage = {name: os.environ[name] for name in os.environ if name.startswith("COVERAGE_")}
    return {**kept, **coverage, "LC_ALL": "C.UTF-8"}


def launcher(death_signal: int) -> list[str]:
    """Return the command prefix that sends `death_signal` to a child when this process ends."""
    return [sys.executable, "-I", str(_LAUNCHER), str(os.getpid()), str(int(death_signal))]


class ServiceProcess:
    """The process of one service, from its launch to its end."""

    def __init__(self, service: Service, logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        self._waiting_since = 0.0
        self._ready = False

    @property
    def pid(self) -> int | None:
        """Process id; null before the launch."""
        return self._popen.pid if self._popen else None

    @property
    def exit_code(self) -> int | None:
        """Exit code, negative for a signal; null while it runs or before the launch."""
        return self._popen.poll() if self._popen else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def phase(self) -> Phase:
        """The current phase."""
        if self._popen is None:
            return "waiting"
        if not self.alive:
            return "ended"
        return "ready" if self._ready else "starting"

    def require_ports(self) -> None:
        """Stop the processes left by an earlier crash, then check that all ports are free.

        Raises:
            StackError: Raised when another process listens on a port.
        """
        self._end_orphans()
        for variable, port in self.service.ports.items():
            require_free(port, variable)

    def launch(self) -> None:
        """Prepare and launch the service; returns at once.

        Raises:
            StackError: Raised when another process listens on a port.
        """
        self.require_ports()
        self.service.prepare()
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.limit_log()
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                [*launcher(self.service.parent_death_signal), *self.service.command],
                env={**inherited_environment(), **self.service.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # only the supervisor handles a Ctrl-C in the terminal
            )
        self._ready = False
        self.restart_deadline()

    def limit_log(self) -> None:
        """Keep the log below 10 MB, with one older log of that size."""
        limit_size(self.log, _LOG_BYTES)

    def restart_deadline(self) -> None:
        """Count the service's `start_seconds` from now on."""
        self._waiting_since = time.monotonic()

    def complete(self) -> None:
        """Call the service's `on_ready`; then its phase is `ready`."""
        self.service.on_ready()
        self._ready = True

    def answers(self) -> bool:
        """Return whether the service is healthy, while it starts.

        Raises:
            StackError: Raised when the process has exited, or its deadline has passed.
        """
        if not self.alive:
            raise StackError(f"{self.service.name} ended with {self.exit_code}{self.tail}")
        if self.healthy():
            return True
        if time.monotonic() - self._waiting_since > self.service.start_seconds:
            raise StackError(
                f"{self.service.name} was not ready after {self.service.start_seconds:.0f} s"
                f"{self.tail}"
            )
        return False

    def healthy(self) -> bool:
        """Return whether it runs, listens on its own port and answers its health URL."""
        if self._popen is None or not self.alive:
            return False
        service = self.service
        return is_healthy(self._popen.pid, service.port, service.health_url, service.health_login)

    def stop(self) -> None:
        """End the process and its descendants: SIGTERM, then SIGKILL after `stop_seconds`."""
        if self._popen is None:
            return
        self._end_orphans()
        family = _descendants(self._popen.pid)
        if self.alive:
            self._popen.terminate()
            try:
                self._popen.wait(self.service.stop_seconds)
            except subprocess.TimeoutExpired:
                self._popen.kill()
        self._popen.wait()
        _end(family)

    def kill(self) -> None:
        """End the process by SIGKILL, like a crash."""
        if self._popen is not None:
            family = _descendants(self._popen.pid)
            self._popen.kill()
            self._popen.wait()
            _end(family)

    @property
    def tail(self) -> str:
        """The last lines of the log, for an error."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES_IN_ERROR:]
        return "\n".join([f"; the end of {self.log}:", *(f"  {line}" for line in lines)])

    def _end_orphans(self) -> None:
        """End the processes that a crashed service left in its session."""
        if self._popen is None or self.alive or psutil.pid_exists(self._popen.pid):
            return  # it runs, or the system has given its pid to another process
        _end([p for p in psutil.process_iter() if _session_of(p.pid) == self._popen.pid])


def is_healthy(
    pid: int, port: int, health_url: str | None, login: tuple[str, str] | None = None
) -> bool:
    """Return whether `pid` listens on `port` and its health URL, if it has one, answers 200.

    The URL alone is not enough: another program's server may answer it.
    """
    try:
        if port not in listening_ports(psutil.Process(pid)):
            return False
        return (
            health_url is None
            or requests.get(health_url, auth=login, timeout=2).status_code == requests.codes.ok
        )
    except (psutil.NoSuchProcess, requests.RequestException):
        return False


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:  # it has just ended
        return None


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _end(processes: list[psutil.Process]) -> None:
    """End processes: SIGTERM, then SIGKILL after two seconds."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=2)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
