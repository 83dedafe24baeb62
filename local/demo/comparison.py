"""Reads the tables after a run: how the two pipelines compare, what changed, what was rejected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import EVENTS

__all__ = [
    "Changes",
    "Comparison",
    "TableDifference",
    "changes_since",
    "differing_answers",
    "differing_tables",
    "rejected_reasons",
]

_POSTS_SHOWN = 10


@dataclass(frozen=True)
class TableDifference:
    """The rows of a clean table that only one pipeline has.

    Attributes:
        table: Name of the table.
        only_in_batch: Rows missing in the streaming pipeline.
        only_in_stream: Rows missing in the batch pipeline.
        posts: The lowest indexes of the posts in these rows.
    """

    table: str
    only_in_batch: int
    only_in_stream: int
    posts: list[int]


@dataclass(frozen=True)
class Comparison:
    """How the two pipelines compare.

    Attributes:
        tables: The clean tables that differ.
        answers: Names of the answers that differ.
    """

    tables: list[TableDifference]
    answers: list[str]

    @property
    def equal(self) -> bool:
        """Whether both pipelines have the same clean tables and answers."""
        return not self.tables and not self.answers


class Changes(NamedTuple):
    """Rows of the clean tables that a run inserted, and that it replaced by a later version."""

    inserted: int
    replaced: int


def differing_tables(spark: SparkSession, batch: str, stream: str) -> list[TableDifference]:
    """Return how the clean tables of two schemas (`<catalog>.<schema>`) differ."""
    differences = [_difference(spark, batch, stream, event.name) for event in EVENTS]
    return [difference for difference in differences if difference is not None]


def differing_answers(
    batch: Mapping[str, pd.DataFrame], stream: Mapping[str, pd.DataFrame]
) -> list[str]:
    """Return the names of the answers that differ between the pipelines."""
    return [name for name in batch if not batch[name].equals(stream[name])]


def changes_since(spark: SparkSession, schema: str, started_at: dt.datetime) -> Changes:
    """Return the changes in the clean tables of `schema`, from the tables' own history."""
    # Not a datetime literal: Spark Connect would ask the active session for its type, and that
    # session may belong to another server.
    started_micros = round(started_at.timestamp() * 1_000_000)
    of_this_run = F.unix_micros("timestamp") >= started_micros
    total = Changes(0, 0)
    for event in EVENTS:
        history = spark.sql(f"DESCRIBE HISTORY {schema}.{event.name}")
        merges = history.where((F.col("operation") == "MERGE") & of_this_run)
        counts = merges.agg(_sum("numTargetRowsInserted"), _sum("numTargetRowsUpdated"))
        inserted, replaced = counts.collect()[0]
        total = Changes(total.inserted + inserted, total.replaced + replaced)
    return total


def rejected_reasons(spark: SparkSession, schema: str) -> pd.DataFrame:
    """Return `event, reason, records` of `schema`, sorted by records, largest first."""
    return (
        spark
        .table(f"{schema}.rejected")
        .groupBy("event", "reason")
        .agg(F.count("*").alias("records"))
        .orderBy(F.col("records").desc(), "event", "reason")
        .toPandas()
    )


def _difference(spark: SparkSession, batch: str, stream: str, table: str) -> TableDifference | None:
    rows_in_batch = spark.table(f"{batch}.{table}").withColumn("weight", F.lit(1))
    rows_in_stream = spark.table(f"{stream}.{table}").withColumn("weight", F.lit(-1))
    rows = rows_in_batch.unionByName(rows_in_stream)
    columns = [name for name in rows.columns if name != "weight"]
    # Grouping treats nulls as equal, and counts a row that one pipeline holds twice.
    surplus = rows.groupBy(*columns).agg(F.sum("weight").alias("surplus")).where("surplus <> 0")
    difference = surplus.agg(
        F.sum(F.greatest("surplus", F.lit(0))).alias("batch"),
        F.sum(F.greatest(-F.col("surplus"), F.lit(0))).alias("stream"),
        F.slice(F.sort_array(F.collect_set("ind")), 1, _POSTS_SHOWN).alias("posts"),
    ).collect()[0]
    if difference.batch is None:
        return None
    return TableDifference(table, difference.batch, difference.stream, difference.posts)


def _sum(metric: str) -> Column:
    rows = F.sum(F.col("operationMetrics")[metric].cast("bigint"))
    return F.coalesce(rows, F.lit(0))
