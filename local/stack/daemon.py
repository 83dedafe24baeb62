"""The supervisor as a background process, and how to begin, mend and end it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

import psutil

from local.stack.errors import StackError
from local.stack.service import Service
from local.stack.settings import ROOT, Settings
from local.stack.state import ServiceState, StackState
from local.stack.supervisor import Supervisor
from local.stack.waiting import wait_until

__all__ = ["begin", "end", "supervise"]

_START_SECONDS = 180
_STOP_SECONDS = 90
_WATCH_SECONDS = 0.5


class _Daemon:
    """Keeps the state file true while the services start, run and end."""

    def __init__(self, settings: Settings, services: Sequence[Service]) -> None:
        self._folder = settings.state
        self._supervisor = Supervisor(services, settings.logs, on_change=self._publish)
        self._start_wanted = True
        self._published: StackState | None = None
        self._state = StackState(
            supervisor_pid=os.getpid(),
            supervisor_started_at=psutil.Process().create_time(),
            services=[],
        )

    def run(self) -> None:
        """Start everything, watch it, and stop it in the end."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, self._want_start)
        try:
            while True:
                if self._start_wanted:
                    self._start()
                self._publish()
                time.sleep(_WATCH_SECONDS)
        except KeyboardInterrupt:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._supervisor.stop()
            self._publish()

    def _want_start(self, _number: int, _frame: FrameType | None) -> None:
        self._start_wanted = True

    def _start(self) -> None:
        self._start_wanted = False
        error = None
        running = [p for p in self._supervisor.processes.values() if p.phase == "ready"]
        try:
            self._supervisor.start()
            for (
                process
            ) in running:  # a bucket, topic or connector may have been lost or have failed
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
    settings.state.mkdir(parents=True, exist_ok=True)
    with (settings.state / "stack.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(f"{settings.state} has a supervisor already") from error
        _Daemon(settings, services).run()


def begin(settings: Settings, on_change: Callable[[StackState], None]) -> StackState:
    """Start the stack, or what has ended of it, and wait until every service is ready.

    Args:
        settings: The environment.
        on_change: Called with the state while it starts.

    Returns:
        The state in which every service is ready.

    Raises:
        StackError: Raised when a service could not start; names its log.
    """
    before = StackState.read(settings.state)
    running = before.supervisor if before else None
    if running is None:
        pid, starts = _spawn(settings), 0
    else:
        assert before is not None  # noqa: S101  # it has a running supervisor
        pid, starts = running.pid, before.starts
        running.send_signal(signal.SIGHUP)

    def started() -> StackState | None:
        state = StackState.read(settings.state)
        if state is None or state.supervisor_pid != pid:
            if not psutil.pid_exists(pid):
                raise StackError(f"the supervisor ended; see {settings.logs / 'supervisor.log'}")
            return None
        on_change(state)
        return state if state.starts > starts or state.supervisor is None else None

    state = wait_until(started, seconds=_START_SECONDS, what="the services to start")
    assert state is not None  # noqa: S101  # wait_until gives what is truthy
    if state.error:
        raise StackError(state.error)
    if not state.ready:
        raise StackError(f"the supervisor ended; see {settings.logs / 'supervisor.log'}")
    return state


def end(settings: Settings) -> bool:
    """Stop the stack: every service in reverse order, then the supervisor.

    Returns:
        Whether there was one to stop.

    Raises:
        StackError: Raised when it did not end in time.
    """
    state = StackState.read(settings.state)
    supervisor = state.supervisor if state else None
    if supervisor is None:
        return False
    supervisor.terminate()
    wait_until(
        lambda: state is not None and state.supervisor is None,
        seconds=_STOP_SECONDS,
        what=f"the supervisor (pid {supervisor.pid}) to end",
    )
    return True


def _spawn(settings: Settings) -> int:
    # The owner's alone: Spark's worker for micro-batches prints its address, token included.
    settings.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local.stack", "supervise"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ).pid
