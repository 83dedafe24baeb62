"""Makes the streams of one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import StreamDescriptionSummaryTypeDef

from ingestion.kinesis.errors import KinesisError, ShardsDifferError
from pinterest_pipeline.names import stream_names

__all__ = ["DEFAULT_RETENTION_HOURS", "Stream", "create_streams"]

DEFAULT_RETENTION_HOURS = 24
"""AWS' own."""


@dataclass(frozen=True)
class Stream:
    """One stream.

    Attributes:
        name: `streaming-<user-id>-<event>`.
        shards: Its open shards.
        made: Whether it was made just now; it was there before where it was not.
    """

    name: str
    shards: int
    made: bool


def create_streams(
    kinesis: KinesisClient,
    user_id: str,
    shards: int,
    retention_hours: int = DEFAULT_RETENTION_HOURS,
) -> list[Stream]:
    """Make the streams of `user_id` that do not exist yet, and wait until all are active.

    An existing stream is never given other shards: that is a reshard, which takes its time and is
    to be decided by people. One that keeps its records for less than `retention_hours` is told to
    keep them for as long; never for less.

    Returns:
        Every stream of the user, and whether it was made.

    Raises:
        UserIdError: Raised when `user_id` is invalid.
        ShardsDifferError: Raised when a stream has another number of open shards.
        KinesisError: Raised when Kinesis cannot be reached, or refuses.
    """
    names = stream_names(user_id)
    try:
        missing = [name for name in names if not _exists(kinesis, name)]
        for name in missing:
            kinesis.create_stream(StreamName=name, ShardCount=shards)
        for name in names:
            kinesis.get_waiter("stream_exists").wait(StreamName=name)
        for name in names:
            _keep_for(kinesis, name, retention_hours)
        streams = [Stream(name, _open_shards(kinesis, name), name in missing) for name in names]
    except (ClientError, BotoCoreError) as error:
        msg = f"Kinesis does not give the streams of {user_id}: {error}"
        raise KinesisError(msg) from error
    _check_shards(streams, shards)
    return streams


def _exists(kinesis: KinesisClient, name: str) -> bool:
    try:
        _summary(kinesis, name)
    except kinesis.exceptions.ResourceNotFoundException:
        return False
    return True


def _keep_for(kinesis: KinesisClient, name: str, hours: int) -> None:
    if _summary(kinesis, name)["RetentionPeriodHours"] < hours:
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)


def _open_shards(kinesis: KinesisClient, name: str) -> int:
    return _summary(kinesis, name)["OpenShardCount"]


def _summary(kinesis: KinesisClient, name: str) -> StreamDescriptionSummaryTypeDef:
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _check_shards(streams: Sequence[Stream], shards: int) -> None:
    different = [f"{s.name} has {s.shards}" for s in streams if s.shards != shards]
    if different:
        msg = (
            f"expected {shards} shards per stream; {', '.join(different)}: ask for as many as there"
            " are, or change them with `aws kinesis update-shard-count`"
        )
        raise ShardsDifferError(msg)
