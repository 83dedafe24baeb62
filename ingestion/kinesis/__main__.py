"""Creates the streams of one user and lists them: `python -m ingestion.kinesis`."""

from __future__ import annotations

from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.table import Table

from ingestion.kinesis.streams import DEFAULT_RETENTION_HOURS, KinesisError, create_streams
from pinterest_pipeline.errors import UserIdError


def streams(
    user_id: Annotated[
        str, typer.Option(envvar="PINTEREST_USER_ID", help="Middle part of the streams' names.")
    ] = "demo",
    shards: Annotated[
        int, typer.Option(envvar="PINTEREST_SHARDS", min=1, help="Shards per stream.")
    ] = 2,
    retention_hours: Annotated[
        int, typer.Option(min=24, max=8760, help="Minimum retention of records.")
    ] = DEFAULT_RETENTION_HOURS,
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
        kinesis = boto3.client("kinesis", region_name=region, endpoint_url=endpoint_url)
        user_streams = create_streams(kinesis, user_id, shards, retention_hours)
    except (KinesisError, UserIdError) as error:
        Console(stderr=True, style="red").print(f"Error: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    table = Table("stream", "shards", "")
    for stream in user_streams:
        state = "created" if stream.created else "already existed"
        table.add_row(stream.name, str(stream.shards), state)
    Console().print(table)


if __name__ == "__main__":
    typer.run(streams)
