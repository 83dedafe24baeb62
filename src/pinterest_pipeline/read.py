"""Readers of raw records, all with the columns `event, payload, origin, position, arrived_at`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pinterest_pipeline.events import Event
from pinterest_pipeline.names import stream_name, topic

__all__ = [
    "KINESIS",
    "Reader",
    "as_records",
    "landing",
    "stream",
    "with_line_numbers",
]

_SCHEME = r"^[a-z0-9]+:(//local)?(?=/[^/])"
"""The prefix that Spark adds to a path: here `viewfs://local` or `file:`, on Databricks `dbfs:`.
The pattern does not match the URL of a bucket, such as `s3a://bucket/key`."""

_AUTO_LOADER = "cloudFiles"
_ANY_AGE = {"maxFileAge": "36500d"}
"""By default, Spark's file source skips files that are 7 days older than the newest one: all later
ones, if one is dated far ahead. Auto Loader has no such limit."""
_LIMITS = ("maxFilesPerTrigger", "maxBytesPerTrigger")


@dataclass(frozen=True)
class Reader:
    """How Spark reads a stream: values that differ between environments.

    Attributes:
        format: For files of lines `text`, or `cloudFiles` (Auto Loader); for Kinesis `kinesis`.
        options: The format's options. The limits of a micro-batch, such as `maxFilesPerTrigger`,
            have these names with `cloudFiles` too.
    """

    format: str = "text"
    options: Mapping[str, str] = field(default_factory=lambda: {"maxFilesPerTrigger": "1000"})

    @property
    def line_options(self) -> dict[str, str]:
        """The options with which the format reads files of lines."""
        options = dict(self.options)
        if self.format == _AUTO_LOADER:
            prefix = f"{_AUTO_LOADER}."
            options = {prefix + key if key in _LIMITS else key: options[key] for key in options}
            options = {f"{prefix}format": "text"} | options
        else:
            options = _ANY_AGE | options
        # Only the line feed ends a line: a carriage return belongs to its line.
        return options | {"lineSep": "\n"}


KINESIS = Reader("kinesis", {"initialPosition": "earliest"})
"""Reads from the oldest record. By default the format begins with the next record and skips all
records from before the first run."""


def landing(
    spark: SparkSession, path: str, user_id: str, event: Event, reader: Reader
) -> DataFrame:
    """Return the stream of raw records of `event` that landed under `path`.

    `origin` is the object's URI, `position` the byte where the line's block of the object begins,
    and `arrived_at` when the object was written. If the topic has not landed yet, the stream is
    empty.
    """
    # A pattern, because the topic's folder may not exist yet.
    objects = f"{path}/topics/{topic(user_id, event.name)}/partition=*/"
    reading = spark.readStream.format(reader.format).options(**reader.line_options)
    lines = reading.schema("value string").load(objects)
    return lines.transform(as_records, event)


def stream(spark: SparkSession, user_id: str, event: Event, reader: Reader) -> DataFrame:
    """Return the stream of raw records in the Kinesis stream of `event`.

    `origin` is the stream's name, and `position` is `<shard>/<sequence number>`. `arrived_at` is
    when Kinesis accepted the record.
    """
    options = {**reader.options, "streamName": stream_name(user_id, event.name)}
    return (
        spark.readStream
        .format(reader.format)
        .options(**options)
        .load()
        .select(
            F.lit(event.name).alias("event"),
            F.col("data").cast("string").alias("payload"),  # the bytes stay as they are
            F.col("stream").alias("origin"),
            F.concat_ws("/", "shardId", "sequenceNumber").alias("position"),
            F.col("approximateArrivalTimestamp").alias("arrived_at"),
        )
    )


def as_records(lines: DataFrame, event: Event) -> DataFrame:
    """Return the raw records of `event` in text files: one per line, in the column `value`."""
    return lines.select(
        F.lit(event.name).alias("event"),
        F.col("value").alias("payload"),
        F.col("_metadata.file_path").alias("origin"),
        F.col("_metadata.file_block_start").cast("string").alias("position"),
        F.col("_metadata.file_modification_time").alias("arrived_at"),
    )


def with_line_numbers(outcome: DataFrame) -> DataFrame:
    """Return the records of objects that hold a rejected one, with the path and line of each.

    `origin` becomes the object's path, as on Databricks, and `position` the line, counted from 1. A
    micro-batch holds whole objects, and `line` keeps the order of the records in a block.
    """
    affected = outcome.where("reason IS NOT NULL").select("origin").distinct()
    in_order = Window.partitionBy("origin").orderBy(F.col("position").cast("bigint"), "line")
    return outcome.join(affected, "origin", "left_semi").withColumns({
        "position": F.row_number().over(in_order).cast("string"),
        "origin": F.regexp_replace("origin", _SCHEME, ""),
    })
