"""The state folder of a supervisor: a file with its state, and the lock that it holds."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel

from local.errors import StackError
from local.files import write_atomically
from local.supervisor.process import Phase, ServiceProcess, is_healthy
from local.supervisor.waiting import wait_until

__all__ = ["ServiceState", "StackState", "has_supervisor", "supervisor_lock"]

_STATE = "stack.json"
# The lock is fcntl's own, which the system frees even after kill -9. The library `filelock` has
# no shared lock: two commands that only check the lock would mistake each other for a supervisor.
_LOCK = "stack.lock"
# Longer than a check of the lock can hold it.
_LOCK_SECONDS = 1.0


class ServiceState(BaseModel):
    """One service as its supervisor sees it."""

    name: str
    port: int
    log: Path
    phase: Phase
    pid: int | None = None
    exit_code: int | None = None
    health_url: str | None = None
    health_login: tuple[str, str] | None = None

    @classmethod
    def of(cls, process: ServiceProcess) -> ServiceState:
        """Return the state of `process`."""
        return cls(
            name=process.service.name,
            port=process.service.port,
            log=process.log,
            phase=process.phase,
            pid=process.pid,
            exit_code=process.exit_code,
            health_url=process.service.health_url,
            health_login=process.service.health_login,
        )

    @property
    def healthy(self) -> bool:
        """Whether it is ready and answers now."""
        return (
            self.phase == "ready"
            and self.pid is not None
            and is_healthy(self.pid, self.port, self.health_url, self.health_login)
        )


class StackState(BaseModel):
    """A supervisor and its services."""

    supervisor_pid: int
    environment: dict[str, str] = {}
    """The environment variables that the supervisor was started with."""
    services: list[ServiceState]
    starts: int = 0
    """How many times the supervisor has finished starting the stopped services."""
    error: str | None = None
    """Why the last start failed; null if it succeeded."""

    def write(self, folder: Path) -> None:
        """Replace the state file in `folder`."""
        write_atomically(folder / _STATE, self.model_dump_json(indent=2))

    @classmethod
    def of_running(cls, folder: Path) -> StackState | None:
        """Return the state of the supervisor of `folder`; null if none runs."""
        return cls.read(folder) if has_supervisor(folder) else None

    @classmethod
    def read(cls, folder: Path) -> StackState | None:
        """Return the state that the last supervisor of `folder` wrote; null if there was none."""
        path = folder / _STATE
        return cls.model_validate_json(path.read_text()) if path.exists() else None


@contextmanager
def supervisor_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the state folder: it has at most one supervisor.

    Raises:
        StackError: Raised when the folder has a supervisor already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as file:
        try:
            lock = partial(_try_lock, file, fcntl.LOCK_EX)
            wait_until(lock, seconds=_LOCK_SECONDS, description="the lock of the supervisor")
        except StackError as error:
            raise StackError(f"{folder} has a supervisor already") from error
        yield


def has_supervisor(folder: Path) -> bool:
    """Return whether a supervisor of the state folder runs."""
    try:
        with (folder / _LOCK).open() as file:
            return not _try_lock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _try_lock(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
