"""`make size POSTS_PER_SECOND=1000`: what each part in AWS needs, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.sizing import (
    EXAMPLES,
    LARGEST_BATCH,
    RECORD_BYTES,
    Load,
    Need,
    first_to_break,
    needs,
)
from pinterest_pipeline.errors import run_command

__all__ = ["main"]


def _table(loads: Sequence[Load], box_of_table: box.Box) -> Table:
    columns = [needs(load) for load in loads]
    table = Table(box=box_of_table, header_style="bold")
    table.add_column("part")
    for load in loads:
        table.add_column(f"{load.posts:,.12g} posts/s", justify="right")
    for row in zip(*columns, strict=True):
        names = list(dict.fromkeys(need.part for need in row))
        table.add_row(" or ".join(names), *(_cell(need) for need in row))
    table.add_row("closest to its limit", *(_closest(column) for column in columns))
    return table


def _cell(need: Need) -> str:
    return f"{need.text} (over the limit)" if need.used > 1 else need.text


def _closest(found: Sequence[Need]) -> str:
    need = first_to_break(found)
    return f"{need.part}: {need.used:,.1%}"


def main(
    posts: Annotated[
        list[float] | None, typer.Argument(min=0.001, help="Posts per second. Default: examples.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=LARGEST_BATCH, help="Records per request.")
    ] = LARGEST_BATCH,
    post_bytes: Annotated[
        float, typer.Option(min=1, help="Bytes of the three records of a post.")
    ] = sum(RECORD_BYTES.values()),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Print what each part of the pipeline in AWS needs, and what breaks first."""
    scale = post_bytes / sum(RECORD_BYTES.values())
    loads = [Load(rate, batch_size, scale) for rate in posts or EXAMPLES]
    console = Console(width=320) if markdown else Console()
    console.print(_table(loads, box.MARKDOWN if markdown else box.ROUNDED), highlight=False)
    if markdown:
        return
    for load in loads:
        for need in needs(load):
            if need.used > 1 and need.beyond:
                console.print(f"At {load.posts:,.12g} posts/s, {need.part} → {need.beyond}")


if __name__ == "__main__":
    run_command(partial(typer.run, main))
