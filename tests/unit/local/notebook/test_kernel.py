"""A kernel gets the values of its environment, and no secret that it does not need."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.kernel import kernel_variables
from local.notebook.runtime.environment import VARIABLE, Environment
from local.secrets import Secrets
from local.settings import Settings


def test_the_notebooks_folder_and_parameters_reach_the_kernel(tmp_path: Path) -> None:
    variables = kernel_variables(
        Settings(state=tmp_path),
        Secrets(),
        parameters={"user_id": "ann"},
        folder=tmp_path / "notebooks",
    )
    environment = Environment.model_validate_json(variables[VARIABLE])
    assert environment.folder == tmp_path / "notebooks"
    assert environment.parameters == {"user_id": "ann"}


def test_only_the_secrets_of_spark_and_s3_reach_the_kernel(tmp_path: Path) -> None:
    secrets = Secrets()
    values = "\n".join(kernel_variables(Settings(state=tmp_path), secrets).values())
    given = {name for name, value in secrets.model_dump().items() if value in values}
    assert given == {"spark_token", "aws_access_key_id", "aws_secret_access_key"}


def test_variables_that_would_lead_spark_astray_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_HOME", "/opt/spark")
    assert "SPARK_HOME" not in kernel_variables(Settings(state=tmp_path), Secrets())
