"""`python -m local.airflow`, which `make airflow` calls: Airflow with the DAG, on loopback only."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import requests
import typer
from rich.console import Console

from local import command
from local.environment import Environment
from local.errors import StackError
from local.files import write_atomically
from local.plain_paths import plain_path
from local.settings import HOST, ROOT
from local.supervisor.ports import require_free
from local.supervisor.process import Service, ServiceProcess, launcher
from local.supervisor.waiting import wait_until

__all__ = ["Airflow", "connection", "log_in", "password", "require_job", "running"]

USER = "admin"
PORT_VARIABLE = "PINTEREST_AIRFLOW_PORT"

# The order of the starts. Without `--skip-serve-logs` a component serves its logs on all addresses.
_COMPONENTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
_PASSWORDS = "passwords.json"

console = Console()


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """One installation of Airflow, with its own state.

    Attributes:
        program: The command `airflow` of its environment.
        home: The folder of its database, its configuration and its logs.
        port: The loopback port of its pages.
        workspace_url, workspace_token: The Databricks workspace.
        job_name: Name of the job that the DAG runs.
    """

    program: Path
    home: Path
    port: int
    workspace_url: str
    workspace_token: str
    job_name: str

    @property
    def url(self) -> str:
        """Address of the pages."""
        return f"http://{HOST}:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of every process; they hold the workspace's token."""
        return {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONN_DATABRICKS_DEFAULT": connection(self.workspace_url, self.workspace_token),
            "AIRFLOW_VAR_PINTEREST_JOB_NAME": self.job_name,
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__CORE__DAGS_FOLDER": str(plain_path(ROOT) / "resources" / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / _PASSWORDS),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PYTHONDONTWRITEBYTECODE": "1",  # no __pycache__ beside the DAG
        }

    def services(self) -> list[Service]:
        """Return the components; only the API server listens on a port."""
        return [
            Service(
                name=name,
                command=[str(self.program), *arguments],
                ports={PORT_VARIABLE: self.port} if name == "api-server" else {},
                environment=self.variables,
            )
            for name, arguments in _COMPONENTS.items()
        ]


def connection(url: str, token: str) -> str:
    """Return Airflow's connection to the workspace at `url`, as JSON."""
    address = urlsplit(url)
    fields = {"conn_type": "databricks", "schema": address.scheme, "host": address.hostname}
    return json.dumps(
        fields | {"password": token} | ({"port": address.port} if address.port else {})
    )


def password(home: Path) -> str:
    """Return the password of the user `admin`; create it at the first start."""
    file = home / _PASSWORDS
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(file.read_text())[USER])


def log_in(airflow: Airflow) -> requests.Session:
    """Return a session of the REST API of a running Airflow, as the user `admin`."""
    user = {"username": USER, "password": password(airflow.home)}
    answer = requests.post(f"{airflow.url}/auth/token", json=user, timeout=30)
    answer.raise_for_status()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return session


def require_job(airflow: Airflow) -> None:
    """Check that the workspace has the job.

    Raises:
        StackError: Raised when the workspace does not answer, or does not have exactly one.
    """
    url = airflow.workspace_url
    try:
        response = requests.get(
            f"{url}/api/2.2/jobs/list",
            params={"name": airflow.job_name},
            headers={"Authorization": f"Bearer {airflow.workspace_token}"},
            timeout=10,
        )
        response.raise_for_status()
    except requests.RequestException as error:
        raise StackError(
            f"Expected the workspace at {url} to list its jobs; got: {error}. "
            "Start it with `make workspace`."
        ) from error
    if (found := len(response.json().get("jobs", []))) != 1:
        raise StackError(
            f"Expected one job {airflow.job_name!r} in the workspace at {url}; got {found}. Run "
            "`make bundle`, or choose another job with PINTEREST_JOB_NAME=<name>."
        )


@contextmanager
def running(airflow: Airflow) -> Iterator[Sequence[ServiceProcess]]:
    """Run all components until the context ends; then no process is left.

    Yields:
        The processes; all are healthy.

    Raises:
        StackError: Raised when a component does not start, with the end of its log.
    """
    password(airflow.home)
    require_free(airflow.port, PORT_VARIABLE)
    _migrate(airflow)
    logs = airflow.home / "logs" / "components"
    processes = [ServiceProcess(service, logs) for service in airflow.services()]
    with ExitStack() as stopping:
        for process in processes:
            process.launch()
            stopping.callback(process.stop)
        ready = partial(_all_healthy, airflow, processes)
        wait_until(ready, seconds=180, description=f"Airflow to start; see {logs}")
        yield processes


def main(
    version: Annotated[str, typer.Option(help="The version of Airflow.")],
    port: Annotated[int, typer.Option(envvar=PORT_VARIABLE, min=1, max=65535)] = 18084,
    job_name: Annotated[str, typer.Option(envvar="PINTEREST_JOB_NAME")] = "clean_landing",
) -> None:
    """Run Airflow on loopback with the DAG, connected to the local workspace; Ctrl-C stops it."""
    environment = Environment()
    airflow = Airflow(
        program=ROOT / ".local" / "venvs" / f"airflow-{version}" / "bin" / "airflow",
        home=plain_path(environment.settings.state) / "airflow" / version,
        port=port,
        workspace_url=environment.settings.workspace_url,
        workspace_token=environment.secrets.workspace_token,
        job_name=job_name,
    )
    require_job(airflow)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        console.print(f"Starting Airflow {version} …")
        with running(airflow) as processes:
            console.print(_login(airflow), soft_wrap=True, highlight=False, markup=False)
            while True:
                _require_alive(processes)
                time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("Airflow is stopped.")


def _migrate(airflow: Airflow) -> None:
    """Create the database, or bring it to this version.

    Raises:
        StackError: Raised when Airflow cannot do so, with the end of its output.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_")}
    result = subprocess.run(
        [*launcher(signal.SIGKILL), str(airflow.program), "db", "migrate"],
        env=inherited | airflow.variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        output = (result.stdout + result.stderr)[-2_000:]
        raise StackError(f"Airflow could not create its database in {airflow.home}:\n{output}")


def _all_healthy(airflow: Airflow, processes: Sequence[ServiceProcess]) -> bool:
    """Return whether every component works, as the API server sees it."""
    _require_alive(processes)
    if not processes[0].healthy():  # the API server itself must listen
        return False
    health = requests.get(f"{airflow.url}/api/v2/monitor/health", timeout=10).json()
    return all(component.get("status") == "healthy" for component in health.values())


def _require_alive(processes: Sequence[ServiceProcess]) -> None:
    for process in processes:
        if not process.alive:
            name = process.service.name
            raise StackError(f"Airflow's {name} ended with {process.exit_code}{process.tail}")


def _login(airflow: Airflow) -> str:
    return (
        f"Open {airflow.url}/dags/pinterest_batch\n"
        f"Log in as {USER} with the password {password(airflow.home)}\n"
        "Unpause the DAG; it then runs the job "
        f"{airflow.job_name} of {airflow.workspace_url}. Ctrl-C stops Airflow."
    )


if __name__ == "__main__":
    command.run(partial(typer.run, main))
