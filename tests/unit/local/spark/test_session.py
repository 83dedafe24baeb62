"""Sessions on the local cluster, and their errors when its server is gone."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from pyspark.sql.connect.client import SparkConnectClient

from local.settings import Settings
from local.spark.session import (
    SparkUnreachableError,
    databricks_session,
    fail_fast,
    remote,
)
from local.supervisor.ports import free_port


def test_an_address_names_localhost_and_holds_no_token() -> None:
    assert remote(Settings(spark_port=15_002)) == "sc://localhost:15002"


def test_databricks_connect_gives_the_session_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = object()
    builder = SimpleNamespace(getOrCreate=lambda: session)
    module = SimpleNamespace(DatabricksSession=SimpleNamespace(builder=builder))
    monkeypatch.setitem(sys.modules, "databricks.connect", module)

    assert databricks_session() is session


def test_there_is_no_session_of_databricks_connect_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "databricks.connect", None)

    assert databricks_session() is None


@pytest.fixture
def address() -> str:
    return f"sc://localhost:{free_port()}"


@pytest.fixture
def client(address: str) -> Iterator[SparkConnectClient]:
    # Not of a session: a new session would become the default one of all later tests.
    client = SparkConnectClient(address)
    yield client
    client.close()


def test_a_missing_server_is_named_in_time_then_at_once(
    client: SparkConnectClient, address: str
) -> None:
    fail_fast(client, address, seconds=1)
    started = time.monotonic()
    with pytest.raises(SparkUnreachableError, match=f"{address} .* 1 s .*make up"):
        client.get_configs("spark.app.name")
    failed = time.monotonic()
    assert 1 <= failed - started < 10

    with pytest.raises(SparkUnreachableError):
        client.get_configs("spark.app.name")
    assert time.monotonic() - failed < 1
