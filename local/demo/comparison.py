"""Compares the tables of the two halves, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import EVENTS

__all__ = ["Difference", "Halves", "differing_answers", "differing_rows"]

_POSTS_SHOWN = 10


@dataclass(frozen=True)
class Difference:
    """What one clean table has in one half only.

    Attributes:
        table: Its name.
        only_in_batch: Rows that the streaming half lacks.
        only_in_stream: Rows that the batch half lacks.
        posts: The first of the posts that these rows are about.
    """

    table: str
    only_in_batch: int
    only_in_stream: int
    posts: list[int]


@dataclass(frozen=True)
class Halves:
    """How the two halves compare.

    Attributes:
        rows: The clean tables that differ.
        answers: The names of the answers that differ.
    """

    rows: list[Difference]
    answers: list[str]

    @property
    def equal(self) -> bool:
        """Whether the clean tables and the answers are the same in both."""
        return not self.rows and not self.answers


def differing_rows(spark: SparkSession, batch: str, stream: str) -> list[Difference]:
    """Return what the clean tables of two schemas (`<catalog>.<schema>`) do not share."""
    names = [event.name for event in EVENTS]
    found = [_difference(spark, batch, stream, name) for name in names]
    return [difference for difference in found if difference is not None]


def differing_answers(
    batch: Mapping[str, pd.DataFrame], stream: Mapping[str, pd.DataFrame]
) -> list[str]:
    """Return the names of the answers that are not the same in both."""
    return [name for name in batch if not batch[name].equals(stream[name])]


def _difference(spark: SparkSession, batch: str, stream: str, table: str) -> Difference | None:
    rows = _with_weight(spark.table(f"{batch}.{table}"), 1).unionByName(
        _with_weight(spark.table(f"{stream}.{table}"), -1)
    )
    columns = [name for name in rows.columns if name != "weight"]
    # Groups take nulls for equal, and count a row that one half holds twice.
    surplus = rows.groupBy(*columns).agg(F.sum("weight").alias("surplus")).where("surplus <> 0")
    found = surplus.agg(
        F.sum(F.greatest("surplus", F.lit(0))).alias("batch"),
        F.sum(F.greatest(-F.col("surplus"), F.lit(0))).alias("stream"),
        F.slice(F.sort_array(F.collect_set("ind")), 1, _POSTS_SHOWN).alias("posts"),
    ).collect()[0]
    if found.batch is None:
        return None
    return Difference(table, found.batch, found.stream, found.posts)


def _with_weight(rows: DataFrame, weight: int) -> DataFrame:
    return rows.withColumn("weight", F.lit(weight))
