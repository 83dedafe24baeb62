"""The outcome of payloads, as a micro-batch writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import event_named
from pinterest_pipeline.micro_batch import write_outcome

__all__ = ["outcomes"]


def outcomes(
    spark: SparkSession, event: str, payloads: Sequence[bytes], folder: str
) -> list[list[dict[str, Any]]]:
    """Return all outcomes of each payload; times as microseconds since 1970."""
    lines = spark.createDataFrame(list(enumerate(payloads)), "position int, line binary")
    records = lines.select(
        F.lit(event).alias("event"),
        F.col("line").cast("string").alias("payload"),
        F.lit("stream").alias("origin"),
        F.col("position").cast("string"),
        F.current_timestamp().alias("arrived_at"),
    )
    outcome = write_outcome(records, event_named(event), f"{folder}/{event}")
    times = {name: F.unix_micros(name) for name, kind in outcome.dtypes if kind == "timestamp"}
    results: list[list[dict[str, Any]]] = [[] for _ in payloads]
    for row in outcome.withColumns(times).collect():
        results[int(row.position)].append(row.asDict())
    return results
