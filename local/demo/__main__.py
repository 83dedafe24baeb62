"""`python -m local.demo`, which `make demo` calls."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from local import command
from local.demo.preconditions import only_one_demo
from local.demo.run import run_demo
from local.environment import Environment

console = Console()


def demo(
    source: Annotated[
        str | None,
        typer.Option(
            envvar="PINTEREST_SOURCE",
            help="SQLAlchemy URL of the rows. Default: synthetic posts.",
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Maximum number of posts. Default: all.")
    ] = None,
) -> None:
    """Run both pipelines, account for every record, and compare the tables.

    Raises:
        Exit: Raised with 1 when an account does not add up, with 130 after Ctrl-C. Pipelines that
            differ are a warning, because posts may have gone to one of them only.
    """
    try:
        environment = Environment()
        with only_one_demo(environment.settings.state):
            result, report = run_demo(console, environment, source=source, rows=rows)
    except KeyboardInterrupt:
        console.print("\nInterrupted. The stack stays up. Rerun `make demo` or `make down`.")
        raise typer.Exit(130) from None
    console.print("\nThe stack stays up. `make notebook` explores it, `make down` stops it.")
    console.print(f"Report: {report}", soft_wrap=True, markup=False)
    if not result.adds_up:
        command.show_error("records are missing, see the accounts above")
        raise typer.Exit(1)


if __name__ == "__main__":
    command.run(partial(typer.run, demo))
