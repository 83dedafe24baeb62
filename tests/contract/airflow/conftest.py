"""A real Airflow, and jobs in the local workspace that its DAG runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import BaseRun

from local.airflow import connection
from local.settings import ROOT, Settings
from tests.support.workspace import LocalWorkspace, notebook_task

VERSIONS = sorted(
    file.stem.removeprefix("airflow-") for file in (ROOT / "requirements").glob("airflow-*.txt")
)
_SECONDS = 290
"""A failed task is retried after 5 minutes: no use to wait for that."""


@dataclass(frozen=True)
class Result:
    """What Airflow's Python found out about the DAG, and the state and log of each run."""

    errors: dict[str, str]
    properties: dict[str, Any]
    states: list[str]
    logs: list[str]


@dataclass(frozen=True)
class Installation:
    """One version of Airflow, with its own database."""

    version: str
    programs: Path
    home: Path

    def call(
        self, *command: str, answer: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the installation; its errors are part of its output."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_")}
        try:
            return subprocess.run(
                [str(self.programs / command[0]), *command[1:]],
                input=answer,
                cwd=ROOT,
                env=inherited | self._variables | variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as late:
            pytest.fail(f"{command} did not end in {_SECONDS} s: {str(late.output)[-5_000:]}")

    @property
    def _variables(self) -> dict[str, str]:
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "resources" / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def dag(self, *runs: dict[str, object]) -> Result:
        """Read the DAG, then run it once for each of `runs`, in one process."""
        result = self.home / "result.json"
        script = str(ROOT / "tests" / "support" / "airflow_dag.py")
        done = self.call("python", script, str(result), answer=json.dumps(runs))
        assert done.returncode == 0, done.stdout[-5_000:]
        _, *logs = done.stdout.split("\x1e")
        return Result(**json.loads(result.read_text()), logs=logs)


@pytest.fixture(scope="session")
def installed(settings: Settings) -> Callable[[str], Installation]:
    """Return a function that gives a version of Airflow; the Makefile installs it if needed."""

    def install(version: str) -> Installation:
        environment = f".local/venvs/airflow-{version}"
        subprocess.run(["make", "--silent", f"{environment}/.done"], cwd=ROOT, check=True)
        home = settings.state / "airflow" / version  # where `make airflow` has it, too
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        airflow = Installation(version, ROOT / environment / "bin", home)
        migration = airflow.call("airflow", "db", "migrate")
        assert migration.returncode == 0, migration.stdout[-5_000:]
        return airflow

    return install


class Jobs:
    """Creates jobs in the workspace and lists their runs."""

    def __init__(self, workspace: LocalWorkspace) -> None:
        self.workspace = workspace
        self.client: WorkspaceClient = workspace.client()
        self.connection = connection(workspace.url, workspace.token)

    def create(self, name: str, source: str) -> str:
        """Create a job with one notebook; return its name."""
        self.client.jobs.create(name=name, tasks=[notebook_task(self.client, name, source)])
        return name

    def runs(self, name: str) -> list[BaseRun]:
        """Return the runs of a job, the newest first."""
        (job,) = self.client.jobs.list(name=name)
        return list(self.client.jobs.list_runs(job_id=job.job_id))


@pytest.fixture(scope="session")
def jobs(workspace: LocalWorkspace) -> Jobs:
    """Give the jobs of the session's workspace."""
    return Jobs(workspace)
