"""`python -m local.demo`, which `make demo` calls."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from local.demo.demo import run_demo
from local.demo.errors import DemoError
from local.stack.errors import StackError
from local.stack.settings import Settings

console = Console()


def demo(
    source: Annotated[
        str | None, typer.Option(help="SQLAlchemy URL of the rows. Default: synthetic posts.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Posts. Default: all.")] = None,
) -> None:
    """Run the whole pipeline, and account for every record.

    Raises:
        Exit: Raised with 1 when a step failed, or the account does not add up.
    """
    settings = Settings()
    try:
        accounts, report = run_demo(console, settings, source=source, rows=rows)
    except (DemoError, StackError) as error:
        Console(stderr=True).print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(1) from error
    console.print("\nThe stack stays up; `make notebook` explores, `make down` stops it.")
    if not all(account.adds_up for account in accounts):
        Console(stderr=True).print("[red]error:[/red] records are missing, see the account above")
        raise typer.Exit(1)
    console.print(f"Report: {report}", soft_wrap=True)


if __name__ == "__main__":
    typer.run(demo)
