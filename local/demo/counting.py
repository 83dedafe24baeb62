"""Counts the rows of the clean, rejected and loads tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from local.demo.landed import post_of
from pinterest_pipeline.events import Event

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


def count_tables(
    spark: SparkSession, schema: str, event: Event, landed: Counter[int | None]
) -> TableCounts:
    """Return the counts of `event` in the tables of `schema` (`<catalog>.<schema>`).

    Of the records that were merged, one of each post stands, and how many posts there are is
    counted in what has `landed`: the clean table must not vouch for itself.
    """
    payloads = spark.table(f"{schema}.rejected").where(F.col("event") == event.name)
    rejected = Counter(post_of(row.payload, event.key) for row in payloads.collect())
    loads = spark.table(f"{schema}.loads").where(F.col("event") == event.name)
    merged = F.col("rows_merged") + F.col("records_superseded")
    return TableCounts(
        clean=spark.table(f"{schema}.{event.name}").count(),
        superseded=(loads.agg(F.sum(merged)).collect()[0][0] or 0) - _posts(landed - rejected),
        rejected=rejected.total(),
    )


def _posts(lines: Counter[int | None]) -> int:
    return len(lines.keys() - {None})
