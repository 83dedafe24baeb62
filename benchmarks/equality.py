"""Whether the clean rows are those of the reference model of the rules.

The model is written from the rules in words, not from the library. It decides which lines are good
and which version of a post is the last.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any

import msgspec
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from benchmarks.environment import environment
from benchmarks.figures import Figure, log_step
from benchmarks.records import land
from benchmarks.variations import Line, varied_lines
from emulation.payloads import EVENTS, Event
from emulation.synthetic.posts import synthetic_posts
from local.environment import Environment
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.support import reference_model as model

__all__ = ["differences", "equality", "expected_rows"]

_OBJECT_LINES = 10_000
_SHOWN = 3

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIMES = {"geo": "timestamp", "user": "date_joined"}


def equality(posts: int) -> list[Figure]:
    """Return how many clean rows and rejected records differ, over `posts` posts."""
    figures = []
    with environment("spark") as own:
        lines = {}
        for event, rows in zip(EVENTS, zip(*synthetic_posts(posts), strict=True), strict=True):
            log_step(f"land the {event.name} records of {posts:,} posts")
            lines[event.name] = list(varied_lines(event, rows))
            _land(own, event, lines[event.name])
        spark, settings = own.spark, own.settings
        tables = Tables(settings.catalog, "bench_equality")
        log_step("clean them, and compare")
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path,
            user_id="equal",
            tables=tables,
        )
        for event in EVENTS:
            figures += _compared(spark, tables, event, lines[event.name])
    return figures


def expected_rows(event: Event, lines: Iterable[Line]) -> list[dict[str, object]]:
    """Return the clean rows of `lines`: one per post, its last version. Times in microseconds."""
    clean = {"pin": _pin, "geo": _geo, "user": _user}[event.name]
    good = (msgspec.json.decode(line.text) for line in lines if line.good)
    latest = {values[event.key]: values for values in good}
    return [clean(values) for values in latest.values()]


def _pin(raw: Mapping[str, Any]) -> dict[str, object]:
    names = ("unique_id", "title", "description", "poster_name", "is_image_or_video")
    return {
        "ind": raw["index"],
        **{name: model.text(name, raw[name]) for name in (*names, "image_src", "category")},
        "follower_count": model.followers(raw["follower_count"]),
        "tag_list": model.tags(raw["tag_list"]),
        "save_location": model.path(raw["save_location"]),
    }


def _geo(raw: Mapping[str, Any]) -> dict[str, object]:
    pair = [raw["latitude"], raw["longitude"]]
    return {
        "ind": raw["ind"],
        "country": model.text("country", raw["country"]),
        "coordinates": None if None in pair else [float(degrees) for degrees in pair],
        "timestamp": _microseconds(raw["timestamp"]),
    }


def _user(raw: Mapping[str, Any]) -> dict[str, object]:
    return {
        "ind": raw["ind"],
        "user_name": model.full_name(raw["first_name"], raw["last_name"]),
        "age": raw["age"],
        "date_joined": _microseconds(raw["date_joined"]),
    }


def _microseconds(moment: str | None) -> int | None:
    if moment is None:
        return None
    time = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    return (time - _EPOCH) // dt.timedelta(microseconds=1)


def differences(got: Iterable[object], expected: Iterable[object]) -> list[str]:
    """Return the values, as text, that one of both holds more often than the other."""
    ours, theirs = Counter(map(repr, got)), Counter(map(repr, expected))
    extra = [f"unexpected: {one}" for one in (ours - theirs).elements()]
    return sorted([*extra, *(f"missing: {one}" for one in (theirs - ours).elements())])


def _land(own: Environment, event: Event, lines: Iterable[Line]) -> None:
    objects = ([line.text for line in some] for some in batched(lines, _OBJECT_LINES))
    land(own, f"equal.{event.name}", objects, threads=1)  # in order: a later version is later


def _compared(
    spark: SparkSession, tables: Tables, event: Event, lines: Sequence[Line]
) -> list[Figure]:
    clean = tables.read(spark, event.name)
    if time := _TIMES.get(event.name):
        clean = clean.withColumn(time, F.unix_micros(time))
    expected = expected_rows(event, lines)
    got = (_items(row.asDict()) for row in clean.collect())
    rows = differences(got, map(_items, expected))
    bad = [line.text for line in lines if not line.good]
    rejected = tables.read(spark, "rejected").where(F.col("event") == event.name).collect()
    records = differences(map(_line, rejected), bad)
    for difference in [*rows[:_SHOWN], *records[:_SHOWN]]:
        log_step(f"differs: {difference}")
    name = f"{event.name}: clean rows unlike the model's {len(expected):,}"
    return [
        Figure(name, len(rows), at_most=0),
        Figure(f"{event.name}: rejected unlike the {len(bad):,} bad", len(records), at_most=0),
    ]


def _items(row: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted(row.items())


def _line(rejected: Row) -> bytes:
    """Return the rejected line."""
    payload: str = rejected.payload
    return base64.b64decode(payload) if "base64" in rejected.reason else payload.encode()
