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

_KEPT = ("event", "payload", "origin", "position", "arrived_at", "line", "reason")
_WRITTEN_ONCE = {"parquet.enable.dictionary": "false"}
"""Dictionaries take a quarter of the time to write rows, and these are read no more than thrice."""


@dataclass
class MicroBatches:
    """The micro-batches of one run of a query.

    Attributes:
        event: The kind of event of their records.
        tables: Where the records end.
        checkpoint: Folder of the query's progress; the outcome is written below it.
        place: Gives the outcome's `origin` and `position` the form that `rejected` shows; what it
            leaves out holds no rejected record.
    """

    event: Event
    tables: Tables
    checkpoint: str
    place: Callable[[DataFrame], DataFrame]
    _run: str = field(default_factory=lambda: uuid.uuid4().hex, init=False)
    """A run that was stopped may still be writing its outcome, so each has a folder of its own."""
    _checkpoint_id: str = field(default="", init=False)
    """Known after the first micro-batch."""

    @property
    def _staged(self) -> str:
        return f"{self.checkpoint}/staged/{self._run}"

    def clean(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch of raw records to the tables; again, if need be, alike.

        The outcome of each record is written down first, so that nothing is parsed twice. The load
        comes last: it tells that all the rest is done.

        Args:
            records: Raw records, with the columns that `records` gives them.
            batch_id: The number of the micro-batch in its query.
        """
        spark = records.sparkSession
        outcome = write_outcome(records, self.event, self._staged)
        counts = outcome.transform(_counts).collect()[0].asDict()
        if not counts["records_read"]:
            return  # Spark begins a new query with a micro-batch, also where there is nothing
        span = (counts.pop("first_ind"), counts.pop("last_ind"))
        name = self.event.name
        if counts["rows_merged"]:
            good = outcome.where("reason IS NULL")
            # Mostly each `ind` comes once, and then there is nothing to rank.
            latest = good.transform(_latest) if counts["records_superseded"] else good
            self.tables.merge_clean(latest.drop(*_KEPT), name, span)
        if counts["records_rejected"]:
            self.tables.add_rejected(outcome.transform(self.place).transform(_rejected), name)
        # A query repeats at most the micro-batch that it was stopped in, when it starts again.
        first = not self._checkpoint_id
        if first:
            self._checkpoint_id = _id_of(spark, self.checkpoint)
        batch = (self._checkpoint_id, batch_id)
        self.tables.add_load(spark, name, batch, counts, maybe_there=first)
        spark.range(0).write.mode("overwrite").parquet(self._staged)  # nothing is kept twice


def write_outcome(records: DataFrame, event: Event, path: str) -> DataFrame:
    """Return the outcome of each raw record, as read from files that are written to `path`.

    Serverless compute cannot persist it.

    Returns:
        The columns of the event's clean table; `event`, `payload` (null where the record is good),
        `origin`, `position` and `arrived_at` of the raw record; `line`, a number that grows in the
        order in which a block of an object is read; and `reason` (null where the record is good).
    """
    in_order = records.withColumn("line", F.monotonically_increasing_id())
    outcome = in_order.transform(with_parsed, event).transform(event.clean, *_KEPT)
    outcome.write.mode("overwrite").options(**_WRITTEN_ONCE).parquet(path)
    # Spark Connect keeps the plan, with its list of files, of a read that it has seen before. The
    # option means nothing to the format and makes each read a new one.
    reading = outcome.sparkSession.read.option("attempt", uuid.uuid4().hex)
    return reading.schema(outcome.schema).parquet(path)


def _id_of(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a checkpoint; its path may have been another's before."""
    made: str = spark.read.schema("id string").json(f"{checkpoint}/metadata").collect()[0].id
    return made


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
