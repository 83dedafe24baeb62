"""Counts the rows that a run has changed, by the tables' own history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from pinterest_pipeline.events import EVENTS

__all__ = ["Changes", "changes_since", "show_changes"]


class Changes(NamedTuple):
    """Rows of the clean tables that were new, and that a later version of their post replaced."""

    inserted: int
    replaced: int


def changes_since(spark: SparkSession, schema: str, began_at: dt.datetime) -> Changes:
    """Return what was written to the clean tables of `schema` (`<catalog>.<schema>`)."""
    total = Changes(0, 0)
    for event in EVENTS:
        history = spark.sql(f"DESCRIBE HISTORY {schema}.{event.name}")
        merges = history.where((F.col("operation") == "MERGE") & (F.col("timestamp") >= began_at))
        of_event = merges.agg(_sum("numTargetRowsInserted"), _sum("numTargetRowsUpdated"))
        inserted, replaced = of_event.collect()[0]
        total = Changes(total.inserted + inserted, total.replaced + replaced)
    return total


def _sum(metric: str) -> Column:
    rows = F.sum(F.col("operationMetrics")[metric].cast("bigint"))
    return F.coalesce(rows, F.lit(0))


def show_changes(console: Console, changes: Mapping[str, Changes]) -> None:
    """Print what a run changed, half by half."""
    console.print("\nRows of the clean tables that this run changed:")
    for half, of_half in changes.items():
        console.print(f"  {half} half: {of_half.inserted:,} new, {of_half.replaced:,} replaced")
