"""The three events of a post: their tables and fields, and their rows as JSON payloads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, starmap

import msgspec

__all__ = ["EVENTS", "GEO", "PIN", "USER", "Event", "PayloadEncoder", "json_value"]


@dataclass(frozen=True)
class Event:
    """One kind of event: the source's table of it, and the fields of its payload.

    Attributes:
        name: Its name, the last part of the names of its topic and stream.
        table: Table of the source that holds one row per event.
        columns: Columns of that table; the payload has them as fields, in this order.
            The first is the key: the post's index, which its three events share.
    """

    name: str
    table: str
    columns: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name of the column that holds the post's index."""
        return self.columns[0]


PIN = Event(
    "pin",
    "pinterest_data",
    (
        "index",
        "unique_id",
        "title",
        "description",
        "poster_name",
        "follower_count",
        "tag_list",
        "is_image_or_video",
        "image_src",
        "downloaded",
        "save_location",
        "category",
    ),
)
GEO = Event("geo", "geolocation_data", ("ind", "timestamp", "latitude", "longitude", "country"))
USER = Event("user", "user_data", ("ind", "first_name", "last_name", "age", "date_joined"))

EVENTS = (PIN, GEO, USER)
"""In the order of `EVENT_NAMES`, in which the events of a post are sent."""

_JSON_TYPES = frozenset({str, int, float, type(None)})
"""Types that the encoder writes without conversion; NaN and infinities become null."""


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        with suppress(OverflowError):  # in UTC it would be before the year 1 or after 9999
            return moment.astimezone(UTC)
    return moment


def json_value(value: object) -> str | int | float | None:
    """Return a driver's `value` as a JSON value.

    Dates and times become `2020-08-28T03:52:47` (whole seconds, in UTC if they have a zone),
    numbers stay numbers, bytes are text in UTF-8, and NaN, infinity and NULL become null.
    """
    match value:
        case None | str():
            return value
        case bool() | int():
            return int(value)
        case float() | Decimal():
            return _finite_number(value)
        case datetime():
            return _in_utc(value).replace(tzinfo=None).isoformat(timespec="seconds")
        case date():
            return f"{value.isoformat()}T00:00:00"
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", errors="replace")
        case _:
            return str(value)


def _finite_number(value: float | Decimal) -> int | float | None:
    if not math.isfinite(value):
        return None
    return int(value) if isinstance(value, Decimal) and value == int(value) else float(value)


def _parse_time(value: object) -> object:
    """Return the text of a date-time column as a datetime; other values as they are.

    SQLite has no date-time type: its drivers return such columns as text, with microseconds.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return value


class PayloadEncoder:
    """Encodes the rows of one event's table as compact JSON objects in UTF-8."""

    def __init__(self, event: Event, time_columns: Iterable[str] = ()) -> None:
        """Take the `time_columns`, which the source declares as date or time."""
        self._object = msgspec.defstruct(event.name, [(name, object) for name in event.columns])
        self._times = [event.columns.index(name) for name in time_columns]
        self._encode = msgspec.json.Encoder().encode

    def payloads(self, rows: Sequence[Sequence[object]]) -> list[bytes]:
        """Return one JSON object per row, its fields in the order of the event's columns."""
        if self._times or not _JSON_TYPES.issuperset(map(type, chain.from_iterable(rows))):
            rows = [self._plain(row) for row in rows]
        try:
            return list(map(self._encode, starmap(self._object, rows)))
        except UnicodeEncodeError:
            return [self._encode_repaired(row) for row in rows]

    def _plain(self, row: Sequence[object]) -> list[object]:
        values = list(row)
        for position in self._times:
            values[position] = _parse_time(values[position])
        return [json_value(value) for value in values]

    def _encode_repaired(self, row: Sequence[object]) -> bytes:
        """Return the payload with `?` for half a surrogate pair, which UTF-8 cannot hold."""
        repaired = [
            value.encode("utf-8", errors="replace").decode() if isinstance(value, str) else value
            for value in row
        ]
        return self._encode(self._object(*repaired))
