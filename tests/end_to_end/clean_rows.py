"""The rows of a clean table in the form in which `expected_rows` gives them."""

from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.tables import Tables

__all__ = ["clean_rows"]


def clean_rows(spark: SparkSession, tables: Tables, table: str) -> list[tuple[object, ...]]:
    """Return the rows by `ind`, timestamps as text."""
    rows = tables.read(spark, table).orderBy("ind")
    as_text = rows.select(
        *(
            F.col(name).cast("string") if kind == "timestamp" else F.col(name)
            for name, kind in rows.dtypes
        )
    )
    return [tuple(row) for row in as_text.collect()]
