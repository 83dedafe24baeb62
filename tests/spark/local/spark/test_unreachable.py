"""A server that is gone is named soon, with what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import SparkConnectClient

from local.spark.unreachable import SparkUnreachableError, fail_soon
from local.supervisor.ports import free_port


@pytest.fixture
def address() -> str:
    return f"sc://localhost:{free_port()}"


@pytest.fixture
def client(address: str) -> Iterator[SparkConnectClient]:
    # Of no session: a new one would become that of all tests that follow.
    made = SparkConnectClient(address)
    yield made
    made.close()


def test_a_server_that_is_gone_is_named_in_time(client: SparkConnectClient, address: str) -> None:
    fail_soon(client, address, seconds=2)
    begun = time.monotonic()
    with pytest.raises(SparkUnreachableError, match=f"{address} .* 2 s .*make up"):
        client.get_configs("spark.app.name")
    assert 2 <= time.monotonic() - begun < 10


def test_what_is_asked_next_of_a_server_that_is_gone_fails_at_once(
    client: SparkConnectClient, address: str
) -> None:
    fail_soon(client, address, seconds=2)
    with pytest.raises(SparkUnreachableError):
        client.get_configs("spark.app.name")
    begun = time.monotonic()
    with pytest.raises(SparkUnreachableError):
        client.get_configs("spark.app.name")
    assert time.monotonic() - begun < 1


def test_the_sessions_of_the_stack_say_it_soon(spark: SparkSession) -> None:
    policies = spark.client.get_retry_policies()
    assert [type(policy).__name__ for policy in policies] == ["_WhileGone", "DefaultPolicy"]
