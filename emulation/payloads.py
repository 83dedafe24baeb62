"""The three events of a post: their tables and fields, and their rows as JSON payloads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import chain, starmap
from operator import itemgetter
from uuid import UUID

import msgspec

__all__ = [
    "EVENTS",
    "GEO",
    "PIN",
    "USER",
    "Event",
    "PayloadEncoder",
    "Refusal",
    "UnsupportedValueError",
    "json_value",
    "whole_number",
]


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

_UUID_COLUMN = "unique_id"
_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of a source that cannot be sent.

    Attributes:
        event: Name of the event that the rows are of.
        index: Index of the row, or text that says which rows; None if they have no index.
        reason: Table and column, and why the value cannot be sent.
        rows: Number of rows.
    """

    event: str
    index: int | str | None
    reason: str
    rows: int = 1


class UnsupportedValueError(ValueError):
    """Raised when a value has no JSON form; the message completes a sentence about the value."""


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise UnsupportedValueError("is before the year 1 or after 9999 in UTC") from None


def json_value(value: object) -> str | int | float | None:
    """Return a driver's `value` as a JSON value.

    Dates and times become `2020-08-28T03:52:47` (whole seconds, in UTC if they have a zone).
    Numbers stay numbers. Bytes become text, arrays and sets of text comma-joined text, and
    dictionaries JSON text. NaN, infinity and NULL become null.

    Raises:
        UnsupportedValueError: Raised when the value has no JSON form, or is of an unknown type.
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
        case time() | UUID():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return _utf8_text(bytes(value))
        case _:
            return _joined_text(value)


def _is_finite(value: float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)


def _finite_number(value: float | Decimal) -> int | float | None:
    if not _is_finite(value):
        return None
    if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    if math.isinf(number := float(value)):
        raise UnsupportedValueError("is a number over 1.8e308")
    return number


def _utf8_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise UnsupportedValueError("is not text in UTF-8") from None


def _joined_text(value: object) -> str:
    """Return an array, set or dictionary as text; an array's NULL elements are left out.

    Raises:
        UnsupportedValueError: Raised when `value` is none of these, or has elements of other types.
    """
    match value:
        case dict():
            with suppress(TypeError, ValueError, OverflowError):
                return msgspec.json.encode(value).decode()
            raise UnsupportedValueError("has no JSON form")
        case set() | frozenset():
            elements = sorted(value, key=str)
        case list():
            elements = value
        case _:
            raise UnsupportedValueError(f"has the unknown type {type(value).__name__}")
    if wrong := [one for one in elements if not isinstance(one, str | None)]:
        raise UnsupportedValueError(f"has an element of the type {type(wrong[0]).__name__}")
    return ",".join(one for one in elements if one is not None)


def whole_number(value: object) -> int:
    """Return the index `value`, which some columns hold as a fraction or decimal, as a number.

    Raises:
        UnsupportedValueError: Raised when it is not a whole number.
    """
    match value:
        case int():
            return int(value)
        case float() | Decimal() if _is_finite(value) and value == int(value):
            return int(value)
    raise UnsupportedValueError("is not a whole number")


def _json_time(value: object) -> str | int | float | None:
    """Return the value of a column that is declared as date or time as a JSON value.

    SQLite has no date-time type: its drivers return such columns as text, with microseconds.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            return json_value(datetime.fromisoformat(value))
    return json_value(value)


def _json_uuid(value: object) -> str | int | float | None:
    """Return a value as a JSON value; 16 bytes that are not ASCII are those of a UUID."""
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        if len(content) == _UUID_BYTES and not content.isascii():
            return str(UUID(bytes=content))
    return json_value(value)


class PayloadEncoder:
    """Encodes the rows of one event's table as compact JSON objects in UTF-8."""

    def __init__(self, event: Event, time_columns: Iterable[str] = ()) -> None:
        """Take the `time_columns`, which the source declares as date or time."""
        special: dict[str, Callable[[object], object]] = {
            **dict.fromkeys(time_columns, _json_time),
            _UUID_COLUMN: _json_uuid,
            event.key: whole_number,
        }
        self._event = event
        self._any_times = bool(special.keys() - {_UUID_COLUMN, event.key})
        self._convert = [special.get(name, json_value) for name in event.columns]
        self._object = msgspec.defstruct(event.name, [(name, object) for name in event.columns])
        self._encode = msgspec.json.Encoder().encode

    def payloads(self, rows: Sequence[Sequence[object]]) -> list[bytes | Refusal]:
        """Return one JSON object per row, its fields in the order of the event's columns.

        A row with a value that cannot be sent becomes a refusal.
        """
        try:
            plain = rows if self._is_plain(rows) else map(self._plain, rows)
            return list(map(self._encode, starmap(self._object, plain)))
        except ValueError:  # also UnsupportedValueError and UnicodeEncodeError
            return [self._payload(row) for row in rows]

    def _is_plain(self, rows: Sequence[Sequence[object]]) -> bool:
        """Return whether the encoder can write all values of `rows` without conversion."""
        return (
            not self._any_times
            and {int}.issuperset(map(type, map(itemgetter(0), rows)))
            and _JSON_TYPES.issuperset(map(type, chain.from_iterable(rows)))
        )

    def _plain(self, row: Sequence[object]) -> list[object]:
        return [convert(value) for convert, value in zip(self._convert, row, strict=True)]

    def _payload(self, row: Sequence[object]) -> bytes | Refusal:
        """Return the payload of one row, or a refusal that names its first unsuitable value."""
        plain = []
        for column, convert, value in zip(self._event.columns, self._convert, row, strict=True):
            try:
                plain.append(convert(value))
                self._encode(plain[-1])
            except UnsupportedValueError as error:
                return self._refusal(row, column, str(error))
            except UnicodeEncodeError:
                return self._refusal(row, column, "has half a surrogate pair")
            except ValueError:
                return self._refusal(row, column, "is a whole number of too many digits")
        return self._encode(self._object(*plain))

    def _refusal(self, row: Sequence[object], column: str, reason: str) -> Refusal:
        return Refusal(
            self._event.name, whole_number(row[0]), f"{self._event.table}.{column} {reason}"
        )
