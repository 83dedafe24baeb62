"""A kernel gets the values of its environment, and no secret that it does not need."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.environment import Environment
from local.notebook.runner import kernel_variables
from local.notebook.runtime.environment import VARIABLE, KernelEnvironment
from local.settings import Settings


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(Settings(state=tmp_path))


def test_folder_and_parameters_reach_the_kernel(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    variables = kernel_variables(environment, parameters={"user_id": "ann"}, folder=folder)
    received = KernelEnvironment.model_validate_json(variables[VARIABLE])
    assert (received.folder, received.parameters) == (folder, {"user_id": "ann"})


def test_only_the_secrets_of_spark_and_s3_reach_the_kernel(environment: Environment) -> None:
    values = "\n".join(kernel_variables(environment).values())
    secrets = environment.secrets.model_dump().items()
    assert {name for name, value in secrets if value in values} == {
        "spark_token",
        "aws_access_key_id",
        "aws_secret_access_key",
    }


def test_variables_that_misconfigure_spark_are_unset(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_HOME", "/opt/spark")
    assert "SPARK_HOME" not in kernel_variables(environment)
