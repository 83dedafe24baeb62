"""One running service: launched, asked for its health, stopped, with nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil
import requests

from local.errors import ServiceFailedError
from local.supervisor.ports import listening_ports, require_free
from local.supervisor.service import Service

__all__ = ["Phase", "ServiceProcess", "is_healthy"]

Phase = Literal["waiting", "starting", "ready", "ended"]

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_LINES_IN_ERROR = 15


def launcher(death_signal: int) -> list[str]:
    """Return what a command begins with that is to get `death_signal` when this process ends."""
    return [sys.executable, "-I", str(_LAUNCHER), str(os.getpid()), str(int(death_signal))]


class ServiceProcess:
    """The process of one service, from its launch to its end."""

    def __init__(self, service: Service, logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        self._awaited_since = 0.0
        self._complete = False

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
        """Whether it was launched and has not ended."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def phase(self) -> Phase:
        """How far it has come."""
        if self._popen is None:
            return "waiting"
        if not self.alive:
            return "ended"
        return "ready" if self._complete else "starting"

    def require_ports(self) -> None:
        """Make sure that nobody listens on its ports; what is left of itself is ended.

        Raises:
            PortTakenError: Raised when somebody else does.
        """
        self._end_orphans()
        require_free(self.service.port, f"PINTEREST_{self.service.name.upper()}_PORT")
        for setting, port in self.service.other_ports.items():
            require_free(port, setting)

    def launch(self) -> None:
        """Prepare and launch; returns at once.

        Raises:
            PortTakenError: Raised when one of its ports has another listener.
        """
        self.require_ports()
        self.service.prepare()
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = {
            name: value for name, value in os.environ.items() if name not in self.service.without
        }
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                [*launcher(self.service.parent_death_signal), *self.service.command],
                env={**environment, **self.service.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is the supervisor's to handle
            )
        self._complete = False
        self.await_anew()

    def await_anew(self) -> None:
        """Give it, from now on, all its time to get ready."""
        self._awaited_since = time.monotonic()

    def complete(self) -> None:
        """Do what is to follow once it answers; then it is ready."""
        self.service.after_start()
        self._complete = True

    def ready(self) -> bool:
        """Return whether it listens on its own port and its health URL, if any, answers 200.

        Raises:
            ServiceFailedError: Raised when it has ended, or its deadline for starting is over.
        """
        if not self.alive:
            raise ServiceFailedError(f"{self.service.name} ended with {self.exit_code}{self.tail}")
        if self.healthy():
            return True
        if time.monotonic() - self._awaited_since > self.service.start_seconds:
            raise ServiceFailedError(
                f"{self.service.name} was not ready after {self.service.start_seconds:.0f} s"
                f"{self.tail}"
            )
        return False

    def healthy(self) -> bool:
        """Return whether it runs, listens on its own port and answers its health URL."""
        if self._popen is None or not self.alive:
            return False
        return is_healthy(self._popen.pid, self.service.port, self.service.health_url)

    def stop(self) -> None:
        """End it and its descendants: SIGTERM, and after the service's deadline SIGKILL."""
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

    def _end_orphans(self) -> None:
        """End what a service that crashed has left: processes of the session that it led."""
        if self._popen is None or self.alive or psutil.pid_exists(self._popen.pid):
            return  # it runs, or its number is somebody else's by now
        _end([p for p in psutil.process_iter() if _session_of(p.pid) == self._popen.pid])

    def kill(self) -> None:
        """End it by SIGKILL, as a crash would."""
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


def is_healthy(pid: int, port: int, health_url: str | None) -> bool:
    """Return whether `pid` listens on `port` and its health URL, if it has one, answers 200."""
    try:
        if port not in listening_ports(psutil.Process(pid)):
            return False
        return (
            health_url is None
            or requests.get(health_url, timeout=2).status_code == requests.codes.ok
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
    """End what is left of a service: SIGTERM, after two seconds SIGKILL."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=2)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
