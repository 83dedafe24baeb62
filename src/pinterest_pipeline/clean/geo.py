"""The cleaner of geo events."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pinterest_pipeline.clean.columns import coordinates, text

__all__ = ["clean_geo"]


def clean_geo(raw: DataFrame, *kept: str) -> DataFrame:
    """Return the columns of the clean table `geo`, and the columns `kept` as they are."""
    return raw.select(
        F.col("ind"),
        text("country").alias("country"),
        coordinates("latitude", "longitude").alias("coordinates"),
        F.col("timestamp"),
        *kept,
    )
