"""The supervisor as a background process, and how to begin, mend and end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType

import psutil

from local.errors import StackError
from local.settings import ROOT, Settings, variable
from local.supervisor.lock import has_supervisor, supervisor_lock
from local.supervisor.service import Service
from local.supervisor.state import ServiceState, StackState
from local.supervisor.supervisor import Supervisor
from local.supervisor.waiting import wait_until

__all__ = ["begin", "end", "supervise"]

_SUPERVISOR = [sys.executable, "-m", "local.services", "supervise"]
_START_SECONDS = 180
_STOP_SECONDS = 90
_WATCH_SECONDS = 0.5
_READ_ELSEWHERE = frozenset({variable("jupyter_port")})
"""Settings that no service of the stack reads: they may change while it is up."""


class _Daemon:
    """Keeps the state file true while the services start, run and end."""

    def __init__(self, settings: Settings, services: Sequence[Service]) -> None:
        self._folder = settings.state
        self._supervisor = Supervisor(services, settings.logs, on_change=self._publish)
        self._start_wanted = True
        self._published: StackState | None = None
        self._state = StackState(
            supervisor_pid=os.getpid(), settings=settings.variables, services=[]
        )

    def run(self) -> None:
        """Be the folder's supervisor: start everything, watch it, and stop it in the end."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, self._want_start)
        with supervisor_lock(self._folder):
            try:
                self._watch()
            except KeyboardInterrupt:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                self._supervisor.stop()
                self._publish()

    def _watch(self) -> None:
        while True:
            self._publish()
            if self._start_wanted:
                self._start()
            else:
                time.sleep(_WATCH_SECONDS)

    def _want_start(self, _number: int, _frame: FrameType | None) -> None:
        self._start_wanted = True

    def _start(self) -> None:
        self._start_wanted = False
        error = None
        ready = [p for p in self._supervisor.processes.values() if p.phase == "ready"]
        try:
            self._supervisor.start()
            # A bucket, topic or connector may have been lost or have failed meanwhile.
            for process in ready:
                process.complete()
        except Exception as failure:  # noqa: BLE001  # whatever it is, `make up` is to show it
            error = str(failure) or repr(failure)
        self._state = self._state.model_copy(
            update={"starts": self._state.starts + 1, "error": error}
        )

    def _publish(self) -> None:
        services = [ServiceState.of(process) for process in self._supervisor.processes.values()]
        state = self._state.model_copy(update={"services": services})
        if state != self._published:
            state.write(self._folder)
            self._published = state


def supervise(settings: Settings, services: Sequence[Service]) -> None:
    """Run as the one supervisor of the state folder, until SIGTERM. SIGHUP starts what has ended.

    Raises:
        StackError: Raised when the folder has a supervisor already.
    """
    _Daemon(settings, services).run()


def begin(settings: Settings, on_change: Callable[[StackState], None]) -> StackState:
    """Start the stack, or what has ended of it, and wait until every service is ready.

    Args:
        settings: The environment.
        on_change: Called with the state while it starts.

    Returns:
        The state in which every service is ready.

    Raises:
        StackError: Raised when a service could not start, names its log; or when the stack is up
            with other settings.
    """
    asked = _ask(settings)

    def started() -> StackState | None:
        runs = asked.runs()  # asked first: what it writes until its end is read below
        state = StackState.of_running(settings.state)
        if state is not None and state.supervisor_pid == asked.pid:
            on_change(state)
            if state.starts > asked.starts_before:
                return state
        if not runs:
            raise StackError(_why_none_runs(settings))
        return None

    state = wait_until(started, seconds=_START_SECONDS, what="the services to start")
    assert state is not None  # noqa: S101  # wait_until gives what is truthy
    _require_ready(state)
    return state


@dataclass(frozen=True)
class _Asked:
    """A start that a supervisor was asked for.

    Attributes:
        pid: The supervisor.
        starts_before: Its starts before this one.
        runs: Whether it runs.
    """

    pid: int
    starts_before: int
    runs: Callable[[], bool]


def _ask(settings: Settings) -> _Asked:
    running = StackState.of_running(settings.state)
    if running is not None and not _takes(running, settings):
        end(settings)
        running = None
    if running is None:
        spawned = _spawn(settings)
        return _Asked(spawned.pid, 0, lambda: spawned.poll() is None)
    os.kill(running.supervisor_pid, signal.SIGHUP)
    return _Asked(running.supervisor_pid, running.starts, partial(has_supervisor, settings.state))


def _takes(running: StackState, settings: Settings) -> bool:
    """Return whether the supervisor has these settings; without, it is of no use and may end.

    Raises:
        StackError: Raised when it has others, and its stack is up.
    """
    others = [
        f"{name}={running.settings.get(name, '')} and not {value!r}"
        for name, value in settings.variables.items()
        if name not in _READ_ELSEWHERE and running.settings.get(name) != value
    ]
    if others and running.error is None:
        raise StackError(
            f"the stack in {settings.state} is up with other settings: {', '.join(others)}; "
            "`make down` first, or leave them as they are"
        )
    return not others


def _why_none_runs(settings: Settings) -> str:
    if has_supervisor(settings.state):
        return "another command is starting this stack; `make status` shows how far it is"
    return f"the supervisor ended; see {settings.logs / 'supervisor.log'}"


def _require_ready(state: StackState) -> None:
    if state.error:
        raise StackError(state.error)
    ended = [str(service.log) for service in state.services if service.phase != "ready"]
    if ended:
        raise StackError(f"started, and has ended since; `make up` starts it: {', '.join(ended)}")


def end(settings: Settings) -> bool:
    """Stop the stack: every service in reverse order, then the supervisor.

    Returns:
        Whether there was one to stop.

    Raises:
        StackError: Raised when it did not end in time.
    """
    state = StackState.of_running(settings.state)
    if state is None:
        return False
    supervisor = psutil.Process(state.supervisor_pid)
    supervisor.terminate()
    wait_until(
        lambda: not has_supervisor(settings.state) and _has_ended(supervisor),
        seconds=_STOP_SECONDS,
        what=f"the supervisor (pid {supervisor.pid}) to end",
    )
    return True


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _spawn(settings: Settings) -> subprocess.Popen[bytes]:
    # The owner's alone: what programs print is not ours to choose.
    settings.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            _SUPERVISOR,
            cwd=ROOT,
            env={**os.environ, **settings.variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
