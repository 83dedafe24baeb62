"""Tells a query that another program stopped from one that ended by itself.

Spark reports both in the same way, without an error. A query that ended by itself has completed
every micro-batch that it began: its checkpoint has a commit for each offset.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

__all__ = ["STOPPED", "remember_checkpoint", "was_stopped"]

STOPPED = "another program stopped it during a micro-batch"
"""Why such a query ended, for messages."""

_FILE = r"/(offsets|commits)/(\d+)$"

_checkpoints: WeakKeyDictionary[StreamingQuery, tuple[SparkSession, str]] = WeakKeyDictionary()


def remember_checkpoint(query: StreamingQuery, spark: SparkSession, checkpoint: str) -> None:
    """Remember where a query that ends by itself keeps its progress. Spark does not tell it."""
    _checkpoints[query] = (spark, checkpoint)


def was_stopped(query: StreamingQuery) -> bool:
    """Return whether a query that has ended left a micro-batch incomplete.

    False for a query without a remembered checkpoint, and for one that was stopped between two
    micro-batches.
    """
    known = _checkpoints.get(query)
    if known is None:
        return False
    spark, checkpoint = known
    path = F.col("_metadata.file_path")
    files = spark.read.text(f"{checkpoint}/{{offsets,commits}}/*").select(
        F.regexp_extract(path, _FILE, 1).alias("kind"),
        F.regexp_extract(path, _FILE, 2).cast("long").alias("batch"),
    )
    try:
        last: dict[str, int] = dict(files.groupBy("kind").agg(F.max("batch")).collect())
    except AnalysisException:  # no micro-batch began
        return False
    return last.get("offsets", -1) > last.get("commits", -1)
