"""The session opens at first use; an unreachable server is reported immediately."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from local.notebook.runtime.session import LazySession
from local.spark.session import SparkUnreachableError
from local.supervisor.ports import free_port


def test_it_is_an_instance_of_spark_session_before_it_opens() -> None:
    session = LazySession(dict, "file:///dbfs")
    assert isinstance(session, SparkSession)
    assert "not opened yet" in repr(session)


def test_an_unreachable_server_is_reported_immediately(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SPARK_REMOTE", f"sc://localhost:{port}")
    with pytest.raises(SparkUnreachableError, match=f"localhost:{port} .*make up"):
        _ = LazySession(dict, "file:///dbfs").version
