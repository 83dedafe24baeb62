"""The task graph of a job: which jobs are accepted, and which tasks run after which results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    JobSettings,
    PauseStatus,
    RunIf,
    RunResultState,
    Task,
)

from local.workspace.errors import invalid

__all__ = ["check_settings", "condition_holds", "decide", "job_result", "task_type"]

_TASK_TYPES = ("notebook_task", "condition_task", "for_each_task")

_GOOD = (RunResultState.SUCCESS, RunResultState.SUCCESS_WITH_FAILURES, RunResultState.EXCLUDED)


def check_settings(settings: JobSettings) -> None:
    """Check that the local workspace can run a job.

    Raises:
        ApiError: Raised when it cannot; the text says what is supported.
    """
    if settings.git_source:
        raise invalid("git_source is not supported: deploy the notebooks as workspace files.")
    starts = {"schedule": settings.schedule, "trigger": settings.trigger}
    for name, start in starts.items():
        if start and start.pause_status is not PauseStatus.PAUSED:
            raise invalid(
                f"The local workspace starts no job by {name}; set pause_status: PAUSED, and start "
                "the job by run-now."
            )
    tasks = settings.tasks or []
    keys = [task.task_key for task in tasks]
    repeated = {key for key in keys if keys.count(key) > 1}
    if repeated:
        raise invalid(f"Expected each task_key once; {', '.join(sorted(repeated))} is repeated.")
    for task in tasks:
        _check_task(task, settings)
    _check_order(tasks)


def task_type(task: Task) -> str:
    """Return the name of the field that says what a task does.

    Raises:
        ApiError: Raised when it is not supported.
    """
    given = [name for name in task.as_dict() if name.endswith("_task")]
    if len(given) != 1 or given[0] not in _TASK_TYPES:
        raise invalid(
            f"Task {task.task_key!r} has {', '.join(given) or 'no task type'}. "
            f"The local workspace runs exactly one of {', '.join(_TASK_TYPES)}."
        )
    return str(given[0])


def decide(
    task: Task, results: Mapping[str, RunResultState], outcomes: Mapping[str, str]
) -> RunResultState | None:
    """Return the result of a task that does not run; null if it runs.

    Args:
        task: The task.
        results: Results of the tasks that it depends on; those that were not selected are missing.
        outcomes: `true` or `false` of each condition task that has run.
    """
    upstream = [
        RunResultState.EXCLUDED
        if needed.outcome and outcomes.get(needed.task_key) != needed.outcome
        else results[needed.task_key]
        for needed in task.depends_on or []
        if needed.task_key in results
    ]
    if not upstream:
        return None
    if all(result is RunResultState.EXCLUDED for result in upstream):
        return RunResultState.EXCLUDED
    return None if _holds(task.run_if, upstream) else _result_unmet(task.run_if, upstream)


def job_result(
    tasks: Sequence[Task], results: Mapping[str, RunResultState]
) -> tuple[RunResultState, list[str]]:
    """Return the result of a run, and the keys of the tasks that decide it.

    Leaf tasks decide: those that no other task of the run depends on.
    """
    needed = {dependency.task_key for task in tasks for dependency in task.depends_on or []}
    failed = [key for key, result in results.items() if result not in _GOOD]
    if not failed:
        return RunResultState.SUCCESS, []
    if any(key not in needed for key in failed):
        return RunResultState.FAILED, failed
    return RunResultState.SUCCESS_WITH_FAILURES, failed


def condition_holds(condition: ConditionTask) -> bool:
    """Return whether a condition holds, its references already resolved.

    Raises:
        ApiError: Raised when an ordering compares text that is not a number.
    """
    left, right, operator = condition.left, condition.right, condition.op
    if operator is ConditionTaskOp.EQUAL_TO:
        return left == right
    if operator is ConditionTaskOp.NOT_EQUAL:
        return left != right
    try:
        numbers = float(left), float(right)
    except ValueError:
        raise invalid(f"{operator.value} compares numbers; got {left!r} and {right!r}.") from None
    return {
        ConditionTaskOp.GREATER_THAN: numbers[0] > numbers[1],
        ConditionTaskOp.GREATER_THAN_OR_EQUAL: numbers[0] >= numbers[1],
        ConditionTaskOp.LESS_THAN: numbers[0] < numbers[1],
        ConditionTaskOp.LESS_THAN_OR_EQUAL: numbers[0] <= numbers[1],
    }[operator]


def _holds(run_if: RunIf | None, upstream: Sequence[RunResultState]) -> bool:
    good = [result in _GOOD for result in upstream]
    match run_if:
        case RunIf.ALL_DONE:
            return True
        case RunIf.AT_LEAST_ONE_SUCCESS:
            return any(good)
        case RunIf.AT_LEAST_ONE_FAILED:
            return not all(good)
        case RunIf.ALL_FAILED:
            return not any(good)
        case _:  # ALL_SUCCESS is the default; excluded tasks count as successful in both
            return all(good)


def _result_unmet(run_if: RunIf | None, upstream: Sequence[RunResultState]) -> RunResultState:
    if run_if in (RunIf.ALL_FAILED, RunIf.AT_LEAST_ONE_FAILED):
        return RunResultState.EXCLUDED
    canceled = (RunResultState.CANCELED, RunResultState.UPSTREAM_CANCELED)
    if any(result in canceled for result in upstream):
        return RunResultState.UPSTREAM_CANCELED
    return RunResultState.UPSTREAM_FAILED


def _check_task(task: Task, settings: JobSettings) -> None:
    kind = task_type(task)
    if task.for_each_task:
        inner = task.for_each_task.task
        if task_type(inner) == "for_each_task":
            raise invalid(f"Task {task.task_key!r}: a for_each_task cannot repeat another one.")
        _check_task(inner, settings)
    if kind == "notebook_task":
        known = {
            "environment_key": {entry.environment_key for entry in settings.environments or []},
            "job_cluster_key": {entry.job_cluster_key for entry in settings.job_clusters or []},
        }
        for field, keys in known.items():
            key = getattr(task, field)
            if key and key not in keys:
                raise invalid(
                    f"Task {task.task_key!r} has the {field} {key!r}; the job defines: "
                    f"{', '.join(sorted(keys)) or 'none'}."
                )
    unsupported = sorted(_unsupported_libraries(task))
    if unsupported:
        raise invalid(
            f"Task {task.task_key!r} has libraries of {', '.join(unsupported)}; the local "
            "workspace installs whl."
        )


def _unsupported_libraries(task: Task) -> Iterator[str]:
    for library in task.libraries or []:
        yield from (name for name in library.as_dict() if name != "whl")


def _check_order(tasks: Sequence[Task]) -> None:
    needed = {t.task_key: {entry.task_key for entry in t.depends_on or []} for t in tasks}
    for key, dependencies in needed.items():
        unknown = dependencies - needed.keys()
        if unknown:
            raise invalid(
                f"Task {key!r} depends on {', '.join(sorted(unknown))}; the job has the tasks "
                f"{', '.join(sorted(needed))}."
            )
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        raise invalid(f"The tasks depend on each other: {' → '.join(error.args[1])}.") from None
