"""A script of a user with the Databricks SDK, and a query of Airflow's provider."""

from __future__ import annotations

import datetime as dt

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import RunLifeCycleState, RunResultState

from tests.support.workspace import ENDLESS, LocalWorkspace, notebook_task


@pytest.fixture
def client(workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> WorkspaceClient:
    """Give a client that finds the workspace in the environment."""
    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.token)
    return WorkspaceClient()


def test_jobs_are_listed_run_waited_for_exported_and_canceled(client: WorkspaceClient) -> None:
    quick = notebook_task(client, "quick", "print(6 * 7)", "dbutils.notebook.exit('done')")
    endless = notebook_task(client, "forever", ENDLESS)
    for task in (quick, endless):
        client.jobs.create(name=f"script {task.task_key}", tasks=[task])

    jobs = {job.settings.name: job.job_id for job in client.jobs.list() if job.settings}
    quick_id, endless_id = jobs["script quick"] or 0, jobs["script forever"] or 0
    run = client.jobs.run_now(quick_id).result(timeout=dt.timedelta(minutes=2))
    assert run.state
    assert run.state.result_state is RunResultState.SUCCESS

    (task_run,) = run.tasks or []
    output = client.jobs.get_run_output(task_run.run_id or 0).notebook_output
    assert output
    assert output.result == "done"
    (view,) = client.jobs.export_run(task_run.run_id or 0).views or []
    assert "42" in (view.content or "")

    waiter = client.jobs.run_now(endless_id)
    active = client.jobs.list_runs(job_id=endless_id, active_only=True)
    assert [run.run_id for run in active] == [waiter.run_id]
    client.jobs.cancel_run_and_wait(waiter.run_id)
    canceled = client.jobs.get_run(waiter.run_id).state
    assert canceled
    assert canceled.life_cycle_state is RunLifeCycleState.TERMINATED
    assert canceled.result_state is RunResultState.CANCELED


def test_a_job_is_found_by_the_query_of_airflow(client: WorkspaceClient) -> None:
    job_id = client.jobs.create(name="found", tasks=[notebook_task(client, "found", "1")]).job_id

    query = {
        "name": "found",
        "limit": 25,
        "expand_tasks": False,
        "include_user_names": False,
        "page_token": "",
    }
    answer = client.api_client.do("GET", "/api/2.2/jobs/list", query=query)

    assert isinstance(answer, dict)
    assert [job["job_id"] for job in answer["jobs"]] == [job_id]
