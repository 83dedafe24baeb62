"""Notebook tasks on the Spark server, and what the workspace asks it."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.compute import Library
from databricks.sdk.service.jobs import Task

from tests.conftest import Poll
from tests.support.services import Running
from tests.support.workspace import notebook_task, wheel

pytestmark = pytest.mark.usefixtures("spark_without_services")

PROBE = """
TABLE = "spark_catalog.probe.rows"

def write(batch, batch_id):
    rows = batch.selectExpr("value", f"{doubled(batch_id)} AS batch")
    rows.write.mode("append").saveAsTable(TABLE)

def doubled(number):
    return 2 * number + 1
"""


def test_a_foreach_batch_function_comes_from_the_wheel(client: WorkspaceClient) -> None:
    """The server does not have the wheel, so it must get the functions by value."""
    client.schemas.create("probe", "spark_catalog")
    task = notebook_task(
        client,
        "streaming",
        "import probe_wheel",
        "rate = spark.readStream.format('rate-micro-batch').option('rowsPerBatch', 3).load()",
        "dbutils.fs.mkdirs('/probe')",
        "query = (rate.writeStream.foreachBatch(probe_wheel.write)"
        ".option('checkpointLocation', '/probe/checkpoint').trigger(availableNow=True).start())",
        "query.awaitTermination()",
        "dbutils.notebook.exit(str(spark.table(probe_wheel.TABLE).first()))",
    )
    task.libraries = [Library(whl=wheel(client, "probe_wheel", PROBE))]
    run = client.jobs.run_now(created(client, task)).result()
    (ended,) = run.tasks or []
    output = client.jobs.get_run_output(ended.run_id or 0)
    assert output.notebook_output
    assert output.notebook_output.result == "Row(value=0, batch=1)"
    client.schemas.delete("spark_catalog.probe", force=True)
    with pytest.raises(NotFound, match=r"Schema spark_catalog\.probe does not exist"):
        client.schemas.get("spark_catalog.probe")


STREAM = """
def write(batch, batch_id):
    pathlib.Path(WORKER).write_text(str(os.getpid()))

rate = spark.readStream.format("rate").load()
query = rate.writeStream.foreachBatch(write).option("checkpointLocation", CHECKPOINT).start()
while not pathlib.Path(WORKER).exists():
    time.sleep(0.1)
"""

STATEMENT = """
from pyspark.sql.functions import udf
rows = spark.range(0, 1, 1, 1)

@udf("long")
def wait(number):
    pathlib.Path(WORKER).write_text(str(os.getpid()))
    while True:
        time.sleep(0.1)

rows.select(wait("id")).collect()
"""


@pytest.mark.parametrize(
    ("query", "end", "message"),
    [
        (f"{STREAM}query.awaitTermination()", "cancel", "The run was canceled"),
        (f"{STREAM}query.awaitTermination()", "time out", "longer than 20 seconds"),
        (f"{STREAM}os.kill(os.getpid(), 9)", "wait", "the kernel died"),
        (f"{STREAM}query.awaitTermination()", "kill the workspace", "Start the run again"),
        (STATEMENT, "cancel", "The run was canceled"),
        (STATEMENT, "kill the kernel", "the kernel died"),
    ],
)
def test_a_query_ends_with_its_task(
    client: WorkspaceClient,
    running: Running,
    poll: Poll,
    tmp_path: Path,
    query: str,
    end: str,
    message: str,
) -> None:
    """The process that runs the query's Python functions belongs to the Spark server."""
    worker, kernel = tmp_path / "worker", tmp_path / "kernel"
    names = f"WORKER, CHECKPOINT = {str(worker)!r}, {(tmp_path / 'checkpoint').as_uri()!r}"
    started = f"pathlib.Path({str(kernel)!r}).write_text(str(os.getpid()))"
    source = f"import os, pathlib, time\n{names}\n{started}"
    task = notebook_task(client, "endless", source, query)
    task.timeout_seconds = 20 if end == "time out" else None
    run_id = client.jobs.run_now(created(client, task)).run_id
    poll(lambda: number_in(worker) or has_ended(client, run_id), seconds=60, what="the query")
    process = psutil.Process(number_in(worker))
    if end == "cancel":
        client.jobs.cancel_run(run_id)
    elif end == "kill the kernel":
        psutil.Process(number_in(kernel)).kill()
    elif end == "kill the workspace":
        running.kill("workspace")
        running("workspace")
    poll(lambda: has_ended(client, run_id), seconds=60, what="the end of the run")
    (ended,) = client.jobs.get_run(run_id).tasks or []
    assert ended.state
    assert message in (ended.state.state_message or "")
    poll(lambda: not process.is_running(), what="the end of the query")


def created(client: WorkspaceClient, task: Task) -> int:
    job_id = client.jobs.create(tasks=[task]).job_id
    assert job_id
    return job_id


def has_ended(client: WorkspaceClient, run_id: int) -> bool:
    return bool(client.jobs.get_run(run_id).end_time)


def number_in(path: Path) -> int:
    """Return the number in a file; 0 before it is written."""
    return int(path.read_text() or 0) if path.exists() else 0
