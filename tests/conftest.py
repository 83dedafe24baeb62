"""The local environment for tests: own state folder, free ports, started once and as needed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from pyspark.sql import SparkSession

from local.secrets import Secrets
from local.settings import Settings
from local.supervisor.supervisor import Supervisor
from local.supervisor.waiting import wait_until
from local.temporary import free_ports, temporary_state


def pytest_configure() -> None:
    """Take Ctrl-C even where a shell has started us in the background.

    Such a shell has it ignored, and so would the commands that tests interrupt.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Poll(Protocol):
    """Ask until the answer is truthy."""

    def __call__[T](
        self, condition: Callable[[], T], *, seconds: float = 30, what: str = ...
    ) -> T: ...


class Running:
    """The session's services; call it with the names of those that a test needs."""

    def __init__(self, settings: Settings) -> None:
        from local.services.stack import all_services  # noqa: PLC0415  # many tests need none

        self._supervisor = Supervisor(
            all_services(settings, Secrets.of(settings.state)), settings.logs
        )

    def __call__(self, *names: str) -> Running:
        self._supervisor.start(names)
        return self

    def start(self, name: str) -> None:
        self._supervisor.start([name])

    def stop(self, *names: str) -> None:
        self._supervisor.stop(names or None)

    def kill(self, name: str) -> None:
        self._supervisor.processes[name].kill()

    def pid(self, name: str) -> int:
        pid = self._supervisor.processes[name].pid
        assert pid is not None, f"{name} was not started"
        return pid


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    with temporary_state() as state, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PINTEREST_")]:
            patch.delenv(name)  # a developer's own settings
        for name, port in free_ports().items():
            patch.setenv(f"PINTEREST_{name.upper()}", str(port))
        yield Settings(state=state, rotate_seconds=1.0)


@pytest.fixture(scope="session")
def secrets(settings: Settings) -> Secrets:
    return Secrets.of(settings.state)


@pytest.fixture(scope="session")
def running(settings: Settings) -> Iterator[Running]:
    services = Running(settings)
    yield services
    services.stop()


@pytest.fixture(scope="session")
def spark(settings: Settings, secrets: Secrets, running: Running) -> Iterator[SparkSession]:
    from local.spark.session import connect  # noqa: PLC0415  # many tests need no Spark

    running("spark")
    session = connect(settings, secrets)
    yield session
    session.stop()


@pytest.fixture(scope="session")
def poll() -> Poll:
    def ask[T](condition: Callable[[], T], *, seconds: float = 30, what: str = "a condition") -> T:
        return wait_until(condition, seconds=seconds, description=what)

    return ask
