"""The pipeline as lists of steps: records become clean rows, rejected records and loads."""

from __future__ import annotations

import uuid
from functools import partial

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.parsing import with_parsed
from pinterest_pipeline.records import Reader, landing, with_places
from pinterest_pipeline.tables import Tables

__all__ = ["clean_batch", "clean_landing", "write_outcome"]

_KEPT = ("event", "payload", "origin", "position", "arrived_at", "line", "reason")
_STARTS = 3
_WRITTEN_ONCE = {"parquet.enable.dictionary": "false"}
"""Dictionaries take a quarter of the time to write rows, and these are read no more than thrice."""
_NO_WORKER = "failed to connect back"
"""A machine under heavy load may not start Python within Spark's 10 s; the next start does."""


def clean_landing(
    spark: SparkSession,
    *,
    landing_path: str,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    reader: Reader | None = None,
) -> DataFrame:
    """Return the loads of this run, which cleans what has landed since the last one.

    Raises:
        CleaningError: An event could not be cleaned. What was cleaned so far stays; the next run
            goes on there.
    """
    tables.create(spark)
    started_at = spark.sql("SELECT unix_micros(current_timestamp())").collect()[0][0]
    for event in EVENTS:
        records = landing(spark, landing_path, user_id, event, reader or Reader())
        _clean(records, event, tables, f"{checkpoints_path}/{tables.schema}/{user_id}.{event.name}")
    return tables.read(spark, "loads").where(F.unix_micros("loaded_at") >= started_at)


def _clean(records: DataFrame, event: Event, tables: Tables, checkpoint: str) -> None:
    for start in range(1, _STARTS + 1):
        try:
            _run(records, event, tables, checkpoint)
        except PySparkException as error:
            if start < _STARTS and _NO_WORKER in str(error):
                continue
            raise CleaningError(
                f"Expected to clean all {event.name} records; the query with the checkpoint"
                f" {checkpoint} ended with: {error}. Mend the cause and run again: it goes on"
                " where it stopped."
            ) from error
        return


def _run(records: DataFrame, event: Event, tables: Tables, checkpoint: str) -> None:
    write = partial(clean_batch, event=event, tables=tables, checkpoint=checkpoint)
    (
        records.writeStream
        .queryName(f"clean {event.name}")
        .option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .foreachBatch(write)
        .start()
        .awaitTermination()
    )


def clean_batch(
    records: DataFrame, batch_id: int, *, event: Event, tables: Tables, checkpoint: str
) -> None:
    """Write one micro-batch of raw records to the tables; again, if need be, with the same result.

    The outcome of each record is written down first, so that nothing is parsed twice. The load
    comes last: it tells that all the rest is done.
    """
    outcome = write_outcome(records, event, f"{checkpoint}/staged")
    counts = outcome.transform(_counts).collect()[0].asDict()
    if counts["rows_merged"]:
        tables.merge_clean(outcome.transform(_latest), event.name)
    if counts["records_rejected"]:
        tables.add_rejected(outcome.transform(_rejected), event.name)
    tables.add_load(records.sparkSession, event.name, checkpoint, batch_id, counts)


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


def _counts(outcome: DataFrame) -> DataFrame:
    good = F.col("reason").isNull()
    merged = F.count_distinct(F.when(good, F.col("ind")))
    return outcome.agg(
        F.count("*").alias("records_read"),
        merged.alias("rows_merged"),
        (F.count_if(good) - merged).alias("records_superseded"),
        F.count_if(~good).alias("records_rejected"),
    )


def _latest(outcome: DataFrame) -> DataFrame:
    """Return one clean row per `ind`: the version that arrived last."""
    length = F.length("position")  # positions are numbers, as text
    arrival = ("arrived_at", "origin", length, "position", "line")
    last_first = Window.partitionBy("ind").orderBy(*(F.desc(key) for key in arrival))
    ranked = outcome.where("reason IS NULL").withColumn("rank", F.row_number().over(last_first))
    return ranked.where("rank = 1").drop("rank", *_KEPT)


def _rejected(outcome: DataFrame) -> DataFrame:
    """Return the rejected records in the shape of the table `rejected`."""
    return (
        outcome
        .transform(with_places)
        .where("reason IS NOT NULL")
        .withColumn("rejected_at", F.current_timestamp())
        .select("event", "payload", "origin", "position", "arrived_at", "rejected_at", "reason")
    )
