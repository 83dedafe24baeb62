"""The cleaner of pin events."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pinterest_pipeline.clean.columns import follower_count, path, tags, text

__all__ = ["clean_pin"]


def clean_pin(raw: DataFrame, *kept: str) -> DataFrame:
    """Return the columns of the clean table `pin`, and the columns `kept` as they are."""
    return raw.select(
        F.col("index").alias("ind"),
        text("unique_id").alias("unique_id"),
        text("title").alias("title"),
        text("description").alias("description"),
        follower_count("follower_count").alias("follower_count"),
        text("poster_name").alias("poster_name"),
        tags("tag_list").alias("tag_list"),
        text("is_image_or_video").alias("is_image_or_video"),
        text("image_src").alias("image_src"),
        path("save_location").alias("save_location"),
        text("category").alias("category"),
        *kept,
    )
