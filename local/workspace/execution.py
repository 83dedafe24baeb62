"""One run of a job: its tasks in the order of their graph, with retries and time limits."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

from databricks.sdk.service import jobs

from local.notebook.runtime.dbutils import read_task_values
from local.workspace.errors import ApiError, invalid
from local.workspace.graph import condition_holds, decide, job_result
from local.workspace.job_run import Code, JobRun, LifeCycle, Result, end, set_active
from local.workspace.notebooks import LibraryError, NotebookTasks
from local.workspace.references import resolve
from local.workspace.store import Store

__all__ = ["OUTPUTS", "Execution"]

OUTPUTS = "outputs"
"""Kind of the documents with the outputs of task runs."""

_CONTINUOUS_RETRIES = 3
_MAX_MESSAGE = 1000


class Execution:
    """Drives one run to its end; the run is updated in place, and stored after each change.

    Attributes:
        job_run: The run.
        interruption: Result and message of the run when `drive` is cancelled.
    """

    def __init__(self, job_run: JobRun, store: Store, notebooks: NotebookTasks) -> None:
        self.job_run = job_run
        self.interruption = (Result.CANCELED, "The run was canceled.")
        self._store = store
        self._notebooks = notebooks
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._results: dict[str, Result] = {}
        self._outcomes: dict[str, str] = {}
        job_run.run.tasks = [self._new_task_run(task) for task in job_run.tasks]

    async def drive(self) -> None:
        """Run all tasks; the run has ended and is stored when this returns."""
        job_run, limit = self.job_run, self.job_run.settings.timeout_seconds
        try:
            set_active(job_run.run, LifeCycle.RUNNING, "In run")
            self._save()
            async with asyncio.timeout(limit or None):
                await self._run_tasks()
            self._end_run()
        except TimeoutError:
            job_run.end_all(Result.TIMEDOUT, f"The run took longer than {limit} seconds.")
        except asyncio.CancelledError:
            job_run.end_all(*self.interruption)
        except Exception as error:  # noqa: BLE001  # a run must not stay active for ever
            job_run.end_all(Result.FAILED, f"The local workspace failed: {error!r}")
        self._save()

    async def _run_tasks(self) -> None:
        run_tasks = list(self.job_run.run.tasks or [])
        async with asyncio.TaskGroup() as group:
            for task, run_task in zip(self.job_run.tasks, run_tasks, strict=True):
                running = group.create_task(self._run_task(task, run_task))
                self._tasks[task.task_key] = running

    async def _run_task(self, task: jobs.Task, run_task: jobs.RunTask) -> None:
        for needed in task.depends_on or []:
            if needed.task_key in self._tasks:
                await asyncio.wait({self._tasks[needed.task_key]})
        result = decide(task, self._results, self._outcomes)
        if result:
            reason = f"Skipped: its run_if or condition does not hold ({result.value})."
            end(run_task, result, reason)
        self._results[task.task_key] = result or await self._attempts(task, run_task, item=None)
        self._save()

    async def _attempts(self, task: jobs.Task, attempt: jobs.RunTask, item: object) -> Result:
        retries, pause_seconds = self._retries(task)
        while True:
            result = await self._attempt(task, attempt, item)
            number = attempt.attempt_number or 0
            is_retried = result is Result.FAILED or (
                result is Result.TIMEDOUT and bool(task.retry_on_timeout)
            )
            if not is_retried or number >= retries:
                return result
            attempt = self._next_attempt(task, attempt)
            set_active(attempt, LifeCycle.WAITING_FOR_RETRY)
            self._save()
            await asyncio.sleep(pause_seconds)

    async def _attempt(self, task: jobs.Task, attempt: jobs.RunTask, item: object) -> Result:
        try:
            if task.for_each_task:
                await self._repeat(task, task.for_each_task, attempt)
            elif task.condition_task:
                self._evaluate(task, task.condition_task, attempt, item)
            else:
                async with self._notebooks.slots:
                    await self._run_notebook(task, attempt, item)
        except TimeoutError:
            message = f"The task took longer than {task.timeout_seconds} seconds."
            self._fail(attempt, message, Result.TIMEDOUT)
        except LibraryError as error:
            self._fail(attempt, str(error), code=Code.LIBRARY_INSTALLATION_ERROR)
        except ApiError as error:
            self._fail(attempt, str(error), code=Code.INVALID_RUN_CONFIGURATION)
        self._save()
        state = attempt.state
        return (state and state.result_state) or Result.FAILED

    async def _run_notebook(self, task: jobs.Task, attempt: jobs.RunTask, item: object) -> None:
        self._start(attempt)
        resolved = jobs.Task.from_dict(self._resolve(task.as_dict(), task, attempt, item))
        attempt.notebook_task = resolved.notebook_task
        async with asyncio.timeout(task.timeout_seconds or None):
            output = await self._notebooks.run(resolved, attempt, self.job_run)
        self._store.put(OUTPUTS, attempt.run_id, output.as_dict())
        result = Result.FAILED if output.error else Result.SUCCESS
        end(attempt, result, (output.error or "")[:_MAX_MESSAGE])

    def _evaluate(
        self, task: jobs.Task, condition: jobs.ConditionTask, attempt: jobs.RunTask, item: object
    ) -> None:
        self._start(attempt)
        resolved = self._resolve(condition.as_dict(), task, attempt, item)
        outcome = str(condition_holds(jobs.ConditionTask.from_dict(resolved))).lower()
        self._outcomes[task.task_key] = outcome
        if attempt.condition_task:
            attempt.condition_task.outcome = outcome
        end(attempt, Result.SUCCESS)

    async def _repeat(self, task: jobs.Task, loop: jobs.ForEachTask, attempt: jobs.RunTask) -> None:
        self._start(attempt)
        items = _items(self._resolve(loop.inputs, task, attempt, None), task)
        iterations = [self._new_task_run(loop.task, parent_id=attempt.run_id) for _ in items]
        gate = asyncio.Semaphore(loop.concurrency or 1)

        async def run_one(iteration: jobs.RunTask, item: object) -> Result:
            async with gate:
                return await self._attempts(loop.task, iteration, item)

        async with asyncio.timeout(task.timeout_seconds or None), asyncio.TaskGroup() as group:
            started = [
                group.create_task(run_one(*pair)) for pair in zip(iterations, items, strict=True)
            ]
        failed = sum(one.result() is not Result.SUCCESS for one in started)
        if attempt.for_each_task:
            counts = jobs.ForEachTaskTaskRunStats(
                total_iterations=len(items),
                succeeded_iterations=len(items) - failed,
                failed_iterations=failed,
            )
            attempt.for_each_task.stats = jobs.ForEachStats(task_run_stats=counts)
        message = f"{failed} of {len(items)} iterations failed." if failed else ""
        end(attempt, Result.FAILED if failed else Result.SUCCESS, message)

    def _retries(self, task: jobs.Task) -> tuple[float, float]:
        """Return how often a task is retried, and the seconds before each retry."""
        pause = (task.min_retry_interval_millis or 0) / 1000
        continuous = self.job_run.settings.continuous
        if continuous and continuous.task_retry_mode is jobs.TaskRetryMode.ON_FAILURE:
            return _CONTINUOUS_RETRIES, pause
        retries = task.max_retries or 0
        return (math.inf if retries < 0 else retries), pause

    def _new_task_run(
        self, task: jobs.Task, *, number: int = 0, parent_id: int | None = None
    ) -> jobs.RunTask:
        """Return a new task run; with a parent, it is an iteration, and added to the run."""
        run_task = jobs.RunTask.from_dict(task.as_dict())
        run_task.run_id = self._store.next_id()
        run_task.attempt_number = number
        run_task.end_time = 0
        runs_url = (self.job_run.run.run_page_url or "").rpartition("/")[0]
        run_task.run_page_url = f"{runs_url}/{run_task.run_id}"
        waits = LifeCycle.BLOCKED if task.depends_on else LifeCycle.PENDING
        set_active(run_task, waits)
        if parent_id is not None:
            self.job_run.iterations.append(run_task)
            self.job_run.iteration_of[str(run_task.run_id)] = parent_id
        return run_task

    def _next_attempt(self, task: jobs.Task, attempt: jobs.RunTask) -> jobs.RunTask:
        parent_id = self.job_run.iteration_of.get(str(attempt.run_id))
        number = (attempt.attempt_number or 0) + 1
        again = self._new_task_run(task, number=number, parent_id=parent_id)
        if parent_id is None:
            (self.job_run.run.tasks or []).append(again)
        return again

    def _resolve[V](self, value: V, task: jobs.Task, attempt: jobs.RunTask, item: object) -> V:
        values = read_task_values(self._notebooks.values_file(self.job_run))
        known = self.job_run.reference_values(task, attempt, self._results, values, item)
        return resolve(value, known)

    def _start(self, attempt: jobs.RunTask) -> None:
        set_active(attempt, LifeCycle.RUNNING, "In run")
        self._save()

    def _fail(
        self,
        attempt: jobs.RunTask,
        message: str,
        result: Result = Result.FAILED,
        code: Code | None = None,
    ) -> None:
        end(attempt, result, message, code=code)
        self._store.put(OUTPUTS, attempt.run_id, jobs.RunOutput(error=message).as_dict())

    def _save(self) -> None:
        self._store.put_run(self.job_run.body)

    def _end_run(self) -> None:
        result, failed = job_result(self.job_run.tasks, self._results)
        messages = [
            f"Task {task.task_key} failed: {task.state.state_message}"
            for task in self.job_run.run.tasks or []
            if task.task_key in failed and task.state and task.state.state_message
        ]
        self.job_run.end_all(result, messages[0] if messages else "")


def _items(inputs: str, task: jobs.Task) -> list[Any]:
    try:
        items = json.loads(inputs)
    except ValueError:
        items = None
    if not isinstance(items, list):
        raise invalid(
            f"Task {task.task_key!r}: expected a JSON array in the inputs of for_each_task; got "
            f"{inputs!r}."
        )
    return items
