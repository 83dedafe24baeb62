"""Which server the tests through databricks-connect use, and which tests run there."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.secrets import Secrets
from local.settings import Settings
from tests.support.databricks_connect import command_of, has_workspace, local_variables


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"DATABRICKS_HOST": "https://x.cloud.databricks.com"}, True),
        ({"DATABRICKS_HOST": "x.cloud.databricks.com"}, True),
        ({"DATABRICKS_CONFIG_PROFILE": "dev"}, True),
        ({"SPARK_REMOTE": "sc://x.cloud.databricks.com:443/;token=t"}, True),
        # `make databricks-env` prints the local workspace, which has no Spark of its own.
        ({"DATABRICKS_HOST": "http://127.0.0.1:18085"}, False),
        ({"SPARK_REMOTE": "sc://localhost:15002"}, False),
    ],
)
def test_a_server_on_this_machine_is_no_workspace(
    variables: dict[str, str], expected: bool
) -> None:
    assert has_workspace(variables) is expected


def test_the_local_server_replaces_a_workspace(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, spark_port=15_002)
    secrets = Secrets(spark_token="t")

    variables = local_variables({"DATABRICKS_HOST": "h", "HOME": "/h"}, settings, secrets)

    assert variables == {
        "HOME": "/h",
        "SPARK_REMOTE": "sc://localhost:15002",
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": "t",
    }


def test_tests_that_need_local_paths_run_on_a_local_server_only() -> None:
    assert "not local" in command_of([], is_remote=True)
    assert "not local" not in command_of([], is_remote=False)
