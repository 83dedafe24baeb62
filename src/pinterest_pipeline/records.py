"""Readers. Each gives raw records in one shape: `event, payload, origin, position, arrived_at`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import Event, topic

__all__ = ["Reader", "landing"]

_SCHEME = r"^[a-z0-9]+:(//local)?(?=/)"
_BLOCK_DIGITS = 20


@dataclass(frozen=True)
class Reader:
    """How Spark reads files of lines as a stream; the values that differ between environments.

    Attributes:
        format: `text`, or `cloudFiles` (with the option `cloudFiles.format` = `text`).
        options: The format's options.
    """

    format: str = "text"
    options: Mapping[str, str] = field(default_factory=dict)


def landing(
    spark: SparkSession, path: str, user_id: str, event: Event, reader: Reader
) -> DataFrame:
    """Return the stream of raw records of `event` that landed under `path`.

    `origin` is the object's path, `position` where the object's block begins (lines of one block
    arrive in their order), `arrived_at` the time the object was written. A landing that holds no
    such topic yet is an empty stream.
    """
    # The pattern, and not the topic's folder, so that the folder need not exist.
    objects = f"{path}/topics/{topic(user_id, event)}/partition=*/"
    lines = spark.readStream.format(reader.format).options(**reader.options).schema("value string")
    return (
        lines
        .option("lineSep", "\n")
        .load(objects)
        .select(
            F.lit(event.name).alias("event"),
            F.col("value").alias("payload"),
            F.regexp_replace("_metadata.file_path", _SCHEME, "").alias("origin"),
            F.lpad(F.col("_metadata.file_block_start").cast("string"), _BLOCK_DIGITS, "0").alias(
                "position"
            ),
            F.col("_metadata.file_modification_time").alias("arrived_at"),
        )
    )
