"""One micro-batch of raw records becomes clean rows, rejected records and a load."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pinterest_pipeline.events import Event
from pinterest_pipeline.parse import with_parsed
from pinterest_pipeline.tables import Tables

__all__ = ["MicroBatches", "write_outcome"]

_BOOKKEEPING = ("event", "payload", "origin", "position", "arrived_at", "line", "reason")
_WRITTEN_ONCE = {"parquet.enable.dictionary": "false"}
"""Dictionaries take a quarter of the writing time, and the files are read at most three times."""


@dataclass
class MicroBatches:
    """The micro-batches of one run of a query.

    Attributes:
        event: The kind of event of the records.
        tables: The tables to write.
        checkpoint: Folder of the query's progress.
        staged: Folder of this run's outcomes. No other run uses it: a stopped run may still write.
        locate: Function that replaces the outcome's `origin` and `position` by the form that
            `rejected` shows; it may leave out good records. Null keeps them.
    """

    event: Event
    tables: Tables
    checkpoint: str
    staged: str
    locate: Callable[[DataFrame], DataFrame] | None = None
    _checkpoint_id: str = field(default="", init=False)
    """Known after the first micro-batch."""

    def clean(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch of raw records to the tables. A repetition changes nothing.

        The outcome of each record is written to files first, so that nothing is parsed twice. The
        load row comes last, as the commit marker of the micro-batch.

        Args:
            records: Raw records, with the columns that the readers return.
            batch_id: The number of the micro-batch in its query.
        """
        spark = records.sparkSession
        outcome = write_outcome(records, self.event, self.staged)
        counts = outcome.transform(_counts).collect()[0].asDict()
        if not counts["records_read"]:
            return  # Spark begins a new query with a micro-batch, even an empty one
        ind_range = (counts.pop("first_ind"), counts.pop("last_ind"))
        name = self.event.name
        if counts["rows_merged"]:
            good = outcome.where("reason IS NULL")
            # Usually each `ind` appears once, and there is nothing to rank.
            latest = good.transform(_latest) if counts["records_superseded"] else good
            self.tables.merge_clean(latest.drop(*_BOOKKEEPING), name, ind_range)
        if counts["records_rejected"]:
            located = outcome if self.locate is None else outcome.transform(self.locate)
            self.tables.add_rejected(located.transform(_rejected), name)
        # When a query restarts, it repeats at most the micro-batch in which it stopped.
        first = not self._checkpoint_id
        if first:
            self._checkpoint_id = _id_of(spark, self.checkpoint)
        batch = (self._checkpoint_id, batch_id)
        self.tables.add_load(spark, name, batch, counts, check_duplicate=first)
        spark.range(0).write.mode("overwrite").parquet(self.staged)  # free the disk


def write_outcome(records: DataFrame, event: Event, path: str) -> DataFrame:
    """Parse and clean raw records; return the outcome of each, read from files in `path`.

    Files, because serverless compute cannot persist a DataFrame.

    Returns:
        The columns of the event's clean table; `event`, `payload` (null where the record is good),
        `origin`, `position` and `arrived_at` of the raw record; `line`, a number that grows in the
        order in which a block of an object is read; and `reason` (null where the record is good).
    """
    in_order = records.withColumn("line", F.monotonically_increasing_id())
    parsed = in_order.transform(with_parsed, event)
    outcome = parsed.select(*event.clean(), *_BOOKKEEPING)
    outcome.write.mode("overwrite").options(**_WRITTEN_ONCE).parquet(path)
    # Spark Connect caches the plan of a read, with its list of files. The format ignores this
    # option, which makes each read a new one.
    reading = outcome.sparkSession.read.option("attempt", uuid.uuid4().hex)
    return reading.schema(outcome.schema).parquet(path)


def _id_of(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a checkpoint. A path may hold a new checkpoint later."""
    checkpoint_id: str = (
        spark.read.schema("id string").json(f"{checkpoint}/metadata").collect()[0].id
    )
    return checkpoint_id


def _counts(outcome: DataFrame) -> DataFrame:
    good = F.col("reason").isNull()
    merged = F.count_distinct(F.when(good, F.col("ind")))
    return outcome.agg(
        F.count("*").alias("records_read"),
        merged.alias("rows_merged"),
        (F.count_if(good) - merged).alias("records_superseded"),
        F.count_if(~good).alias("records_rejected"),
        F.min(F.when(good, F.col("ind"))).alias("first_ind"),
        F.max(F.when(good, F.col("ind"))).alias("last_ind"),
    )


def _latest(good: DataFrame) -> DataFrame:
    """Return one row per `ind`: the version that arrived last."""
    length = F.length("position")  # positions are numbers, as text
    arrival = ("arrived_at", "origin", length, "position", "line")
    last_first = Window.partitionBy("ind").orderBy(*(F.desc(key) for key in arrival))
    ranked = good.withColumn("rank", F.row_number().over(last_first))
    return ranked.where("rank = 1").drop("rank")


def _rejected(outcome: DataFrame) -> DataFrame:
    """Return the rejected records in the shape of the table `rejected`."""
    return (
        outcome
        .where("reason IS NOT NULL")
        .withColumn("rejected_at", F.current_timestamp())
        .select("event", "payload", "origin", "position", "arrived_at", "rejected_at", "reason")
    )
