"""The clean rows, computed from the source in plain Python: no Spark, not the library.

Written from the rules alone, so that it can disagree with the pipeline.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.end_to_end.expected_answers import follower_count, text

__all__ = ["expected_rows"]

type Row = tuple[object, ...]

_QUERIES = {
    "pin": 'SELECT "index", unique_id, title, description, follower_count, poster_name, tag_list,'
    ' is_image_or_video, image_src, save_location, category FROM pinterest_data ORDER BY "index"',
    "geo": "SELECT ind, country, latitude, longitude, timestamp FROM geolocation_data ORDER BY ind",
    "user": "SELECT ind, first_name, last_name, age, date_joined FROM user_data ORDER BY ind",
}
_NO_DESCRIPTION = (
    "No description available Story format",
    "No description available",
    "Untitled",
)
_NO_TAGS = "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e"


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
    tag_list = text(tags, _NO_TAGS)
    path = text(location)
    return (
        ind,
        text(unique_id),
        text(title, "No Title Data Available"),
        text(description, *_NO_DESCRIPTION),
        follower_count(count),
        text(poster, "User Info Error"),
        None if tag_list is None else [tag.strip() for tag in tag_list.split(",")],
        text(kind),
        text(image, "Image src error."),
        None if path is None else path.removeprefix("Local save in "),
        text(category),
    )


def _geo(ind: int, country: str, latitude: float, longitude: float, timestamp: str) -> Row:
    return (ind, text(country), [float(latitude), float(longitude)], _time(timestamp))


def _user(ind: int, first_name: str, last_name: str, age: int, date_joined: str) -> Row:
    return (ind, f"{first_name.strip()} {last_name.strip()}", int(age), _time(date_joined))


def _time(moment: str) -> str:
    return moment.replace("T", " ")[:19]
