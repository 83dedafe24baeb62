"""Creates the streams of one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import StreamDescriptionSummaryTypeDef

from pinterest_pipeline.names import stream_names

__all__ = [
    "DEFAULT_RETENTION_HOURS",
    "KinesisError",
    "Stream",
    "create_streams",
]

DEFAULT_RETENTION_HOURS = 24
"""The default of AWS."""


class KinesisError(Exception):
    """Base of all errors of this package."""


@dataclass(frozen=True)
class Stream:
    """One stream.

    Attributes:
        name: `streaming-<user-id>-<event>`.
        shards: Number of its open shards.
        created: Whether this call created it; otherwise it existed before.
    """

    name: str
    shards: int
    created: bool


def create_streams(
    kinesis: KinesisClient,
    user_id: str,
    shards: int,
    retention_hours: int = DEFAULT_RETENTION_HOURS,
) -> list[Stream]:
    """Create the missing streams of `user_id`, and wait until all are active.

    The shards of an existing stream never change: resharding takes time, and people decide about
    it. A shorter retention is increased to `retention_hours`; a longer one stays.

    Returns:
        Every stream of the user.

    Raises:
        UserIdError: Raised when `user_id` is invalid.
        KinesisError: Raised when a stream has another number of open shards, or when Kinesis
            cannot be reached or refuses a call.
    """
    names = stream_names(user_id)
    try:
        missing = [name for name in names if not _exists(kinesis, name)]
        for name in missing:
            kinesis.create_stream(StreamName=name, ShardCount=shards)
        for name in names:
            kinesis.get_waiter("stream_exists").wait(StreamName=name)
        for name in names:
            if _summary(kinesis, name)["RetentionPeriodHours"] < retention_hours:
                kinesis.increase_stream_retention_period(
                    StreamName=name, RetentionPeriodHours=retention_hours
                )
        streams = [
            Stream(name, _summary(kinesis, name)["OpenShardCount"], name in missing)
            for name in names
        ]
    except (ClientError, BotoCoreError) as error:
        msg = f"Kinesis cannot provide the streams of {user_id}: {error}"
        raise KinesisError(msg) from error
    _check_shards(streams, shards)
    return streams


def _exists(kinesis: KinesisClient, name: str) -> bool:
    try:
        _summary(kinesis, name)
    except kinesis.exceptions.ResourceNotFoundException:
        return False
    return True


def _summary(kinesis: KinesisClient, name: str) -> StreamDescriptionSummaryTypeDef:
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _check_shards(streams: Sequence[Stream], shards: int) -> None:
    different = [f"{s.name} has {s.shards}" for s in streams if s.shards != shards]
    if different:
        msg = (
            f"expected {shards} shards per stream; {', '.join(different)}: request the existing"
            " number, or change it with `aws kinesis update-shard-count`"
        )
        raise KinesisError(msg)
