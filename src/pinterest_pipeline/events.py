"""The three kinds of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column
from pyspark.sql.types import (
    DoubleType,
    IntegerType,
    StringType,
    StructType,
    TimestampType,
)

from pinterest_pipeline.clean.cleaners import clean_geo, clean_pin, clean_user
from pinterest_pipeline.errors import UnknownEventError

__all__ = ["EVENTS", "Event", "event_named"]


@dataclass(frozen=True)
class Event:
    """One kind of event.

    Attributes:
        name: The event's name: the end of its topic's name, and the name of its clean table.
        key: The field that identifies the post.
        schema: The fields to read from a payload, with the types of their values. Timestamps are
            text on the wire.
        clean: Returns the columns of the clean table, computed from those of `schema`.
        limits: Greatest absolute value of each limited field.
    """

    name: str
    key: str
    schema: StructType
    clean: Callable[[], list[Column]]
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
        UnknownEventError: Raised when there is no such event.
    """
    for event in EVENTS:
        if event.name == name:
            return event
    names = ", ".join(event.name for event in EVENTS)
    raise UnknownEventError(f"Expected one of the events {names}; got {name!r}. Name one of them.")
