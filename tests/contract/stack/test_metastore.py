"""Spark opens its metastore while the disk is full: queries fail until the next start."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from pyspark.errors import AnalysisException

from local.secrets import Secrets
from local.services.spark import is_read_only
from local.settings import Settings
from local.spark.session import connect
from local.temporary import free_ports, temporary_state
from tests.support.services import Poll, Running

pytestmark = pytest.mark.timeout(240)  # by default, Hive tries for longer


@pytest.fixture
def settings() -> Iterator[Settings]:
    with temporary_state() as state:
        yield Settings.model_validate({"state": state, **free_ports()})


@pytest.fixture
def running(settings: Settings) -> Iterator[Running]:
    running = Running(settings)
    yield running
    running.stop()


def test_queries_fail_at_once_and_the_next_start_repairs_the_server(
    settings: Settings, running: Running, poll: Poll
) -> None:
    running.start("spark")
    schemas = query(settings, "CREATE SCHEMA pins", "SHOW SCHEMAS")
    running.kill("spark")
    running.start("spark")

    with files_that_cannot_grow(running.pid("spark")):
        require_failure(settings)
    require_failure(settings)  # Derby does not look at the disk again
    metastore = settings.state / "spark" / "metastore"
    poll(partial(is_read_only, metastore), what="an empty lock that is some seconds old")
    running.start("spark")

    assert query(settings, "SHOW SCHEMAS") == schemas


@contextmanager
def files_that_cannot_grow(pid: int) -> Iterator[None]:
    """Let every write of a process fail, as on a full disk."""
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def require_failure(settings: Settings) -> None:
    with pytest.raises(AnalysisException, match="SessionHiveMetaStoreClient"):
        query(settings, "SHOW SCHEMAS")


def query(settings: Settings, *statements: str) -> list[tuple[object, ...]]:
    """Return the rows of the last statement."""
    spark = connect(settings, Secrets.of(settings.state))
    try:
        return [tuple(row) for one in statements for row in spark.sql(one).collect()]
    finally:
        spark.stop()
