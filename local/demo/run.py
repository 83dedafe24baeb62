"""Runs the demo: the path of the records through both pipelines, step by step."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from local.demo.comparison import Contents, changes_since, read_contents, rejected_reasons
from local.demo.posting import Posted, post
from local.demo.preconditions import noted_source, require_only_source, require_only_user
from local.demo.reconciliation import (
    BATCH,
    STREAMING,
    Account,
    count_landed,
    count_streamed,
    count_tables,
)
from local.demo.report import DemoResult, write_report
from local.demo.terminal import Steps, landing_bars, show_result
from local.environment import Environment, kafka_client_configuration
from local.errors import StackError
from local.kafka.dead_letters import count_dead_letters
from local.kafka.progress import landed_offsets, wait_until_landed
from local.notebook.job_parameters import job_parameters
from local.notebook.runner import run_notebook
from local.services.stack import start_stack
from local.settings import ROOT, Settings
from pinterest_pipeline.answers import collect_together
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.names import stream_name, topic, topics
from pinterest_pipeline.questions import QUESTIONS

__all__ = ["NotebookStep", "demo_notebooks", "run_demo"]

_STALL_SECONDS = 60
"""Longest time without a landed record, after an open object was due to be written."""


class NotebookStep(NamedTuple):
    """One run of a notebook; its output goes to a folder of the report."""

    title: str
    name: str
    folder: str
    parameters: Mapping[str, str]


class _Arrived(NamedTuple):
    """Records in Kafka and Kinesis, by event.

    Attributes:
        in_kafka: Records ever written to the topic.
        in_kinesis: Records in the stream, by post.
    """

    in_kafka: Mapping[str, int]
    in_kinesis: Mapping[str, Counter[int | None]]


def run_demo(
    console: Console, environment: Environment, *, source: str | None, rows: int | None
) -> tuple[DemoResult, Path]:
    """Run both pipelines on the rows of `source`, and show the result.

    Args:
        console: The terminal.
        environment: The environment. Its stack starts if it is down, and stays up.
        source: SQLAlchemy URL. None means synthetic rows.
        rows: Maximum number of posts. None means all.

    Returns:
        The result, and the path of the report.
    """
    settings = environment.settings
    schemas = (settings.schema_name, settings.stream_schema_name)
    checkpoints = settings.state / "spark" / "checkpoints"
    require_only_user(settings.user_id, checkpoints, settings.catalog, schemas)
    require_only_source(_sources(settings), settings.user_id, source)
    steps = Steps(console)
    started_at = dt.datetime.now(dt.UTC)
    with steps.step("Start the stack"):
        start_stack(settings, console)
    before = _arrived(environment)
    posted = _post_and_land(environment, steps, source, rows)
    notebooks = {}
    for notebook in demo_notebooks(settings):
        with steps.step(notebook.title, busy=True):
            notebooks[notebook.title] = _run_notebook(environment, notebook)
    with steps.step("Account for every record", busy=True):
        result = _result(environment, posted, before, started_at)
    show_result(console, result)
    report = settings.state / "report" / "index.html"
    write_report(
        report,
        result,
        notebooks=notebooks,
        seconds=steps.seconds,
        source=source,
        workspace_url=settings.workspace_url,
    )
    return result, report


def _sources(settings: Settings) -> Path:
    """Return the file that holds the source of each user's posts."""
    return settings.state / "demo_sources.json"


def _post_and_land(
    environment: Environment, steps: Steps, source: str | None, rows: int | None
) -> Mapping[str, Mapping[str, Posted]]:
    """Return what was posted, by destination and event, after all records have landed."""
    settings = environment.settings
    user_topics, summary = topics(settings.user_id), settings.state / "posted.json"
    noted = noted_source(_sources(settings), settings.user_id, source, summary)
    with steps.step("Post"), noted:
        posted = post(environment.emulator_variables, summary, source, rows)
    with steps.step("Land"), landing_bars(steps.console, user_topics) as show_progress:
        wait_until_landed(
            environment.kafka_admin,
            environment.connect,
            settings.user_id,
            user_topics,
            deadline_seconds=settings.rotate_seconds + _STALL_SECONDS,
            on_progress=show_progress,
        )
    return posted


def demo_notebooks(settings: Settings) -> list[NotebookStep]:
    """Return the runs in order, with the parameters that the jobs pass on Databricks."""
    by_notebook = job_parameters(settings)
    batch, stream = by_notebook["clean_landing"], by_notebook["clean_streams"]
    return [
        NotebookStep("Mount landing", "mount_landing", "batch", batch),
        NotebookStep("Clean landing", "clean_landing", "batch", batch),
        NotebookStep("Clean streams", "clean_streams", "stream", stream),
        # The streaming pipeline would give the same answers: its clean tables are compared.
        NotebookStep("Answer questions", "answer_questions", "batch", batch),
    ]


def _run_notebook(environment: Environment, notebook: NotebookStep) -> Path:
    """Return the page that shows a notebook's output, after running it as its job does.

    Raises:
        StackError: Raised when it failed; names the cell and the page that shows it.
    """
    run = run_notebook(
        ROOT / "notebooks" / f"{notebook.name}.ipynb",
        notebook.parameters,
        environment,
        environment.settings.state / "report" / "notebooks" / notebook.folder,
    )
    if run.error is not None:
        raise StackError(
            f"the notebook {notebook.name} failed in {run.error}\n\n"
            f"{run.html_path} shows the notebook with its traceback"
        )
    return run.html_path


def _result(
    environment: Environment,
    posted: Mapping[str, Mapping[str, Posted]],
    before: _Arrived,
    started_at: dt.datetime,
) -> DemoResult:
    settings, spark = environment.settings, environment.spark
    batch = f"{settings.catalog}.{settings.schema_name}"
    stream = f"{settings.catalog}.{settings.stream_schema_name}"
    arrived = _arrived(environment)
    in_batch, in_stream, comparison = read_contents(spark, batch, stream)
    answers = {question.name: spark.table(f"{batch}.{question.name}") for question in QUESTIONS}
    return DemoResult(
        batch=_batch_accounts(environment, posted["kafka"], before, arrived, in_batch),
        stream=_stream_accounts(posted["kinesis"], before, arrived, in_stream),
        comparison=comparison,
        changes={
            BATCH.name: changes_since(spark, batch, started_at),
            STREAMING.name: changes_since(spark, stream, started_at),
        },
        rejected=rejected_reasons(in_batch.rejected),
        answers=collect_together(answers),
    )


def _batch_accounts(
    environment: Environment,
    posted: Mapping[str, Posted],
    before: _Arrived,
    arrived: _Arrived,
    contents: Contents,
) -> list[Account]:
    settings = environment.settings
    configuration = kafka_client_configuration(settings)
    dead_letters = count_dead_letters(configuration, settings.user_id, topics(settings.user_id))
    accounts = []
    for event in EVENTS:
        name = topic(settings.user_id, event.name)
        in_kafka = arrived.in_kafka[event.name]
        landed = count_landed(environment.s3, settings.bucket, name, event.key)
        counts = {
            **posted[event.name].counts,
            "new in Kafka": in_kafka - before.in_kafka[event.name],
            "in Kafka": in_kafka,
            "dead letters": dead_letters[name],
            "landed": landed.total(),
            **count_tables(contents, event, landed),
        }
        accounts.append(Account(BATCH, event.name, counts))
    return accounts


def _stream_accounts(
    posted: Mapping[str, Posted], before: _Arrived, arrived: _Arrived, contents: Contents
) -> list[Account]:
    accounts = []
    for event in EVENTS:
        records = arrived.in_kinesis[event.name]
        counts = {
            **posted[event.name].counts,
            "new in Kinesis": records.total() - before.in_kinesis[event.name].total(),
            "in Kinesis": records.total(),
            **count_tables(contents, event, records),
        }
        accounts.append(Account(STREAMING, event.name, counts))
    return accounts


def _arrived(environment: Environment) -> _Arrived:
    settings = environment.settings
    progress = landed_offsets(environment.kafka_admin, settings.user_id, topics(settings.user_id))
    in_kafka, in_kinesis = {}, {}
    for event in EVENTS:
        partitions = progress[topic(settings.user_id, event.name)].partitions
        in_kafka[event.name] = sum(partition.end for partition in partitions)
        stream = stream_name(settings.user_id, event.name)
        in_kinesis[event.name] = count_streamed(environment.kinesis, stream, event.key)
    return _Arrived(in_kafka, in_kinesis)
