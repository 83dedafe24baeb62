"""What the demo shows on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.demo.comparison import Halves
from local.demo.reconciliation import Account, StreamAccount
from local.demo.words import headings, written

__all__ = [
    "show_accounts",
    "show_answer",
    "show_halves",
    "show_rejected",
    "show_stream_accounts",
]

_STAGES = {
    "rows in source": "rows_in_source",
    "acknowledged": "acknowledged",
    "refused": "refused",
    "in Kafka": "in_kafka",
    "dead letters": "dead_letters",
    "landed": "landed",
    "clean": "clean",
    "superseded": "superseded",
    "rejected": "rejected",
}
_STREAM_STAGES = {
    "rows in source": "rows_in_source",
    "acknowledged": "acknowledged",
    "refused": "refused",
    "in Kinesis": "in_kinesis",
    "clean": "clean",
    "superseded": "superseded",
    "rejected": "rejected",
}
_ROWS_SHOWN = 10


def show_accounts(console: Console, accounts: Sequence[Account]) -> None:
    """Print where every record of the batch half is: a row per stage, a column per event."""
    _show(console, "Where every record is: batch", _STAGES, accounts)
    console.print("in Kafka = dead letters + landed;  landed = clean + superseded + rejected")
    if earlier := sum(account.in_kafka - account.new_in_kafka for account in accounts):
        console.print(f"{earlier:,} records were in Kafka before, from earlier runs on this stack")


def show_stream_accounts(console: Console, accounts: Sequence[StreamAccount]) -> None:
    """Print where every record of the streaming half is, in the same way."""
    console.print()
    _show(console, "Where every record is: streaming", _STREAM_STAGES, accounts)
    console.print("in Kinesis = clean + superseded + rejected")
    if earlier := sum(account.in_kinesis - account.new_in_kinesis for account in accounts):
        console.print(f"{earlier:,} records were in Kinesis before")


def show_rejected(console: Console, rejected: pd.DataFrame) -> None:
    """Print why records were rejected, if any were: the first of the reasons.

    Args:
        console: Where to print.
        rejected: `event, reason, records`, most records first.
    """
    if rejected.empty:
        return
    table = Table(title="\nWhat was rejected, and why", title_justify="left")
    table.add_column("event")
    table.add_column("reason", overflow="fold")
    table.add_column("records", justify="right")
    for event, reason, records in rejected.head(_ROWS_SHOWN).itertuples(index=False, name=None):
        table.add_row(event, Text(reason), f"{records:,}")
    console.print(table)
    if (more := len(rejected) - _ROWS_SHOWN) > 0:
        console.print(f"and {more:,} more reason{'' if more == 1 else 's'}")


def show_halves(console: Console, halves: Halves) -> None:
    """Print that the halves' tables are equal, or which rows and answers differ."""
    console.print()
    if halves.equal:
        console.print("[green]The two halves are equal[/], row by row, and so are their answers.")
        return
    console.print("[bold yellow]The two halves differ:[/]")
    for found in halves.rows:
        posts = ", ".join(map(str, found.posts))
        console.print(
            f"  {found.table}: {found.only_in_batch:,} rows in batch only,"
            f" {found.only_in_stream:,} in streaming only; the first posts: {posts}"
        )
    if halves.answers:
        console.print(f"  answers: {', '.join(halves.answers)}", soft_wrap=True)
    console.print("Records that went to one half only, or in another order, make them differ.")


def _show(
    console: Console,
    title: str,
    stages: Mapping[str, str],
    accounts: Sequence[Account] | Sequence[StreamAccount],
) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("records")
    for account in accounts:
        table.add_column(account.event, justify="right")
    for stage, name in stages.items():
        table.add_row(stage, *(f"{getattr(account, name):,}" for account in accounts))
    table.add_section()
    table.add_row("adds up", *("[green]yes" if a.adds_up else "[bold red]NO" for a in accounts))
    console.print(table)


def show_answer(console: Console, question: str, answer: pd.DataFrame) -> None:
    """Print an answer, its first rows if it is long."""
    console.print(f"\n[italic]{question}")
    table = Table()
    for name, heading in zip(answer.columns, headings(list(answer.columns)), strict=True):
        numeric = pd.api.types.is_numeric_dtype(answer[name])
        table.add_column(heading, justify="right" if numeric else "left")
    for row in answer.head(_ROWS_SHOWN).itertuples(index=False, name=None):
        cells = zip(answer.columns, row, strict=True)
        table.add_row(*(Text(written(column, value)) for column, value in cells))
    console.print(table)
    if len(answer) > _ROWS_SHOWN:
        console.print(f"… and {len(answer) - _ROWS_SHOWN:,} rows more, in the report")
