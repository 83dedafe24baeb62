"""The command line of the user-posting emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Never

import typer
from rich.console import Console

from emulation.destination import Connection
from emulation.emulate import Options, emulate
from emulation.errors import EmulationError, SettingsError
from emulation.settings import (
    DEFAULT_API,
    LOCAL_STATE,
    MAX_BATCH_POSTS,
    To,
    checked_api,
    checked_api_key,
)
from emulation.synthetic.database import default_source
from pinterest_pipeline.errors import UserIdError
from pinterest_pipeline.names import validate_user_id

__all__ = ["EXIT_FAILED", "EXIT_INTERRUPTED", "app"]

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def post(  # the docstring is the help text
    to: Annotated[To, typer.Option(help="Where the posts go.")] = To.KAFKA,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="PINTEREST_SOURCE",
            help="SQLAlchemy URL of the database with the tables pinterest_data, "
            "geolocation_data and user_data. Give one with a password by the environment: a "
            "command line can be read by everyone on the machine. [default: synthetic rows]",
        ),
    ] = None,
    synthetic: Annotated[
        Path, typer.Option(help="SQLite file of the synthetic rows; made where it is missing.")
    ] = LOCAL_STATE / "synthetic.db",
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first N posts of the source. [default: all]"),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.001, help="Posts per second. [default: as fast as the API takes them]"),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=MAX_BATCH_POSTS, help="Records per request.")
    ] = MAX_BATCH_POSTS,
    connections: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Requests under way at once, for each destination; the order per post is kept.",
        ),
    ] = 1,
    api: Annotated[
        str,
        typer.Option(
            metavar="URL", envvar="PINTEREST_API", help="Base URL of the API, with its stage."
        ),
    ] = DEFAULT_API,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="PINTEREST_API_KEY",
            help="Key of the API's usage plan. Give it by the environment: a command line can be "
            "read by everyone on the machine.",
        ),
    ] = None,
    user_id: Annotated[
        str,
        typer.Option(
            envvar="PINTEREST_USER_ID",
            help="The part of the topics' and streams' names that is the user's.",
        ),
    ] = "demo",
    at_random: Annotated[
        bool,
        typer.Option(
            "--random",
            help="Posts chosen at random, one by one, up to 2 seconds apart unless --rate says "
            "otherwise. Needs --rows or --forever.",
        ),
    ] = False,
    forever: Annotated[bool, typer.Option("--forever", help="With --random: without end.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="With --random: makes the choice repeatable.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after the last acknowledged post.")
    ] = False,
    give_up_after: Annotated[
        float, typer.Option(min=0, help="Seconds for which a failing request is repeated.")
    ] = 60.0,
    summary_json: Annotated[
        Path | None, typer.Option(help="File for the figures of the closing table, as JSON.")
    ] = None,
    state: Annotated[
        Path,
        typer.Option(envvar="PINTEREST_EMULATOR_STATE", help="Folder of the resume points."),
    ] = LOCAL_STATE / "stack" / "emulator",
) -> None:
    """Post rows of a SQL source to the API, as an app's users would.

    Each post is three events: pin, geo and user. Ends with 0 only when every record was
    acknowledged, with 1 when some were not, with 130 when interrupted.
    """  # noqa: DOC501  # it is the help text
    console = Console()
    try:
        _check_choice(at_random, forever, resume, rows)
        connection = Connection(
            checked_api(api),
            checked_api_key(api_key),
            connections,
            1 if at_random else batch_size,
            give_up_after,
        )
        report = emulate(
            Options(
                to,
                source or default_source(synthetic, None if at_random else rows, console),
                connection,
                validate_user_id(user_id),
                state,
                rows,
                rate,
                at_random,
                seed,
                resume,
                summary_json,
            ),
            console,
        )
    except (EmulationError, UserIdError) as error:
        _fail(error)
    if report.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not report.complete:
        raise typer.Exit(EXIT_FAILED)


def _check_choice(at_random: bool, forever: bool, resume: bool, rows: int | None) -> None:
    if forever and not at_random:
        raise SettingsError("--forever goes with --random.")
    if at_random and forever == (rows is not None):
        raise SettingsError("--random needs either --rows N or --forever.")
    if at_random and resume:
        raise SettingsError("--resume goes with posts in order, not with --random.")


def _fail(error: EmulationError | UserIdError) -> Never:
    Console(stderr=True, style="red").print(
        f"Error: {error}", markup=False, highlight=False, soft_wrap=True
    )
    raise typer.Exit(EXIT_FAILED)
