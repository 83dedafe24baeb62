"""The local environment for tests: own state folder, free ports, services started on demand."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import pytest

from local.secrets import Secrets
from local.settings import Settings
from local.supervisor.waiting import wait_until
from local.temporary import free_ports, temporary_state
from tests.support.parallel import GroupScheduling, order_of, use_own_ports
from tests.support.services import Poll, Running

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tests.support.workspace import LocalWorkspace

__all__ = ["Poll", "Running"]


def pytest_report_header() -> str:
    """Name the client of Spark: databricks-connect where it is installed, or else pyspark."""
    installed = {distribution.name: distribution.version for distribution in distributions()}
    client = "databricks-connect" if "databricks-connect" in installed else "pyspark"
    return f"spark client: {client} {installed[client]}"


def pytest_configure() -> None:
    """Accept Ctrl-C even where a shell has started pytest in the background.

    Such a shell ignores it, and the commands that tests interrupt would ignore it, too.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    use_own_ports()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests, after pytest-randomly has shuffled all of them."""
    items.sort(key=lambda item: order_of(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    """Distribute the tests of `pytest -n` by their groups."""
    return GroupScheduling(config, log)


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
def spark_without_services(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """Give the session's one Spark session.

    It is the session of databricks-connect, which has a server already. Without databricks-connect
    it is a session of a local server, which this starts without S3 and Kinesis.
    """
    from local.spark.session import connect, databricks_session  # noqa: PLC0415  # many tests need no Spark

    session = databricks_session()
    if session is None:
        settings: Settings = request.getfixturevalue("settings")
        running: Running = request.getfixturevalue("running")
        running.start("spark")
        session = connect(settings, Secrets.of(settings.state))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def spark(spark_without_services: SparkSession, running: Running) -> SparkSession:
    """Give the session's Spark server, with S3 and Kinesis started."""
    running("spark")
    return spark_without_services


@pytest.fixture(scope="session")
def workspace(settings: Settings, secrets: Secrets, running: Running) -> LocalWorkspace:
    """Start the local Databricks workspace; tests that need Spark start it themselves."""
    from tests.support.workspace import LocalWorkspace  # noqa: PLC0415  # the SDK is slow to import

    running("workspace")
    return LocalWorkspace(settings.workspace_url, secrets.workspace_token)


@pytest.fixture(scope="session")
def poll() -> Poll:
    def ask[T](condition: Callable[[], T], *, seconds: float = 30, what: str = "a condition") -> T:
        return wait_until(condition, seconds=seconds, description=what)

    return ask
