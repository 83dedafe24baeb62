"""The environment that a benchmark measures: started for it alone, removed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from local.environment import Environment
from local.secrets import Secrets
from local.services.stack import all_services
from local.settings import Settings
from local.supervisor.supervisor import Supervisor
from local.temporary import free_ports, temporary_state

__all__ = ["MeasuredEnvironment", "environment"]


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
def environment(*services: str) -> Iterator[MeasuredEnvironment]:
    """Start an environment in which `services`, and the services they need, are ready.

    Spark's JVM has the options for long work.

    Yields:
        The environment.
    """
    with temporary_state() as state:
        settings = Settings(state=state, spark_java_options="", **free_ports())  # type: ignore[arg-type]  # all integers
        supervisor = Supervisor(all_services(settings, Secrets.of(state)), settings.logs)
        try:
            supervisor.start(services)
            yield MeasuredEnvironment(settings, supervisor)
        finally:
            supervisor.stop()
