"""The options of the source, checked when a query is defined."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from .errors import OptionError

__all__ = ["LATEST", "TRIM_HORIZON", "UNSUPPORTED", "Options", "parse_position"]

LATEST = "LATEST"
TRIM_HORIZON = "TRIM_HORIZON"

UNSUPPORTED = {
    "streamARN": "give streamName",
    "endpoint": "give endpointUrl",
    **dict.fromkeys(
        ("roleArn", "roleExternalId", "roleSessionName", "stsEndpoint", "serviceCredential"),
        "give awsAccessKey and awsSecretKey, or neither to use the server's own credentials",
    ),
    **dict.fromkeys(
        (
            "consumerName",
            "consumerNamePrefix",
            "consumerRefreshInterval",
            "registeredConsumerId",
            "registeredConsumerIdType",
            "registerConsumerTimeoutInterval",
            "requireConsumerDeregistration",
            "deregisterConsumerTimeoutInterval",
        ),
        "shards are polled; there is no enhanced fan-out",
    ),
    **dict.fromkeys(("shardsPerTask", "maxPartitions"), "each shard is a task"),
    **dict.fromkeys(
        ("maxShardsPerDescribe", "coalesceThresholdBlockSize", "coalesceBinSize"),
        "it has no meaning here",
    ),
}
"""Options of Databricks that this source does not support, each with what to do instead."""

_NAMES = {"latest": LATEST, "trim_horizon": TRIM_HORIZON, "earliest": TRIM_HORIZON}
_DEFAULT_FORMAT = "MM/dd/yyyy HH:mm:ss ZZZ"
# The letters of Java's patterns that are supported.
_LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{2})",
    "dd": r"(?P<day>\d{2})",
    "HH": r"(?P<hour>\d{2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "SSS": r"(?P<millisecond>\d{3})",
}
_DATE = {"year": 1970, "month": 1, "day": 1}
"""The parts of a moment that the format may omit."""
_ZONE = r"(?P<zone>[A-Za-z][A-Za-z0-9_/+-]*|[+-]\d{2}:?\d{2})"
_EXPECTED = (
    'latest, trim_horizon, earliest or {"at_timestamp": "06/25/2020 10:23:45 UTC",'
    f' "format": "{_DEFAULT_FORMAT}"}}'
)

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_BYTES = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}


def _measure(text: object, units: Mapping[str, float], example: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(text).lower())
    if not match or match[2] not in units:
        msg = f"expected a number and one of {', '.join(units)}, such as {example}"
        raise ValueError(msg)
    return float(match[1]) * units[match[2]]


def _names(text: object) -> list[str]:
    return [name.strip() for name in str(text).split(",")]


def parse_position(text: str) -> str | float:
    """Return the option `initialPosition`: `LATEST`, `TRIM_HORIZON`, or seconds since 1970.

    The format of a moment is a Java pattern of yyyy, MM, dd, HH, mm, ss, SSS and a time zone (z, Z,
    X, V). Without a zone the moment is in UTC.

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
    match = re.fullmatch(_regex(pattern), text.strip())
    if not match:
        msg = f"expected a moment like {pattern}; got {text!r}"
        raise ValueError(msg)
    parts = match.groupdict()
    zone = _zone(parts.pop("zone", None) or "UTC")
    fraction = timedelta(milliseconds=int(parts.pop("millisecond", 0)))
    fields = _DATE | {name: int(digits) for name, digits in parts.items()}
    return (datetime(**fields, tzinfo=zone) + fraction).timestamp()


def _regex(pattern: str) -> str:
    parts = re.finditer(
        r"'(?P<quoted>[^']*)'|(?P<letters>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>.)", pattern
    )
    return "".join(_part(match, pattern) for match in parts)


def _part(match: re.Match[str], pattern: str) -> str:
    letters = match["letters"]
    if not letters:
        return re.escape(match["quoted"] if match["quoted"] is not None else match["other"])
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


_Seconds = Annotated[float, BeforeValidator(partial(_measure, units=_UNITS, example="400ms"))]
_Bytes = Annotated[float, BeforeValidator(partial(_measure, units=_BYTES, example="256mb"))]
_StreamName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]


class Options(BaseModel):
    """The options of one query. Durations are in seconds, sizes in bytes."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, validate_default=True
    )

    stream_name: Annotated[tuple[_StreamName, ...], BeforeValidator(_names)]
    region: str | None = None
    """Null means the region of the server's AWS configuration."""
    initial_position: Annotated[str | float, BeforeValidator(parse_position)] = LATEST.lower()
    """`LATEST`, `TRIM_HORIZON`, or seconds since 1970."""
    aws_access_key: str | None = None
    aws_secret_key: SecretStr | None = None
    """Null means the credentials of the server's AWS configuration."""
    consumer_mode: Annotated[str, Field(pattern="^(?i:polling)$")] = "polling"
    max_records_per_fetch: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    max_fetch_rate: Annotated[float, Field(gt=0)] | None = None
    """MB per second and shard. Null means as fast as Kinesis allows."""
    min_fetch_period: _Seconds = "200ms"  # type: ignore[assignment]
    max_fetch_duration: _Seconds = "10s"  # type: ignore[assignment]
    fetch_buffer_size: _Bytes = "256mb"  # type: ignore[assignment]
    shard_fetch_interval: _Seconds = "1s"  # type: ignore[assignment]

    endpoint_url: Annotated[str, Field(pattern="^https?://")] | None = None
    """Local only. Null means AWS' own."""
    max_records_per_trigger: Annotated[int, Field(ge=1)] = 250_000
    """Local only."""
    fail_on_data_loss: bool = True
    """Local only."""

    @model_validator(mode="after")
    def _both_keys(self) -> Options:
        if (self.aws_access_key is None) != (self.aws_secret_key is None):
            msg = "expected awsAccessKey and awsSecretKey together, or neither"
            raise ValueError(msg)
        return self

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Options:
        """Return the options in `given`. Names are case-insensitive, like Spark's options.

        Raises:
            OptionError: Raised when an option is missing, wrong, or not supported here.
        """
        supported = [str(field.alias) for field in cls.model_fields.values()]
        spelled = {name.lower(): name for name in [*supported, *UNSUPPORTED]}
        try:
            return cls.model_validate({spelled.get(n.lower(), n): v for n, v in given.items()})
        except ValidationError as error:
            problems = "; ".join(_problem(dict(detail)) for detail in error.errors())
            names = ", ".join(supported)
            msg = f"the kinesis source cannot start: {problems}. Supported options: {names}"
            raise OptionError(msg) from None  # the cause would show the keys


def _problem(detail: Mapping[str, Any]) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"{name} is not supported here ({UNSUPPORTED.get(name, 'no such option')})"
    if detail["type"] == "missing":
        return f"{name} is missing"
    message = str(detail["msg"]).removeprefix("Value error, ")
    got = "" if not name or "key" in name.lower() else f" (got {detail['input']!r})"
    return f"{name}: {message}{got}" if name else message
