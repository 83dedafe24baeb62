"""The notebooks, as they are committed, in real kernels on the real landing and Spark server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from pyspark.sql import SparkSession

from local.notebook.runner import NotebookRun, run_notebook
from local.secrets import Secrets
from local.settings import Settings

ROOT = Path(__file__).parents[2]
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

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Run = Callable[..., NotebookRun]


@pytest.fixture(scope="module")
def s3(settings: Settings, secrets: Secrets, running: Callable[..., object]) -> S3Client:
    running("s3")
    return boto3.client(
        "s3",
        endpoint_url=settings.landing_url,
        region_name="us-east-1",
        aws_access_key_id=secrets.aws_access_key_id,
        aws_secret_access_key=secrets.aws_secret_access_key,
    )


@pytest.fixture(scope="module")
def landed(settings: Settings, s3: S3Client) -> None:
    lines = {"pin": [PIN, PIN | {"index": "no number"}], "geo": [GEO], "user": [USER]}
    for event, records in lines.items():
        topic = f"{USER_ID}.{event}"
        key = f"topics/{topic}/partition=0/{topic}+0+0000000000.json"
        body = "".join(json.dumps(record) + "\n" for record in records)
        s3.put_object(Bucket=settings.bucket, Key=key, Body=body.encode())


@pytest.fixture
def run(
    settings: Settings, secrets: Secrets, running: Callable[..., object], tmp_path: Path
) -> Run:
    running("spark")

    def run_it(
        path: Path,
        parameters: dict[str, str] | None = None,
        timeout_seconds: float | None = None,
    ) -> NotebookRun:
        output_dir = tmp_path / "out"
        given = parameters or {}
        return run_notebook(
            path, given, settings, secrets, output_dir, timeout_seconds=timeout_seconds
        )

    return run_it


@pytest.fixture
def run_cells(run: Run, tmp_path: Path) -> Run:
    def run_them(*sources: str, **options: float) -> NotebookRun:
        return run(write(tmp_path / "cells.ipynb", *sources), **options)

    return run_them


def write(path: Path, *sources: str) -> Path:
    cells = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]  # untyped library
    nbformat.write(new_notebook(cells=cells), path)  # type: ignore[no-untyped-call]  # untyped library
    return path


def kernels() -> list[int]:
    family = psutil.Process().children(recursive=True)
    return [child.pid for child in family if "ipykernel_launcher" in " ".join(child.cmdline())]


def exit_value(ran: NotebookRun) -> str:
    assert ran.error is None, str(ran.error)
    assert ran.exit_value is not None
    return ran.exit_value


def run_all(run: Run, settings: Settings) -> tuple[str, dict[str, int], list[str]]:
    """Return the exit values of the three notebooks, run one after the other."""
    tables = {"catalog": "spark_catalog", "schema": SCHEMA}
    mounting = {"source": f"s3a://{settings.bucket}", "landing_path": MOUNT}
    landing_path = exit_value(run(ROOT / "notebooks/mount_landing.ipynb", mounting))
    cleaning = tables | {
        "landing_path": landing_path,
        "checkpoints_path": settings.checkpoints_path,
        "user_id": USER_ID,
    }
    rows = json.loads(exit_value(run(ROOT / "notebooks/clean_landing.ipynb", cleaning)))
    names = json.loads(exit_value(run(ROOT / "notebooks/answer_questions.ipynb", tables)))
    return landing_path, rows, names


@pytest.mark.usefixtures("landed")
def test_the_three_notebooks_clean_and_answer_and_a_second_run_changes_nothing(
    run: Run, settings: Settings, spark: SparkSession
) -> None:
    first = run_all(run, settings)
    assert first[0] == MOUNT
    assert first[1] == {"pin": 1, "geo": 1, "user": 1, "rejected": 1}
    assert len(first[2]) == 9
    answers = {name: spark.table(f"spark_catalog.{SCHEMA}.{name}").collect() for name in first[2]}
    assert [tuple(row) for row in answers["top_category_by_country"]] == [("Peru", "travel", 1)]
    assert [tuple(row) for row in answers["top_poster_country"]] == [("Peru", 124_000)]
    assert run_all(run, settings) == first
    assert {n: spark.table(f"spark_catalog.{SCHEMA}.{n}").collect() for n in first[2]} == answers
    assert kernels() == []


def test_both_files_of_a_run_show_its_outputs(run_cells: Run) -> None:
    ran = run_cells("display(spark.range(3).selectExpr('id + 40 AS answer'))")
    assert ran.error is None
    for path in (ran.notebook_path, ran.html_path):
        assert "answer" in path.read_text()
        assert "42" in path.read_text()


def test_nothing_runs_after_exit(run_cells: Run) -> None:
    ran = run_cells(
        "try:\n    dbutils.notebook.exit('done')\nexcept Exception:\n    print('swallowed')",
        "raise RuntimeError('ran on')",
    )
    assert (ran.exit_value, ran.error) == ("done", None)
    executed = nbformat.read(ran.notebook_path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    assert [output.text for output in executed.cells[0].outputs] == ["Notebook exited: done\n"]
    assert executed.cells[1].outputs == []


def test_a_failing_cell_is_reported_and_saved_and_its_kernel_gone(run_cells: Run) -> None:
    ran = run_cells("x = 1", "x / 0", "print('never')")
    assert ran.exit_value is None
    assert ran.error is not None
    assert (ran.error.cell, ran.error.source) == (2, "x / 0")
    assert ran.error.reason == "ZeroDivisionError: division by zero"
    assert "----> 1 x / 0" in ran.error.traceback
    assert "ZeroDivisionError" in ran.html_path.read_text()
    assert kernels() == []


def test_a_kernel_that_dies_is_reported(run_cells: Run) -> None:
    ran = run_cells("import os; os._exit(9)")
    assert ran.error is not None
    assert "the kernel died" in ran.error.reason
    assert kernels() == []


def test_a_notebook_that_takes_too_long_is_stopped(run_cells: Run) -> None:
    ran = run_cells("import time", "time.sleep(600)", timeout_seconds=8)
    assert ran.error is not None
    assert (ran.error.cell, "took longer than 8 seconds" in ran.error.reason) == (2, True)
    assert kernels() == []


def test_ctrl_c_leaves_no_kernel_and_saves_what_ran(
    settings: Settings, tmp_path: Path, poll: Callable[..., object]
) -> None:
    begun = tmp_path / "begun"
    notebook = write(
        tmp_path / "long.ipynb",
        f"import os, pathlib; pathlib.Path({str(begun)!r}).write_text(str(os.getpid()))",
        "import time; time.sleep(600)",
    )
    environment = os.environ | {
        "PINTEREST_STATE": str(settings.state),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    program = [
        sys.executable,
        "-m",
        "local.notebook",
        "run",
        str(notebook),
        "--output",
        str(tmp_path / "o"),
    ]
    with subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL) as runner:
        poll(lambda: begun.exists() and begun.read_text(), seconds=60, what="the first cell")
        runner.send_signal(signal.SIGINT)
        assert runner.wait(30) != 0
    assert not psutil.pid_exists(int(begun.read_text()))
    assert (tmp_path / "o" / "long.html").exists()


def test_no_secret_is_saved(run_cells: Run, secrets: Secrets) -> None:
    ran = run_cells("import os; print(dict(os.environ))")
    assert ran.error is None
    saved = ran.notebook_path.read_text() + ran.html_path.read_text()
    assert "[REDACTED]" in saved
    assert [value for value in secrets.model_dump().values() if value in saved] == []


def test_a_kernel_knows_the_library_and_nothing_else_of_the_project(run_cells: Run) -> None:
    ran = run_cells("import pinterest_pipeline", "import emulation")
    assert ran.error is not None
    assert ran.error.reason == "ModuleNotFoundError: No module named 'emulation'"


def test_run_shares_names_with_the_other_notebook(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "other.ipynb", "answer = 42")
    ran = run(write(tmp_path / "one.ipynb", "%run ./other", "dbutils.notebook.exit(answer)"))
    assert exit_value(ran) == "42"


def test_sql_magic_shows_rows_and_keeps_them(run_cells: Run) -> None:
    ran = run_cells("%sql\nSELECT 40 + 2 AS answer", "dbutils.notebook.exit(_sqldf.head().answer)")
    assert exit_value(ran) == "42"


def test_files_behind_a_mount_are_the_same_for_dbutils_and_spark(
    run_cells: Run, s3: S3Client
) -> None:
    s3.create_bucket(Bucket="mounted-by-a-test")
    ran = run_cells(
        "dbutils.fs.mount('s3a://mounted-by-a-test/folder', '/mnt/a-test')",
        "dbutils.fs.put('/mnt/a-test/in/one.txt', 'hello')",
        "spark.read.text('/mnt/a-test/in').write.text('/mnt/a-test/out')",
        "found = [entry.name for entry in dbutils.fs.ls('dbfs:/mnt/a-test')]",
        "copied = dbutils.fs.cp('/mnt/a-test/in', '/tmp/a-test', True)",
        "text = spark.read.text('/tmp/a-test').head().value",
        "gone = dbutils.fs.rm('/mnt/a-test', True) and dbutils.fs.rm('/tmp/a-test', True)",
        "dbutils.fs.unmount('/mnt/a-test')",
        "import json; dbutils.notebook.exit(json.dumps([found, text, gone]))",
    )
    assert json.loads(exit_value(ran)) == [["in/", "out/"], "hello", True]
    left = s3.list_objects_v2(Bucket="mounted-by-a-test")["Contents"]
    assert [entry["Key"] for entry in left] == ["folder/"]  # emptied: the folder itself stays
    s3.delete_object(Bucket="mounted-by-a-test", Key="folder/")
    s3.delete_bucket(Bucket="mounted-by-a-test")


def test_an_unmounted_path_is_gone_for_spark(run_cells: Run, settings: Settings) -> None:
    # Whatever other tests have landed: their folders need not look alike.
    read = "spark.read.text('/mnt/for-a-moment', recursiveFileLookup=True)"
    ran = run_cells(
        f"dbutils.fs.mount('s3a://{settings.bucket}', '/mnt/for-a-moment')",
        f"{read}.limit(1).collect()",
        "dbutils.fs.unmount('/mnt/for-a-moment')",
        f"{read}.limit(1).collect()",
    )
    assert ran.error is not None
    assert (ran.error.cell, "PATH_NOT_FOUND" in ran.error.reason) == (4, True)


def test_mounting_a_bucket_that_is_not_there_fails(run_cells: Run) -> None:
    ran = run_cells("dbutils.fs.mount('s3a://no-such-bucket', '/mnt/nothing')")
    assert ran.error is not None
    assert "Bucket no-such-bucket does not exist: nothing is mounted" in ran.error.reason


def test_kernels_may_run_side_by_side(run: Run, tmp_path: Path) -> None:
    notebooks = [
        write(tmp_path / f"n{number}.ipynb", f"dbutils.notebook.exit({number})")
        for number in (1, 2)
    ]
    values: list[str] = []
    threads = [
        threading.Thread(target=lambda path=path: values.append(exit_value(run(path))))
        for path in notebooks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(values) == ["1", "2"]
