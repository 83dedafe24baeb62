"""The whole way of the records through both halves, step by step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession
from rich.console import Console

from local.demo.accounting import Before, batch_accounts, stream_accounts
from local.demo.changes import Changes, changes_since, show_changes
from local.demo.cleaning import RUNS, Notebooks
from local.demo.comparison import Halves, differing_answers, differing_rows
from local.demo.landing import show_landing
from local.demo.only_user import require_only_user
from local.demo.posting import Posted, post
from local.demo.preconditions import note_source, require_only_source
from local.demo.reasons import rejected_reasons
from local.demo.reconciliation import Account, StreamAccount
from local.demo.report import write_report
from local.demo.steps import Steps
from local.demo.terminal import (
    show_accounts,
    show_answer,
    show_halves,
    show_rejected,
    show_stream_accounts,
)
from local.secrets import Secrets
from local.services.status import live_status
from local.settings import Settings
from local.spark.session import connect
from local.supervisor import daemon
from pinterest_pipeline.charts import QUESTIONS
from pinterest_pipeline.names import topics

__all__ = ["Outcome", "run_demo"]


@dataclass(frozen=True)
class Outcome:
    """What came of a demo.

    Attributes:
        batch: Where every record of the batch half is, one account per event.
        stream: The same of the streaming half.
        halves: How their tables compare.
        changes: What this run changed in the clean tables, by half.
        rejected: Why records were rejected in the batch half: `event, reason, records`.
        answers: Rows of each answer table of the batch half, by its name.
    """

    batch: list[Account]
    stream: list[StreamAccount]
    halves: Halves
    changes: dict[str, Changes]
    rejected: pd.DataFrame
    answers: dict[str, pd.DataFrame]

    @property
    def adds_up(self) -> bool:
        """Whether no record is lost in either half."""
        accounts: list[Account | StreamAccount] = [*self.batch, *self.stream]
        return all(account.adds_up for account in accounts)


def run_demo(
    console: Console, settings: Settings, *, source: str | None, rows: int | None
) -> tuple[Outcome, Path]:
    """Run both halves of the pipeline on the rows of `source` (synthetic ones if null).

    Args:
        console: Where it shows what it does.
        settings: The environment; its stack is started if it is not up, and stays up.
        source: SQLAlchemy URL.
        rows: How many posts; all if null.

    Returns:
        What came of it, and the report.
    """
    steps = Steps(console)
    require_only_user(settings)
    require_only_source(settings, source)
    began_at = dt.datetime.now(dt.UTC)
    with steps.step("Start the stack"), live_status(console, settings) as show:
        daemon.begin(settings, show)
    secrets = Secrets.of(settings.state)
    before = Before.now(settings, secrets)
    with steps.step("Post"):
        posted = post(settings, secrets, source, rows)
        note_source(settings, source)
    with steps.step("Land"):
        show_landing(console, settings, topics(settings.user_id))
    pages = _run_notebooks(steps, settings, secrets)
    with steps.step("Account for every record", busy=True):
        outcome = _outcome(settings, secrets, posted, before, began_at)
    _show(console, outcome)
    report = write_report(
        settings.state / "report" / "index.html",
        outcome.batch,
        outcome.stream,
        outcome.halves,
        answers=outcome.answers,
        notebooks=pages,
        seconds=steps.seconds,
        source=source,
        rejected=outcome.rejected,
    )
    return outcome, report


def _run_notebooks(steps: Steps, settings: Settings, secrets: Secrets) -> dict[str, Path]:
    notebooks = Notebooks(settings, secrets, settings.state / "report" / "notebooks")
    pages = {}
    for run in RUNS:
        with steps.step(run.title, busy=True):
            pages[run.title] = notebooks.run(run)
    return pages


def _outcome(
    settings: Settings,
    secrets: Secrets,
    posted: dict[str, dict[str, Posted]],
    before: Before,
    began_at: dt.datetime,
) -> Outcome:
    spark = connect(settings, secrets)
    batch = f"{settings.catalog}.{settings.schema_name}"
    stream = f"{settings.catalog}.{settings.stream_schema_name}"
    answers = _answers(spark, batch)
    return Outcome(
        batch=batch_accounts(settings, secrets, spark, posted["kafka"], before),
        stream=stream_accounts(settings, secrets, spark, posted["kinesis"], before),
        halves=Halves(
            differing_rows(spark, batch, stream),
            differing_answers(answers, _answers(spark, stream)),
        ),
        changes={
            "batch": changes_since(spark, batch, began_at),
            "stream": changes_since(spark, stream, began_at),
        },
        rejected=rejected_reasons(spark, batch),
        answers=answers,
    )


def _answers(spark: SparkSession, schema: str) -> dict[str, pd.DataFrame]:
    return {name: spark.table(f"{schema}.{name}").toPandas() for name in QUESTIONS}


def _show(console: Console, outcome: Outcome) -> None:
    show_accounts(console, outcome.batch)
    show_stream_accounts(console, outcome.stream)
    show_rejected(console, outcome.rejected)
    show_changes(console, outcome.changes)
    show_halves(console, outcome.halves)
    for name, question in QUESTIONS.items():
        show_answer(console, question, outcome.answers[name])
