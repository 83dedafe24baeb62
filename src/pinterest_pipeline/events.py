"""The three kinds of event. This is the only place in the library that lists them."""

from __future__ import annotations

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
from pinterest_pipeline.errors import UnknownEventError

__all__ = ["EVENTS", "Event", "event_named"]


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
