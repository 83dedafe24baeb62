"""Reads the tables after a run, in few statements: contents, differences and changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.answers import collect_together
from pinterest_pipeline.events import EVENTS

__all__ = [
    "Changes",
    "Comparison",
    "Contents",
    "TableDifference",
    "changes_since",
    "read_contents",
    "rejected_reasons",
]

_POSTS_SHOWN = 10
_INSERTED = {"MERGE": "numTargetRowsInserted", "WRITE": "numOutputRows"}
"""The metric of new rows, by operation of a table's history."""


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
    """How the two pipelines compare. Answers follow from the clean tables.

    Attributes:
        tables: The clean tables that differ.
    """

    tables: Sequence[TableDifference]

    @property
    def equal(self) -> bool:
        """Whether both pipelines have the same clean tables."""
        return not self.tables


@dataclass(frozen=True)
class Contents:
    """What the tables of one pipeline hold.

    Attributes:
        clean: Rows of each clean table.
        merged: By event, records that the loads name as merged or superseded.
        rejected: `event, payload, reason` of each rejected record.
    """

    clean: Mapping[str, int]
    merged: Mapping[str, int]
    rejected: pd.DataFrame


class Changes(NamedTuple):
    """Rows of the clean tables that a run inserted, and rows that it wrote again.

    A row is written again when a version of its post arrives. An unchanged row is one of them only
    if its micro-batch also held new posts.
    """

    inserted: int
    written_again: int


def read_contents(
    spark: SparkSession, batch: str, stream: str
) -> tuple[Contents, Contents, Comparison]:
    """Return what the tables of two schemas (`<catalog>.<schema>`) hold, and how they differ."""
    schemas = {"batch": batch, "stream": stream}
    read = collect_together(
        {event.name: _compared(spark, schemas, event.name) for event in EVENTS}
        | {f"{name}_loads": _merged(spark, schema) for name, schema in schemas.items()}
    )
    # A statement of its own: rejected records may be many, and each list above is one value.
    rejected = reduce(
        DataFrame.unionByName,
        (
            _rejected(spark, schema).withColumn("pipeline", F.lit(name))
            for name, schema in schemas.items()
        ),
    ).toPandas()
    rows = {event.name: read[event.name].iloc[0] for event in EVENTS}

    def contents(pipeline: str) -> Contents:
        loads = read[f"{pipeline}_loads"]
        return Contents(
            clean={table: int(counts[f"in_{pipeline}"]) for table, counts in rows.items()},
            merged=dict(zip(loads["event"], loads["merged"].astype(int), strict=True)),
            rejected=rejected[rejected["pipeline"] == pipeline].drop(columns="pipeline"),
        )

    differences = [
        TableDifference(
            table, int(of.only_in_batch), int(of.only_in_stream), [int(post) for post in of.posts]
        )
        for table, of in rows.items()
        if of.only_in_batch or of.only_in_stream
    ]
    return contents("batch"), contents("stream"), Comparison(differences)


def changes_since(spark: SparkSession, schema: str, started_at: dt.datetime) -> Changes:
    """Return the changes in the clean tables of `schema`, from the tables' own history."""
    # Not a datetime literal: Spark Connect would ask the active session for its type, and that
    # session may belong to another server.
    started_micros = round(started_at.timestamp() * 1_000_000)
    of_this_run = F.unix_micros("timestamp") >= started_micros
    inserted = written_again = 0
    for event in EVENTS:
        history = spark.sql(f"DESCRIBE HISTORY {schema}.{event.name}").where(of_this_run)
        for operation, metrics in history.select("operation", "operationMetrics").collect():
            if operation in _INSERTED:
                inserted += int(metrics[_INSERTED[operation]])
                written_again += int(metrics.get("numTargetRowsUpdated", 0))
    return Changes(inserted, written_again)


def rejected_reasons(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return `event, reason, records` of rejected records, sorted by records, largest first."""
    counts = rejected.groupby(["event", "reason"], as_index=False).size()
    counts = counts.rename(columns={"size": "records"})
    in_order = ["records", "event", "reason"]
    return counts.sort_values(in_order, ascending=[False, True, True], ignore_index=True)


def _compared(spark: SparkSession, schemas: Mapping[str, str], table: str) -> DataFrame:
    """Return one row: the numbers of rows of the clean table in each pipeline and in only one."""
    sides = [f"in_{name}" for name in schemas]
    rows = reduce(
        DataFrame.unionByName,
        (
            spark.table(f"{schema}.{table}").withColumns({
                side: F.lit(int(side == f"in_{name}")) for side in sides
            })
            for name, schema in schemas.items()
        ),
    )
    columns = [name for name in rows.columns if name not in sides]
    # Grouping treats nulls as equal, and counts a row that one pipeline holds twice.
    counted = rows.groupBy(*columns).agg(*(F.sum(side).alias(side) for side in sides))
    surplus = F.col("in_batch") - F.col("in_stream")
    sums = {side: F.col(side) for side in sides}
    sums |= {"only_in_batch": F.greatest(surplus, F.lit(0))}
    sums |= {"only_in_stream": F.greatest(-surplus, F.lit(0))}
    differing = F.collect_set(F.when(surplus != 0, F.col("ind")))
    return counted.agg(
        *(F.coalesce(F.sum(count), F.lit(0)).alias(name) for name, count in sums.items()),
        F.slice(F.sort_array(differing), 1, _POSTS_SHOWN).alias("posts"),
    )


def _merged(spark: SparkSession, schema: str) -> DataFrame:
    records = F.sum(F.col("rows_merged") + F.col("records_superseded"))
    return spark.table(f"{schema}.loads").groupBy("event").agg(records.alias("merged"))


def _rejected(spark: SparkSession, schema: str) -> DataFrame:
    return spark.table(f"{schema}.rejected").select("event", "payload", "reason")
