"""`python -m local.airflow`, which `make airflow` calls: Airflow with the DAG, on loopback only."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import requests
import typer
from rich.console import Console

from local import command
from local.environment import Environment
from local.errors import StackError
from local.files import write_atomically
from local.settings import HOST, ROOT
from local.supervisor.ports import require_free
from local.supervisor.process import Service, ServiceProcess, launcher
from local.supervisor.waiting import wait_until

__all__ = ["Airflow", "connection", "password", "require_job", "running"]

USER = "admin"
PORT_VARIABLE = "PINTEREST_AIRFLOW_PORT"

_DAGS = ROOT / "resources" / "dags"
# The order of the starts. Without `--skip-serve-logs` a component serves its logs on all addresses.
_COMPONENTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
_HEALTH_PATH = "/api/v2/monitor/health"
_START_SECONDS = 180
_WATCH_SECONDS = 0.5

console = Console()


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """One installation of Airflow, with its own state.

    Attributes:
        program: The command `airflow` of the environment that it is installed in.
        home: The folder of its database, its configuration and its logs.
        port: The loopback port of its pages.
        workspace_url: Base URL of the Databricks workspace.
        workspace_token: The token of the workspace.
        job_name: Name of the Databricks job that the DAG runs.
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
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_FOLDER": str(_DAGS),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords(self.home)),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "PYTHONDONTWRITEBYTECODE": "1",  # no __pycache__ beside the DAG
        }

    @property
    def unset_variables(self) -> list[str]:
        """The variables of the user's own Airflow, which would change this one."""
        return [name for name in os.environ if name.startswith("AIRFLOW_")]

    def services(self) -> list[Service]:
        """Return the components; only the API server listens on a port."""
        return [
            Service(
                name=name,
                command=[str(self.program), *arguments],
                ports={PORT_VARIABLE: self.port} if name == "api-server" else {},
                environment=self.variables,
                unset_env=self.unset_variables,
                start_seconds=_START_SECONDS,
            )
            for name, arguments in _COMPONENTS.items()
        ]


def connection(url: str, token: str) -> str:
    """Return Airflow's connection to the workspace at `url`, as JSON."""
    scheme, _, address = url.partition("://")
    host, _, port = address.partition(":")
    fields: dict[str, object] = {
        "conn_type": "databricks",
        "schema": scheme,
        "host": host,
        "password": token,
    }
    return json.dumps(fields | ({"port": int(port)} if port else {}))


def password(home: Path) -> str:
    """Return the password of the user `admin`; create it at the first start."""
    file = _passwords(home)
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(file.read_text())[USER])


def require_job(airflow: Airflow) -> None:
    """Check that the workspace has the job.

    Raises:
        StackError: Raised when the workspace does not answer, or does not have exactly one.
    """
    try:
        response = requests.get(
            f"{airflow.workspace_url}/api/2.2/jobs/list",
            params={"name": airflow.job_name},
            headers={"Authorization": f"Bearer {airflow.workspace_token}"},
            timeout=10,
        )
        response.raise_for_status()
    except requests.RequestException as error:
        raise StackError(
            f"Expected the workspace at {airflow.workspace_url} to list its jobs; got: {error}. "
            "Start it with `make workspace`."
        ) from error
    found = len(response.json().get("jobs", []))
    if found != 1:
        raise StackError(
            f"Expected one job {airflow.job_name!r} in the workspace at {airflow.workspace_url}; "
            f"got {found}. Deploy the bundle with `make bundle`, or choose another job with "
            "PINTEREST_JOB_NAME=<name>."
        )


@contextmanager
def running(airflow: Airflow) -> Iterator[Sequence[ServiceProcess]]:
    """Run all components until the context ends; then no process is left.

    Yields:
        The processes; all are healthy.

    Raises:
        StackError: Raised when a component does not start, with the end of its log.
    """
    logs = airflow.home / "logs" / "components"
    password(airflow.home)
    require_free(airflow.port, PORT_VARIABLE)
    _migrate(airflow)
    processes = [ServiceProcess(service, logs) for service in airflow.services()]
    with ExitStack() as stopping:
        for process in processes:
            process.launch()
            stopping.callback(process.stop)
        ready = partial(_all_healthy, airflow, processes)
        wait_until(ready, seconds=_START_SECONDS, description=f"Airflow to start; see {logs}")
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
        home=environment.settings.state / "airflow" / version,
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
            _show_login(airflow)
            _watch(processes)
    except KeyboardInterrupt:
        console.print("Airflow is stopped.")


def _passwords(home: Path) -> Path:
    return home / "passwords.json"


def _migrate(airflow: Airflow) -> None:
    """Create the database, or bring it to this version.

    Raises:
        StackError: Raised when Airflow cannot do so, with the end of its output.
    """
    inherited = {k: v for k, v in os.environ.items() if k not in airflow.unset_variables}
    result = subprocess.run(
        [*launcher(signal.SIGKILL), str(airflow.program), "db", "migrate"],
        env=inherited | airflow.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise StackError(
            f"Airflow could not create its database in {airflow.home}:\n{result.stdout[-2_000:]}"
        )


def _all_healthy(airflow: Airflow, processes: Sequence[ServiceProcess]) -> bool:
    """Return whether every component works, as the API server sees it."""
    _require_alive(processes)
    if not processes[0].healthy():
        return False
    health: Mapping[str, Mapping[str, str]] = requests.get(
        f"{airflow.url}{_HEALTH_PATH}", timeout=10
    ).json()
    return all(component.get("status") == "healthy" for component in health.values())


def _require_alive(processes: Sequence[ServiceProcess]) -> None:
    for process in processes:
        if not process.alive:
            name, code = process.service.name, process.exit_code
            raise StackError(f"Airflow's {name} ended with {code}{process.tail}")


def _show_login(airflow: Airflow) -> None:
    console.print(f"Open {airflow.url}/dags/pinterest_batch", soft_wrap=True, highlight=False)
    console.print(
        f"Log in as {USER} with the password {password(airflow.home)}",
        highlight=False,
        markup=False,
    )
    console.print(
        f"Unpause the DAG and trigger it. It runs the job {airflow.job_name} of "
        f"{airflow.workspace_url}. Ctrl-C stops Airflow.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _watch(processes: Sequence[ServiceProcess]) -> None:
    while True:
        _require_alive(processes)
        time.sleep(_WATCH_SECONDS)


if __name__ == "__main__":
    command.run(partial(typer.run, main))
