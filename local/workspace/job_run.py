"""A run of a job, with what is stored of it and what its tasks may refer to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.service.jobs import (
    ForEachStats,
    ForEachTaskTaskRunStats,
    JobSettings,
    Run,
    RunResultState,
    RunTask,
    Task,
)

from local.workspace.references import RunValues
from local.workspace.states import AnyRun
from local.workspace.store import Document

__all__ = ["JobRun", "for_each_statistics"]


@dataclass
class JobRun:
    """A run with all that is stored of it.

    Attributes:
        run: The run as the API gives it.
        settings: The settings of its job when it started.
        token: Its idempotency token; null if it has none.
        tasks: The selected tasks.
        notebook_params: Parameters that the request gives to all notebooks.
        iterations: The task runs of `for_each_task`s.
        iteration_of: The task run that an iteration belongs to.
    """

    run: Run
    settings: JobSettings
    token: str | None
    tasks: list[Task]
    notebook_params: dict[str, str] = field(default_factory=dict)
    iterations: list[RunTask] = field(default_factory=list)
    iteration_of: dict[str, int] = field(default_factory=dict)

    @property
    def run_id(self) -> int:
        """The id of the run."""
        return self.run.run_id or 0

    @property
    def body(self) -> Document:
        """The stored document."""
        return {
            "run": self.run.as_dict(),
            "iterations": [iteration.as_dict() for iteration in self.iterations],
            "iteration_of": self.iteration_of,
        }

    def all_runs(self) -> list[AnyRun]:
        """Return the run, its task runs and their iterations."""
        return [*(self.run.tasks or []), *self.iterations, self.run]

    @property
    def parameters(self) -> dict[str, str]:
        """The values of the job parameters by name."""
        parameters = self.run.job_parameters or []
        return {entry.name: entry.value or "" for entry in parameters if entry.name}

    def reference_values(
        self,
        task: Task,
        attempt: RunTask,
        results: Mapping[str, RunResultState],
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
        return RunValues(
            fixed=fixed,
            start=dt.datetime.fromtimestamp((run.start_time or 0) / 1000, dt.UTC),
            parameters=self.parameters,
            task_values=task_values,
            item=item,
        )


def for_each_statistics(total: int, failed: int) -> ForEachStats:
    """Return the counts of the iterations of a `for_each_task`."""
    return ForEachStats(
        task_run_stats=ForEachTaskTaskRunStats(
            total_iterations=total,
            scheduled_iterations=total,
            active_iterations=0,
            completed_iterations=total,
            succeeded_iterations=total - failed,
            failed_iterations=failed,
        )
    )
