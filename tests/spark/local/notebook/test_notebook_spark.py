"""`spark`, `display` and `%sql` of a notebook on the Spark server."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.environment import Environment
from local.notebook.runner import run_notebook
from local.settings import Settings
from tests.support.notebooks import exit_value, exported_text, write_notebook

pytestmark = pytest.mark.local


@pytest.mark.usefixtures("spark")
def test_a_notebook_displays_rows_and_keeps_the_rows_of_sql(
    settings: Settings, tmp_path: Path
) -> None:
    notebook = write_notebook(
        tmp_path / "rows.ipynb",
        "from pyspark.sql import SparkSession; assert isinstance(spark, SparkSession)",
        "display(spark.range(3).selectExpr('id + 40 AS displayed'))",
        "display(spark.sql(\"SELECT TIMESTAMP '9999-12-31 01:02:03' AS far\"))",
        "%sql\nSELECT 40 + 3 AS selected",
        "dbutils.notebook.exit(_sqldf.head().selected)",
    )
    run = run_notebook(notebook, {}, Environment(settings), tmp_path / "runs")
    assert exit_value(run) == "43"
    for text in exported_text(run):
        assert all(shown in text for shown in ("displayed", ">42<", "9999-12-31 01:02:03", ">43<"))
