"""What the demo shows on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich.console import Console
from rich.table import Table

from local.demo.account import Account

__all__ = ["show_accounts", "show_answer"]

_COLUMNS = {
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


def show_accounts(console: Console, accounts: Iterable[Account]) -> None:
    """Print where every record is, a row per event."""
    table = Table(title="Where every record is", title_justify="left")
    table.add_column("event")
    for title in _COLUMNS:
        table.add_column(title, justify="right")
    table.add_column("adds up", justify="center")
    earlier = 0
    for account in accounts:
        earlier += account.in_kafka - account.new_in_kafka
        numbers = [f"{getattr(account, name):,}" for name in _COLUMNS.values()]
        mark = "[green]yes" if account.adds_up else "[bold red]NO"
        table.add_row(account.event, *numbers, mark)
    console.print(table)
    console.print("in Kafka = dead letters + landed;  landed = clean + superseded + rejected")
    if earlier:
        console.print(f"{earlier:,} records are in Kafka since earlier runs on this stack")


def show_answer(console: Console, question: str, answer: pd.DataFrame) -> None:
    """Print an answer, its first rows if it is long."""
    table = Table(title=question, title_justify="left")
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
