"""Every kind of bad record, and a few unusual good ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

__all__ = ["CASES", "Case"]

PIN = {
    "index": 1,
    "unique_id": "8a34bd5e-2a3f-4c07-9d3c-0f1e5a7b9c11",
    "title": "T",
    "description": "D",
    "poster_name": "P",
    "follower_count": "12k",
    "tag_list": "a,b",
    "is_image_or_video": "image",
    "image_src": "https://example.com/1.jpg",
    "downloaded": 1,
    "save_location": "Local save in /data/art",
    "category": "art",
}
GEO = {
    "ind": 1,
    "timestamp": "2020-08-28T03:52:47",
    "latitude": 1.5,
    "longitude": -2.5,
    "country": "Peru",
}
USER = {
    "ind": 1,
    "first_name": "Ann",
    "last_name": "Lee",
    "age": 30,
    "date_joined": "2016-01-02 03:04:05",
}


@dataclass(frozen=True)
class Case:
    """A record and its expected place.

    A dead letter of the batch pipeline is a rejected record of the streaming pipeline.

    Attributes:
        name: The kind of record.
        event: Its event.
        value: Its bytes.
        ends_in: Its place after the batch pipeline.
        reason: A part of the reason, unless the record is clean.
        reason_in_stream: The same for the streaming pipeline, if it is different.
    """

    name: str
    event: Literal["pin", "geo", "user"]
    value: bytes
    ends_in: Literal["clean", "rejected", "dead letters"]
    reason: str = ""
    reason_in_stream: str = ""


def pin(**changes: object) -> bytes:
    return json.dumps(PIN | changes).encode()


def geo(**changes: object) -> bytes:
    return json.dumps(GEO | changes).encode()


def user(**changes: object) -> bytes:
    return json.dumps(USER | changes).encode()


def without(event: dict[str, object], field: str) -> bytes:
    return json.dumps({name: value for name, value in event.items() if name != field}).encode()


_CUT_OFF = "not JSON, or cut off"
_TWO = "text after the JSON object"

CASES = [
    Case("good", "pin", pin(), "clean"),
    Case("not JSON", "pin", b"hello", "dead letters", "not JSON", _CUT_OFF),
    Case("truncated", "pin", pin()[:-5], "dead letters", "not JSON", _CUT_OFF),
    Case("empty", "pin", b"", "dead letters", "empty", "empty"),
    Case("two values", "pin", pin() + pin(), "dead letters", "more than one JSON value", _TWO),
    Case(
        "invalid UTF-8",
        "pin",
        pin().replace(b'"T"', b'"\xff"'),
        *("dead letters", "not UTF-8", "not UTF-8; the payload is kept as base64"),
    ),
    Case("not an object", "pin", b"[1, 2]", "rejected", "not a JSON object"),
    Case("a geo payload", "pin", geo(), "rejected", "not a pin event: its fields are ind"),
    Case("no key", "pin", without(PIN, "index"), "rejected", "index"),
    Case("a key that is text", "pin", pin(index="abc"), "rejected", "abc"),
    Case("extra fields", "pin", pin(index=2, colour="red"), "clean"),
    Case("line breaks between tokens", "pin", json.dumps(PIN, indent=1).encode(), "clean"),
    Case("good", "geo", geo(), "clean"),
    Case("latitude", "geo", geo(latitude=200), "rejected", "200"),
    Case("timestamp", "geo", geo(timestamp="yesterday"), "rejected", "yesterday"),
    Case("the other form", "geo", geo(ind=2, timestamp="2020-08-28 03:52:47"), "clean"),
    Case("a user payload", "geo", user(), "rejected", "not a geo event: its fields are ind"),
    Case("good", "user", user(), "clean"),
    Case("age", "user", user(age="abc"), "rejected", "abc"),
]
