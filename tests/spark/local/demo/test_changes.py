"""What a run changed is what its MERGEs say, not those before it."""

from __future__ import annotations

import datetime as dt
import io

from pyspark.sql import SparkSession
from rich.console import Console

from local.demo.changes import Changes, changes_since, show_changes
from pinterest_pipeline.tables import Tables


def test_only_rows_that_were_written_since_count(spark: SparkSession, tables: Tables) -> None:
    schema = f"{tables.catalog}.{tables.schema}"
    began_at = dt.datetime.now(dt.UTC)
    for rows in ([(1, "a"), (2, "b")], [(2, "c"), (3, "d")], [(3, "d")]):
        new = spark.createDataFrame(
            [(ind, name, 20, None) for ind, name in rows], tables.read(spark, "user").schema
        )
        tables.merge_clean(new, "user")

    assert changes_since(spark, schema, began_at) == Changes(inserted=3, replaced=1)
    assert changes_since(spark, schema, dt.datetime.now(dt.UTC)) == Changes(0, 0)


def test_the_changes_are_told_by_half() -> None:
    console = Console(file=io.StringIO(), width=120, record=True)
    show_changes(console, {"batch": Changes(33_462, 0), "stream": Changes(0, 2)})
    said = console.export_text()
    assert "batch half: 33,462 new, 0 replaced\n" in said
    assert "stream half: 0 new, 2 replaced\n" in said
