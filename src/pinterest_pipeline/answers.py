"""Answers every question in one statement, and writes the answers that have changed to tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.questions import QUESTIONS
from pinterest_pipeline.tables import Tables

__all__ = ["answer_questions", "collect_together", "replace_tables"]

_POSITION = "position of the row"


def answer_questions(spark: SparkSession, tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the answers by the names of their tables, which then hold them."""
    clean = [tables.read(spark, name) for name in ("pin", "geo", "user")]
    asked = {question.name: question.answer(*clean) for question in QUESTIONS}
    return replace_tables(spark, tables, asked)


def replace_tables(
    spark: SparkSession, tables: Tables, contents: Mapping[str, DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return `contents` (small), by the names of the tables whose content they replaced.

    A table that holds its rows already, in any order, is not written: a write would cost more
    than the query, and add an identical version. Readers sort for themselves.
    """
    collected = collect_together(contents)
    held = collect_together(_tables_with_same_columns(spark, tables, contents))
    for name, rows in collected.items():
        if name not in held or not _sorted(held[name]).equals(_sorted(rows)):
            written = spark.createDataFrame(rows, contents[name].schema).coalesce(1)  # a small file
            writing = written.write.format("delta").mode("overwrite")
            writing.option("overwriteSchema", "true").saveAsTable(tables.name(name))
    return collected


def collect_together(frames: Mapping[str, DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the rows of `frames` (small), by the same names, in their order.

    One statement for all costs less than one for each: Spark plans and starts it once.
    """
    if not frames:
        return {}
    # An aggregation keeps no order, so each row has its position. One row holds all frames.
    position = F.monotonically_increasing_id().alias(_POSITION)
    lists = [
        rows.select(F.struct("*", position).alias("row")).agg(F.collect_list("row").alias(name))
        for name, rows in frames.items()
    ]
    collected = reduce(DataFrame.crossJoin, lists).toArrow()
    return {name: _rows_of(collected[name]) for name in frames}


def _rows_of(column: pa.ChunkedArray) -> pd.DataFrame:
    rows = pa.Table.from_struct_array(column.combine_chunks().flatten())
    in_order: pd.DataFrame = rows.sort_by(_POSITION).drop_columns(_POSITION).to_pandas()
    return in_order


def _tables_with_same_columns(
    spark: SparkSession, tables: Tables, contents: Mapping[str, DataFrame]
) -> dict[str, DataFrame]:
    """Return the tables that exist with the columns of their new contents."""
    names = contents.keys() & tables.existing(spark)
    held = {name: tables.read(spark, name) for name in names}
    return {name: rows for name, rows in held.items() if rows.dtypes == contents[name].dtypes}


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    # Delta keeps no order: an optimized write may change it.
    return rows.sort_values([*rows.columns], ignore_index=True)
