"""Starts, queues, repeats and cancels runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from databricks.sdk.service import jobs

from local.workspace.errors import invalid
from local.workspace.execution import Execution
from local.workspace.job_run import JobRun, LifeCycle, Result, set_active
from local.workspace.notebooks import NotebookTasks
from local.workspace.store import RunFilter, Store

__all__ = ["Scheduler"]

_FIRST_PAUSE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 300.0
_STOPPED = "The local workspace was stopped during the run; start the run again."
_KILLED = (
    "The local workspace ended during the run, for example by kill -9; its kernels ended with it. "
    "Start the run again."
)


class Scheduler:
    """The active and queued runs of the workspace.

    Args:
        store: Where runs are stored.
        notebooks: Runs notebook tasks.
        url: Address of the workspace, for links to its pages.
        user: Name of the user who starts runs.
    """

    def __init__(self, store: Store, notebooks: NotebookTasks, url: str, user: str) -> None:
        self._store = store
        self._notebooks = notebooks
        self._url = url
        self._user = user
        self._driving: dict[int, tuple[Execution, asyncio.Task[None]]] = {}
        self._queued: list[JobRun] = []
        self._pauses: dict[int, float] = {}
        self._is_stopping = False

    async def recover(self) -> None:
        """Resume what the previous process of the workspace left.

        Runs that were active end as failed, queued runs wait or start, and continuous jobs start.
        """
        for body in reversed(self._store.runs(RunFilter(active=True))):
            job_run = JobRun.from_body(body)
            if job_run.is_queued:
                self._queued.append(job_run)
                continue
            for attempt in job_run.active_tasks:
                await self._notebooks.release(attempt)
            job_run.end_all(Result.FAILED, _KILLED, LifeCycle.INTERNAL_ERROR)
            self._store.put_run(job_run.body)
        for job_run in list(self._queued):
            self._start_next(job_run.run.job_id or 0)
        for key in self._store.all("jobs"):
            self.apply_continuous(int(key))

    def start(
        self,
        job_id: int,
        settings: jobs.JobSettings,
        *,
        parameters: Mapping[str, str] | None = None,
        only: Sequence[str] = (),
        token: str | None = None,
        queue: bool | None = None,
        trigger: jobs.TriggerType = jobs.TriggerType.ONE_TIME,
    ) -> int:
        """Start, queue or skip a run.

        Args:
            job_id: The job; 0 for a run without a job.
            settings: Its settings.
            parameters: Values of job parameters; null for the defaults.
            only: The tasks to run; empty for all.
            token: A second request with it starts no second run; null starts one.
            queue: Whether the run waits when too many runs are active; null: as the job says.
            trigger: What starts it.

        Returns:
            The id of the run.

        Raises:
            ApiError: Raised when the request names unknown parameters or tasks.
        """
        if token and (same := self._store.run_with_token(token)):
            return int(same["run"]["run_id"])
        run = self._new_run(job_id, settings, parameters or {}, trigger)
        selected = replace(settings, tasks=_selected(settings.tasks or [], only))
        job_run = JobRun(run, selected)
        is_queued = queue or (queue is None and settings.queue and settings.queue.enabled)
        if self._has_room(job_run):
            self._drive(job_run)
        elif is_queued:
            set_active(run, LifeCycle.QUEUED, "Waiting for a run of the job to end")
            self._queued.append(job_run)
        else:
            job_run.end_all(
                Result.MAXIMUM_CONCURRENT_RUNS_REACHED,
                "Skipped: the job has max_concurrent_runs active runs, and its queue is off.",
                LifeCycle.SKIPPED,
            )
        self._store.put_run(job_run.body, token)
        return job_run.run_id

    def cancel(self, run_id: int) -> None:
        """Cancel a run; nothing happens if it has ended."""
        if run_id in self._driving:
            _cancel_once(self._driving[run_id][1])
        for job_run in [waiting for waiting in self._queued if waiting.run_id == run_id]:
            self._queued.remove(job_run)
            job_run.end_all(Result.CANCELED, "The run was canceled.")
            self._store.put_run(job_run.body)

    def apply_continuous(self, job_id: int) -> None:
        """Start the next run of a continuous job that is not paused and has no active run.

        Without a pause status, a continuous job is paused in the local workspace.
        """
        job = None if self._is_stopping else self._store.get("jobs", job_id)
        settings = jobs.JobSettings.from_dict(job["settings"]) if job else jobs.JobSettings()
        continuous = settings.continuous
        unpaused = continuous and continuous.pause_status is jobs.PauseStatus.UNPAUSED
        if unpaused and not self._active(job_id):
            self.start(job_id, settings, trigger=jobs.TriggerType.CONTINUOUS)

    async def stop(self) -> None:
        """End the active runs as failed and stop their kernels; queued runs stay queued."""
        self._is_stopping = True
        driving = list(self._driving.values())
        for execution, task in driving:
            execution.interruption = (Result.FAILED, _STOPPED)
            _cancel_once(task)
        await asyncio.gather(*(task for _, task in driving), return_exceptions=True)

    def _new_run(
        self,
        job_id: int,
        settings: jobs.JobSettings,
        given: Mapping[str, str],
        trigger: jobs.TriggerType,
    ) -> jobs.Run:
        run_id = self._store.next_id()
        return jobs.Run(
            run_id=run_id,
            job_run_id=run_id,
            original_attempt_run_id=run_id,
            number_in_job=run_id,
            job_id=job_id,
            run_name=settings.name or "Untitled",
            run_type=jobs.RunType.JOB_RUN if job_id else jobs.RunType.SUBMIT_RUN,
            run_page_url=f"{self._url}/jobs/{job_id}/runs/{run_id}",
            creator_user_name=self._user,
            trigger=trigger,
            end_time=0,
            attempt_number=0,
            job_clusters=settings.job_clusters,
            job_parameters=_job_parameters(settings, given),
        )

    def _active(self, job_id: int) -> int:
        runs = [execution.job_run.run for execution, _ in self._driving.values()]
        return sum(run.job_id == job_id for run in runs)

    def _has_room(self, job_run: JobRun) -> bool:
        limit, job_id = job_run.settings.max_concurrent_runs or 1, job_run.run.job_id
        return not job_id or self._active(job_id) < limit

    def _drive(self, job_run: JobRun) -> None:
        set_active(job_run.run, LifeCycle.PENDING)
        execution = Execution(job_run, self._store, self._notebooks)
        task = asyncio.create_task(execution.drive())
        self._driving[job_run.run_id] = (execution, task)
        task.add_done_callback(lambda _: self._ended(job_run))

    def _ended(self, job_run: JobRun) -> None:
        execution, _ = self._driving.pop(job_run.run_id)
        if not job_run.run.end_time:  # cancelled before its first step
            job_run.end_all(*execution.interruption)
            self._store.put_run(job_run.body)
        job_id = job_run.run.job_id or 0
        if not self._is_stopping and not self._start_next(job_id):
            self._restart_later(job_id, job_run)

    def _start_next(self, job_id: int) -> bool:
        """Return whether a run of a job is queued; start the first one if there is room."""
        waiting = next((one for one in self._queued if one.run.job_id == job_id), None)
        if waiting and self._has_room(waiting):
            self._queued.remove(waiting)
            self._drive(waiting)
        return waiting is not None

    def _restart_later(self, job_id: int, ended: JobRun) -> None:
        if ended.settings.continuous:
            pause = self._pauses.pop(job_id, _FIRST_PAUSE_SECONDS)
            if ended.result is not Result.SUCCESS:
                self._pauses[job_id] = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            asyncio.get_running_loop().call_later(pause, self.apply_continuous, job_id)


def _cancel_once(task: asyncio.Task[None]) -> None:
    if not task.cancelling():  # a second cancellation would interrupt the end of its kernels
        task.cancel()


def _selected(tasks: list[jobs.Task], only: Sequence[str]) -> list[jobs.Task]:
    keys = [task.task_key for task in tasks]
    if unknown := sorted(set(only) - set(keys)):
        raise invalid(f"The job has no task {', '.join(unknown)}; it has {', '.join(keys)}.")
    return [task for task in tasks if not only or task.task_key in only]


def _job_parameters(
    settings: jobs.JobSettings, given: Mapping[str, str]
) -> list[jobs.JobParameter]:
    defaults = {entry.name: entry.default for entry in settings.parameters or []}
    if unknown := sorted(given.keys() - defaults.keys()):
        raise invalid(
            f"The job has no parameter {', '.join(unknown)}; it has "
            f"{', '.join(defaults) or 'none'}."
        )
    return [
        jobs.JobParameter(name=name, default=default, value=str(given.get(name, default)))
        for name, default in defaults.items()
    ]
