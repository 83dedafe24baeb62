"""Starts services as soon as what they need is ready, and stops them in reverse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from local.errors import StackError
from local.supervisor.process import ServiceProcess
from local.supervisor.service import Service

__all__ = ["Supervisor"]

_POLL_SECONDS = 0.1


def _ignore() -> None:
    """Nobody watches."""


class Supervisor:
    """The processes of a set of services. Use it from the main thread only.

    Linux ties a child's death signal to the thread that launched it.

    Args:
        services: All services that may be started.
        logs: Folder of the log files.
        on_change: Called when a service was launched or got ready.
    """

    def __init__(
        self,
        services: Sequence[Service],
        logs: Path,
        on_change: Callable[[], None] = _ignore,
    ) -> None:
        self.processes = {s.name: ServiceProcess(s, logs) for s in services}
        self._on_change = on_change
        self._started: list[str] = []

    def start(self, names: Iterable[str] | None = None) -> None:
        """Start the named services (all without names) and what they need; wait for readiness.

        What is ready already is left alone; what an earlier start has launched and not completed
        is completed.

        Raises:
            StackError: Raised when one cannot start; what was started stays until `stop`.
        """
        wanted = [
            self.processes[name]
            for name in self._with_needs(self.processes if names is None else names)
        ]
        waiting = [p for p in wanted if not p.alive]
        for process in waiting:  # a taken port is told before minutes of starting
            process.require_ports()
        launched = [p for p in wanted if p.phase == "starting"]
        for process in launched:
            process.await_anew()
        while waiting or launched:
            for process in [p for p in waiting if self._needs_are_met(p, waiting, launched)]:
                self._launch(process)
                waiting.remove(process)
                launched.append(process)
            for process in [p for p in launched if p.ready()]:
                process.complete()
                launched.remove(process)
                self._on_change()
            time.sleep(_POLL_SECONDS)

    def stop(self, names: Iterable[str] | None = None) -> None:
        """Stop the named services (all without names), the last started first.

        If one cannot be stopped, the others are; then its error is raised.
        """
        wanted = set(self.processes if names is None else names)
        with ExitStack() as stopping:
            for name in [name for name in self._started if name in wanted]:
                stopping.callback(self._stop, name)

    def _stop(self, name: str) -> None:
        self.processes[name].stop()
        self._started.remove(name)

    def _launch(self, process: ServiceProcess) -> None:
        name = process.service.name
        process.launch()
        self._started = [*(n for n in self._started if n != name), name]
        self._on_change()

    def _needs_are_met(
        self,
        process: ServiceProcess,
        waiting: list[ServiceProcess],
        launched: list[ServiceProcess],
    ) -> bool:
        unready = {p.service.name for p in [*waiting, *launched]}
        return not unready.intersection(process.service.needs)

    def _with_needs(self, names: Iterable[str]) -> list[str]:
        found: list[str] = []

        def visit(name: str) -> None:
            if name not in self.processes:
                raise StackError(f"no service {name!r}; there are: {', '.join(self.processes)}")
            for need in self.processes[name].service.needs:
                visit(need)
            if name not in found:
                found.append(name)

        for name in names:
            visit(name)
        return found
