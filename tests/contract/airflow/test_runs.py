"""A run of the DAG in the newest Airflow: the job of the deployed bundle, up to the answers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator

import pytest
from pyspark.sql import SparkSession

from local.bundle import cli_environment, databricks_cli
from local.environment import Environment
from local.settings import ROOT, Settings
from pinterest_pipeline.questions import QUESTIONS
from tests.contract.airflow.conftest import VERSIONS, Installation, Jobs
from tests.support.workspace import LocalWorkspace

USER_ID = "airflow"
SCHEMA = "of_airflow"
RECORDS: dict[str, dict[str, object]] = {
    "pin": {
        "index": 1, "unique_id": "a", "title": "Tent", "description": "d", "poster_name": "Ann",
        "follower_count": "124k", "tag_list": "a,b", "is_image_or_video": "image", "image_src": "i",
        "downloaded": 1, "save_location": "Local save in /data/travel", "category": "travel",
    },
    "geo": {
        "ind": 1, "timestamp": "2020-08-28T03:52:47", "latitude": 1, "longitude": 2,
        "country": "Peru",
    },
    "user": {
        "ind": 1, "first_name": "Ann", "last_name": "Lee", "age": 30,
        "date_joined": "2016-01-02T03:04:05",
    },
}  # fmt: skip


@pytest.fixture
def landed(settings: Settings, running: Callable[..., object]) -> Settings:
    """Give the settings of the environment, with one post in its bucket."""
    running("spark")
    environment = Environment(settings)
    for event, record in RECORDS.items():
        topic = f"{USER_ID}.{event}"
        key = f"topics/{topic}/partition=0/{topic}+0+0000000000.json"
        body = json.dumps(record).encode() + b"\n"
        environment.s3.put_object(Bucket=settings.bucket, Key=key, Body=body)
    return settings


@pytest.fixture
def deployed(settings: Settings, workspace: LocalWorkspace) -> Iterator[str]:
    """Deploy the bundle with the Databricks CLI, and give the name of its job."""
    address = {"DATABRICKS_HOST": workspace.url, "DATABRICKS_TOKEN": workspace.token}
    names = {"schema": SCHEMA, "stream_schema": f"{SCHEMA}_stream", "secret_scope": SCHEMA}
    environment = cli_environment(settings, os.environ | address)
    environment |= {f"BUNDLE_VAR_{name}": value for name, value in names.items()}

    def bundle(*arguments: str) -> None:
        command = [str(databricks_cli()), "bundle", *arguments, "--target", "local"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    bundle("deploy")
    yield "clean_landing"
    bundle("destroy", "--auto-approve")


def test_a_dag_run_ends_with_the_answers_of_its_configuration(
    installed: Callable[[str], Installation],
    jobs: Jobs,
    landed: Settings,
    deployed: str,
    spark: SparkSession,
) -> None:
    configuration = {
        "user_id": USER_ID,
        "checkpoints_path": f"{landed.checkpoints_path}/{SCHEMA}",
        "reader_options": {"maxFilesPerTrigger": "1"},
    }

    done = installed(VERSIONS[-1]).call(
        "airflow", "dags", "test", "pinterest_batch", "--conf", json.dumps(configuration),
        AIRFLOW_CONN_DATABRICKS_DEFAULT=jobs.connection,
        AIRFLOW_VAR_PINTEREST_JOB_NAME=deployed,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5_000:]
    assert jobs.workspace.token not in done.stdout
    (run,) = jobs.runs(deployed)
    values = {parameter.name: parameter.value for parameter in run.job_parameters or []}
    assert values["user_id"] == USER_ID
    assert values["reader_options"] == '{"maxFilesPerTrigger": "1"}'
    tables = {question.name: f"{landed.catalog}.{SCHEMA}.{question.name}" for question in QUESTIONS}
    assert len(tables) == 9
    assert {name: spark.table(table).count() for name, table in tables.items()} == dict.fromkeys(
        tables, 1
    )
