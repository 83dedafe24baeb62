"""A real Airflow, and jobs in the local workspace that its DAG runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests

from local.airflow import connection
from local.settings import ROOT, Settings

VERSIONS = sorted(
    file.stem.removeprefix("airflow-") for file in (ROOT / "requirements").glob("airflow-*.txt")
)


class Workspace(Protocol):
    """The local workspace of the session."""

    url: str
    token: str


@dataclass(frozen=True)
class Result:
    """What Airflow's Python found out about the DAG, and its log."""

    errors: dict[str, str]
    properties: dict[str, Any]
    states: list[str]
    log: str


@dataclass(frozen=True)
class Installation:
    """One version of Airflow, with its own database."""

    programs: Path
    home: Path

    def call(
        self, *command: str, answer: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the installation; its errors are part of its output."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_")}
        return subprocess.run(
            [str(self.programs / command[0]), *command[1:]],
            input=answer,
            cwd=ROOT,
            env={
                **inherited,
                "AIRFLOW_HOME": str(self.home),
                "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "resources" / "dags"),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
                "PYTHONDONTWRITEBYTECODE": "1",
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def dag(self, *runs: dict[str, object], connection: str = "") -> Result:
        """Read the DAG, then run it once for each of `runs`."""
        result = self.home / "result.json"
        script = str(ROOT / "tests" / "support" / "airflow_dag.py")
        variables = {"AIRFLOW_CONN_DATABRICKS_DEFAULT": connection} if connection else {}
        done = self.call("python", script, str(result), answer=json.dumps(runs), **variables)
        assert done.returncode == 0, done.stdout[-5_000:]
        return Result(**json.loads(result.read_text()), log=done.stdout)


@pytest.fixture(scope="session")
def installed(settings: Settings) -> Callable[[str], Installation]:
    """Return a function that gives a version of Airflow; the Makefile installs it if needed."""

    def install(version: str) -> Installation:
        environment = f".local/venvs/airflow-{version}"
        subprocess.run(["make", "--silent", f"{environment}/.done"], cwd=ROOT, check=True)
        home = settings.state / "airflow-tests" / version
        home.mkdir(parents=True, exist_ok=True)
        return Installation(ROOT / environment / "bin", home)

    return install


@pytest.fixture(scope="session")
def airflow(installed: Callable[[str], Installation]) -> Installation:
    """Give the newest version, with a database."""
    airflow = installed(VERSIONS[-1])
    migration = airflow.call("airflow", "db", "migrate")
    assert migration.returncode == 0, migration.stdout[-5_000:]
    return airflow


class Jobs:
    """Creates jobs in the workspace at `url` and lists their runs."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.connection = connection(url, token)
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._home = f"/Workspace/Users/{self._call('GET', '2.0/preview/scim/v2/Me')['userName']}"

    def create(self, name: str, *notebooks: Path, wheel: Path | None = None, **more: str) -> None:
        """Create a job that runs the notebooks one after the other, with `more` as parameters."""
        libraries = [self._upload(name, wheel)] if wheel else []
        tasks: list[dict[str, object]] = []
        for notebook in notebooks:
            tasks.append({
                "task_key": notebook.stem,
                "depends_on": [{"task_key": task["task_key"]} for task in tasks[-1:]],
                "notebook_task": {"notebook_path": self._upload(name, notebook)},
                "environment_key": "default",
            })
        environment = {"environment_version": "5", "dependencies": libraries}
        self._call(
            "POST",
            "2.2/jobs/create",
            json={
                "name": name,
                "tasks": tasks,
                "environments": [{"environment_key": "default", "spec": environment}],
                "parameters": [{"name": key, "default": value} for key, value in more.items()],
            },
        )

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Return the runs of a job, the newest first."""
        (job,) = self._call("GET", "2.2/jobs/list", params={"name": name})["jobs"]
        query = {"job_id": job["job_id"], "expand_tasks": "true"}
        runs: list[dict[str, Any]] = self._call("GET", "2.2/jobs/runs/list", params=query)["runs"]
        return runs

    def _upload(self, folder: str, file: Path) -> str:
        """Return the path of `file` in the workspace; a notebook there has no suffix."""
        path = f"{self._home}/{folder}/{file.name}"
        self._call("POST", "2.0/workspace/mkdirs", json={"path": f"{self._home}/{folder}"})
        address = f"2.0/workspace-files/import-file/{path.removeprefix('/')}"
        self._call("POST", address, params={"overwrite": "true"}, data=file.read_bytes())
        return path.removesuffix(".ipynb")

    def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401  # requests' own
        response = self._session.request(method, f"{self.url}/api/{path}", timeout=30, **content)
        assert response.ok, response.text
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer


@pytest.fixture(scope="session")
def jobs(workspace: Workspace) -> Jobs:
    """Give the jobs of the session's workspace."""
    return Jobs(workspace.url, workspace.token)
