"""The stored form of a run, and its states."""

from __future__ import annotations

import json

import pytest
from databricks.sdk.service.jobs import (
    JobParameter,
    JobSettings,
    NotebookTask,
    Run,
    RunTask,
    Task,
    TerminationCodeCode,
)

from local.workspace.job_run import JobRun, LifeCycle, Result, end, session_id, set_active


@pytest.fixture
def job_run() -> JobRun:
    tasks = [RunTask("ended", run_id=11), RunTask("running", run_id=12, start_time=5)]
    run = Run(run_id=1, job_id=2, end_time=0, tasks=tasks, start_time=3)
    run.job_parameters = [JobParameter(name="who", default="ann", value="bob")]
    end(tasks[0], Result.SUCCESS)
    settings = JobSettings(name="job", tasks=[Task("ended", notebook_task=NotebookTask("/a"))])
    return JobRun(run, settings, [RunTask("inner", run_id=13)], {"13": 12})


def test_a_stored_run_comes_back(job_run: JobRun) -> None:
    again = JobRun.from_body(json.loads(json.dumps(job_run.body)))
    assert again.body == job_run.body
    assert again.parameters == {"who": "bob"}


def test_a_run_ends_with_its_active_tasks(job_run: JobRun) -> None:
    assert [task.run_id for task in job_run.active_tasks] == [12, 13]
    job_run.end_all(Result.CANCELED, "canceled")
    ended, running = job_run.run.tasks or []
    assert job_run.active_tasks == []
    assert [task.state and task.state.result_state for task in (ended, running)] == [
        Result.SUCCESS,
        Result.CANCELED,
    ]
    assert job_run.result is Result.CANCELED


def test_a_queued_run_is_active(job_run: JobRun) -> None:
    set_active(job_run.run, LifeCycle.QUEUED)
    assert (job_run.is_queued, job_run.result, job_run.run.end_time) == (True, None, 0)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Result.SUCCESS, TerminationCodeCode.SUCCESS),
        (Result.FAILED, TerminationCodeCode.RUN_EXECUTION_ERROR),
        (Result.TIMEDOUT, TerminationCodeCode.CANCELED),
        (Result.EXCLUDED, TerminationCodeCode.SKIPPED),
    ],
)
def test_a_result_has_its_termination_code(result: Result, code: TerminationCodeCode) -> None:
    task = RunTask("task")
    end(task, result)
    assert task.status
    assert task.status.termination_details
    assert task.status.termination_details.code is code


def test_each_attempt_has_a_session_of_its_own() -> None:
    first, second = RunTask("task", run_id=1, start_time=5), RunTask("task", run_id=2, start_time=5)
    stored = RunTask.from_dict(first.as_dict())
    assert session_id(first) == session_id(stored) != session_id(second)
