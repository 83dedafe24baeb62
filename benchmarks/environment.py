"""The environment that a benchmark measures: started for it alone, removed after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.secrets import Secrets
from local.services.stack import all_services
from local.settings import Settings
from local.supervisor.supervisor import Supervisor
from local.temporary import free_ports, temporary_state

__all__ = ["environment"]


@contextmanager
def environment(*services: str) -> Iterator[tuple[Settings, Supervisor]]:
    """Start an environment in which `services`, and what they need, are ready.

    Spark's JVM is the one for long work.

    Yields:
        Its settings and its supervisor.
    """
    with temporary_state() as state:
        settings = Settings(state=state, spark_java_options="", **free_ports())  # type: ignore[arg-type]  # all integers
        supervisor = Supervisor(all_services(settings, Secrets.of(state)), settings.logs)
        try:
            supervisor.start(services)
            yield settings, supervisor
        finally:
            supervisor.stop()
