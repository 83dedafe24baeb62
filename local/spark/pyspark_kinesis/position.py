"""Where a new query begins to read: the option `initialPosition`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["LATEST", "TRIM_HORIZON", "parse_position"]

LATEST = "LATEST"
TRIM_HORIZON = "TRIM_HORIZON"

_NAMES = {"latest": LATEST, "trim_horizon": TRIM_HORIZON, "earliest": TRIM_HORIZON}
_DEFAULT_FORMAT = "MM/dd/yyyy HH:mm:ss ZZZ"
# The letters of Java's patterns that a moment needs.
_LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "dd": r"(?P<day>\d{2})",
    "HH": r"(?P<hour>\d{2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "SSS": r"(?P<millisecond>\d{3})",
}
_FIELDS = {
    "year": 1970,
    "month": 1,
    "day": 1,
    "hour": 0,
    "minute": 0,
    "second": 0,
    "millisecond": 0,
}
"""Each part of a moment, and what it is where the format has none."""
_ZONE = r"(?P<zone>[A-Za-z][A-Za-z0-9_/+-]*|[+-]\d{2}:?\d{2})"
_EXPECTED = (
    'latest, trim_horizon, earliest or {"at_timestamp": "06/25/2020 10:23:45 UTC",'
    f' "format": "{_DEFAULT_FORMAT}"}}'
)


def parse_position(text: str) -> str | float:
    """Return `LATEST`, `TRIM_HORIZON`, or a moment in seconds since 1970.

    The moment's format is a Java pattern of yyyy, MM, dd, HH, mm, ss, SSS and a time zone (z, Z, X,
    V); without a zone it is in UTC.

    Raises:
        ValueError: Raised when `text` is none of these.
    """
    name = _NAMES.get(text.strip().lower())
    if name:
        return name
    try:
        given = json.loads(text)
        return _moment(given["at_timestamp"], given.get("format", _DEFAULT_FORMAT))
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        msg = f"expected {_EXPECTED}"
        raise ValueError(msg) from error


def _moment(text: str, pattern: str) -> float:
    found = re.fullmatch(_regex(pattern), text.strip())
    if not found:
        msg = f"expected a moment like {pattern}; got {text!r}"
        raise ValueError(msg)
    parts = found.groupdict()
    zone = _zone(parts.pop("zone", None) or "UTC")
    year, month, day, hour, minute, second, millisecond = (
        int(parts.get(name, least)) for name, least in _FIELDS.items()
    )
    day_time = datetime(year, month, day, hour, minute, second, millisecond * 1000, zone)
    return day_time.timestamp()


def _regex(pattern: str) -> str:
    parts = re.finditer(
        r"'(?P<quoted>[^']*)'|(?P<letters>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>.)", pattern
    )
    return "".join(_part(found, pattern) for found in parts)


def _part(found: re.Match[str], pattern: str) -> str:
    letters = found["letters"]
    if not letters:
        return re.escape(found["quoted"] if found["quoted"] is not None else found["other"])
    if letters in _LETTERS:
        return _LETTERS[letters]
    if letters[0] in "zZXV":
        return _ZONE
    known = ", ".join(_LETTERS)
    msg = f"expected a format of {known} and a time zone (z, Z, X, V); got {letters} in {pattern!r}"
    raise ValueError(msg)


def _zone(name: str) -> tzinfo:
    """Return the zone of an offset, of a region, or of an abbreviation of RFC 2822 such as PDT.

    Raises:
        ValueError: Raised when `name` is none of them.
    """
    if name == "Z":
        return UTC
    dated = parsedate_tz(f"1 Jan 2020 00:00:00 {name.replace(':', '')}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if dated and dated[-1] is not None and (dated[-1] or name[0] in "+-"):  # 0: unknown name
            return timezone(timedelta(seconds=dated[-1]))
        msg = f"expected a time zone such as UTC, PDT, +02:00 or Europe/London; got {name!r}"
        raise ValueError(msg) from error
