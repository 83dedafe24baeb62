"""The task graph of a job: which jobs are accepted, and which tasks run after which results."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from databricks.sdk.service import jobs

from local.workspace.errors import invalid
from local.workspace.job_run import Result

__all__ = ["check_settings", "condition_holds", "decide", "job_result"]

_TASK_TYPES = ("notebook_task", "condition_task", "for_each_task")
_GOOD = (Result.SUCCESS, Result.SUCCESS_WITH_FAILURES, Result.EXCLUDED)
_ORDERS: Mapping[jobs.ConditionTaskOp, Callable[[float, float], bool]] = {
    jobs.ConditionTaskOp.GREATER_THAN: operator.gt,
    jobs.ConditionTaskOp.GREATER_THAN_OR_EQUAL: operator.ge,
    jobs.ConditionTaskOp.LESS_THAN: operator.lt,
    jobs.ConditionTaskOp.LESS_THAN_OR_EQUAL: operator.le,
}
_RUN_IF: Mapping[jobs.RunIf | None, Callable[[list[bool]], bool]] = {
    jobs.RunIf.ALL_DONE: lambda _: True,
    jobs.RunIf.AT_LEAST_ONE_SUCCESS: any,
    jobs.RunIf.AT_LEAST_ONE_FAILED: lambda good: not all(good),
    jobs.RunIf.ALL_FAILED: lambda good: not any(good),
}
"""Whether the results upstream let a task run; the other conditions need all to be good."""


def check_settings(settings: jobs.JobSettings) -> None:
    """Check that the local workspace can run a job.

    Raises:
        ApiError: Raised when it cannot; the text says what is supported.
    """
    if settings.git_source:
        raise invalid("git_source is not supported: deploy the notebooks as workspace files.")
    starts = {"schedule": settings.schedule, "trigger": settings.trigger}
    for name, start in starts.items():
        if start and start.pause_status is not jobs.PauseStatus.PAUSED:
            raise invalid(
                f"The local workspace starts no job by {name}; set pause_status: PAUSED, and start "
                "the job by run-now."
            )
    for task in settings.tasks or []:
        _check_task(task, settings)
    _check_order(settings.tasks or [])


def decide(
    task: jobs.Task, results: Mapping[str, Result], outcomes: Mapping[str, str]
) -> Result | None:
    """Return the result of a task that does not run; null if it runs.

    Args:
        task: The task.
        results: Results of the tasks that it depends on; those that were not selected are missing.
        outcomes: `true` or `false` of each condition task that has run.
    """
    upstream = [
        Result.EXCLUDED
        if needed.outcome and outcomes.get(needed.task_key) != needed.outcome
        else results[needed.task_key]
        for needed in task.depends_on or []
        if needed.task_key in results
    ]
    if not upstream:
        return None
    if all(result is Result.EXCLUDED for result in upstream):
        return Result.EXCLUDED
    runs = _RUN_IF.get(task.run_if, all)([result in _GOOD for result in upstream])
    return None if runs else _result_unmet(task.run_if, upstream)


def job_result(
    tasks: Sequence[jobs.Task], results: Mapping[str, Result]
) -> tuple[Result, list[str]]:
    """Return the result of a run, and the keys of the tasks that decide it.

    Leaf tasks decide: those that no other task of the run depends on.
    """
    needed = {dependency.task_key for task in tasks for dependency in task.depends_on or []}
    failed = [key for key, result in results.items() if result not in _GOOD]
    if not failed:
        return Result.SUCCESS, []
    if any(key not in needed for key in failed):
        return Result.FAILED, failed
    return Result.SUCCESS_WITH_FAILURES, failed


def condition_holds(condition: jobs.ConditionTask) -> bool:
    """Return whether a condition holds, its references already resolved.

    Raises:
        ApiError: Raised when an ordering compares text that is not a number.
    """
    left, right, comparison = condition.left, condition.right, condition.op
    if comparison in (jobs.ConditionTaskOp.EQUAL_TO, jobs.ConditionTaskOp.NOT_EQUAL):
        return (left == right) is (comparison is jobs.ConditionTaskOp.EQUAL_TO)
    try:
        return _ORDERS[comparison](float(left), float(right))
    except ValueError:
        raise invalid(f"{comparison.value} compares numbers; got {left!r} and {right!r}.") from None


def _result_unmet(run_if: jobs.RunIf | None, upstream: Sequence[Result]) -> Result:
    if run_if in (jobs.RunIf.ALL_FAILED, jobs.RunIf.AT_LEAST_ONE_FAILED):
        return Result.EXCLUDED
    canceled = (Result.CANCELED, Result.UPSTREAM_CANCELED)
    if any(result in canceled for result in upstream):
        return Result.UPSTREAM_CANCELED
    return Result.UPSTREAM_FAILED


def _check_task(task: jobs.Task, settings: jobs.JobSettings) -> None:
    where = f"Task {task.task_key!r}"
    given = [name for name in task.as_dict() if name.endswith("_task")]
    if len(given) != 1 or given[0] not in _TASK_TYPES:
        raise invalid(
            f"{where} has {', '.join(given) or 'no task type'}. "
            f"The local workspace runs exactly one of {', '.join(_TASK_TYPES)}."
        )
    if task.for_each_task:
        if task.for_each_task.task.for_each_task:
            raise invalid(f"{where}: a for_each_task cannot repeat another one.")
        _check_task(task.for_each_task.task, settings)
    if task.notebook_task and task.notebook_task.source is jobs.Source.GIT:
        raise invalid(f"{where}: notebooks of a Git source are not supported.")
    kinds = {name for library in task.libraries or [] for name in library.as_dict()}
    if unsupported := sorted(kinds - {"whl"}):
        raise invalid(
            f"{where} has libraries of {', '.join(unsupported)}; the local workspace installs whl."
        )
    _check_compute(task, settings)


def _check_compute(task: jobs.Task, settings: jobs.JobSettings) -> None:
    defined = {
        "environment_key": {entry.environment_key for entry in settings.environments or []},
        "job_cluster_key": {entry.job_cluster_key for entry in settings.job_clusters or []},
    }
    for field, keys in defined.items():
        key = getattr(task, field)
        if key and key not in keys:
            raise invalid(
                f"Task {task.task_key!r} has the {field} {key!r}; the job defines: "
                f"{', '.join(sorted(keys)) or 'none'}."
            )


def _check_order(tasks: Sequence[jobs.Task]) -> None:
    keys = [task.task_key for task in tasks]
    if repeated := sorted({key for key in keys if keys.count(key) > 1}):
        raise invalid(f"Expected each task_key once; {', '.join(repeated)} is repeated.")
    needed = {task.task_key: {one.task_key for one in task.depends_on or []} for task in tasks}
    for key, dependencies in needed.items():
        if unknown := sorted(dependencies - needed.keys()):
            raise invalid(
                f"Task {key!r} depends on {', '.join(unknown)}; the job has the tasks "
                f"{', '.join(sorted(needed))}."
            )
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        raise invalid(f"The tasks depend on each other: {' → '.join(error.args[1])}.") from None
