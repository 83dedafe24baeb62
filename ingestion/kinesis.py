"""The Kinesis streams that the API writes to, one per event; `python -m ingestion.kinesis`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import StreamDescriptionSummaryTypeDef
from rich.console import Console
from rich.table import Table

from pinterest_pipeline.errors import UserIdError, run_command
from pinterest_pipeline.names import stream_names

__all__ = ["KinesisError", "Stream", "create_streams"]

_DEFAULT_RETENTION_HOURS = 168
"""A week, in which a stopped reader can be repaired. AWS keeps records for a day by default."""


class KinesisError(Exception):
    """Base of all errors of this module."""


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
    retention_hours: int = _DEFAULT_RETENTION_HOURS,
) -> list[Stream]:
    """Create the missing streams of `user_id`, and wait until all are active.

    The shards of an existing stream never change, because resharding takes time and must be a
    deliberate decision. A shorter retention is increased to `retention_hours`; a longer one stays.

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


def _client(region: str | None, endpoint_url: str | None) -> KinesisClient:
    host = urlsplit(endpoint_url or "").hostname or ""
    is_here = host == "localhost" or re.fullmatch(r"127(\.\d+){3}", host) or host == "::1"
    # A proxy of the user's environment cannot reach this machine's loopback.
    direct = Config(proxies={}) if is_here else None
    return boto3.client("kinesis", region_name=region, endpoint_url=endpoint_url, config=direct)


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


def main(
    user_id: Annotated[
        str, typer.Option(envvar="PINTEREST_USER_ID", help="Middle part of the streams' names.")
    ] = "demo",
    shards: Annotated[
        int, typer.Option(envvar="PINTEREST_SHARDS", min=1, help="Shards per stream.")
    ] = 2,
    retention_hours: Annotated[
        int, typer.Option(min=24, max=8760, help="Minimum retention of records.")
    ] = _DEFAULT_RETENTION_HOURS,
    region: Annotated[
        str | None, typer.Option(help="AWS region. [default: from the AWS configuration]")
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(envvar="AWS_ENDPOINT_URL_KINESIS", help="Endpoint other than AWS."),
    ] = None,
) -> None:
    """Create the missing streams of a user.

    Raises:
        Exit: Raised with code 1 when the streams cannot be created.
    """
    try:
        kinesis = _client(region, endpoint_url)
        user_streams = create_streams(kinesis, user_id, shards, retention_hours)
    except (KinesisError, UserIdError, BotoCoreError) as error:
        Console(stderr=True, style="red").print(f"Error: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    table = Table("stream", "shards", "")
    for stream in user_streams:
        state = "created" if stream.created else "already existed"
        table.add_row(stream.name, str(stream.shards), state)
    Console().print(table)


if __name__ == "__main__":
    run_command(partial(typer.run, main))
