"""Small sources of posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import sqlalchemy as sa

from emulation.payloads import EVENTS

CREATE = {
    "pin": 'CREATE TABLE pinterest_data ("index" INTEGER, unique_id TEXT, title TEXT, '
    "description TEXT, poster_name TEXT, follower_count TEXT, tag_list TEXT, "
    "is_image_or_video TEXT, image_src TEXT, downloaded INTEGER, save_location TEXT, "
    "category TEXT)",
    "geo": "CREATE TABLE geolocation_data "
    "(ind INTEGER, timestamp TEXT, latitude REAL, longitude REAL, country TEXT)",
    "user": "CREATE TABLE user_data "
    "(ind INTEGER, first_name TEXT, last_name TEXT, age INTEGER, date_joined TEXT)",
}


def pin(index: int | None, title: object = "A title") -> tuple[object, ...]:
    rest = ("A description", "Poster", "12k", "a,b", "image", "https://x.example/1.jpg", 1)
    return (index, f"id-{index}", title, *rest, "Local save in /data/art", "art")


def geo(index: int | None, timestamp: object = "2020-08-28 03:52:47") -> tuple[object, ...]:
    return (index, timestamp, -12.5, 45.25, "Cote d'Ivoire")


def user(index: int | None, age: object = 33) -> tuple[object, ...]:
    return (index, "Ana", "Ashford", age, "2016-01-02T03:04:05")


def write_source(
    path: Path,
    pins: Iterable[Sequence[object]] = (),
    geos: Iterable[Sequence[object]] = (),
    users: Iterable[Sequence[object]] = (),
    create: dict[str, str] | None = None,
) -> str:
    """Return the URL of a SQLite file with these rows, which need not match the column types."""
    url = f"sqlite:///{path}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for event, rows in zip(EVENTS, (pins, geos, users), strict=True):
            connection.exec_driver_sql({**CREATE, **(create or {})}[event.name])
            insert = f"INSERT INTO {event.table} VALUES"  # its own names
            marks = ",".join("?" * len(event.columns))
            for row in rows:
                connection.exec_driver_sql(f"{insert} ({marks})", tuple(row))
    engine.dispose()
    return url


def write_posts(path: Path, indexes: Iterable[int]) -> str:
    """Return the URL of a source with one complete post per index."""
    indexes = list(indexes)
    return write_source(
        path,
        [pin(index) for index in indexes],
        [geo(index) for index in indexes],
        [user(index) for index in indexes],
    )


def write_many_posts(path: Path, posts: int) -> str:
    """Return the URL of a source with many posts, written by one statement per table."""
    url = write_posts(path, [0])
    numbers = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT ?)"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for event in EVENTS:
            others = ", ".join(event.columns[1:])
            connection.exec_driver_sql(
                f"INSERT INTO {event.table} "  # noqa: S608  # its own names
                f"{numbers} SELECT i, {others} FROM n, {event.table}",
                (posts - 1,),
            )
    engine.dispose()
    return url
