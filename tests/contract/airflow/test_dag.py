"""The DAG as each supported version of Airflow reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.airflow.conftest import VERSIONS, Installation


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dag_is_read_without_variables_and_connections(
    installed: Callable[[str], Installation], version: str
) -> None:
    result = installed(version).dag()

    tokens = result.properties.pop("tokens")
    assert result.errors == {}
    assert len(set(tokens)) == len(tokens)
    assert max(map(len, tokens)) <= 64
    assert [token.rpartition("-t")[2] for token in tokens] == ["1", "12", "1"]
    assert result.properties == {
        "schedule": "@daily",
        "catchup": False,
        "max_active_runs": 1,
        "hours": 8,
        "tags": ["batch", "databricks", "pinterest"],
        "owner": "pinterest-pipeline",
        "documented": True,
        "task": {
            "operator": "DatabricksRunNowOperator",
            "connection": "databricks_default",
            "deferrable": True,
            "retries": 2,
            "retry_minutes": 5,
            "backoff": 2,
            "hours": 2,
        },
    }
