"""The command line of the user-posting emulator."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emulation.api import DEFAULT_API, ApiClientConfig, validate_api, validate_api_key
from emulation.destinations import DestinationName
from emulation.errors import EmulationError, SettingsError
from emulation.pacing import batch_posts
from emulation.report import EXIT_FAILED, escape_unprintable, exit_with
from emulation.run import Options, emulate
from emulation.signature import signature_for
from emulation.synthetic.database import default_source
from pinterest_pipeline.errors import UserIdError
from pinterest_pipeline.names import validate_user_id

__all__ = ["app"]

EXIT_INTERRUPTED = 130
LOCAL_STATE = Path(__file__).resolve().parents[1] / ".local"
"""The folder of the checkout that git ignores."""
MAX_BATCH_SIZE = 500
"""Records per request: the limit of Kinesis' PutRecords, used for both destinations."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def post(  # the docstring is the help text
    to: Annotated[
        DestinationName, typer.Option(help="Where the posts go.")
    ] = DestinationName.KAFKA,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="PINTEREST_SOURCE",
            help="SQLAlchemy URL of the database with the tables pinterest_data, "
            "geolocation_data and user_data. Set a URL with a password in the environment: "
            "everyone on the machine can read a command line. [default: synthetic rows]",
        ),
    ] = None,
    synthetic: Annotated[
        Path, typer.Option(help="SQLite file of the synthetic rows; created if it is missing.")
    ] = LOCAL_STATE / "synthetic.db",
    rows: Annotated[
        int | None,
        typer.Option(
            min=1, max=2**63 - 1, help="Only the first N posts of the source. [default: all]"
        ),
    ] = None,
    rate: Annotated[
        float,
        typer.Option(
            min=0.001,
            show_default=False,
            help="Posts per second. [default: as fast as possible]",
        ),
    ] = math.inf,
    batch_size: Annotated[
        int, typer.Option(min=1, max=MAX_BATCH_SIZE, help="Records per request.")
    ] = MAX_BATCH_SIZE,
    connections: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Concurrent requests for each destination; the order per post is kept.",
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
            help="Key of the API's usage plan. Set it in the environment: everyone on the machine "
            "can read a command line.",
        ),
    ] = None,
    sign: Annotated[
        bool,
        typer.Option(
            "--sign",
            envvar="PINTEREST_SIGN",
            help="Sign requests with AWS credentials, for an API with AWS_IAM authorization.",
        ),
    ] = False,
    user_id: Annotated[
        str,
        typer.Option(
            envvar="PINTEREST_USER_ID",
            help="The user's part of the names of topics and streams.",
        ),
    ] = "demo",
    at_random: Annotated[
        bool,
        typer.Option(
            "--random",
            help="Posts chosen at random, one by one, up to 2 seconds apart unless --rate is "
            "given. Needs --rows or --forever.",
        ),
    ] = False,
    forever: Annotated[bool, typer.Option("--forever", help="With --random: no end.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="With --random: makes the choice repeatable.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume after the last acknowledged post.")
    ] = False,
    give_up_after: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds for which a failing request or a lost database is retried."
        ),
    ] = 60.0,
    summary_json: Annotated[
        Path | None, typer.Option(help="File for the figures of the closing table, as JSON.")
    ] = None,
    state: Annotated[
        Path,
        typer.Option(envvar="PINTEREST_EMULATOR_STATE", help="Folder of the resume points."),
    ] = LOCAL_STATE / "stack" / "emulator",
) -> None:
    """Post rows of a SQL source to the API, to simulate the users of an app.

    Each post is three events: pin, geo and user. The exit code is 0 if every record was
    acknowledged, 1 if some were not, and 130 after an interrupt.
    """  # noqa: DOC501  # it is the help text
    escape_unprintable()
    console = Console()
    try:
        _check_choice(at_random, forever, resume, rows)
        options = Options(
            to=to,
            source=source or default_source(synthetic, None if at_random else rows, console),
            api=ApiClientConfig(
                url=validate_api(api),
                api_key=validate_api_key(api_key),
                connections=connections,
                batch_size=1 if at_random else batch_posts(batch_size, rate, connections),
                give_up_after_seconds=give_up_after,
                signature=signature_for(api) if sign else None,
            ),
            user_id=validate_user_id(user_id),
            state=state,
            rows=rows,
            rate=rate,
            at_random=at_random,
            seed=seed,
            resume=resume,
            summary_json=summary_json,
        )
        summary = emulate(options, console)
    except (EmulationError, UserIdError) as error:
        exit_with(error)
    if summary.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if not summary.complete:
        raise typer.Exit(EXIT_FAILED)


def _check_choice(at_random: bool, forever: bool, resume: bool, rows: int | None) -> None:
    if forever and not at_random:
        raise SettingsError("--forever needs --random.")
    if at_random and forever == (rows is not None):
        raise SettingsError("--random needs either --rows N or --forever.")
    if at_random and resume:
        raise SettingsError("--resume needs posts in order, not --random.")
