"""Shows the demo on the terminal: its steps while they run, then its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext

import pandas as pd
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException
from pyspark.errors import PySparkException
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from local.demo.comparison import Changes, Comparison
from local.demo.reconciliation import Account
from local.demo.report import DemoResult, format_value, headings
from local.errors import StackError
from local.kafka.progress import TopicProgress
from pinterest_pipeline.questions import QUESTIONS

__all__ = [
    "Steps",
    "landing_bars",
    "show_accounts",
    "show_answer",
    "show_changes",
    "show_comparison",
    "show_rejected",
    "show_result",
]

_SERVICE_ERRORS = (PySparkException, BotoCoreError, ClientError, KafkaException)
_ROWS_SHOWN = 10


class Steps:
    """Announces each step and measures its duration.

    Attributes:
        console: The terminal.
        seconds: Duration of each completed step, by its title.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str, *, busy: bool = False) -> Iterator[None]:
        """Time a step; `busy` shows a spinner, for steps that print nothing.

        Raises:
            StackError: Raised when a service failed in the step; holds its client's message.
        """
        self.console.rule(f"[bold]{title}", align="left", style="dim")
        started = time.monotonic()
        try:
            with self.console.status(title) if busy else nullcontext():
                yield
        except _SERVICE_ERRORS as error:
            raise StackError(
                f"{title} failed: {error}\n`make status` lists the services and their logs. "
                "`make up` restarts stopped services; then run the same command again"
            ) from error
        self.seconds[title] = time.monotonic() - started
        self.console.print(f"[dim]{self.seconds[title]:.1f} s")


@contextmanager
def landing_bars(
    console: Console, topics: Sequence[str]
) -> Iterator[Callable[[Mapping[str, TopicProgress]], None]]:
    """Show a progress bar per topic.

    Yields:
        A function that shows new progress, by topic.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        tasks = {topic: bars.add_task(topic) for topic in topics}

        def show(progress: Mapping[str, TopicProgress]) -> None:
            for topic, bar in tasks.items():
                bars.update(bar, completed=progress[topic].landed, total=progress[topic].records)

        yield show


def show_result(console: Console, result: DemoResult) -> None:
    """Print the accounts, the rejected records, the changes, the comparison and the answers."""
    show_accounts(console, result.batch)
    console.print()
    show_accounts(console, result.stream)
    show_rejected(console, result.rejected)
    show_changes(console, result.changes)
    show_comparison(console, result.comparison)
    for question in QUESTIONS:
        show_answer(console, question.text, result.answers[question.name])


def show_accounts(console: Console, accounts: Sequence[Account]) -> None:
    """Print the accounts of one pipeline: a row per stage, a column per event."""
    pipeline = accounts[0].pipeline
    console.print(f"[italic]Where every record is: {pipeline.name}")
    table = Table()
    table.add_column("records")
    for account in accounts:
        table.add_column(account.event, justify="right")
    for stage in accounts[0].counts:
        table.add_row(stage, *(f"{account.counts[stage]:,}" for account in accounts))
    table.add_section()
    table.add_row("adds up", *("[green]yes" if a.adds_up else "[bold red]NO" for a in accounts))
    console.print(table)
    for law in pipeline.laws:
        console.print(f"  {law}", highlight=False)
    if earlier := sum(account.earlier for account in accounts):
        console.print(f"{earlier:,} records were in {pipeline.store} before, from earlier runs")


def show_rejected(console: Console, rejected: pd.DataFrame) -> None:
    """Print the most frequent reasons of rejection; nothing if there are none.

    Args:
        console: The terminal.
        rejected: `event, reason, records`, most records first.
    """
    if rejected.empty:
        return
    table = Table(title="\nRejected records", title_justify="left")
    table.add_column("event")
    table.add_column("reason", overflow="fold")
    table.add_column("records", justify="right")
    for event, reason, records in rejected.head(_ROWS_SHOWN).itertuples(index=False, name=None):
        table.add_row(event, Text(reason), f"{records:,}")
    console.print(table)
    if (more := len(rejected) - _ROWS_SHOWN) > 0:
        console.print(f"and {more:,} more reason{'' if more == 1 else 's'}")


def show_changes(console: Console, changes: Mapping[str, Changes]) -> None:
    """Print how many rows of the clean tables the run changed in each pipeline."""
    console.print("\nRows of the clean tables that this run changed:")
    for pipeline, rows in changes.items():
        console.print(
            f"  {pipeline} pipeline: {rows.inserted:,} new, {rows.written_again:,} written again"
        )


def show_comparison(console: Console, comparison: Comparison) -> None:
    """Print that the pipelines are equal, or which tables differ."""
    console.print()
    if comparison.equal:
        console.print(
            "[green]The two pipelines are equal[/], row by row, so both give the same answers."
        )
        return
    console.print("[bold yellow]The two pipelines differ:[/]")
    for difference in comparison.tables:
        posts = ", ".join(map(str, difference.posts))
        console.print(
            f"  {difference.table}: {difference.only_in_batch:,} rows in batch only,"
            f" {difference.only_in_stream:,} in streaming only; first posts: {posts}"
        )
    console.print("Records reached only one pipeline, or arrived in another order.")


def show_answer(console: Console, question: str, answer: pd.DataFrame) -> None:
    """Print an answer, at most its first rows."""
    console.print(f"\n[italic]{question}")
    table = Table()
    for name, heading in zip(answer.columns, headings(list(answer.columns)), strict=True):
        numeric = pd.api.types.is_numeric_dtype(answer[name])
        table.add_column(heading, justify="right" if numeric else "left")
    for row in answer.head(_ROWS_SHOWN).itertuples(index=False, name=None):
        cells = zip(answer.columns, row, strict=True)
        table.add_row(*(Text(format_value(column, value)) for column, value in cells))
    console.print(table)
    if len(answer) > _ROWS_SHOWN:
        console.print(f"… and {len(answer) - _ROWS_SHOWN:,} more rows in the report")
