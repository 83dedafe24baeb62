"""Starts services as soon as their dependencies are ready, and stops them in reverse order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from local.errors import StackError
from local.supervisor.process import Service, ServiceProcess

__all__ = ["Supervisor"]

_POLL_SECONDS = 0.1


class Supervisor:
    """The processes of a set of services. Use it from the main thread only.

    Linux ties a child's death signal to the thread that launched it.

    Args:
        services: All services that may be started.
        logs: Folder of the log files.
        on_change: Called when a service was launched or became ready.
    """

    def __init__(
        self,
        services: Sequence[Service],
        logs: Path,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.processes = {s.name: ServiceProcess(s, logs) for s in services}
        self._on_change = on_change
        self._started: list[str] = []

    def start(self, names: Iterable[str] | None = None) -> None:
        """Start the named services and their dependencies; return when all are ready.

        Services that are ready keep running, unless they need a restart. A service that an earlier
        call launched gets its whole deadline again.

        Args:
            names: Names of services. Default: all.

        Raises:
            StackError: Raised when one cannot start. Started services run until `stop`.
        """
        wanted = self._with_dependencies(self.processes if names is None else names)
        for process in wanted:
            if process.alive and process.service.needs_restart():
                process.stop()
                self._on_change()
        waiting = [p for p in wanted if not p.alive]
        for process in waiting:  # report a taken port before minutes of starting
            process.require_ports()
        launched = [p for p in wanted if p.phase == "starting"]
        for process in launched:
            process.restart_deadline()
        while waiting or launched:
            unready = {p.service.name for p in [*waiting, *launched]}
            for process in [p for p in waiting if unready.isdisjoint(p.service.depends_on)]:
                self._launch(process)
                waiting.remove(process)
                launched.append(process)
            for process in [p for p in launched if p.answers()]:
                process.complete()
                launched.remove(process)
                self._on_change()
            time.sleep(_POLL_SECONDS)

    def stop(self, names: Iterable[str] | None = None) -> None:
        """Stop the named services, the last started first.

        If one cannot be stopped, the others still are; then its error is raised.

        Args:
            names: Names of services. Default: all.
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

    def _with_dependencies(self, names: Iterable[str]) -> list[ServiceProcess]:
        ordered: dict[str, ServiceProcess] = {}

        def visit(name: str) -> None:
            if name not in self.processes:
                raise StackError(f"no service {name!r}; there are: {', '.join(self.processes)}")
            process = self.processes[name]
            for dependency in process.service.depends_on:
                visit(dependency)
            ordered.setdefault(name, process)

        for name in names:
            visit(name)
        return list(ordered.values())
