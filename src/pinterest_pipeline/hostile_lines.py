"""Lines that test the details of a Spark runtime, each with its outcome.

The rules of `parse` rest on details of Spark's JSON functions. A runtime with another parser may
differ, so a user runs these lines once on a new workspace, and the tests run them on each change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["HOSTILE_LINES", "HostileLine"]


@dataclass(frozen=True)
class HostileLine:
    """One line of a landed file, and what becomes of it.

    Attributes:
        event: The kind of event of its topic.
        line: The line, without its line feed.
        reason: Why it is rejected; null if it is good.
        values: Values of a good line in columns of the clean table.
    """

    event: str
    line: bytes
    reason: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


type _Line = str | bytes

_NOT_JSON = "not JSON, or cut off"
_NO_OBJECT = "not a JSON object"
_TRAILING = "text after the JSON object"
_NOT_UTF8 = "not UTF-8; the payload is kept as base64"
_NO_KEY = "no key: expected an int in ind"
_OF_GEO = "not a user event: its fields are ind, latitude, country"
_MOMENT = dt.datetime(2020, 8, 28, 3, 52, 47, tzinfo=dt.UTC)
_FIRST_MOMENT = dt.datetime(1678, 1, 1, tzinfo=dt.UTC)
_LAST_MOMENT = dt.datetime(2261, 12, 31, 23, 59, 59, tzinfo=dt.UTC)

_REJECTED_USERS: Mapping[_Line, str] = {
    "nope": _NOT_JSON,
    '{"ind": 1, "age": 3': _NOT_JSON,
    '{"ind": 1, "first_name": "Ad': _NOT_JSON,
    '{"ind": 1, "age": NaN}': _NOT_JSON,
    '\ufeff{"ind": 1, "age": 2}': _NOT_JSON,
    "{'ind': 1, 'age': 2}": _NOT_JSON,
    "": "empty line",
    " \t ": "empty line",
    "null": _NO_OBJECT,
    "5": _NO_OBJECT,
    '"text"': _NO_OBJECT,
    '[{"ind": 1, "age": 2}]': _NO_OBJECT,
    '{"ind": 1, "age": 2}{"ind": 2, "age": 2}': _TRAILING,
    '{"ind": 1, "age": 2} {"ind": 2, "age": 2}': _TRAILING,
    '{"ind": 1, "age": 2},{"ind": 2, "age": 2}': _TRAILING,
    '{"ind": 1, "age": 2} x': _TRAILING,
    '{"ind": 1, "age": 2}}': _TRAILING,
    '{"ind": 1, "age": 2}]}': _TRAILING,
    '{"ind": 1, "age": 2}],[{}': _TRAILING,
    '{"ind": 1, "age": 2},0] {}': _TRAILING,
    b'{"ind": 1, "first_name": "\xff"}': _NOT_UTF8,
    b'{"ind": 1, "last_name": "\xed\xa0\x80"}': _NOT_UTF8,  # half of a pair, forbidden in UTF-8
    b'{"ind": 1, "date_joined": "\xc3"}': _NOT_UTF8,
    b'\xff{"ind": 1}': _NOT_UTF8,
    b'{"ind": \xff}': _NOT_UTF8,
    b'{"ind": "abc", "\xff": 1, "age": 2}': _NOT_UTF8,  # has another fault too
    '{"age": 2}': _NO_KEY,
    '{"ind": null, "age": 2}': _NO_KEY,
    '{"ind": 1, "age": "7", "ind": null}': _NO_KEY,
    '{"ind": "abc", "age": 2}': 'ind: expected int, got "abc"',
    '{"ind": "", "age": 2}': 'ind: expected int, got ""',
    '{"ind": 7.5, "age": 2}': 'ind: expected int, got "7.5"',
    '{"ind": 1, "age": "7.5"}': 'age: expected int, got "7.5"',
    '{"ind": 1, "age": "1.0d"}': 'age: expected int, got "1.0d"',
    '{"ind": 99999999999, "age": 2}': 'ind: expected int, got "99999999999"',
    '{"ind": [1], "age": 2}': 'ind: expected int, got "[1]"',
    '{"ind": 1, "age": 7, "ind": "abc"}': 'ind: expected int, got "abc"',
    '{"ind": 1, "age": "abc"}': 'age: expected int, got "abc"',
    '{"ind": 1, "age": true}': 'age: expected int, got "true"',
    '{"ind": 1, "age": 7, "age": "abc"}': 'age: expected int, got "abc"',
    '{"ind": 1, "age": 7, "age": {}}': 'age: expected int, got "{}"',
    '{"ind": 1, "age": null, "age": "\\ud800"}': 'age: expected int, got "?"',
    '{"ind": 1, "age": "7\\ud800"}': 'age: expected int, got "7?"',
    '{"ind": 1, "date_joined": "2020"}': 'date_joined: expected timestamp, got "2020"',
    '{"ind": 1, "date_joined": "now"}': 'date_joined: expected timestamp, got "now"',
    '{"ind": 1, "date_joined": "2019-02-29T00:00:00"}': (
        'date_joined: expected timestamp, got "2019-02-29T00:00:00"'
    ),
    '{"ind": 1, "date_joined": "2020-08-28T03:52:47\\ud83d"}': (
        'date_joined: expected timestamp, got "2020-08-28T03:52:47?"'
    ),
    '{"ind": 1, "age": 7, "date_joined": "x", "date_joined": "y"}': (
        'date_joined: expected timestamp, got "y"'
    ),
    '{"ind": 1, "date_joined": "9999-12-31T00:00:00"}': (
        'date_joined: expected a year of 1678 to 2261, got "9999-12-31T00:00:00"'
    ),
    '{"ind": 1, "date_joined": "1678-01-01T00:00:00+01:00"}': (
        'date_joined: expected a year of 1678 to 2261, got "1678-01-01T00:00:00+01:00"'
    ),
    '{"ind": 1, "latitude": 1, "country": "Chad"}': _OF_GEO,
}

_GOOD_USERS: Mapping[_Line, Mapping[str, object]] = {
    '{"ind": 1, "first_name": "a}b"}': {"user_name": "a}b"},
    '{"ind": 1, "first_name": "}]"}': {"user_name": "}]"},
    '{"ind": 1, "age": 2, "extra": {"a": [{}]}}': {"age": 2},
    '{"ind": 1, "age": 2}\r': {"age": 2},
    ' {"ind": 1, "age": 2} ': {"age": 2},
    '{"ind": 1, "last_name": "\ufffd"}': {"user_name": "\ufffd"},  # written by the sender
    b'{"ind": 1, "age": 2, "extra": "\xff"}': {"age": 2},  # an unknown field
    '{"ind": 1, "first_name": 967, "last_name": {"a": [1]}}': {"user_name": '967 {"a":[1]}'},
    '{"ind": "7", "age": 2}': {"ind": 7},
    '{"ind": 7.0, "age": 30.00}': {"ind": 7, "age": 30},
    '{"ind": "7.0", "age": " 30. "}': {"ind": 7, "age": 30},
    '{"ind": 1, "first_name": "a", "age": ""}': {"user_name": "a", "age": None},
    '{"ind": 1, "age": " \u00a0"}': {"age": None},
    '{"ind": 1, "date_joined": "1678-01-01T00:00:00"}': {"date_joined": _FIRST_MOMENT},
    '{"ind": 1, "date_joined": "2261-12-31T23:59:59"}': {"date_joined": _LAST_MOMENT},
    '{"ind": -1, "age": "30"}': {"ind": -1, "age": 30},
    '{"ind": 1, "age": 7, "age": 8}': {"age": 8},
    '{"ind": 1, "age": "7", "age": "8"}': {"age": 8},
    '{"ind": 1, "age": 7, "age": "8"}': {"age": 8},
    '{"ind": 1, "age": "8", "age": 7}': {"age": 7},
    '{"ind": 1, "age": "abc", "age": 7}': {"age": 7},
    '{"ind": 1, "age": 7, "age": null}': {"age": None},
    '{"ind": 1, "age": "7", "age": null}': {"age": None},
    '{"ind": 1, "date_joined": ""}': {"date_joined": None},
    '{"ind": 1, "date_joined": "2020-08-28T03:52:47"}': {"date_joined": _MOMENT},
    '{"ind": 1, "date_joined": " 2020-08-28 03:52:47\u00a0"}': {"date_joined": _MOMENT},
    '{"ind": 1, "date_joined": "2020-08-28T05:52:47+02:00"}': {"date_joined": _MOMENT},
}

_REJECTED_GEOS: Mapping[_Line, str] = {
    '{"ind": 1, "latitude": 200}': 'latitude: expected -90 to 90, got "200"',
    '{"ind": 1, "latitude": -90.1}': 'latitude: expected -90 to 90, got "-90.1"',
    '{"ind": 1, "longitude": 180.01}': 'longitude: expected -180 to 180, got "180.01"',
    '{"ind": 1, "latitude": 1, "latitude": 200}': 'latitude: expected -90 to 90, got "200"',
    '{"ind": 1, "latitude": "NaN"}': 'latitude: expected double, got "NaN"',
    '{"ind": 1, "latitude": "1.5d"}': 'latitude: expected double, got "1.5d"',
    '{"ind": 1, "latitude": "north"}': 'latitude: expected double, got "north"',
}

_GOOD_GEOS: Mapping[_Line, Mapping[str, object]] = {
    '{"ind": 1, "latitude": 90, "longitude": -180}': {"coordinates": [90.0, -180.0]},
    '{"ind": 1, "latitude": "", "longitude": 1}': {"coordinates": None},
    '{"ind": 1, "latitude": "1.5", "longitude": 1e1}': {"coordinates": [1.5, 10.0]},
    '{"ind": 1, "latitude": 1.5, "country": "\u00a0Chad"}': {
        "coordinates": None,
        "country": "Chad",
    },
}

_GOOD_PINS: Mapping[_Line, Mapping[str, object]] = {
    '{"index": 1, "title": " No Title Data Available\u00a0"}': {"title": None},
    '{"index": 1, "title": "\u3000\u00c9clair\u2009"}': {"title": "\u00c9clair"},
    '{"index": 1, "follower_count": "1.2k"}': {"follower_count": 1_200},
    '{"index": 1, "follower_count": "9300000000000000B"}': {"follower_count": None},
    '{"index": 1, "tag_list": "a,\u2009b c ,,d"}': {"tag_list": ["a", "b c", "d"]},
    '{"index": 1, "save_location": "Local save in /data/art"}': {"save_location": "/data/art"},
}


def _lines(
    event: str, rejected: Mapping[_Line, str], good: Mapping[_Line, Mapping[str, object]]
) -> list[HostileLine]:
    return [
        *(HostileLine(event, _bytes(line), reason) for line, reason in rejected.items()),
        *(HostileLine(event, _bytes(line), values=values) for line, values in good.items()),
    ]


def _bytes(line: _Line) -> bytes:
    return line.encode() if isinstance(line, str) else line


HOSTILE_LINES: Sequence[HostileLine] = (
    *_lines("pin", {}, _GOOD_PINS),
    *_lines("geo", _REJECTED_GEOS, _GOOD_GEOS),
    *_lines("user", _REJECTED_USERS, _GOOD_USERS),
)
"""Lines of all events."""
