"""The rows of the clean tables, and the expected rows, computed from the source in plain Python.

The values follow the reference model, so that this can disagree with the pipeline.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.tables import Tables
from tests.support import reference_model as model

__all__ = ["clean_rows", "expected_rows"]

type Row = tuple[object, ...]

_QUERIES = {
    "pin": 'SELECT "index", unique_id, title, description, follower_count, poster_name, tag_list,'
    ' is_image_or_video, image_src, save_location, category FROM pinterest_data ORDER BY "index"',
    "geo": "SELECT ind, country, latitude, longitude, timestamp FROM geolocation_data ORDER BY ind",
    "user": "SELECT ind, first_name, last_name, age, date_joined FROM user_data ORDER BY ind",
}


def clean_rows(spark: SparkSession, tables: Tables, table: str) -> list[Row]:
    """Return the rows of a clean table by `ind`. Timestamps are text."""
    rows = tables.read(spark, table).orderBy("ind")
    as_text = rows.select(
        *(
            F.col(name).cast("string") if kind == "timestamp" else F.col(name)
            for name, kind in rows.dtypes
        )
    )
    return [tuple(row) for row in as_text.collect()]


def expected_rows(database: Path, posts: int) -> dict[str, list[Row]]:
    """Return the rows of each clean table by `ind`, of the first `posts` of a SQLite source.

    Timestamps are text: `2020-08-28 03:52:47`.
    """
    clean: dict[str, Callable[..., Row]] = {"pin": _pin, "geo": _geo, "user": _user}
    with closing(sqlite3.connect(database)) as source:
        return {
            table: [clean[table](*row) for row in source.execute(f"{query} LIMIT {posts}")]
            for table, query in _QUERIES.items()
        }


def _pin(ind: int, *values: str | None) -> Row:
    unique_id, title, description, count, poster, tags, kind, image, location, category = values
    return (
        ind,
        model.text("unique_id", unique_id),
        model.text("title", title),
        model.text("description", description),
        model.followers(count),
        model.text("poster_name", poster),
        model.tags(tags),
        model.text("is_image_or_video", kind),
        model.text("image_src", image),
        model.path(location),
        model.text("category", category),
    )


def _geo(ind: int, country: str, latitude: float, longitude: float, timestamp: str) -> Row:
    return (
        ind,
        model.text("country", country),
        [float(latitude), float(longitude)],
        _time(timestamp),
    )


def _user(ind: int, first_name: str, last_name: str, age: int, date_joined: str) -> Row:
    return (ind, model.full_name(first_name, last_name), int(age), _time(date_joined))


def _time(moment: str) -> str:
    return moment.replace("T", " ")[:19]
