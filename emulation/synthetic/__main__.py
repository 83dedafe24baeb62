"""The command that creates a source: `.venv/bin/python -m emulation.synthetic --to …`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from emulation.errors import EmulationError
from emulation.report import escape_unprintable, exit_with
from emulation.source_url import parse_url, readable_url
from emulation.synthetic.database import build_source
from emulation.synthetic.posts import DEFAULT_POSTS, DEFAULT_SEED
from pinterest_pipeline.errors import run_command

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def create(  # the docstring is the help text
    to: Annotated[
        str,
        typer.Option(
            metavar="URL", help="SQLAlchemy URL of the database, without the three tables yet."
        ),
    ],
    rows: Annotated[int, typer.Option(min=1, help="Number of posts.")] = DEFAULT_POSTS,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same rows.")] = DEFAULT_SEED,
) -> None:
    """Create synthetic posts in the shape of the public data set."""  # it is the help text
    escape_unprintable()
    console = Console()
    try:
        build_source(parse_url(to), rows, seed, console)
    except EmulationError as error:
        exit_with(error)
    console.print(f"{rows:,} posts are in {readable_url(to)}.", highlight=False, markup=False)


if __name__ == "__main__":
    run_command(app)
