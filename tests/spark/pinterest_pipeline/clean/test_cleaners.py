"""One cleaner per event: names, order and types of the clean columns, and null in each column."""

from __future__ import annotations

from datetime import datetime

import pytest
from pyspark.sql import SparkSession

from pinterest_pipeline.events import EVENTS, event_named

_COLUMNS = {
    "pin": "ind int, unique_id string, title string, description string, follower_count bigint,"
    " poster_name string, tag_list array<string>, is_image_or_video string, image_src string,"
    " save_location string, category string",
    "geo": "ind int, country string, coordinates array<double>, timestamp timestamp",
    "user": "ind int, user_name string, age int, date_joined timestamp",
}
_MOMENT = datetime(2020, 8, 28, 3, 52, 47)  # noqa: DTZ001  # Spark gives naive times, in UTC
_RAW: dict[str, dict[str, object]] = {
    "pin": {
        "index": 7,
        "unique_id": "b2b5b3b4-9c1f-4f39-8b8e-1c1d3f0f6a11",
        "title": "Art.",
        "description": "always",
        "poster_name": "967",
        "follower_count": "124k",
        "tag_list": "a, b",
        "is_image_or_video": "image",
        "image_src": "https://example.com/a.jpg",
        "save_location": "Local save in /data/art",
        "category": "art",
    },
    "geo": {
        "ind": 7,
        "timestamp": _MOMENT,
        "latitude": -90.0,
        "longitude": 180.0,
        "country": "Cote d'Ivoire",
    },
    "user": {
        "ind": 7,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "age": 36,
        "date_joined": _MOMENT,
    },
}
_CLEAN: dict[str, dict[str, object]] = {
    "pin": {
        "ind": 7,
        "unique_id": "b2b5b3b4-9c1f-4f39-8b8e-1c1d3f0f6a11",
        "title": "Art.",
        "description": "always",
        "follower_count": 124_000,
        "poster_name": "967",
        "tag_list": ["a", "b"],
        "is_image_or_video": "image",
        "image_src": "https://example.com/a.jpg",
        "save_location": "/data/art",
        "category": "art",
    },
    "geo": {
        "ind": 7,
        "country": "Cote d'Ivoire",
        "coordinates": [-90.0, 180.0],
        "timestamp": _MOMENT,
    },
    "user": {"ind": 7, "user_name": "Ada Lovelace", "age": 36, "date_joined": _MOMENT},
}
_WITHOUT: dict[str, dict[str, object]] = {
    "index": {"ind": None},
    "latitude": {"coordinates": None},
    "longitude": {"coordinates": None},
    "first_name": {"user_name": "Lovelace"},
    "last_name": {"user_name": "Ada"},
}


@pytest.mark.parametrize("event", [event.name for event in EVENTS])
def test_cleaner_gives_the_columns_of_the_clean_table(spark: SparkSession, event: str) -> None:
    raw = spark.createDataFrame([], event_named(event).schema)
    expected = spark.createDataFrame([], _COLUMNS[event]).dtypes
    assert raw.select(*event_named(event).clean()).dtypes == expected


@pytest.mark.parametrize("event", [event.name for event in EVENTS])
def test_cleaner_takes_null_in_every_column_in_turn(spark: SparkSession, event: str) -> None:
    names = list(_RAW[event])
    rows = [_RAW[event], *(_RAW[event] | {name: None} for name in names)]
    expected = [_CLEAN[event]] + [
        _CLEAN[event] | _WITHOUT.get(name, {name: None}) for name in names
    ]
    raw = spark.createDataFrame(
        [tuple(row[name] for name in names) for row in rows], event_named(event).schema
    )
    clean = raw.select(*event_named(event).clean()).collect()
    assert [row.asDict() for row in clean] == expected
