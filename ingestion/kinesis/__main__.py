"""`python -m ingestion.kinesis`: makes the streams of one user, says what there is."""

from __future__ import annotations

from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.table import Table

from ingestion.kinesis.errors import KinesisError
from ingestion.kinesis.streams import DEFAULT_RETENTION_HOURS, create_streams
from pinterest_pipeline.errors import UserIdError


def streams(
    user_id: Annotated[
        str, typer.Option(envvar="PINTEREST_USER_ID", help="Middle part of the streams' names.")
    ] = "demo",
    shards: Annotated[
        int, typer.Option(envvar="PINTEREST_SHARDS", min=1, help="Shards per stream.")
    ] = 2,
    retention_hours: Annotated[
        int, typer.Option(min=24, max=8760, help="How long the streams keep a record, at least.")
    ] = DEFAULT_RETENTION_HOURS,
    region: Annotated[
        str | None, typer.Option(help="AWS region. [default: as AWS' own configuration says]")
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(envvar="AWS_ENDPOINT_URL_KINESIS", help="Another Kinesis than AWS' own."),
    ] = None,
) -> None:
    """Make the streams of a user that do not exist yet.

    Raises:
        Exit: Raised with 1 when they could not be made.
    """
    try:
        kinesis = boto3.client("kinesis", region_name=region, endpoint_url=endpoint_url)
        found = create_streams(kinesis, user_id, shards, retention_hours)
    except (KinesisError, UserIdError) as error:
        Console(stderr=True, style="red").print(f"Error: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    table = Table("stream", "shards", "")
    for stream in found:
        table.add_row(stream.name, str(stream.shards), "made" if stream.made else "was there")
    Console().print(table)


if __name__ == "__main__":
    typer.run(streams)
