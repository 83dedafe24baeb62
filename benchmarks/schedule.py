"""What Airflow and the workspace add: from the trigger of the DAG to the answers."""

from __future__ import annotations

import time
from datetime import datetime
from statistics import median
from typing import NamedTuple

import requests
from databricks.sdk import WorkspaceClient

from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from benchmarks.records import land, lines_of
from benchmarks.workspace import client_of, deploy
from local.airflow import Airflow, log_in, running
from local.environment import Environment
from local.notebook.runner import run_notebook
from local.settings import ROOT, Settings
from local.supervisor.ports import free_port
from pinterest_pipeline.names import EVENT_NAMES, topic

__all__ = ["schedule"]

_JOB = "clean_landing"
_NOTEBOOKS = ("mount_landing", "clean_landing", "answer_questions")
_DEADLINE_SECONDS = 300
_INTERVAL_SECONDS = 1
"""Frequent questions would slow Airflow down. The figures are from its own times."""


class _Scheduled(NamedTuple):
    """Seconds from the trigger of the DAG.

    Attributes:
        answers: Until the job run has written the last answer and has ended.
        success: Until the DAG run has succeeded.
    """

    answers: float
    success: float


def schedule(posts: int, repeats: int) -> list[Figure]:
    """Return the time from the trigger of the DAG to the answers, and its ratio to the notebooks.

    The same posts are cleaned into new tables each time. Notebooks, as `make demo` runs them, and
    DAG runs alternate. Spark's JVM has the options of `make demo`.
    """
    options = str(Settings.model_fields["spark_java_options"].default)
    with measured_environment("spark", "workspace", java_options=options) as environment:
        airflow = _airflow(environment)
        deploy(environment)
        for event in EVENT_NAMES:
            name = topic(environment.settings.user_id, event)
            land(environment, name, lines_of(event, posts), threads=1)
        rounds = _rounds(environment, airflow, repeats)
    notebooks, scheduled = zip(*rounds, strict=True)
    ratios = [dag.answers / alone for alone, dag in rounds]
    return [
        Figure(f"the notebooks, {posts:,} posts", median(notebooks), "s"),
        Figure("DAG trigger to answers", median(one.answers for one in scheduled), "s"),
        Figure("DAG trigger to answers ÷ notebooks", median(ratios), at_most=1.3),
        Figure("DAG trigger to its success", median(one.success for one in scheduled), "s"),
    ]


def _airflow(environment: Environment) -> Airflow:
    """Return the newest version.

    Raises:
        SystemExit: Raised when it is not installed.
    """
    version = max(file.stem for file in (ROOT / "requirements").glob("airflow-*.txt"))
    program = ROOT / ".local" / "venvs" / version / "bin" / "airflow"
    if not program.exists():
        raise SystemExit(
            f"expected Airflow at {program}; `make .local/venvs/{version}/.done` installs it"
        )
    return Airflow(
        program=program,
        home=environment.settings.state / "airflow",
        port=free_port(),
        workspace_url=environment.settings.workspace_url,
        workspace_token=environment.secrets.workspace_token,
        job_name=_JOB,
    )


def _own_tables(settings: Settings, schema: str) -> dict[str, str]:
    """Return the job parameters for new tables."""
    return {"schema": schema, "checkpoints_path": f"{settings.checkpoints_path}/{schema}"}


def _run_notebooks(environment: Environment, client: WorkspaceClient, schema: str) -> float:
    """Return the seconds of the notebooks with the parameters of the job.

    Raises:
        SystemExit: Raised when a notebook failed.
    """
    log_step(f"schedule: {schema}")
    (job,) = client.jobs.list(name=_JOB)
    settings = client.jobs.get(job.job_id or 0).settings
    defaults = {entry.name: entry.default for entry in (settings and settings.parameters) or []}
    parameters = defaults | _own_tables(environment.settings, schema)
    begun = time.monotonic()
    for name in _NOTEBOOKS:
        folder = environment.settings.state / schema
        notebook = ROOT / "notebooks" / f"{name}.ipynb"
        run = run_notebook(notebook, parameters, environment, folder)
        if run.error:
            raise SystemExit(f"the notebook {name} failed in {run.error}")
    return time.monotonic() - begun


def _rounds(
    environment: Environment, airflow: Airflow, repeats: int
) -> list[tuple[float, _Scheduled]]:
    """Return the seconds of the notebooks and of the DAG, in each round after a warm-up.

    The first DAG run is the scheduled one of the last day.
    """
    client, settings = client_of(environment), environment.settings
    log_step("schedule: start Airflow, and the scheduled run")
    with running(airflow):
        api, dag = log_in(airflow), f"{airflow.url}/api/v2/dags/pinterest_batch"
        api.patch(dag, json={"is_paused": False}, timeout=30).raise_for_status()
        _await_success(api, f"{dag}/dagRuns")
        _run_notebooks(environment, client, "notebooks")
        return [
            (
                _run_notebooks(environment, client, f"notebooks_{number}"),
                _run_dag(api, dag, client, _own_tables(settings, f"scheduled_{number}")),
            )
            for number in range(repeats)
        ]


def _run_dag(
    api: requests.Session, dag: str, client: WorkspaceClient, configuration: dict[str, str]
) -> _Scheduled:
    log_step(f"schedule: {configuration['schema']}")
    triggered_at = time.time()
    trigger = {"logical_date": None, "conf": configuration}
    answer = api.post(f"{dag}/dagRuns", json=trigger, timeout=30)
    answer.raise_for_status()
    succeeded_at = _await_success(api, f"{dag}/dagRuns", answer.json()["dag_run_id"])
    run = next(client.jobs.list_runs(limit=1))
    return _Scheduled((run.end_time or 0) / 1_000 - triggered_at, succeeded_at - triggered_at)


def _await_success(api: requests.Session, runs: str, run_id: str | None = None) -> float:
    """Return when a DAG run succeeded, in seconds since 1970; without an id, the only one.

    Raises:
        SystemExit: Raised when it failed.
    """
    deadline = time.monotonic() + _DEADLINE_SECONDS
    run = None
    while run is None and time.monotonic() < deadline:
        time.sleep(_INTERVAL_SECONDS)
        found = api.get(runs, timeout=30).json()["dag_runs"]
        ended = [one for one in found if one["end_date"] and run_id in {None, one["dag_run_id"]}]
        run = ended[0] if ended else None
    if run is None or run["state"] != "success":
        raise SystemExit(f"expected the DAG run to succeed; got {run}")
    return datetime.fromisoformat(run["end_date"]).timestamp()
