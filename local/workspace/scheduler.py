"""Starts, queues, repeats and cancels runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from databricks.sdk.service.jobs import (
    JobParameter,
    JobSettings,
    PauseStatus,
    Run,
    RunLifeCycleState,
    RunOutput,
    RunResultState,
    RunTask,
    RunType,
    Task,
    TriggerType,
)

from local.workspace.errors import invalid
from local.workspace.execution import Execution
from local.workspace.job_run import JobRun
from local.workspace.notebooks import NotebookTasks
from local.workspace.states import end, is_ended, milliseconds_now, set_active
from local.workspace.store import RunFilter, Store

__all__ = ["OUTPUTS", "Scheduler", "StartRequest"]

OUTPUTS = "outputs"
"""Kind of the documents with the outputs of task runs."""

_MAX_NOTEBOOKS = max(2, os.cpu_count() or 2)
_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
_STOPPED = "The local workspace was stopped during the run; start the run again."
_KILLED = (
    "The local workspace ended during the run, for example by kill -9; its kernels ended with it. "
    "Start the run again."
)


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """How to start a run.

    Attributes:
        job_id: Null for a run without a job.
        parameters: Values of job parameters.
        notebook_params: Parameters for all notebooks, in a job without job parameters.
        only: The tasks to run; null for all.
        token: A second request with it starts no second run.
        queue: Whether the run waits when too many runs are active; null: as the job says.
        trigger: What started it.
    """

    job_id: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    notebook_params: Mapping[str, str] = field(default_factory=dict)
    only: list[str] | None = None
    token: str | None = None
    queue: bool | None = None
    trigger: TriggerType = TriggerType.ONE_TIME


class Scheduler:
    """The active runs of the workspace.

    Args:
        store: Where runs are stored.
        notebooks: Runs notebook tasks.
        runs_folder: Folder of the files of all runs.
        url: Address of the workspace, for links to its pages.
        creator: Name of the user who starts runs.
    """

    def __init__(
        self, store: Store, notebooks: NotebookTasks, runs_folder: Path, url: str, creator: str
    ) -> None:
        self._store = store
        self._notebooks = notebooks
        self._runs_folder = runs_folder
        self._url = url
        self._creator = creator
        self._slots = asyncio.Semaphore(_MAX_NOTEBOOKS)
        self._driving: dict[int, tuple[Execution, asyncio.Task[None]]] = {}
        self._queued: list[JobRun] = []
        self._pauses: dict[int, float] = {}
        self._restarts: dict[int, asyncio.TimerHandle] = {}
        self._stopping = False

    def recover(self) -> None:
        """End the runs that were active when the workspace ended; start continuous jobs."""
        for body in self._store.runs(RunFilter(active=True, limit=-1)):
            iterations = [RunTask.from_dict(entry) for entry in body["iterations"]]
            lost = JobRun(
                Run.from_dict(body["run"]), JobSettings(), None, [], {}, iterations,
                body["iteration_of"],
            )  # fmt: skip
            for run in lost.all_runs():
                if not is_ended(run):
                    end(run, RunResultState.FAILED, _KILLED, state=RunLifeCycleState.INTERNAL_ERROR)
            self._save(lost)
        for key in self._store.all("jobs"):
            self.apply_continuous(int(key))

    def start(self, settings: JobSettings, request: StartRequest) -> int:
        """Start or queue a run.

        Returns:
            The id of the run.

        Raises:
            ApiError: Raised when the request names unknown parameters or tasks.
        """
        if request.token:
            same = self._store.run_with_token(request.token)
            if same:
                return int(same["run"]["run_id"])
        job_run = self._new_run(settings, request)
        if self._active(request.job_id) < (settings.max_concurrent_runs or 1):
            set_active(job_run.run, RunLifeCycleState.PENDING)
            self._drive(job_run)
        elif request.queue or (request.queue is None and settings.queue and settings.queue.enabled):
            set_active(job_run.run, RunLifeCycleState.QUEUED, "Waiting for a run of the job to end")
            self._queued.append(job_run)
        else:
            end(
                job_run.run,
                RunResultState.MAXIMUM_CONCURRENT_RUNS_REACHED,
                "Skipped: the job has max_concurrent_runs active runs, and its queue is off.",
                state=RunLifeCycleState.SKIPPED,
            )
        self._save(job_run)
        return job_run.run_id

    def cancel(self, run_id: int) -> None:
        """Cancel a run; nothing happens if it has ended."""
        if run_id in self._driving:
            self._driving[run_id][1].cancel()
        for job_run in [waiting for waiting in self._queued if waiting.run_id == run_id]:
            self._queued.remove(job_run)
            end(job_run.run, RunResultState.CANCELED, "The run was canceled while it was queued.")
            self._save(job_run)

    async def wait(self, run_id: int) -> None:
        """Wait until a run is no longer driven."""
        if run_id in self._driving:
            await asyncio.wait({self._driving[run_id][1]})

    def apply_continuous(self, job_id: int) -> None:
        """Start the next run of a continuous job that is not paused and has no active run.

        Without a pause status, a continuous job is paused in the local workspace.
        """
        job = self._store.get("jobs", job_id)
        settings = JobSettings.from_dict(job["settings"]) if job else JobSettings()
        continuous = settings.continuous
        unpaused = continuous and continuous.pause_status is PauseStatus.UNPAUSED
        if unpaused and not self._stopping and not self._active(job_id):
            self.start(settings, StartRequest(job_id=job_id, trigger=TriggerType.CONTINUOUS))

    async def stop(self) -> None:
        """End all runs as failed and stop their kernels."""
        self._stopping = True
        for handle in self._restarts.values():
            handle.cancel()
        for job_run in self._queued:
            end(job_run.run, RunResultState.FAILED, _STOPPED)
            self._save(job_run)
        self._queued.clear()
        driving = list(self._driving.values())
        for execution, task in driving:
            execution.interruption = (RunResultState.FAILED, _STOPPED)
            task.cancel()
        await asyncio.gather(*(task for _, task in driving), return_exceptions=True)

    def _new_run(self, settings: JobSettings, request: StartRequest) -> JobRun:
        tasks = _selected(settings.tasks or [], request.only)
        run_id, now = self._store.next_id(), milliseconds_now()
        run = Run(
            run_id=run_id,
            job_run_id=run_id,
            original_attempt_run_id=run_id,
            number_in_job=run_id,
            job_id=request.job_id or 0,
            run_name=settings.name or "Untitled",
            run_type=RunType.JOB_RUN if request.job_id else RunType.SUBMIT_RUN,
            run_page_url=f"{self._url}/jobs/{request.job_id or 0}/runs/{run_id}",
            creator_user_name=self._creator,
            trigger=request.trigger,
            start_time=now,
            end_time=0,
            setup_duration=0,
            cleanup_duration=0,
            attempt_number=0,
            job_clusters=settings.job_clusters,
            job_parameters=_job_parameters(settings, request.parameters),
        )
        params = dict(request.notebook_params)
        if params and settings.parameters:
            raise invalid("The job has job parameters: pass job_parameters, not notebook_params.")
        return JobRun(run, settings, request.token, tasks, params)

    def _active(self, job_id: int | None) -> int:
        if not job_id:
            return 0
        runs = [execution.job_run.run for execution, _ in self._driving.values()]
        return sum(run.job_id == job_id for run in runs)

    def _drive(self, job_run: JobRun) -> None:
        execution = Execution(
            job_run,
            self._notebooks,
            self._slots,
            self._runs_folder,
            new_id=self._store.next_id,
            save=self._save,
            save_output=self._save_output,
        )
        task = asyncio.create_task(execution.drive())
        self._driving[job_run.run_id] = (execution, task)
        task.add_done_callback(lambda _: self._ended(job_run))

    def _ended(self, job_run: JobRun) -> None:
        del self._driving[job_run.run_id]
        if not is_ended(job_run.run):  # canceled before its first step
            end(job_run.run, RunResultState.CANCELED, "The run was canceled.")
            self._save(job_run)
        if self._stopping:
            return
        job_id = job_run.run.job_id or 0
        for waiting in self._queued:
            if waiting.run.job_id == job_id:
                self._queued.remove(waiting)
                self._drive(waiting)
                break
        else:
            self._restart_later(job_id, job_run)

    def _restart_later(self, job_id: int, ended: JobRun) -> None:
        if not ended.settings.continuous:
            return
        state = ended.run.state
        failed = state is not None and state.result_state is not RunResultState.SUCCESS
        pause = self._pauses.get(job_id, _FIRST_PAUSE_SECONDS)
        self._pauses[job_id] = min(2 * pause, _LONGEST_PAUSE_SECONDS) if failed else pause
        if not failed:
            self._pauses.pop(job_id)
        loop = asyncio.get_running_loop()
        self._restarts[job_id] = loop.call_later(pause, self.apply_continuous, job_id)

    def _save(self, job_run: JobRun) -> None:
        active = not is_ended(job_run.run)
        self._store.put_run(job_run.run_id, active=active, token=job_run.token, body=job_run.body)

    def _save_output(self, task_run_id: int, output: RunOutput) -> None:
        self._store.put(OUTPUTS, task_run_id, output.as_dict())


def _selected(tasks: list[Task], only: list[str] | None) -> list[Task]:
    if not only:
        return tasks
    unknown = set(only) - {task.task_key for task in tasks}
    if unknown:
        raise invalid(
            f"The job has no task {', '.join(sorted(unknown))}; it has "
            f"{', '.join(task.task_key for task in tasks)}."
        )
    return [task for task in tasks if task.task_key in only]


def _job_parameters(settings: JobSettings, given: Mapping[str, str]) -> list[JobParameter]:
    defaults = {entry.name: entry.default for entry in settings.parameters or []}
    unknown = given.keys() - defaults.keys()
    if unknown:
        raise invalid(
            f"The job has no parameter {', '.join(sorted(unknown))}; it has "
            f"{', '.join(defaults) or 'none'}."
        )
    return [
        JobParameter(name=name, default=default, value=str(given.get(name, default)))
        for name, default in defaults.items()
    ]
