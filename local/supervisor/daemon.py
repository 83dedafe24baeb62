"""The supervisor as a background process: start it, ask it to restart services, stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from local.errors import StackError
from local.supervisor.process import Service
from local.supervisor.state import ServiceState, StackState, has_supervisor, supervisor_lock
from local.supervisor.supervisor import Supervisor
from local.supervisor.waiting import wait_until

__all__ = ["Daemon", "start", "stop", "supervise"]

_START_SECONDS = 180
_STOP_SECONDS = 90
_WATCH_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """How to run the supervisor of one state folder in the background.

    Attributes:
        state: Folder of the state file and the lock.
        logs: Folder of the log files.
        environment: Variables added to those of this process. They decide which services the
            supervisor starts, so a running supervisor keeps the values that it has.
        command: Program and arguments; it calls `supervise`.
        working_folder: Where the command runs.
    """

    state: Path
    logs: Path
    environment: Mapping[str, str]
    command: Sequence[str]
    working_folder: Path


def start(daemon: Daemon, on_change: Callable[[StackState], None]) -> StackState:
    """Start all services, or restart stopped and broken ones; return when every service is ready.

    Args:
        daemon: The supervisor to start, or to use if it runs.
        on_change: Called with the state while the services start.

    Returns:
        The state in which every service is ready.

    Raises:
        StackError: Raised when a service cannot start, with its log; or when the stack is up
            with other settings.
    """
    pid, earlier_starts = _request_start(daemon)

    def finished() -> StackState | None:
        has_ended = _has_ended(pid)  # checked before the read, to see its last state
        state = StackState.of_running(daemon.state)
        if state is not None and state.supervisor_pid == pid:
            on_change(state)
            if state.starts > earlier_starts:
                return state
        if has_ended:
            raise StackError(_why_not_running(daemon))
        return None

    state = wait_until(finished, seconds=_START_SECONDS, description="the services to start")
    assert state is not None  # noqa: S101  # wait_until returns truthy values only
    _require_ready(state)
    return state


def stop(folder: Path) -> bool:
    """Stop every service in reverse order, then the supervisor of the state folder.

    Returns:
        Whether a supervisor was running.

    Raises:
        StackError: Raised when the supervisor did not end in time.
    """
    state = StackState.of_running(folder)
    if state is None:
        return False
    pid = state.supervisor_pid
    os.kill(pid, signal.SIGTERM)
    wait_until(
        lambda: not has_supervisor(folder) and _has_ended(pid),
        seconds=_STOP_SECONDS,
        description=f"the supervisor (pid {pid}) to end",
    )
    return True


def supervise(
    services: Sequence[Service], *, state: Path, logs: Path, environment: Mapping[str, str]
) -> None:
    """Run as the supervisor of the state folder until SIGTERM. SIGHUP restarts stopped services.

    Args:
        services: All services.
        state: Folder of the state file and the lock.
        logs: Folder of the log files.
        environment: The variables that the services were created from, for the state file.

    Raises:
        StackError: Raised when the folder has a supervisor already.
    """
    initial = StackState(supervisor_pid=os.getpid(), environment=dict(environment), services=[])
    with supervisor_lock(state):
        _Watch(services, initial, state, logs).run()


class _Watch:
    """Starts the services and keeps the state file up to date until SIGTERM."""

    def __init__(
        self, services: Sequence[Service], initial: StackState, folder: Path, logs: Path
    ) -> None:
        self._folder = folder
        self._supervisor = Supervisor(services, logs, on_change=self._publish)
        self._start_requested = True
        self._published: StackState | None = None
        self._state = initial

    def run(self) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, self._on_hangup)
        try:
            while True:
                self._publish()
                if self._start_requested:
                    self._start()
                else:
                    for process in self._supervisor.processes.values():
                        process.limit_log()
                    time.sleep(_WATCH_SECONDS)
        except KeyboardInterrupt:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._supervisor.stop()
            self._publish()

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self._start_requested = True

    def _start(self) -> None:
        self._start_requested = False
        error = None
        ready = [p for p in self._supervisor.processes.values() if p.phase == "ready"]
        try:
            self._supervisor.start()
            # A bucket, topic or connector may be lost or failed since the service became ready.
            for process in ready:
                process.complete()
        except Exception as failure:  # noqa: BLE001  # `start` shows any error to the user
            error = str(failure) or repr(failure)
        self._state = self._state.model_copy(
            update={"starts": self._state.starts + 1, "error": error}
        )

    def _publish(self) -> None:
        services = [ServiceState.of(process) for process in self._supervisor.processes.values()]
        state = self._state.model_copy(update={"services": services})
        if state == self._published:
            return
        try:
            state.write(self._folder)
        except OSError:
            if self._published is None:
                raise
            return  # The disk is full. The services keep running, and the next call writes again.
        self._published = state


def _request_start(daemon: Daemon) -> tuple[int, int]:
    """Return the pid of the supervisor that starts the services, and its earlier starts."""
    running = StackState.of_running(daemon.state)
    if running is not None and not _has_same_environment(running, daemon):
        stop(daemon.state)
        running = None
    if running is None:
        return _spawn(daemon), 0
    os.kill(running.supervisor_pid, signal.SIGHUP)
    return running.supervisor_pid, running.starts


def _has_same_environment(running: StackState, daemon: Daemon) -> bool:
    """Return whether the running supervisor has the environment of `daemon`.

    Raises:
        StackError: Raised when it has another one and its last start succeeded.
    """
    differences = [
        f"{name}={running.environment.get(name, '')} and not {value!r}"
        for name, value in daemon.environment.items()
        if running.environment.get(name) != value
    ]
    if differences and running.error is None:
        raise StackError(
            f"the stack in {daemon.state} is up with other settings: {', '.join(differences)}; "
            "`make down` first, or keep these settings"
        )
    return not differences


def _spawn(daemon: Daemon) -> int:
    # Only the owner may read the logs: programs may print anything.
    daemon.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (daemon.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            daemon.command,
            cwd=daemon.working_folder,
            env={**os.environ, **daemon.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process.pid


def _why_not_running(daemon: Daemon) -> str:
    if has_supervisor(daemon.state):
        return "another command is starting this stack; `make status` shows its progress"
    return f"the supervisor ended; see {daemon.logs / 'supervisor.log'}"


def _require_ready(state: StackState) -> None:
    if state.error:
        raise StackError(state.error)
    ended = [str(service.log) for service in state.services if service.phase != "ready"]
    if ended:
        raise StackError(
            f"a service ended after its start; `make up` restarts it: {', '.join(ended)}"
        )


def _has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
