"""Counts the rows of the clean, rejected and loads tables."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

__all__ = ["TableCounts", "count_tables"]


@dataclass(frozen=True)
class TableCounts:
    """What the tables say of one event.

    Attributes:
        clean: Rows of the clean table.
        superseded: Records that another record of the same post stands for, in the same
            micro-batch or in a later one.
        rejected: Rows of the rejected table.
    """

    clean: int
    superseded: int
    rejected: int


def count_tables(spark: SparkSession, schema: str, event: str) -> TableCounts:
    """Return the counts of `event` in the tables of `schema` (`<catalog>.<schema>`)."""
    clean = spark.table(f"{schema}.{event}").count()
    rejected = spark.table(f"{schema}.rejected").where(F.col("event") == event).count()
    loads = spark.table(f"{schema}.loads").where(F.col("event") == event)
    merged, superseded = loads.select(
        F.coalesce(F.sum("rows_merged"), F.lit(0)),
        F.coalesce(F.sum("records_superseded"), F.lit(0)),
    ).collect()[0]
    return TableCounts(clean, superseded + merged - clean, rejected)
