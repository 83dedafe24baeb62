"""The bundle's files: one resource per file, and parameters that fit the notebooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.settings import ROOT
from tests.support.bundle import (
    RESOURCE_FILES,
    databricks_yml,
    job_names,
    notebooks_of,
    resource,
    widgets,
)

_VARIABLE = re.compile(r"\$\{var\.(\w+)")


@pytest.fixture(params=job_names())
def job(request: pytest.FixtureRequest) -> dict[str, Any]:
    return resource("job", request.param)


@pytest.mark.parametrize("path", RESOURCE_FILES, ids=lambda path: path.name)
def test_a_file_holds_the_one_resource_that_its_name_says(path: Path) -> None:
    content = yaml.safe_load(path.read_text())

    assert list(content) == ["resources"]
    names = [f"{key}.{kind[:-1]}.yml" for kind, of in content["resources"].items() for key in of]
    assert names == [path.name]


def test_the_bundle_has_the_resources_of_the_pipelines() -> None:
    assert {path.name for path in RESOURCE_FILES} == {
        "batch.schema.yml",
        "checkpoints.volume.yml",
        "clean_landing.job.yml",
        "clean_streams.job.yml",
        "landing.volume.yml",
        "pinterest.dashboard.yml",
        "secrets.secret_scope.yml",
        "smoke_test.job.yml",
        "stream.schema.yml",
    }


def test_a_job_passes_every_parameter_of_its_notebooks_and_no_other(job: dict[str, Any]) -> None:
    read = set().union(*map(widgets, notebooks_of(job)))

    assert {parameter["name"] for parameter in job["parameters"]} == read


def test_tasks_have_no_parameters_of_their_own(job: dict[str, Any]) -> None:
    tasks = [task["notebook_task"] for task in job["tasks"] if "notebook_task" in task]

    assert [set(task) for task in tasks] == [{"notebook_path"}] * len(tasks)


def test_values_of_parameters_are_variables_or_resources(job: dict[str, Any]) -> None:
    values = [parameter["default"] for parameter in job["parameters"]]

    assert [
        value for value in values if not re.match(r"(/Volumes/)?\$\{(var|resources)\.", value)
    ] == []


def test_schemas_are_references_to_resources() -> None:
    """Development mode prefixes the names of schemas, and not the variables that name them."""
    for name in job_names():
        for parameter in resource("job", name)["parameters"]:
            assert not re.search(r"\$\{var\.(stream_)?schema\}", parameter["default"])


def test_every_batch_task_runs_where_the_variable_compute_says() -> None:
    for name in ("clean_landing", "smoke_test"):
        job = resource("job", name)
        for part in ("environments", "job_clusters"):
            assert job[part] == f"${{var.compute.{part}}}"
        for task in (task for task in job["tasks"] if "notebook_task" in task):
            for part in ("environment_key", "job_cluster_key", "libraries"):
                assert task[part] == f"${{var.compute.{part}}}"


def test_both_kinds_of_compute_have_the_same_parts_and_the_wheel() -> None:
    variables = databricks_yml()["variables"]
    serverless, cluster = variables["serverless"]["default"], variables["job_cluster"]["default"]

    assert serverless.keys() == cluster.keys()
    assert serverless["environments"][0]["spec"] == {
        "environment_version": "5",
        "dependencies": ["./dist/*.whl"],
    }
    assert cluster["libraries"] == [{"whl": "./dist/*.whl"}]


def test_a_batch_task_ends_in_time_and_is_repeated_after_a_pause() -> None:
    job = resource("job", "clean_landing")

    tasks = [task for task in job["tasks"] if "notebook_task" in task]
    for task in tasks:
        assert task["max_retries"] == "${var.retries}"
        assert task["min_retry_interval_millis"] > 0
    assert max(task["timeout_seconds"] for task in tasks) < job["timeout_seconds"]


def test_the_landing_is_mounted_only_with_a_source() -> None:
    tasks = {task["task_key"]: task for task in resource("job", "clean_landing")["tasks"]}

    assert tasks["has_source"]["condition_task"] == {
        "op": "NOT_EQUAL",
        "left": "{{job.parameters.source}}",
        "right": "",
    }
    assert tasks["mount_landing"]["depends_on"] == [{"task_key": "has_source", "outcome": "true"}]
    # With all of its dependencies excluded, a task would be excluded, too.
    assert tasks["clean_landing"]["depends_on"] == [
        {"task_key": "has_source"},
        {"task_key": "mount_landing"},
    ]
    assert tasks["clean_landing"]["run_if"] == "NONE_FAILED"


def test_the_continuous_job_has_nothing_that_a_continuous_job_forbids() -> None:
    job = resource("job", "clean_streams")

    assert job["continuous"]["task_retry_mode"] == "ON_FAILURE"
    assert not job.keys() & {"schedule", "trigger", "queue", "max_concurrent_runs"}
    for task in job["tasks"]:
        assert not task.keys() & {"depends_on", "max_retries", "min_retry_interval_millis"}


def test_every_variable_is_described_and_used() -> None:
    variables = databricks_yml()["variables"]
    text = "".join(path.read_text() for path in [ROOT / "databricks.yml", *RESOURCE_FILES])

    assert [name for name, variable in variables.items() if not variable.get("description")] == []
    assert set(_VARIABLE.findall(text)) | {"job_cluster"} == set(variables)


def test_the_target_dev_is_the_default() -> None:
    targets = databricks_yml()["targets"]

    assert list(targets) == ["local", "dev", "prod"]
    assert {name: target.get("mode") for name, target in targets.items()} == {
        "local": None,
        "dev": "development",
        "prod": "production",
    }
    assert [name for name, target in targets.items() if target.get("default")] == ["dev"]
    assert targets["dev"]["presets"]["artifacts_dynamic_version"] is True


def test_the_target_prod_runs_as_a_service_principal() -> None:
    prod = databricks_yml()["targets"]["prod"]

    assert prod["run_as"] == {"service_principal_name": "${var.service_principal}"}
    assert prod["variables"]["writer"] == "${var.service_principal}"
    assert "/Shared" not in prod["workspace"]["root_path"]
    may_run = {"level": "CAN_RUN", "service_principal_name": "${var.service_principal}"}
    assert may_run in prod["permissions"]
