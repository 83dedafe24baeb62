"""Whether a payload is a good event, by DATA.md and Python's own JSON parser."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

from tests.spark.pinterest_pipeline import model

__all__ = ["is_good"]

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
    """Return whether the payload is a good `event`; null where DATA.md leaves it open.

    It leaves open how deep and long JSON may be, bytes that are no text in a field that nobody
    reads, years before the first, and rare forms. Of a field that comes twice the last counts, as
    for Python.
    """
    if payload.count(b"[") + payload.count(b"{") > _DEPTH or _LONG.search(payload):
        return None
    text = payload.decode(errors="replace")
    try:
        found = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_no_number)
    except ValueError:
        return False
    if not isinstance(found, _Pairs):
        return False
    own = {name: value for name, value in found if name in _FIELDS[event]}
    return _judged(own, event, may_be_damaged="\ufffd" in text)


class _Pairs(list[tuple[str, Any]]):
    """The fields of an object, in order."""


def _no_number(name: str) -> None:
    raise ValueError(name)


def _judged(own: dict[str, Any], event: str, *, may_be_damaged: bool) -> bool | None:
    key, *others = _FIELDS[event]
    if own.get(key) is None or not any(name in own for name in others):
        return False
    verdicts = [_value_is_good(value, _FIELDS[event][name]) for name, value in own.items()]
    if may_be_damaged:
        return None
    return None if None in verdicts and False not in verdicts else all(verdicts)


def _value_is_good(value: object, kind: str | int) -> bool | None:
    if value is None or kind == "text":
        return True
    if kind == "time":
        return isinstance(value, str) and _time_is_good(model.trim(value))
    if isinstance(value, str):
        return _number_is_good(value, kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if kind == "int":
        return isinstance(value, int) and -(2**31) <= value < 2**31
    return -int(kind) <= value <= int(kind)


def _time_is_good(told: str) -> bool | None:
    if not told:
        return True
    if not _TIME.match(told):
        return False
    if not _MORE.fullmatch(told[19:]) or told.startswith("0000"):
        return None
    try:
        return bool(dt.datetime.fromisoformat(told))
    except ValueError:
        return False


def _number_is_good(told: str, kind: str | int) -> bool | None:
    """Return whether a number in quotes is one."""
    if not re.fullmatch(r" *[+-]?\d{1,9}(\.\d+)?", told, re.ASCII):
        return None if re.fullmatch(r"[\s\d.+eE-]+", told) else False
    if kind == "int":
        return "." not in told
    return abs(float(told)) <= int(kind)
