"""Tells a query that another program stopped from one that ended by itself.

Spark reports both in the same way, without an error. A query that ended by itself has completed
every micro-batch that it began: its checkpoint has a commit for each offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from weakref import ReferenceType, WeakKeyDictionary, ref

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

__all__ = ["STOPPED", "remember_checkpoint", "stopped_queries"]

STOPPED = "another program stopped it during a micro-batch"
"""Why such a query ended, for messages."""

# The session is not kept: a session that lives until Python ends makes it hang.
_checkpoints: WeakKeyDictionary[StreamingQuery, tuple[ReferenceType[SparkSession], str]] = (
    WeakKeyDictionary()
)


def remember_checkpoint(query: StreamingQuery, spark: SparkSession, checkpoint: str) -> None:
    """Remember where a query that ends by itself keeps its progress. Spark does not tell it."""
    _checkpoints[query] = (ref(spark), checkpoint)


def stopped_queries(queries: Sequence[StreamingQuery]) -> list[StreamingQuery]:
    """Return those of the ended `queries` that left a micro-batch incomplete.

    Without a remembered checkpoint a query is not returned. The same holds for a query that was
    stopped between two micro-batches.
    """
    answers = {}
    for query in [query for query in queries if query in _checkpoints]:
        session, checkpoint = _checkpoints[query]
        spark = session()
        if spark is not None:
            answers[query] = _is_incomplete(spark, checkpoint)
    if not answers:
        return []
    # One statement for all: each has a fixed cost.
    row = reduce(lambda left, right: left.crossJoin(right), answers.values()).collect()[0]
    return [query for query, incomplete in zip(answers, row, strict=True) if incomplete]


def _is_incomplete(spark: SparkSession, checkpoint: str) -> DataFrame:
    """Return one boolean: whether a micro-batch began and is not complete."""
    # Spark creates both folders when the query starts.
    files = spark.read.text([f"{checkpoint}/offsets", f"{checkpoint}/commits"])
    path = F.col("_metadata.file_path")
    number = F.regexp_extract(path, r"\d+$", 0).cast("long")
    begun, completed = (
        F.coalesce(F.max(F.when(path.rlike(rf"/{kind}/\d+$"), number)), F.lit(-1))
        for kind in ("offsets", "commits")
    )
    return files.agg(begun > completed)
