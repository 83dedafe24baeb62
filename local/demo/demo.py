"""The whole way of the records, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.live import Live

from local.demo.account import Account
from local.demo.cleaning import NOTEBOOKS, Notebooks
from local.demo.counting import count_tables
from local.demo.landed import lines_landed
from local.demo.landing import records_in_kafka, show_landing
from local.demo.only_user import require_only_user
from local.demo.posting import Posted, post
from local.demo.report import write_report
from local.demo.steps import Steps
from local.demo.terminal import show_accounts, show_answer
from local.kafka.dead_letters import count_dead_letters
from local.landing.client import s3_client
from local.spark.session import connect
from local.stack import daemon
from local.stack.secrets import Secrets
from local.stack.settings import Settings
from local.stack.status import status_table
from pinterest_pipeline.charts import QUESTIONS
from pinterest_pipeline.events import EVENTS, topic

__all__ = ["run_demo"]


def run_demo(
    console: Console, settings: Settings, *, source: str | None, rows: int | None
) -> tuple[list[Account], Path]:
    """Run the whole pipeline on the rows of `source` (synthetic ones if null).

    Args:
        console: Where it shows what it does.
        settings: The environment; its stack is started if it is not up, and stays up.
        source: SQLAlchemy URL.
        rows: How many posts; all if null.

    Returns:
        Where every record is, and the report.
    """
    steps = Steps(console)
    topics = {event.name: topic(settings.user_id, event) for event in EVENTS}
    require_only_user(settings)
    with steps.step("Start the stack"):
        _start(console, settings)
    secrets = Secrets.of(settings.state)
    before = records_in_kafka(settings, list(topics.values()))
    with steps.step("Post"):
        posted = post(settings, secrets, source, rows)
    with steps.step("Land"):
        written = show_landing(console, settings, list(topics.values()))
    pages = _run_notebooks(steps, settings, secrets)
    with steps.step("Account for every record", busy=True):
        accounts = _accounts(settings, secrets, topics, posted, before, written)
        answers = _answers(settings, secrets)
    show_accounts(console, accounts)
    for name, question in QUESTIONS.items():
        show_answer(console, question, answers[name])
    report = write_report(
        settings.state / "report" / "index.html",
        accounts=accounts,
        answers=answers,
        notebooks=pages,
        seconds=steps.seconds,
        source=source,
    )
    return accounts, report


def _start(console: Console, settings: Settings) -> None:
    with Live(console=console, refresh_per_second=4) as live:
        daemon.begin(settings, lambda state: live.update(status_table(settings, state)))


def _run_notebooks(steps: Steps, settings: Settings, secrets: Secrets) -> dict[str, Path]:
    notebooks = Notebooks(settings, secrets, settings.state / "report" / "notebooks")
    pages = {}
    for name in NOTEBOOKS:
        title = name.replace("_", " ").capitalize()
        with steps.step(title, busy=True):
            pages[title] = notebooks.run(name)
    return pages


def _accounts(
    settings: Settings,
    secrets: Secrets,
    topics: Mapping[str, str],
    posted: Mapping[str, Posted],
    before: Mapping[str, int],
    written: Mapping[str, int],
) -> list[Account]:
    s3 = s3_client(settings, secrets)
    dead_letters = count_dead_letters(settings, list(topics.values()))
    spark = connect(settings, secrets)
    accounts = []
    for event in EVENTS:
        name = topics[event.name]
        landed = lines_landed(s3, settings.bucket, name, event.key)
        schema = f"{settings.catalog}.{settings.schema_name}"
        counts = count_tables(spark, schema, event, landed)
        accounts.append(
            Account(
                event=event.name,
                rows_in_source=posted[event.name].rows_in_source,
                acknowledged=posted[event.name].acknowledged,
                new_in_kafka=written[name] - before[name],
                in_kafka=written[name],
                dead_letters=dead_letters[name],
                landed=landed.total(),
                clean=counts.clean,
                superseded=counts.superseded,
                rejected=counts.rejected,
            )
        )
    return accounts


def _answers(settings: Settings, secrets: Secrets) -> dict[str, pd.DataFrame]:
    spark = connect(settings, secrets)
    schema = f"{settings.catalog}.{settings.schema_name}"
    return {name: spark.table(f"{schema}.{name}").toPandas() for name in QUESTIONS}
