"""The pipeline as lists of steps: records become clean rows, rejected records and loads."""

from __future__ import annotations

from functools import partial

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.parsing import with_parsed
from pinterest_pipeline.records import Reader, landing
from pinterest_pipeline.tables import Tables

__all__ = ["clean_landing"]

_PROVENANCE = ("event", "payload", "origin", "position", "arrived_at", "line", "reason")
_ARRIVAL = ("arrived_at", "origin", "position", "line")


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
        CleaningError: An event could not be cleaned. What was cleaned so far stays; a next run
            goes on there.
    """
    tables.create(spark)
    started_at = spark.sql("SELECT current_timestamp()").collect()[0][0]
    for event in EVENTS:
        records = landing(spark, landing_path, user_id, event, reader or Reader())
        checkpoint = f"{checkpoints_path}/{tables.schema}/{user_id}.{event.name}"
        _clean(records, event, tables, checkpoint)
    return tables.read(spark, "loads").where(F.col("loaded_at") >= started_at)


def _clean(records: DataFrame, event: Event, tables: Tables, checkpoint: str) -> None:
    query = (
        records.writeStream
        .queryName(f"clean {event.name}")
        .option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .foreachBatch(partial(clean_batch, event=event, tables=tables, checkpoint=checkpoint))
        .start()
    )
    try:
        query.awaitTermination()
    except StreamingQueryException as error:
        raise CleaningError(
            f"Expected all {event.name} records under {checkpoint} to be cleaned; the query ended"
            f" with: {error}. Mend the cause and run again: it goes on where it stopped."
        ) from error


def clean_batch(
    records: DataFrame, batch_id: int, *, event: Event, tables: Tables, checkpoint: str
) -> None:
    """Write one micro-batch of raw records to the tables."""
    spark = records.sparkSession
    staging = f"{checkpoint}/staged"
    records.transform(_outcome, event).write.mode("overwrite").parquet(staging)
    outcome = spark.read.parquet(staging)
    tables.merge_clean(outcome.transform(_latest), event.name)
    tables.add_rejected(outcome.transform(_rejected), event.name)
    metadata = spark.read.json(f"{checkpoint}/metadata").collect()[0]
    tables.add_load(outcome.transform(_load, event, batch_id), metadata["id"], batch_id)


def _outcome(records: DataFrame, event: Event) -> DataFrame:
    arrived = records.withColumn("line", F.monotonically_increasing_id())
    return arrived.transform(with_parsed, event).transform(event.clean, *_PROVENANCE)


def _latest(outcome: DataFrame) -> DataFrame:
    newest_first = Window.partitionBy("ind").orderBy(*(F.col(name).desc() for name in _ARRIVAL))
    return (
        outcome
        .where("reason IS NULL")
        .withColumn("age_in_batch", F.row_number().over(newest_first))
        .where("age_in_batch = 1")
        .drop("age_in_batch", *_PROVENANCE)
    )


def _rejected(outcome: DataFrame) -> DataFrame:
    in_order = Window.partitionBy("origin").orderBy("position", "line")
    return (
        outcome
        .withColumn("position", F.row_number().over(in_order).cast("string"))
        .where("reason IS NOT NULL")
        .select(
            "event",
            "payload",
            "origin",
            "position",
            "arrived_at",
            F.current_timestamp().alias("rejected_at"),
            "reason",
        )
    )


def _load(outcome: DataFrame, event: Event, batch_id: int) -> DataFrame:
    good = F.col("reason").isNull()
    merged = F.count_distinct(F.when(good, F.col("ind")))
    return outcome.agg(
        F.lit(event.name).alias("event"),
        F.lit(batch_id).cast("bigint").alias("batch_id"),
        F.count("*").alias("records_read"),
        merged.alias("rows_merged"),
        (F.count_if(good) - merged).alias("records_superseded"),
        F.count_if(~good).alias("records_rejected"),
        F.current_timestamp().alias("loaded_at"),
    )
