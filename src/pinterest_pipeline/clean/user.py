"""The cleaner of user events."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pinterest_pipeline.clean.columns import full_name

__all__ = ["clean_user"]


def clean_user(raw: DataFrame, *kept: str) -> DataFrame:
    """Return the columns of the clean table `user`, and the columns `kept` as they are."""
    return raw.select(
        F.col("ind"),
        full_name("first_name", "last_name").alias("user_name"),
        F.col("age"),
        F.col("date_joined"),
        *kept,
    )
