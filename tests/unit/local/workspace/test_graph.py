"""Which jobs are accepted, and which tasks run after which results."""

from __future__ import annotations

import pytest
from databricks.sdk.service.jobs import (
    ConditionTask,
    ConditionTaskOp,
    JobSettings,
    RunIf,
    RunResultState,
    Task,
    TaskDependency,
)

from local.workspace.errors import ApiError
from local.workspace.graph import check_settings, condition_holds, decide, job_result

SUCCESS = RunResultState.SUCCESS
FAILED = RunResultState.FAILED
EXCLUDED = RunResultState.EXCLUDED
CANCELED = RunResultState.CANCELED


def notebook(key: str, *needed: str, **fields: object) -> Task:
    document = {"task_key": key, "notebook_task": {"notebook_path": f"/{key}"}, **fields}
    document["depends_on"] = [{"task_key": other} for other in needed]
    return Task.from_dict(document)


@pytest.mark.parametrize(
    ("run_if", "upstream", "expected"),
    [
        (None, [SUCCESS, SUCCESS], None),
        (None, [SUCCESS, FAILED], RunResultState.UPSTREAM_FAILED),
        (None, [SUCCESS, CANCELED], RunResultState.UPSTREAM_CANCELED),
        (None, [SUCCESS, EXCLUDED], None),
        (None, [EXCLUDED, EXCLUDED], EXCLUDED),
        (RunIf.NONE_FAILED, [SUCCESS, EXCLUDED], None),
        (RunIf.NONE_FAILED, [SUCCESS, FAILED], RunResultState.UPSTREAM_FAILED),
        (RunIf.ALL_DONE, [FAILED, FAILED], None),
        (RunIf.ALL_DONE, [EXCLUDED], EXCLUDED),
        (RunIf.AT_LEAST_ONE_SUCCESS, [SUCCESS, FAILED], None),
        (RunIf.AT_LEAST_ONE_SUCCESS, [FAILED, FAILED], RunResultState.UPSTREAM_FAILED),
        (RunIf.ALL_FAILED, [FAILED, FAILED], None),
        (RunIf.ALL_FAILED, [SUCCESS, FAILED], EXCLUDED),
        (RunIf.AT_LEAST_ONE_FAILED, [SUCCESS, FAILED], None),
        (RunIf.AT_LEAST_ONE_FAILED, [SUCCESS, SUCCESS], EXCLUDED),
    ],
)
def test_run_if_decides_by_the_results_upstream(
    run_if: RunIf | None, upstream: list[RunResultState], expected: RunResultState | None
) -> None:
    results = {f"t{number}": result for number, result in enumerate(upstream)}
    task = notebook("last", *results)
    task.run_if = run_if
    assert decide(task, results, {}) is expected


@pytest.mark.parametrize(("outcome", "expected"), [("true", None), ("false", EXCLUDED)])
def test_a_task_needs_the_outcome_of_its_condition(
    outcome: str, expected: RunResultState | None
) -> None:
    task = notebook("after")
    task.depends_on = [TaskDependency("condition", outcome="true")]
    assert decide(task, {"condition": SUCCESS}, {"condition": outcome}) is expected


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"first": SUCCESS, "last": SUCCESS}, (SUCCESS, [])),
        ({"first": SUCCESS, "last": FAILED}, (FAILED, ["last"])),
        ({"first": FAILED, "last": SUCCESS}, (RunResultState.SUCCESS_WITH_FAILURES, ["first"])),
        ({"first": SUCCESS, "last": EXCLUDED}, (SUCCESS, [])),
    ],
)
def test_leaf_tasks_decide_the_result_of_a_run(
    results: dict[str, RunResultState], expected: tuple[RunResultState, list[str]]
) -> None:
    assert job_result([notebook("first"), notebook("last", "first")], results) == expected


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("12.0", "EQUAL_TO", "12", False),
        ("a", "NOT_EQUAL", "", True),
        ("12.0", "GREATER_THAN_OR_EQUAL", "12", True),
        ("2", "LESS_THAN", "10", True),
        ("2", "GREATER_THAN", "10", False),
        ("2", "LESS_THAN_OR_EQUAL", "2", True),
    ],
)
def test_conditions_compare_text_or_numbers(
    left: str, operator: str, right: str, expected: bool
) -> None:
    assert condition_holds(ConditionTask(ConditionTaskOp(operator), left, right)) is expected


def test_an_order_of_text_is_an_error() -> None:
    with pytest.raises(ApiError, match="GREATER_THAN compares numbers; got 'a' and '1'"):
        condition_holds(ConditionTask(ConditionTaskOp.GREATER_THAN, "a", "1"))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"tasks": [{"task_key": "a"}]}, "Task 'a' has no task type"),
        ({"tasks": [{"task_key": "a", "spark_jar_task": {}}]}, "'a' has spark_jar_task"),
        ({"git_source": {"git_url": "u", "git_provider": "gitHub"}}, "git_source is not supported"),
        (
            {"schedule": {"quartz_cron_expression": "0", "timezone_id": "UTC"}},
            "starts no job by schedule; set pause_status: PAUSED",
        ),
    ],
)
def test_what_the_workspace_does_not_run_is_rejected(
    document: dict[str, object], reason: str
) -> None:
    with pytest.raises(ApiError, match=reason):
        check_settings(JobSettings.from_dict(document))


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ([notebook("a"), notebook("a")], "Expected each task_key once; a is repeated"),
        ([notebook("a", "b")], "Task 'a' depends on b; the job has the tasks a"),
        ([notebook("a", "b"), notebook("b", "a")], "The tasks depend on each other"),
        ([notebook("a", environment_key="x")], "environment_key 'x'; the job defines: none"),
        ([notebook("a", libraries=[{"jar": "x.jar"}])], "libraries of jar"),
    ],
)
def test_a_graph_that_cannot_run_is_rejected(tasks: list[Task], reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        check_settings(JobSettings(tasks=tasks))
