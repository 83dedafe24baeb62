"""The session is opened late, and a server that is down is named at once."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from local.notebook.runtime.session import LazySession
from local.spark.session import SparkUnreachableError
from local.supervisor.ports import free_port


def test_it_passes_for_a_session_without_opening_one() -> None:
    session = LazySession(dict, "file:///dbfs")
    assert isinstance(session, SparkSession)
    assert "not opened yet" in repr(session)


def test_a_server_that_is_down_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SPARK_REMOTE", f"sc://localhost:{port}")
    with pytest.raises(SparkUnreachableError, match=f"localhost:{port} .*make up"):
        _ = LazySession(dict, "file:///dbfs").version
