"""Jobs and runs through the Databricks SDK, in kernels without Spark."""

from __future__ import annotations

import datetime as dt

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, OperationFailed, PermissionDenied, Unauthenticated
from databricks.sdk.errors.platform import BadRequest
from databricks.sdk.service.compute import Environment, Library
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    ForEachTask,
    JobEnvironment,
    JobParameterDefinition,
    JobSettings,
    NotebookTask,
    QueueSettings,
    Run,
    RunResultState,
    RunTask,
    Task,
    TaskDependency,
    TerminationCodeCode,
)

from tests.conftest import Poll
from tests.support.workspace import ENDLESS, LocalWorkspace, notebook_task, put_notebook, wheel


def run_tasks(client: WorkspaceClient, *tasks: Task, **job: object) -> Run:
    """Create a job, run it once, and return the run when it has ended."""
    job_id = created(client, *tasks, **job)
    return ended(client, client.jobs.run_now(job_id).run_id)


def created(client: WorkspaceClient, *tasks: Task, **job: object) -> int:
    job_id = client.jobs.create(tasks=list(tasks), **job).job_id  # type: ignore[arg-type]  # any settings
    assert job_id
    return job_id


def ended(client: WorkspaceClient, run_id: int) -> Run:
    """Return a run when it has ended, also when it has failed."""
    try:
        return client.jobs.wait_get_run_job_terminated_or_skipped(
            run_id, timeout=dt.timedelta(minutes=2)
        )
    except OperationFailed:
        return client.jobs.get_run(run_id)


def task_runs(run: Run) -> dict[str, RunTask]:
    """Return the last attempt of each task."""
    return {task.task_key: task for task in run.tasks or []}


def results(run: Run) -> dict[str, RunResultState | None]:
    return {key: task.state.result_state for key, task in task_runs(run).items() if task.state}


def exit_value(client: WorkspaceClient, task: RunTask) -> str | None:
    output = client.jobs.get_run_output(task.run_id or 0)
    assert output.notebook_output, output.error
    return output.notebook_output.result


def message(run: Run) -> str:
    assert run.state
    return run.state.state_message or ""


def result(run: Run) -> RunResultState | None:
    assert run.state
    return run.state.result_state


@pytest.fixture(scope="module")
def graph(workspace: LocalWorkspace) -> Run:
    """Run a job with each kind of task, once for all tests."""
    client = workspace.client()
    returned = put_notebook(client, "returned", "dbutils.notebook.exit(dbutils.widgets.get('got'))")
    first = notebook_task(
        client,
        "first",
        "dbutils.jobs.taskValues.set('n', 3)",
        "dbutils.notebook.exit(dbutils.widgets.get('who'))",
    )
    got = "{{tasks.first.values.n}} {{job.parameters.who}} {{job.run_id}}"
    inner = Task("inner", notebook_task=NotebookTask(returned, {"got": "{{input.name}}"}))
    job_id = created(
        client,
        first,
        Task(
            "second",
            depends_on=[TaskDependency("first")],
            notebook_task=NotebookTask(returned, {"got": got}),
        ),
        Task(
            "is_three",
            depends_on=[TaskDependency("first")],
            condition_task=ConditionTask(ConditionTaskOp.EQUAL_TO, "{{tasks.first.values.n}}", "3"),
        ),
        Task(
            "otherwise",
            depends_on=[TaskDependency("is_three", outcome="false")],
            notebook_task=NotebookTask(returned),
        ),
        Task(
            "each",
            depends_on=[TaskDependency("is_three", outcome="true")],
            for_each_task=ForEachTask('[{"name": "a"}, {"name": "b"}]', inner, concurrency=2),
        ),
        name="graph",
        parameters=[JobParameterDefinition("who", "ann")],
    )
    return ended(client, client.jobs.run_now(job_id, job_parameters={"who": "bob"}).run_id)


def test_tasks_run_as_the_graph_says(graph: Run) -> None:
    success, excluded = RunResultState.SUCCESS, RunResultState.EXCLUDED
    assert result(graph) is success
    assert results(graph) == {
        "first": success,
        "second": success,
        "is_three": success,
        "otherwise": excluded,
        "each": success,
    }


def test_parameters_and_task_values_reach_the_notebooks(
    graph: Run, client: WorkspaceClient
) -> None:
    tasks = task_runs(graph)
    assert exit_value(client, tasks["first"]) == "bob"
    assert exit_value(client, tasks["second"]) == f"3 bob {graph.run_id}"


def test_a_task_runs_for_each_input(graph: Run, client: WorkspaceClient) -> None:
    iterations = client.jobs.get_run(task_runs(graph)["each"].run_id or 0).iterations or []
    assert [exit_value(client, iteration) for iteration in iterations] == ["a", "b"]


def test_runs_are_listed_and_exported(graph: Run, client: WorkspaceClient) -> None:
    assert [run.run_id for run in client.jobs.list_runs(job_id=graph.job_id)] == [graph.run_id]
    views = client.jobs.export_run(task_runs(graph)["first"].run_id or 0).views or []
    assert "Notebook exited: bob" in (views[0].content or "")


def test_a_failing_notebook_fails_its_run_and_what_depends_on_it(client: WorkspaceClient) -> None:
    failing = notebook_task(client, "failing", "raise RuntimeError('no rows')")
    failing.max_retries = 1
    after = notebook_task(client, "after", "1")
    after.depends_on = [TaskDependency("failing")]
    run = run_tasks(client, failing, after)
    assert result(run) is RunResultState.FAILED
    assert results(run)["after"] is RunResultState.UPSTREAM_FAILED
    assert message(run) == "Task failing failed: RuntimeError: no rows"
    attempts = [task for task in run.tasks or [] if task.task_key == "failing"]
    assert [task.attempt_number for task in attempts] == [0, 1]
    output = client.jobs.get_run_output(attempts[1].run_id or 0)
    assert "----> 1 raise RuntimeError" in (output.error_trace or "")


def test_a_missing_parameter_is_named(client: WorkspaceClient) -> None:
    run = run_tasks(client, notebook_task(client, "missing", "dbutils.widgets.get('catalog')"))
    assert "No input widget named catalog is defined" in message(run)


def test_a_task_that_takes_too_long_is_stopped(client: WorkspaceClient) -> None:
    endless = notebook_task(client, "endless", ENDLESS)
    endless.timeout_seconds = 4
    run = run_tasks(client, endless)
    assert results(run) == {"endless": RunResultState.TIMEDOUT}
    assert message(run) == "Task endless failed: The task took longer than 4 seconds."


def test_a_run_that_takes_too_long_is_stopped(client: WorkspaceClient) -> None:
    run = run_tasks(client, notebook_task(client, "endless", ENDLESS), timeout_seconds=4)
    assert result(run) is RunResultState.TIMEDOUT
    assert results(run) == {"endless": RunResultState.TIMEDOUT}


def test_a_canceled_run_ends_and_the_queued_one_starts(client: WorkspaceClient, poll: Poll) -> None:
    job_id = created(client, notebook_task(client, "endless", ENDLESS), queue=QueueSettings(True))
    first: int = client.jobs.run_now(job_id, idempotency_token="a").run_id
    again: int = client.jobs.run_now(job_id, idempotency_token="a").run_id
    assert again == first
    second = client.jobs.run_now(job_id).run_id
    assert is_in(client, second, "QUEUED")
    poll(lambda: is_in(client, first, "RUNNING"))
    client.jobs.cancel_run(first)
    assert result(ended(client, first)) is RunResultState.CANCELED
    poll(lambda: is_in(client, second, "RUNNING"))
    client.jobs.cancel_run(second)
    assert result(ended(client, second)) is RunResultState.CANCELED


def is_in(client: WorkspaceClient, run_id: int, state: str) -> bool:
    found = client.jobs.get_run(run_id).state
    return bool(found and found.life_cycle_state and found.life_cycle_state.value == state)


def test_without_a_queue_a_second_run_is_skipped(client: WorkspaceClient) -> None:
    job_id = created(client, notebook_task(client, "endless", ENDLESS))
    first = client.jobs.run_now(job_id).run_id
    skipped = client.jobs.get_run(client.jobs.run_now(job_id).run_id)
    client.jobs.delete(job_id)
    assert result(skipped) is RunResultState.MAXIMUM_CONCURRENT_RUNS_REACHED
    assert result(ended(client, first)) is RunResultState.CANCELED


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise RuntimeError('broken build')", "broken build"),
    ],
)
def test_a_wheel_that_does_not_import_is_reported(
    client: WorkspaceClient, source: str, reason: str
) -> None:
    task = notebook_task(client, "importing", "import broken_wheel")
    task.libraries = [Library(whl=wheel(client, "broken_wheel", source))]
    run = run_tasks(client, task)
    assert "The wheel broken_wheel-1-py3-none-any.whl does not import" in message(run)
    assert reason in message(run)
    status = task_runs(run)["importing"].status
    assert status
    assert status.termination_details
    code = status.termination_details.code
    assert code is TerminationCodeCode.LIBRARY_INSTALLATION_ERROR


def test_notebooks_import_the_wheel_of_their_environment_and_not_the_checkout(
    client: WorkspaceClient,
) -> None:
    path = wheel(client, "pinterest_pipeline", "ORIGIN = 'wheel'")
    task = notebook_task(
        client,
        "importing",
        "import pinterest_pipeline; dbutils.notebook.exit(pinterest_pipeline.ORIGIN)",
    )
    task.environment_key = "default"
    spec = Environment(environment_version="5", dependencies=[path])
    run = run_tasks(client, task, environments=[JobEnvironment("default", spec)])
    assert exit_value(client, task_runs(run)["importing"]) == "wheel"
    bare = run_tasks(client, notebook_task(client, "bare", "import pinterest_pipeline"))
    assert "No module named 'pinterest_pipeline'" in message(bare)


def test_only_the_selected_tasks_run(client: WorkspaceClient) -> None:
    job_id = created(
        client, notebook_task(client, "one", "raise ValueError"), notebook_task(client, "two", "1")
    )
    run = ended(client, client.jobs.run_now(job_id, only=["two"]).run_id)
    assert results(run) == {"two": RunResultState.SUCCESS}
    with pytest.raises(BadRequest, match="The job has no task three; it has one, two"):
        client.jobs.run_now(job_id, only=["three"])


def test_a_job_is_changed_listed_and_deleted(client: WorkspaceClient) -> None:
    job_id = created(client, notebook_task(client, "one", "1"), name="to change")
    task = notebook_task(client, "two", "2")
    client.jobs.reset(job_id, new_settings=JobSettings(name="changed", tasks=[task]))
    settings = client.jobs.get(job_id).settings
    assert settings
    assert [task.task_key for task in settings.tasks or []] == ["two"]
    assert [job.job_id for job in client.jobs.list(name="changed")] == [job_id]
    assert list(client.jobs.list(name="to change")) == []
    client.jobs.delete(job_id)
    with pytest.raises(NotFound, match=f"Job {job_id} does not exist"):
        client.jobs.run_now(job_id)


def test_unknown_parameters_are_rejected(client: WorkspaceClient) -> None:
    job_id = created(client, notebook_task(client, "one", "1"))
    with pytest.raises(BadRequest, match="The job has no parameter catalgo"):
        client.jobs.run_now(job_id, job_parameters={"catalgo": "main"})


def test_unsupported_tasks_and_endpoints_are_rejected_by_name(client: WorkspaceClient) -> None:
    query = {"tasks": [{"task_key": "query", "sql_task": {"warehouse_id": "1"}}]}
    with pytest.raises(BadRequest, match=r"sql_task.*runs exactly one of notebook_task"):
        client.api_client.do("POST", "/api/2.2/jobs/create", body=query)
    with pytest.raises(NotFound, match=r"no endpoint .GET /api/2\.1/clusters/list"):
        list(client.clusters.list())


def test_a_wrong_token_is_rejected(workspace: LocalWorkspace) -> None:
    with pytest.raises((Unauthenticated, PermissionDenied), match="wrong one"):
        workspace.client("wrong").current_user.me()
