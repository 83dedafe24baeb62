"""What the local workspace costs: deploying the bundle, running a notebook, a long history."""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections.abc import Iterable
from statistics import median, quantiles

import nbformat
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    NotebookTask,
    SubmitTask,
    Task,
    TaskDependency,
)
from databricks.sdk.service.workspace import ImportFormat
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from local.bundle import cli_environment, databricks_cli
from local.environment import Environment
from local.settings import ROOT
from local.supervisor.waiting import wait_until

__all__ = ["client_of", "deploy", "workspace"]

_TASKS = 4
"""Tasks of a run in the history: as many as those of `clean_landing`."""
_REQUESTS = 40
_DEADLINE_SECONDS = 120


def workspace(deployments: int, notebooks: int, runs: int) -> list[Figure]:
    """Return the seconds of deployments and of notebook tasks, and of answers with many runs.

    Args:
        deployments: How often the unchanged bundle is deployed, after the first time.
        notebooks: How often each notebook runs, after the first time.
        runs: Number of runs in the history.
    """
    with measured_environment("spark", "workspace") as environment:
        client = client_of(environment)
        return [
            *_deployments(environment, deployments),
            *_overheads(client, notebooks),
            *_answers(environment, client, runs),
        ]


def client_of(environment: Environment) -> WorkspaceClient:
    """Return a client of the environment's workspace."""
    return WorkspaceClient(
        host=environment.settings.workspace_url,
        token=environment.secrets.workspace_token,
        auth_type="pat",
    )


def deploy(environment: Environment) -> float:
    """Return the seconds of a deployment of this checkout's bundle with the Databricks CLI.

    Raises:
        SystemExit: Raised when the CLI is not built, or the deployment failed.
    """
    cli = databricks_cli()
    if not cli.exists():
        raise SystemExit(f"expected the Databricks CLI at {cli}; `make databricks-cli` builds it")
    settings = environment.settings
    address = {
        "DATABRICKS_HOST": settings.workspace_url,
        "DATABRICKS_TOKEN": environment.secrets.workspace_token,
    }
    variables = cli_environment(settings, os.environ | address)
    command = [str(cli), "bundle", "deploy", "--target", "local"]
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - begun
    if done.returncode != 0:
        raise SystemExit(f"`databricks bundle deploy` ended with {done.returncode}: {done.stderr}")
    return seconds


def _deployments(environment: Environment, repeats: int) -> list[Figure]:
    log_step(f"workspace: {1 + repeats} deployments")
    first = deploy(environment)
    again = median(deploy(environment) for _ in range(repeats))
    return [
        Figure("bundle deploy: the first", first, "s", at_most=5),
        Figure("bundle deploy: again", again, "s", at_most=5),
    ]


def _overheads(client: WorkspaceClient, repeats: int) -> list[Figure]:
    log_step(f"workspace: {2 * (1 + repeats)} notebook tasks")
    plain = _notebook_seconds(client, "plain", "1 + 1", repeats)
    with_spark = _notebook_seconds(client, "with_spark", "spark.range(1).collect()", repeats)
    return [
        Figure("notebook task without Spark", plain, "s", at_most=3),
        Figure("notebook task with Spark", with_spark, "s", at_most=5),
    ]


def _notebook_seconds(client: WorkspaceClient, name: str, source: str, repeats: int) -> float:
    """Return the median time of a task, from its start to the end of its kernel."""
    path = f"/Workspace/Shared/{name}"
    cells = [new_code_cell(source)]  # type: ignore[no-untyped-call]  # untyped library
    content = nbformat.writes(new_notebook(cells=cells))  # type: ignore[no-untyped-call]  # untyped library
    client.workspace.upload(f"{path}.ipynb", io.BytesIO(content.encode()), format=ImportFormat.AUTO)
    seconds = []
    for _ in range(1 + repeats):
        task = SubmitTask(name, notebook_task=NotebookTask(path))
        (ended,) = client.jobs.submit(tasks=[task]).result().tasks or []
        seconds.append(((ended.end_time or 0) - (ended.start_time or 0)) / 1_000)
    return median(seconds[1:])


def _answers(environment: Environment, client: WorkspaceClient, runs: int) -> list[Figure]:
    log_step(f"workspace: {runs} runs in the history")
    job_id = client.jobs.create(name="history", max_concurrent_runs=runs, tasks=_chain()).job_id
    run_ids = [client.jobs.run_now(job_id or 0).run_id for _ in range(runs)]

    def ended() -> bool:
        return not list(client.jobs.list_runs(active_only=True))

    wait_until(ended, seconds=_DEADLINE_SECONDS, description=f"the end of {runs} runs")
    jobs, middle = "/api/2.2/jobs", run_ids[runs // 2]
    pages = ("/jobs", f"/jobs/{job_id}", "/runs", f"/jobs/{job_id}/runs/{middle}")
    calls = (
        f"{jobs}/list",
        f"{jobs}/runs/list?limit=25&expand_tasks=true",
        f"{jobs}/runs/list?job_id={job_id}&limit=25",
        f"{jobs}/runs/get?run_id={middle}",
    )
    return [
        Figure(f"{kind} with {runs} runs", _slowest(environment, paths), "ms", at_most=100)
        for kind, paths in (("a page", pages), ("the API", calls))
    ]


def _chain() -> list[Task]:
    """Return tasks that need no kernel, each after the one before."""
    return [
        Task(
            f"task_{number}",
            condition_task=ConditionTask(ConditionTaskOp.EQUAL_TO, "1", "1"),
            depends_on=[TaskDependency(f"task_{number - 1}")] if number else None,
        )
        for number in range(_TASKS)
    ]


def _slowest(environment: Environment, paths: Iterable[str]) -> float:
    """Return the 95th percentile of the slowest path, in milliseconds."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {environment.secrets.workspace_token}"

    def milliseconds(path: str) -> float:
        answer = session.get(f"{environment.settings.workspace_url}{path}", timeout=30)
        answer.raise_for_status()
        return answer.elapsed.total_seconds() * 1_000

    return max(
        quantiles([milliseconds(path) for _ in range(_REQUESTS)], n=20)[-1] for path in paths
    )
