"""A run of a job: its stored form, its states, and what its tasks may refer to."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.service import jobs

from local.workspace.errors import not_found
from local.workspace.references import RunValues
from local.workspace.store import Document

__all__ = [
    "Code", "JobRun", "LifeCycle", "Result", "end", "find_task_run", "iterations_of",
    "milliseconds_now", "session_id", "set_active",
]  # fmt: skip

Code = jobs.TerminationCodeCode
LifeCycle = jobs.RunLifeCycleState
Result = jobs.RunResultState

type _AnyRun = jobs.Run | jobs.RunTask

_CODES = {
    Result.SUCCESS: Code.SUCCESS,
    Result.SUCCESS_WITH_FAILURES: Code.SUCCESS_WITH_FAILURES,
    Result.CANCELED: Code.USER_CANCELED,
    Result.UPSTREAM_CANCELED: Code.USER_CANCELED,
    # Databricks' text: "for example, if the maximum run duration was exceeded".
    Result.TIMEDOUT: Code.CANCELED,
    Result.EXCLUDED: Code.SKIPPED,
    Result.MAXIMUM_CONCURRENT_RUNS_REACHED: Code.MAX_CONCURRENT_RUNS_EXCEEDED,
}


@dataclass
class JobRun:
    """A run and everything that is stored of it.

    Attributes:
        run: The run as the API gives it.
        settings: The settings of its job when it started, with the selected tasks only.
        iterations: The task runs of `for_each_task`s.
        iteration_of: The task run that an iteration belongs to.
    """

    run: jobs.Run
    settings: jobs.JobSettings
    iterations: list[jobs.RunTask] = field(default_factory=list)
    iteration_of: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_body(cls, body: Document) -> JobRun:
        """Return the run of a stored document."""
        return cls(
            jobs.Run.from_dict(body["run"]),
            jobs.JobSettings.from_dict(body["settings"]),
            [jobs.RunTask.from_dict(iteration) for iteration in body["iterations"]],
            body["iteration_of"],
        )

    @property
    def body(self) -> Document:
        """The stored document."""
        return {
            "run": self.run.as_dict(),
            "settings": self.settings.as_dict(),
            "iterations": [iteration.as_dict() for iteration in self.iterations],
            "iteration_of": self.iteration_of,
        }

    @property
    def run_id(self) -> int:
        """The id of the run."""
        return self.run.run_id or 0

    @property
    def is_queued(self) -> bool:
        """Whether the run waits for another run of its job to end."""
        return self.run.state is not None and self.run.state.life_cycle_state is LifeCycle.QUEUED

    @property
    def result(self) -> Result | None:
        """The result; null while the run is active."""
        return self.run.state.result_state if self.run.state else None

    @property
    def tasks(self) -> list[jobs.Task]:
        """The selected tasks."""
        return self.settings.tasks or []

    @property
    def active_tasks(self) -> list[jobs.RunTask]:
        """The task runs and iterations that have not ended."""
        return [run for run in (*(self.run.tasks or ()), *self.iterations) if not run.end_time]

    @property
    def parameters(self) -> dict[str, str]:
        """The values of the job parameters by name."""
        parameters = self.run.job_parameters or []
        return {entry.name: entry.value or "" for entry in parameters if entry.name}

    def end_all(
        self, result: Result, message: str = "", state: LifeCycle = LifeCycle.TERMINATED
    ) -> None:
        """Set the final state of the run, and of its tasks that have not ended."""
        for task_run in self.active_tasks:
            end(task_run, result, message, state=state)
        end(self.run, result, message, state=state)

    def reference_values(
        self,
        task: jobs.Task,
        attempt: jobs.RunTask,
        results: Mapping[str, Result],
        task_values: Mapping[str, Mapping[str, Any]],
        item: object,
    ) -> RunValues:
        """Return what the references of a task may name; `results` are of ended tasks."""
        run = self.run
        fixed: dict[str, Any] = {
            "job.id": run.job_id,
            "job.name": run.run_name,
            "job.run_id": run.run_id,
            "job.trigger.type": run.trigger.value.lower() if run.trigger else "one_time",
            "task.name": task.task_key,
            "task.run_id": attempt.run_id,
            "task.execution_count": (attempt.attempt_number or 0) + 1,
            "workspace.url": (run.run_page_url or "").partition("/jobs/")[0],
        }
        if task.notebook_task:
            fixed["task.notebook_path"] = task.notebook_task.notebook_path
        for entry in run.tasks or []:  # the last attempt of each task is the last entry
            if entry.task_key in results:
                fixed[f"tasks.{entry.task_key}.run_id"] = entry.run_id
                result = results[entry.task_key].value.lower()
                fixed[f"tasks.{entry.task_key}.result_state"] = result
        start = dt.datetime.fromtimestamp((run.start_time or 0) / 1000, dt.UTC)
        return RunValues(fixed, start, self.parameters, task_values, item)


def milliseconds_now() -> int:
    """Return the time in milliseconds since 1970 UTC."""
    return int(time.time() * 1000)


def set_active(run: _AnyRun, state: LifeCycle, message: str = "") -> None:
    """Set a state of a run that has not ended; the first one and `RUNNING` set its start."""
    now = milliseconds_now()
    run.start_time = run.start_time or now
    run.state = jobs.RunState(
        life_cycle_state=state, state_message=message, user_cancelled_or_timedout=False
    )
    name = "WAITING" if state is LifeCycle.WAITING_FOR_RETRY else state.value
    run.status = jobs.RunStatus(state=jobs.RunLifecycleStateV2State(name))
    if state is LifeCycle.RUNNING:
        run.queue_duration = now - run.start_time
        if isinstance(run, jobs.RunTask):
            run.start_time = now


def end(
    run: _AnyRun,
    result: Result,
    message: str = "",
    *,
    code: Code | None = None,
    state: LifeCycle = LifeCycle.TERMINATED,
) -> None:
    """Set the final state of a run, and its durations."""
    final_code = code or _CODES.get(result, Code.RUN_EXECUTION_ERROR)
    successful = final_code is Code.SUCCESS
    kind = jobs.TerminationTypeType.SUCCESS if successful else jobs.TerminationTypeType.CLIENT_ERROR
    run.state = jobs.RunState(
        life_cycle_state=state,
        result_state=result,
        state_message=message,
        user_cancelled_or_timedout=result in (Result.CANCELED, Result.TIMEDOUT),
    )
    run.status = jobs.RunStatus(
        state=jobs.RunLifecycleStateV2State.TERMINATED,
        termination_details=jobs.TerminationDetails(code=final_code, type=kind, message=message),
    )
    run.end_time = milliseconds_now()
    run.start_time = run.start_time or run.end_time
    run.run_duration = run.execution_duration = run.end_time - run.start_time


def session_id(task_run: jobs.RunTask) -> str:
    """Return the id of the Spark session of a task run, which is the same after a restart."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{task_run.run_id} {task_run.start_time}"))


def find_task_run(body: Document, task_run_id: int) -> Document:
    """Return a task run, or an iteration of one, of a stored run.

    Raises:
        ApiError: Raised when the run has none with this id.
    """
    for task in [*body["run"].get("tasks", []), *body["iterations"]]:
        if task["run_id"] == task_run_id:
            return dict(task)
    raise not_found(f"Task run {task_run_id}")


def iterations_of(body: Document, task_run_id: int) -> list[Document]:
    """Return the iterations of a task run of a stored run."""
    parents = body["iteration_of"]
    return [entry for entry in body["iterations"] if parents[str(entry["run_id"])] == task_run_id]
