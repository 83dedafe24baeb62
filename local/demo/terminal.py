"""What the demo shows on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from local.demo.account import Account

__all__ = ["show_accounts", "show_answer"]

_STAGES = {
    "rows in source": "rows_in_source",
    "acknowledged": "acknowledged",
    "in Kafka": "in_kafka",
    "dead letters": "dead_letters",
    "landed": "landed",
    "clean": "clean",
    "superseded": "superseded",
    "rejected": "rejected",
}
_ROWS_SHOWN = 10


def show_accounts(console: Console, accounts: Sequence[Account]) -> None:
    """Print where every record is: a row per stage, a column per event."""
    table = Table(title="Where every record is", title_justify="left")
    table.add_column("records")
    for account in accounts:
        table.add_column(account.event, justify="right")
    for title, name in _STAGES.items():
        table.add_row(title, *(f"{getattr(account, name):,}" for account in accounts))
    table.add_section()
    table.add_row("adds up", *("[green]yes" if a.adds_up else "[bold red]NO" for a in accounts))
    console.print(table)
    console.print("in Kafka = dead letters + landed;  landed = clean + superseded + rejected")
    if earlier := sum(account.in_kafka - account.new_in_kafka for account in accounts):
        console.print(f"{earlier:,} records were in Kafka before, from earlier runs on this stack")


def show_answer(console: Console, question: str, answer: pd.DataFrame) -> None:
    """Print an answer, its first rows if it is long."""
    console.print(f"\n[italic]{question}")
    table = Table()
    for name in answer.columns:
        numeric = pd.api.types.is_numeric_dtype(answer[name])
        table.add_column(str(name), justify="right" if numeric else "left")
    for row in answer.head(_ROWS_SHOWN).itertuples(index=False):
        table.add_row(*(_text(*cell) for cell in zip(answer.columns, row, strict=True)))
    console.print(table)
    if len(answer) > _ROWS_SHOWN:
        console.print(f"… and {len(answer) - _ROWS_SHOWN:,} rows more, in the report")


def _text(column: str, value: object) -> str:
    if column == "post_year" or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.1f}".removesuffix(".0")
