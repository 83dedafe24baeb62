"""The three kinds of event. This is the only place in the library that lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql.types import (
    DoubleType,
    IntegerType,
    StringType,
    StructType,
    TimestampType,
)

from pinterest_pipeline.clean.geo import clean_geo
from pinterest_pipeline.clean.pin import clean_pin
from pinterest_pipeline.clean.user import clean_user
from pinterest_pipeline.errors import UnknownEventError, UserIdError

__all__ = ["EVENTS", "Event", "event_named", "stream_name", "topic"]

_USER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,235}")
"""Kafka takes 249 characters for a topic, of which `.dead_letters` is the longest end."""


@dataclass(frozen=True)
class Event:
    """One kind of event.

    Attributes:
        name: Its name: the end of its topic's name, and the name of its clean table.
        key: The field that says which post the event is about.
        schema: The fields that are read from a payload, with the types that their values must
            have. Timestamps are text on the wire.
        clean: Makes the columns of the clean table from those of `schema`. Columns that are named
            after the DataFrame are kept as they are.
        limits: Fields with the greatest absolute value that they may have.
    """

    name: str
    key: str
    schema: StructType
    clean: Callable[..., DataFrame]
    limits: Mapping[str, float] = field(default_factory=dict)


# `downloaded` is not among the fields of a pin: it is dropped, so nothing in it can reject a pin.
_PIN = Event(
    name="pin",
    key="index",
    schema=StructType()
    .add("index", IntegerType())
    .add("unique_id", StringType())
    .add("title", StringType())
    .add("description", StringType())
    .add("poster_name", StringType())
    .add("follower_count", StringType())
    .add("tag_list", StringType())
    .add("is_image_or_video", StringType())
    .add("image_src", StringType())
    .add("save_location", StringType())
    .add("category", StringType()),
    clean=clean_pin,
)

_GEO = Event(
    name="geo",
    key="ind",
    schema=StructType()
    .add("ind", IntegerType())
    .add("timestamp", TimestampType())
    .add("latitude", DoubleType())
    .add("longitude", DoubleType())
    .add("country", StringType()),
    clean=clean_geo,
    limits={"latitude": 90.0, "longitude": 180.0},
)

_USER = Event(
    name="user",
    key="ind",
    schema=StructType()
    .add("ind", IntegerType())
    .add("first_name", StringType())
    .add("last_name", StringType())
    .add("age", IntegerType())
    .add("date_joined", TimestampType()),
    clean=clean_user,
)

EVENTS: tuple[Event, ...] = (_PIN, _GEO, _USER)


def event_named(name: str) -> Event:
    """Return the event called `name`.

    Raises:
        UnknownEventError: There is no such event.
    """
    for event in EVENTS:
        if event.name == name:
            return event
    names = ", ".join(event.name for event in EVENTS)
    raise UnknownEventError(f"Expected one of the events {names}; got {name!r}. Name one of them.")


def topic(user_id: str, event: Event) -> str:
    """Return the name of the topic that holds `event` of the emulator `user_id`.

    Raises:
        UserIdError: Spark does not read folders whose names begin with `_` or `.`, and the other
            characters mean something in a path: records would be lost without a word.
    """
    return f"{_checked(user_id)}.{event.name}"


def stream_name(user_id: str, event: Event) -> str:
    """Return the name of the Kinesis stream that holds `event` of the emulator `user_id`.

    Raises:
        UserIdError: As for `topic`, so that one user id serves both.
    """
    return f"streaming-{_checked(user_id)}-{event.name}"


def _checked(user_id: str) -> str:
    if not _USER_ID.fullmatch(user_id):
        raise UserIdError(
            "Expected a user id of 1 to 236 letters, digits, '.', '_' and '-' that begins with a"
            f" letter or digit; got {user_id!r}. Post under, and clean, another user id."
        )
    return user_id
