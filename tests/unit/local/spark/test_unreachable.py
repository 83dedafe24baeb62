"""A server that is gone is named soon, with what to do."""

from __future__ import annotations

import time

import pytest
from pyspark.sql import SparkSession

from local.spark.unreachable import SparkUnreachableError, fail_soon
from local.stack.ports import free_port


@pytest.fixture
def address() -> str:
    return f"sc://localhost:{free_port()}"


@pytest.fixture
def session(address: str) -> SparkSession:
    made: SparkSession = SparkSession.builder.remote(address).create()
    return made


def test_a_server_that_is_gone_is_named_in_time(session: SparkSession, address: str) -> None:
    fail_soon(session, address, seconds=2)
    begun = time.monotonic()
    with pytest.raises(SparkUnreachableError, match=f"{address} .* 2 s .*make up"):
        session.range(1).collect()
    assert 2 <= time.monotonic() - begun < 10


def test_what_is_asked_next_of_a_server_that_is_gone_fails_at_once(
    session: SparkSession, address: str
) -> None:
    fail_soon(session, address, seconds=2)
    with pytest.raises(SparkUnreachableError):
        session.range(1).collect()
    begun = time.monotonic()
    with pytest.raises(SparkUnreachableError):
        session.range(1).collect()
    assert time.monotonic() - begun < 1


def test_the_sessions_of_the_stack_say_it_soon(spark: SparkSession) -> None:
    policies = spark.client.get_retry_policies()
    assert [type(policy).__name__ for policy in policies] == ["_WhileGone", "DefaultPolicy"]
