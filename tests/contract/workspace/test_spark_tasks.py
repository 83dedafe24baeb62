"""Notebook tasks on the Spark server, and what the workspace asks it."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.compute import Library
from databricks.sdk.service.jobs import SubmitTask

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
    run = client.jobs.submit(tasks=[SubmitTask.from_dict(task.as_dict())]).result()
    (ended,) = run.tasks or []
    output = client.jobs.get_run_output(ended.run_id or 0)
    assert output.notebook_output
    assert output.notebook_output.result == "Row(value=0, batch=1)"
    assert [table.name for table in client.tables.list("spark_catalog", "probe")] == ["rows"]
    columns = client.tables.get("spark_catalog.probe.rows").columns or []
    assert [(column.name, column.type_text) for column in columns] == [
        ("value", "bigint"),
        ("batch", "int"),
    ]
    client.schemas.delete("spark_catalog.probe", force=True)
    assert list(client.tables.list("spark_catalog", "probe")) == []
