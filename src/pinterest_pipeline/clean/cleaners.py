"""The cleaners, one per event. Each returns the columns of a clean table, in order."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from pinterest_pipeline.clean.columns import (
    coordinates,
    follower_count,
    full_name,
    path,
    tags,
    text,
)

__all__ = ["clean_geo", "clean_pin", "clean_user"]


def clean_pin() -> list[Column]:
    """Return the columns of the clean table `pin`."""
    return [
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
    ]


def clean_geo() -> list[Column]:
    """Return the columns of the clean table `geo`."""
    return [
        F.col("ind"),
        text("country").alias("country"),
        coordinates("latitude", "longitude").alias("coordinates"),
        F.col("timestamp"),
    ]


def clean_user() -> list[Column]:
    """Return the columns of the clean table `user`."""
    return [
        F.col("ind"),
        full_name("first_name", "last_name").alias("user_name"),
        F.col("age"),
        F.col("date_joined"),
    ]
