"""What the real CLI says about the bundle's files."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from local.bundle import databricks_cli
from local.settings import ROOT
from tests.support.bundle import RESOURCE_FILES
from tests.support.databricks_cli import Bundle

FILES = [ROOT / "databricks.yml", *RESOURCE_FILES]


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Validator:
    """Give the JSON schema of a bundle's files, which the CLI contains."""
    command = [str(databricks_cli()), "bundle", "schema"]
    return jsonschema_rs.validator_for(
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_fits_the_schema(schema: jsonschema_rs.Validator, path: Path) -> None:
    errors = schema.iter_errors(yaml.safe_load(path.read_text()))

    assert [f"{list(error.instance_path)}: {error.message}" for error in errors] == []


@pytest.mark.parametrize("compute", ["serverless", "job_cluster"])
@pytest.mark.parametrize("target", ["local", "dev", "prod"])
def test_a_target_is_valid_without_a_warning(checkout: Bundle, target: str, compute: str) -> None:
    printed = checkout(
        "validate", "--strict", "--target", target, BUNDLE_VAR_compute=f"${{var.{compute}}}"
    )

    assert printed.rstrip().endswith("Validation OK!")  # it would count warnings here


def test_a_variable_without_a_value_is_named(checkout: Bundle) -> None:
    others = {k: v for k, v in checkout.environment.items() if k != "BUNDLE_VAR_catalog"}

    error = replace(checkout, environment=others).fails("validate", "--target", "dev")

    assert "no value assigned to required variable catalog" in error


def test_the_target_prod_needs_a_service_principal(checkout: Bundle) -> None:
    error = checkout.fails("validate", "--target", "prod", BUNDLE_VAR_service_principal="")

    assert "run_as section must specify exactly one identity" in error


@pytest.mark.parametrize("command", ["validate", "deploy", "summary"])
def test_a_wrong_token_is_refused(checkout: Bundle, command: str) -> None:
    error = checkout.fails(command, "--target", "local", DATABRICKS_TOKEN="wrong")

    assert "`make -s databricks-env` prints the right DATABRICKS_TOKEN" in error


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        ("serverless", {"environment_key": "default"}),
        ("job_cluster", {"job_cluster_key": "default"}),
    ],
)
def test_the_variable_compute_decides_where_batch_tasks_run(
    checkout: Bundle, compute: str, expected: dict[str, str]
) -> None:
    variables = {"BUNDLE_VAR_compute": f"${{var.{compute}}}"}
    validated = checkout.json("validate", "--target", "dev", **variables)

    job = validated["resources"]["jobs"]["clean_landing"]
    keys = {"environment_key", "job_cluster_key"}
    for task in (task for task in job["tasks"] if "notebook_task" in task):
        assert {key: task[key] for key in keys & task.keys()} == expected
    assert bool(job["environments"]) == (compute == "serverless")
    assert bool(job["job_clusters"]) == (compute == "job_cluster")
