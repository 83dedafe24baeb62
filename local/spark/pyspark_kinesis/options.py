"""The options of the source, checked when a query is defined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

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
from .position import LATEST, parse_position

__all__ = ["REFUSED", "Options"]

REFUSED = {
    "streamARN": "give streamName",
    "endpoint": "give endpointUrl",
    **dict.fromkeys(
        ("roleArn", "roleExternalId", "roleSessionName", "stsEndpoint", "serviceCredential"),
        "give awsAccessKey and awsSecretKey, or leave both out for the server's own credentials",
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
"""Options that Databricks has and this source has not, each with what to do instead."""

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_BYTES = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}


def _measure(text: object, units: Mapping[str, float], example: str) -> float:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(text).lower())
    if not found or found[2] not in units:
        msg = f"expected a number and one of {', '.join(units)}, such as {example}"
        raise ValueError(msg)
    return float(found[1]) * units[found[2]]


def _duration(text: object) -> float:
    return _measure(text, _UNITS, "400ms")


def _size(text: object) -> float:
    return _measure(text, _BYTES, "256mb")


def _names(text: object) -> list[str]:
    return [name.strip() for name in str(text).split(",")]


_Seconds = Annotated[float, BeforeValidator(_duration)]
_StreamName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]


class Options(BaseModel):
    """What one query reads, and how. Durations are in seconds, sizes in bytes."""

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
    """MB a second and shard. Null: as fast as Kinesis lets us."""
    min_fetch_period: _Seconds = "200ms"  # type: ignore[assignment]
    max_fetch_duration: _Seconds = "10s"  # type: ignore[assignment]
    fetch_buffer_size: Annotated[float, BeforeValidator(_size)] = "256mb"  # type: ignore[assignment]
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
            msg = "expected awsAccessKey and awsSecretKey together, or none of them"
            raise ValueError(msg)
        return self

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Options:
        """Return what `given` says; its names may be in any case, as Spark's options are.

        Raises:
            OptionError: Raised when an option is missing, wrong, or not honoured here.
        """
        honoured = [str(field.alias) for field in cls.model_fields.values()]
        spelled = {name.lower(): name for name in [*honoured, *REFUSED]}
        try:
            return cls.model_validate({spelled.get(n.lower(), n): v for n, v in given.items()})
        except ValidationError as error:
            problems = "; ".join(_problem(dict(detail)) for detail in error.errors())
            msg = f"the kinesis source cannot begin: {problems}. It honours: {', '.join(honoured)}"
            raise OptionError(msg) from None  # the cause would show the keys


def _problem(detail: Mapping[str, Any]) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"{name} is not honoured here ({REFUSED.get(name, 'no such option')})"
    if detail["type"] == "missing":
        return f"{name} is missing"
    said = str(detail["msg"]).removeprefix("Value error, ")
    came = "" if not name or "key" in name.lower() else f" (got {detail['input']!r})"
    return f"{name}: {said}{came}" if name else said
