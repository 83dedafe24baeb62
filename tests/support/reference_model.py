"""The reference model of the cleaning rules, in plain Python: values, and clean or rejected.

Written from the rules in words, not from the library, so that it can disagree with the library.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from fractions import Fraction
from typing import Any, Self

__all__ = [
    "PLACEHOLDERS",
    "SPACES",
    "followers",
    "full_name",
    "is_good",
    "path",
    "tags",
    "text",
    "trim",
]

SPACES = "".join(
    letter
    for letter in map(chr, range(0x110000))
    if letter.isspace() and not "\x1c" <= letter <= "\x1f"  # Unicode has these as controls only
)
PLACEHOLDERS = {
    "title": ["No Title Data Available"],
    "description": [
        "No description available Story format",
        "No description available",
        "Untitled",
    ],
    "poster_name": ["User Info Error"],
    "follower_count": ["User Info Error"],
    "tag_list": ["N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e"],
    "image_src": ["Image src error."],
}
_SCALES = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "b": 10**9, "B": 10**9}
_DIGITS = frozenset("0123456789")


def trim(value: str) -> str:
    """Return `value` without white space at both ends."""
    return value.strip(SPACES)


def text(column: str, value: str | None) -> str | None:
    """Return the trimmed text; null where it is empty or a placeholder of the column."""
    trimmed = trim(value or "")
    return None if trimmed in ["", *PLACEHOLDERS.get(column, [])] else trimmed


def followers(value: str | None) -> int | None:
    """Return the count; null for any other form, a fraction, or a number beyond bigint."""
    trimmed = trim(value or "")
    scale = _SCALES.get(trimmed[-1:], 1)
    number = trimmed[:-1] if scale > 1 else trimmed
    whole, point, decimals = number.partition(".")
    groups = whole.split(",")
    if not all(part and _DIGITS.issuperset(part) for part in [*groups, decimals or "0"]):
        return None
    grouped = len(groups) > 1
    if grouped and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    if point and (grouped or not decimals or (scale == 1 and decimals.strip("0"))):
        return None
    count = Fraction("".join(groups) + point + decimals) * scale
    return int(count) if count.denominator == 1 and count < 2**63 else None


def tags(value: str | None) -> list[str] | None:
    """Return the tags; null for none."""
    if text("tag_list", value) is None:
        return None
    trimmed = [trim(tag) for tag in (value or "").split(",")]
    return [tag for tag in trimmed if tag] or None


def path(value: str | None) -> str | None:
    """Return only the path."""
    known = text("save_location", value)
    return None if known is None else text("save_location", known.removeprefix("Local save in "))


def full_name(first: str | None, last: str | None) -> str | None:
    """Return the names that are known, with a space between."""
    known = [name for name in (text("first_name", first), text("last_name", last)) if name]
    return " ".join(known) or None


_TEXT = ["unique_id", "title", "description", "poster_name", "follower_count", "tag_list"]
_TEXT += ["is_image_or_video", "image_src", "save_location", "category"]
_FIELDS: dict[str, dict[str, str | int]] = {
    "pin": {"index": "int", **dict.fromkeys(_TEXT, "text")},
    "geo": {"ind": "int", "timestamp": "time", "latitude": 90, "longitude": 180, "country": "text"},
    "user": {
        "ind": "int",
        **dict.fromkeys(["first_name", "last_name"], "text"),
        "age": "int",
        "date_joined": "time",
    },
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d", re.ASCII)
_MORE = re.compile(r"(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):00)?", re.ASCII)
_LONG = re.compile(rb"\d{900}")
_DEPTH = 500


def is_good(payload: bytes, event: str) -> bool | None:
    """Return whether the payload is a good `event`; null where the rules leave it open.

    The rules leave open the depth and length of JSON, invalid text in unknown fields, the year
    zero, and rare forms. Of duplicate fields the last counts, as in Python.
    """
    if payload.count(b"[") + payload.count(b"{") > _DEPTH or _LONG.search(payload):
        return None
    text = payload.decode(errors="replace")
    try:
        parsed = json.loads(
            text, object_pairs_hook=_Pairs, parse_constant=_no_number, parse_float=_Decimal
        )
    except ValueError:
        return False
    if not isinstance(parsed, _Pairs):
        return False
    own = {name: value for name, value in parsed if name in _FIELDS[event]}
    return _fields_are_good(own, event, may_be_damaged="\ufffd" in text)


class _Pairs(list[tuple[str, Any]]):
    """The fields of an object, in order."""


class _Decimal(float):
    """A number with a point or an exponent, and how it is written."""

    written: str

    def __new__(cls, written: str) -> Self:
        number = super().__new__(cls, written)
        number.written = written
        return number


def _no_number(name: str) -> None:
    raise ValueError(name)


def _fields_are_good(own: dict[str, Any], event: str, *, may_be_damaged: bool) -> bool | None:
    key, *others = _FIELDS[event]
    if trim(str(own.get(key) or "")) == "" and own.get(key) != 0:
        return False
    if not any(name in own for name in others):
        return False
    verdicts = [_value_is_good(value, _FIELDS[event][name]) for name, value in own.items()]
    if may_be_damaged:
        return None
    return None if None in verdicts and False not in verdicts else all(verdicts)


def _value_is_good(value: object, kind: str | int) -> bool | None:
    if value is None or kind == "text":
        return True
    if kind == "time":
        return isinstance(value, str) and _time_is_good(trim(value))
    if isinstance(value, str):
        return True if not trim(value) else _number_is_good(value, kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if kind == "int":
        if isinstance(value, _Decimal):
            return _number_is_good(value.written, kind)
        return -(2**31) <= value < 2**31
    return -int(kind) <= value <= int(kind)


def _time_is_good(value: str) -> bool | None:
    if not value:
        return True
    if not _TIME.match(value):
        return False
    if not _MORE.fullmatch(value[19:]) or value.startswith("0000"):
        return None
    try:
        time = dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    if not 1677 <= time.year <= 2262:
        return False
    in_utc = time.replace(tzinfo=time.tzinfo or dt.UTC).astimezone(dt.UTC)
    return 1678 <= in_utc.year <= 2261


def _number_is_good(value: str, kind: str | int) -> bool | None:
    """Return whether a number in quotes is one."""
    if not re.fullmatch(r" *[+-]?\d{1,9}(\.\d+)?", value, re.ASCII):
        return None if re.fullmatch(r"[\s\d.+eE-]+", value) else False
    if kind == "int":
        return not value.partition(".")[2].strip("0")
    return abs(float(value)) <= int(kind)
