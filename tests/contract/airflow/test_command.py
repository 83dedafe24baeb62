"""`make airflow`: it runs the job when asked, keeps the token to itself, and ends completely."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from local.airflow import Airflow, log_in
from local.settings import ROOT, Settings
from local.supervisor.ports import free_port
from tests.conftest import Poll
from tests.contract.airflow.conftest import VERSIONS, Installation, Jobs

JOB = "runs_by_schedule"


@dataclass(frozen=True)
class Command:
    """The running command, and what it was started with."""

    process: subprocess.Popen[str]
    airflow: Airflow

    @property
    def processes(self) -> list[psutil.Process]:
        """All processes of this Airflow, also those that have lost their parent."""
        return [p for p in psutil.process_iter() if home_of(p) == str(self.airflow.home)]


def home_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("AIRFLOW_HOME")
    except psutil.Error:  # another user's, or it has just ended
        return None


@pytest.fixture
def command(
    installed: Callable[[str], Installation], jobs: Jobs, settings: Settings
) -> Iterator[Command]:
    """Start the command for the newest version, and wait until Airflow is ready."""
    installation, port = installed(VERSIONS[-1]), free_port()
    airflow = Airflow(
        program=installation.programs / "airflow",
        home=installation.home,
        port=port,
        workspace_url=jobs.workspace.url,
        workspace_token=jobs.workspace.token,
        job_name=jobs.create(JOB, "1 + 1"),
    )
    own = {"PINTEREST_AIRFLOW_PORT": str(port), "PINTEREST_JOB_NAME": JOB}
    with subprocess.Popen(
        [sys.executable, "-m", "local.airflow", "--version", installation.version],
        cwd=ROOT,
        env=os.environ | settings.variables | own,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            lines = iter(process.stdout.readline, "")
            assert any("Log in as admin" in line for line in lines), "it ended without a start"
            yield Command(process, airflow)
        finally:
            process.send_signal(signal.SIGINT)


def test_the_unpaused_dag_runs_the_job_and_ctrl_c_leaves_no_process(
    command: Command, jobs: Jobs, poll: Poll
) -> None:
    api, dag = log_in(command.airflow), f"{command.airflow.url}/api/v2/dags/pinterest_batch"
    api.patch(dag, json={"is_paused": False}).raise_for_status()

    def state() -> str | None:
        runs = api.get(f"{dag}/dagRuns", params={"run_type": "scheduled"}).json()["dag_runs"]
        return runs[0]["state"] if runs and runs[0]["end_date"] else None

    assert poll(state, seconds=120, what="the scheduled run") == "success"
    assert len(jobs.runs(JOB)) == 1
    running = command.processes
    assert len(running) >= 4
    assert not any(jobs.workspace.token in " ".join(p.cmdline()) for p in running)

    command.process.send_signal(signal.SIGINT)

    assert command.process.wait(60) == 0
    assert command.processes == []
    logs = [file for file in command.airflow.home.rglob("*.log") if file.is_file()]
    assert any("View run status" in log.read_text() for log in logs)
    assert not any(jobs.workspace.token in log.read_text() for log in logs)
