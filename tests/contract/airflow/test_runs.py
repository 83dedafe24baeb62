"""Runs of the DAG in a real Airflow: the jobs that it starts in the local workspace."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.airflow import connection
from local.environment import Environment
from local.settings import ROOT, Settings
from tests.contract.airflow.conftest import Installation, Jobs
from tests.support.notebooks import write_notebook

USER_ID = "airflow"
SCHEMA = "of_airflow"
MOMENT = "2026-01-02T00:00:00+00:00"
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
def landed(settings: Settings, running: Callable[..., object]) -> Environment:
    """Give the environment with one post in its bucket."""
    running("spark")
    environment = Environment(settings)
    for event, record in RECORDS.items():
        topic = f"{USER_ID}.{event}"
        key = f"topics/{topic}/partition=0/{topic}+0+0000000000.json"
        body = json.dumps(record).encode() + b"\n"
        environment.s3.put_object(Bucket=settings.bucket, Key=key, Body=body)
    return environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


def test_a_dag_run_ends_with_the_answers_of_its_configuration(
    airflow: Installation, jobs: Jobs, landed: Environment, wheel: Path
) -> None:
    names = ("mount_landing", "clean_landing", "answer_questions")
    jobs.create(
        "batch_of_airflow",
        *(ROOT / "notebooks" / f"{name}.ipynb" for name in names),
        wheel=wheel,
        catalog="spark_catalog",
        schema=SCHEMA,
        source=f"s3a://{landed.settings.bucket}",
        landing_path="/mnt/of-airflow",
        checkpoints_path=landed.settings.checkpoints_path,
        user_id="nobody",
        reader_format="text",
        reader_options="{}",
    )

    done = airflow.call(
        "airflow", "dags", "test", "pinterest_batch",
        "--conf", json.dumps({"user_id": USER_ID, "reader_options": {"maxFilesPerTrigger": "1"}}),
        AIRFLOW_CONN_DATABRICKS_DEFAULT=jobs.connection,
        AIRFLOW_VAR_PINTEREST_JOB_NAME="batch_of_airflow",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-5_000:]
    (run,) = jobs.runs("batch_of_airflow")
    values = {parameter["name"]: parameter["value"] for parameter in run["job_parameters"]}
    assert values["user_id"] == USER_ID
    assert values["reader_options"] == '{"maxFilesPerTrigger": "1"}'
    answer = landed.spark.table(f"spark_catalog.{SCHEMA}.top_category_by_country")
    assert [tuple(row) for row in answer.collect()] == [("Peru", "travel", 1)]


def test_a_failed_notebook_fails_the_dag_with_its_error_and_the_link_of_the_run(
    airflow: Installation, jobs: Jobs, tmp_path: Path
) -> None:
    notebook = write_notebook(tmp_path / "fails.ipynb", "raise ValueError('the landing is empty')")
    jobs.create("fails", notebook)

    result = airflow.dag(
        {"job": "fails", "moment": MOMENT, "configuration": {}}, connection=jobs.connection
    )

    assert result.states == ["failed"]
    assert "ValueError: the landing is empty" in result.log
    (run,) = jobs.runs("fails")
    assert re.search(f"View run status.*{re.escape(run['run_page_url'])}", result.log)


def test_a_repeated_try_starts_no_second_run(
    airflow: Installation, jobs: Jobs, tmp_path: Path
) -> None:
    jobs.create("repeats", write_notebook(tmp_path / "passes.ipynb", "1 + 1"))
    run: dict[str, object] = {"job": "repeats", "moment": MOMENT, "configuration": {}}

    result = airflow.dag(
        run, run, run | {"moment": "2026-01-03T00:00:00+00:00"}, connection=jobs.connection
    )

    assert result.states == ["success"] * 3
    assert len(jobs.runs("repeats")) == 2


def test_a_missing_job_and_a_wrong_token_are_named(airflow: Installation, jobs: Jobs) -> None:
    run: dict[str, object] = {"job": "no_such_job", "moment": MOMENT, "configuration": {}}

    missing = airflow.dag(run, connection=jobs.connection)
    refused = airflow.dag(run, connection=connection(jobs.url, "wrong"))

    assert missing.states == refused.states == ["failed"]
    assert "Job ID for job name no_such_job can not be found" in missing.log
    assert "401" in refused.log
