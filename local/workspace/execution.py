"""One run of a job: its tasks in the order of their graph, with retries and time limits."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from databricks.sdk.service.jobs import (
    RunLifeCycleState,
    RunOutput,
    RunResultState,
    RunTask,
    Task,
    TaskRetryMode,
    TerminationCodeCode,
)

from local.notebook.runtime.dbutils import read_task_values
from local.workspace.errors import ApiError, invalid
from local.workspace.graph import condition_holds, decide, job_result
from local.workspace.job_run import JobRun, for_each_statistics
from local.workspace.notebooks import NotebookTasks, TaskPlace
from local.workspace.references import RunValues, resolve
from local.workspace.states import end, is_ended, milliseconds_now, result_of, set_active
from local.workspace.wheels import LibraryError

__all__ = ["Execution"]

_CONTINUOUS_RETRIES = 3
_MAX_MESSAGE = 1000


class Execution:
    """Drives one run to its end.

    Args:
        job_run: The run; it is updated in place.
        notebooks: Runs notebook tasks.
        slots: Limits the notebooks that run at once.
        runs_folder: Folder of the files of all runs.
        new_id: Returns ids for task runs.
        save: Stores the run.
        save_output: Stores the output of a task run.
    """

    def __init__(
        self,
        job_run: JobRun,
        notebooks: NotebookTasks,
        slots: asyncio.Semaphore,
        runs_folder: Path,
        *,
        new_id: Callable[[], int],
        save: Callable[[JobRun], None],
        save_output: Callable[[int, RunOutput], None],
    ) -> None:
        self.job_run = job_run
        self.interruption = (RunResultState.CANCELED, "The run was canceled.")
        self._notebooks = notebooks
        self._slots = slots
        self._runs_folder = runs_folder
        self._new_id = new_id
        self._save_run = save
        self._save_output = save_output
        self._values = runs_folder / str(job_run.run_id) / "task_values.json"
        self._deadline: asyncio.Timeout | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._results: dict[str, RunResultState] = {}
        self._outcomes: dict[str, str] = {}
        job_run.run.tasks = [self._new_task_run(task) for task in job_run.tasks]

    async def drive(self) -> None:
        """Run all tasks; the run has ended and is stored when this returns."""
        run, limit = self.job_run.run, self.job_run.settings.timeout_seconds
        try:
            self._values.parent.mkdir(parents=True, exist_ok=True)
            set_active(run, RunLifeCycleState.RUNNING, "In run")
            self._save()
            try:
                async with asyncio.timeout(limit or None) as self._deadline:
                    await self._run_tasks()
            except TimeoutError:
                self._end_all(*self._interrupted())
            except asyncio.CancelledError:
                self._end_all(*self.interruption)
            else:
                self._end_run()
        except Exception as error:  # noqa: BLE001  # a run must not stay active for ever
            self._end_all(RunResultState.FAILED, f"The local workspace failed: {error!r}")
        self._save()

    async def _run_tasks(self) -> None:
        run_tasks = list(self.job_run.run.tasks or [])
        async with asyncio.TaskGroup() as group:
            for task, run_task in zip(self.job_run.tasks, run_tasks, strict=True):
                running = group.create_task(self._run_task(task, run_task))
                self._tasks[task.task_key] = running

    async def _run_task(self, task: Task, run_task: RunTask) -> None:
        for needed in task.depends_on or []:
            if needed.task_key in self._tasks:
                await asyncio.wait({self._tasks[needed.task_key]})
        skipped = decide(task, self._results, self._outcomes)
        if skipped:
            end(
                run_task,
                skipped,
                f"Skipped: its run_if or condition does not hold ({skipped.value}).",
            )
            self._results[task.task_key] = skipped
        else:
            self._results[task.task_key] = await self._attempts(task, run_task, item=None)
        self._save()

    async def _attempts(self, task: Task, attempt: RunTask, item: object) -> RunResultState:
        retries, pause_seconds = self._retries(task)
        while True:
            result = await self._attempt(task, attempt, item)
            number = attempt.attempt_number or 0
            retried = result is RunResultState.FAILED or (
                result is RunResultState.TIMEDOUT and bool(task.retry_on_timeout)
            )
            if not retried or number >= retries:
                return result
            attempt = self._next_attempt(task, attempt)
            set_active(attempt, RunLifeCycleState.WAITING_FOR_RETRY)
            self._save()
            await asyncio.sleep(pause_seconds)

    async def _attempt(self, task: Task, attempt: RunTask, item: object) -> RunResultState:
        try:
            if task.for_each_task:
                await self._repeat(task, attempt)
            elif task.condition_task:
                self._evaluate(task, attempt, item)
            else:
                async with self._slots:
                    await self._run_notebook(task, attempt, item)
        except asyncio.CancelledError:
            end(attempt, *self._interrupted())
            raise
        except TimeoutError:
            message = f"The task took longer than {task.timeout_seconds} seconds."
            self._fail(attempt, message, RunResultState.TIMEDOUT)
        except LibraryError as error:
            self._fail(attempt, str(error), code=TerminationCodeCode.LIBRARY_INSTALLATION_ERROR)
        except ApiError as error:
            self._fail(attempt, str(error), code=TerminationCodeCode.INVALID_RUN_CONFIGURATION)
        finally:
            self._save()
        return result_of(attempt) or RunResultState.FAILED

    async def _run_notebook(self, task: Task, attempt: RunTask, item: object) -> None:
        self._start(attempt)
        resolved = Task.from_dict(resolve(task.as_dict(), self._references(task, attempt, item)))
        attempt.notebook_task = resolved.notebook_task
        parameters = self.job_run.notebook_params | self.job_run.parameters
        place = TaskPlace(self._runs_folder / str(attempt.run_id), self._values)
        async with asyncio.timeout(task.timeout_seconds or None):
            output = await self._notebooks.run(resolved, self.job_run.settings, parameters, place)
        self._save_output(attempt.run_id or 0, output)
        if output.error:
            end(attempt, RunResultState.FAILED, output.error[:_MAX_MESSAGE])
        else:
            end(attempt, RunResultState.SUCCESS)

    def _evaluate(self, task: Task, attempt: RunTask, item: object) -> None:
        self._start(attempt)
        resolved = Task.from_dict(resolve(task.as_dict(), self._references(task, attempt, item)))
        if resolved.condition_task:
            outcome = str(condition_holds(resolved.condition_task)).lower()
            self._outcomes[task.task_key] = outcome
            if attempt.condition_task:
                attempt.condition_task.outcome = outcome
        end(attempt, RunResultState.SUCCESS)

    async def _repeat(self, task: Task, attempt: RunTask) -> None:
        loop = task.for_each_task
        if loop is None:
            return
        self._start(attempt)
        items = _items(resolve(loop.inputs, self._references(task, attempt, None)), task)
        iterations = [self._new_task_run(loop.task, parent=attempt) for _ in items]
        gate = asyncio.Semaphore(loop.concurrency or 1)

        async def run_one(iteration: RunTask, item: object) -> RunResultState:
            async with gate:
                return await self._attempts(loop.task, iteration, item)

        async with asyncio.timeout(task.timeout_seconds or None), asyncio.TaskGroup() as group:
            started = [
                group.create_task(run_one(*pair)) for pair in zip(iterations, items, strict=True)
            ]
        failed = [one for one in started if one.result() is not RunResultState.SUCCESS]
        if attempt.for_each_task:
            attempt.for_each_task.stats = for_each_statistics(len(items), len(failed))
        if failed:
            end(attempt, RunResultState.FAILED, f"{len(failed)} of {len(items)} iterations failed.")
        else:
            end(attempt, RunResultState.SUCCESS)

    def _retries(self, task: Task) -> tuple[float, float]:
        """Return how often a task is retried, and the seconds before each retry."""
        pause = (task.min_retry_interval_millis or 0) / 1000
        continuous = self.job_run.settings.continuous
        if continuous and continuous.task_retry_mode is TaskRetryMode.ON_FAILURE:
            return _CONTINUOUS_RETRIES, pause
        retries = task.max_retries or 0
        return (math.inf if retries < 0 else retries), pause

    def _new_task_run(
        self, task: Task, *, number: int = 0, parent: RunTask | None = None
    ) -> RunTask:
        run_task = RunTask.from_dict(task.as_dict())
        run_task.run_id = self._new_id()
        run_task.attempt_number = number
        run_task.start_time = milliseconds_now()
        run_task.end_time = run_task.setup_duration = run_task.cleanup_duration = 0
        url = f"{(self.job_run.run.run_page_url or '').rpartition('/')[0]}/{run_task.run_id}"
        run_task.run_page_url = url
        waits = RunLifeCycleState.BLOCKED if task.depends_on else RunLifeCycleState.PENDING
        set_active(run_task, waits)
        if parent is not None:
            self.job_run.iterations.append(run_task)
            self.job_run.iteration_of[str(run_task.run_id)] = parent.run_id or 0
        return run_task

    def _next_attempt(self, task: Task, attempt: RunTask) -> RunTask:
        number = (attempt.attempt_number or 0) + 1
        parent_id = self.job_run.iteration_of.get(str(attempt.run_id))
        if parent_id is not None:
            return self._new_task_run(task, number=number, parent=RunTask("", run_id=parent_id))
        again = self._new_task_run(task, number=number)
        (self.job_run.run.tasks or []).append(again)
        return again

    def _references(self, task: Task, attempt: RunTask, item: object) -> RunValues:
        values = read_task_values(self._values)
        return self.job_run.reference_values(task, attempt, self._results, values, item)

    def _start(self, attempt: RunTask) -> None:
        set_active(attempt, RunLifeCycleState.RUNNING, "In run")
        self._save()

    def _fail(
        self,
        attempt: RunTask,
        message: str,
        result: RunResultState = RunResultState.FAILED,
        code: TerminationCodeCode | None = None,
    ) -> None:
        end(attempt, result, message, code=code)
        self._save_output(attempt.run_id or 0, RunOutput(error=message))

    def _save(self) -> None:
        self._save_run(self.job_run)

    def _interrupted(self) -> tuple[RunResultState, str]:
        if self._deadline and self._deadline.expired():
            limit = self.job_run.settings.timeout_seconds
            return RunResultState.TIMEDOUT, f"The run took longer than {limit} seconds."
        return self.interruption

    def _end_run(self) -> None:
        result, failed = job_result(self.job_run.tasks, self._results)
        messages = [
            f"Task {task.task_key} failed: {task.state.state_message}"
            for task in self.job_run.run.tasks or []
            if task.task_key in failed and task.state and task.state.state_message
        ]
        end(self.job_run.run, result, messages[0] if messages else "")

    def _end_all(self, result: RunResultState, message: str) -> None:
        for run in self.job_run.all_runs():
            if not is_ended(run) or run is self.job_run.run:
                end(run, result, message)


def _items(inputs: str, task: Task) -> list[Any]:
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
