"""The workspace killed or stopped in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import (
    Continuous,
    JobParameterDefinition,
    PauseStatus,
    QueueSettings,
    RunLifeCycleState,
    TriggerType,
)

from local.secrets import Secrets
from local.settings import Settings
from local.temporary import free_ports
from tests.conftest import Poll
from tests.support.services import Running
from tests.support.workspace import ENDLESS, LocalWorkspace, notebook_task


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Running, LocalWorkspace]]:
    """Start a workspace that no other test uses."""
    settings = Settings(state=tmp_path / "state", workspace_port=free_ports()["workspace_port"])
    running = Running(settings)
    token = Secrets.of(settings.state).workspace_token
    yield running("workspace"), LocalWorkspace(settings.workspace_url, token)
    running.stop()


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_active_runs_fail_and_no_kernel_remains(
    own: tuple[Running, LocalWorkspace], poll: Poll, tmp_path: Path, end: str
) -> None:
    running, workspace = own
    client = workspace.client()
    started = tmp_path / "kernel"
    source = (
        f"import os, pathlib, time\npathlib.Path({str(started)!r}).write_text(str(os.getpid()))"
    )
    task = notebook_task(client, "endless", f"{source}\nwhile True: time.sleep(0.1)")
    job_id = client.jobs.create(name="kept", tasks=[task]).job_id or 0
    run_id = client.jobs.run_now(job_id).run_id
    poll(lambda: started.exists() and started.read_text(), seconds=60, what="the kernel")
    kernel = int(started.read_text())
    getattr(running, end)("workspace")
    poll(lambda: not psutil.pid_exists(kernel), what="the end of the kernel")
    running("workspace")
    assert "tart the run again" in state_message(client, run_id)
    assert [job.job_id for job in client.jobs.list(name="kept")] == [job_id]
    assert client.workspace.get_status("/Shared/endless").path == "/Shared/endless"


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_queued_run_starts_after_a_restart(
    own: tuple[Running, LocalWorkspace], poll: Poll, end: str
) -> None:
    running, workspace = own
    client = workspace.client()
    task = notebook_task(client, "short", "dbutils.notebook.exit(dbutils.widgets.get('who'))")
    endless = notebook_task(client, "endless", ENDLESS)
    job_id = client.jobs.create(
        tasks=[endless, task],
        queue=QueueSettings(enabled=True),
        parameters=[JobParameterDefinition("who", "ann")],
    ).job_id
    assert job_id
    client.jobs.run_now(job_id, only=["endless"])
    queued = client.jobs.run_now(job_id, only=["short"], job_parameters={"who": "bob"}).run_id
    assert life_cycle_state(client, queued) is RunLifeCycleState.QUEUED
    getattr(running, end)("workspace")
    running("workspace")
    poll(lambda: life_cycle_state(client, queued) is RunLifeCycleState.TERMINATED, seconds=60)
    (task_run,) = client.jobs.get_run(queued).tasks or []
    output = client.jobs.get_run_output(task_run.run_id or 0).notebook_output
    assert output
    assert output.result == "bob"


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_continuous_job_runs_again_after_a_restart(
    own: tuple[Running, LocalWorkspace], poll: Poll, end: str
) -> None:
    running, workspace = own
    client = workspace.client()
    job_id = client.jobs.create(
        tasks=[notebook_task(client, "endless", ENDLESS)],
        continuous=Continuous(pause_status=PauseStatus.UNPAUSED),
    ).job_id
    (first,) = client.jobs.list_runs(job_id=job_id)
    getattr(running, end)("workspace")
    running("workspace")
    second, ended = client.jobs.list_runs(job_id=job_id)
    assert (ended.run_id, second.trigger) == (first.run_id, TriggerType.CONTINUOUS)
    assert state_message(client, first.run_id or 0)
    poll(lambda: life_cycle_state(client, second.run_id or 0) is RunLifeCycleState.RUNNING)


def life_cycle_state(client: WorkspaceClient, run_id: int) -> RunLifeCycleState | None:
    run = client.jobs.get_run(run_id)
    assert run.state
    return run.state.life_cycle_state


def state_message(client: WorkspaceClient, run_id: int) -> str:
    run = client.jobs.get_run(run_id)
    assert run.state
    assert run.state.result_state
    assert run.state.result_state.value == "FAILED"
    return run.state.state_message or ""
