"""The notebooks, as committed, and `dbutils.fs`, with the real S3 and Spark server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from local.environment import Environment
from local.notebook.runner import run_notebook
from local.settings import ROOT, Settings
from tests.support.notebooks import exit_value, kernel_pids, write_notebook

USER_ID = "notebooks"
SCHEMA = "of_notebooks"
MOUNT = "/mnt/of-notebooks"

PIN = {
    "index": 1, "unique_id": "a", "title": "Tent", "description": "d", "poster_name": "Ann",
    "follower_count": "124k", "tag_list": "a,b", "is_image_or_video": "image", "image_src": "i",
    "downloaded": 1, "save_location": "Local save in /data/travel", "category": "travel",
}  # fmt: skip
GEO = {
    "ind": 1,
    "timestamp": "2020-08-28T03:52:47",
    "latitude": 1.5,
    "longitude": 2,
    "country": "Peru",
}
USER = {
    "ind": 1,
    "first_name": "Ann",
    "last_name": "Lee",
    "age": 30,
    "date_joined": "2016-01-02 03:04:05",
}

Run = Callable[[Path, dict[str, str]], str]


@pytest.fixture(scope="module")
def environment(settings: Settings, running: Callable[..., object]) -> Environment:
    running("spark")
    return Environment(settings)


@pytest.fixture
def run(environment: Environment, tmp_path: Path) -> Run:
    """Return a function that runs a notebook and returns its exit value."""

    def run_it(path: Path, parameters: dict[str, str]) -> str:
        return exit_value(run_notebook(path, parameters, environment, tmp_path / "runs"))

    return run_it


@pytest.fixture
def landed(environment: Environment) -> None:
    lines = {"pin": [PIN, PIN | {"index": "no number"}], "geo": [GEO], "user": [USER]}
    for event, records in lines.items():
        topic = f"{USER_ID}.{event}"
        key = f"topics/{topic}/partition=0/{topic}+0+0000000000.json"
        body = "".join(json.dumps(record) + "\n" for record in records)
        bucket = environment.settings.bucket
        environment.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())


def run_all(run: Run, settings: Settings) -> tuple[str, dict[str, int], list[str]]:
    """Return the exit values of the three notebooks of the batch pipeline."""
    tables = {"catalog": "spark_catalog", "schema": SCHEMA}
    mount = {"source": f"s3a://{settings.bucket}", "landing_path": MOUNT}
    landing_path = run(ROOT / "notebooks/mount_landing.ipynb", mount)
    clean = tables | {
        "landing_path": landing_path,
        "checkpoints_path": settings.checkpoints_path,
        "user_id": USER_ID,
    }
    rows = json.loads(run(ROOT / "notebooks/clean_landing.ipynb", clean))
    names = json.loads(run(ROOT / "notebooks/answer_questions.ipynb", tables))
    return landing_path, rows, names


def test_the_smoke_test_passes_and_leaves_no_file(
    run: Run, settings: Settings, environment: Environment
) -> None:
    parameters = {"checkpoints_path": settings.checkpoints_path}
    assert run(ROOT / "notebooks/smoke_test.ipynb", parameters).startswith("pass: all ")
    assert not (environment.settings.state / "spark/checkpoints/smoke_test").exists()


@pytest.mark.usefixtures("landed")
def test_the_three_notebooks_clean_and_answer_and_a_second_run_changes_nothing(
    run: Run, settings: Settings, spark: SparkSession
) -> None:
    first = run_all(run, settings)
    assert first[0] == MOUNT
    assert first[1] == {"pin": 1, "geo": 1, "user": 1, "rejected": 1}
    assert len(first[2]) == 9
    checkpoints = settings.state / "spark" / "checkpoints" / SCHEMA
    assert list(checkpoints.glob("*/staged/*")) == []
    answers = {name: spark.table(f"spark_catalog.{SCHEMA}.{name}").collect() for name in first[2]}
    assert [tuple(row) for row in answers["top_category_by_country"]] == [("Peru", "travel", 1)]
    assert [tuple(row) for row in answers["top_poster_country"]] == [("Peru", 124_000)]
    assert run_all(run, settings) == first
    assert {n: spark.table(f"spark_catalog.{SCHEMA}.{n}").collect() for n in first[2]} == answers
    assert kernel_pids(ROOT / "notebooks") == []


def test_dbutils_and_spark_follow_the_same_mounts(
    run: Run, environment: Environment, tmp_path: Path
) -> None:
    bucket = "mounted-by-a-test"
    environment.s3.create_bucket(Bucket=bucket)
    notebook = write_notebook(
        tmp_path / "mounts.ipynb",
        f"dbutils.fs.mount('s3a://{bucket}/folder', '/mnt/a-test')",
        "dbutils.fs.put('/mnt/a-test/in/one.txt', 'hello')",
        # Spark may read S3, and not write it.
        "spark.read.text('/mnt/a-test/in').write.text('/tmp/a-test/out')",
        "names = [entry.name for entry in dbutils.fs.ls('dbfs:/mnt/a-test')]",
        "dbutils.fs.cp('/mnt/a-test/in', '/tmp/a-test/copied', True)",
        "text = [spark.read.text(f'/tmp/a-test/{of}').head().value for of in ('copied', 'out')]",
        "removed = dbutils.fs.rm('/mnt/a-test', True) and dbutils.fs.rm('/tmp/a-test', True)",
        "dbutils.fs.unmount('/mnt/a-test')",
        "errors = []",
        "try:\n    spark.read.text('/mnt/a-test').collect()\n"
        "except Exception as error:\n    errors.append(str(error))",
        "try:\n    dbutils.fs.mount('s3a://no-such-bucket', '/mnt/nothing')\n"
        "except Exception as error:\n    errors.append(str(error))",
        "import json; dbutils.notebook.exit(json.dumps([names, text, removed, errors]))",
    )
    names, text, removed, (unmounted, missing) = json.loads(run(notebook, {}))
    assert (names, text, removed) == (["in/"], ["hello"] * 2, True)
    assert "PATH_NOT_FOUND" in unmounted
    assert "Bucket no-such-bucket does not exist: nothing is mounted" in missing
    remaining = environment.s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in remaining] == ["folder/"]  # emptied, but not removed
    environment.s3.delete_object(Bucket=bucket, Key="folder/")
    environment.s3.delete_bucket(Bucket=bucket)
