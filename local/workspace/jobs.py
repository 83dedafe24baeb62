"""The Jobs API: jobs, and their runs."""
# ruff: noqa: D102  # endpoints have the names of the API

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from databricks.sdk.service import jobs
from pydantic import Field

from local.workspace.api import ApiGroup, endpoint, parse
from local.workspace.errors import invalid, not_found
from local.workspace.execution import OUTPUTS
from local.workspace.graph import check_settings
from local.workspace.job_run import find_task_run, iterations_of, milliseconds_now
from local.workspace.notebooks import NotebookTasks
from local.workspace.scheduler import Scheduler
from local.workspace.store import Document, RunFilter, Store

__all__ = ["Jobs"]

_JOBS = "/api/2.{minor:int}/jobs"
_RUNS = f"{_JOBS}/runs"
_MAX_JOBS, _MAX_RUNS = 100, 26
_LARGE = ("tasks", "job_clusters", "environments", "parameters")
"""Settings that a list leaves out, unless it is asked to expand tasks."""

_SHARED = ("job_id", "run_name", "run_type", "creator_user_name", "job_parameters", "trigger")


@dataclass(frozen=True)
class Jobs(ApiGroup):
    """Jobs, and the state, output, export and cancellation of their runs."""

    store: Store
    scheduler: Scheduler
    notebooks: NotebookTasks
    user: str

    @endpoint("POST", f"{_JOBS}/create")
    def create(self, body: Document) -> Document:
        job = {
            "job_id": self.store.next_id(),
            "creator_user_name": self.user,
            "run_as_user_name": self.user,
            "created_time": milliseconds_now(),
        }
        self._put(job, body)
        return {"job_id": job["job_id"]}

    @endpoint("POST", f"{_JOBS}/reset")
    def reset(self, job_id: int, new_settings: Document) -> None:
        self._put(self.store.find("jobs", job_id), new_settings)

    @endpoint("POST", f"{_JOBS}/delete")
    def delete(self, job_id: int) -> None:
        self.store.find("jobs", job_id)
        self.store.delete("jobs", job_id)
        for body in self.store.runs(RunFilter(job_id=job_id, active=True)):
            self.scheduler.cancel(body["run"]["run_id"])

    @endpoint("GET", f"{_JOBS}/get")
    def get(self, job_id: int) -> Document:
        return self.store.find("jobs", job_id)

    @endpoint("GET", f"{_JOBS}/list")
    def list(
        self,
        name: str = "",
        limit: int = 20,
        page_token: int = 0,
        expand_tasks: bool = False,
    ) -> Document:
        found = [
            job if expand_tasks else job | {"settings": _without(job["settings"], _LARGE)}
            for job in reversed(self.store.all("jobs").values())
            if not name or job["settings"].get("name", "").lower() == name.lower()
        ]
        end = page_token + min(limit, _MAX_JOBS)
        return _page("jobs", found[page_token : end + 1], end - page_token, end)

    @endpoint("POST", f"{_JOBS}/run-now")
    def run_now(
        self,
        job_id: int,
        job_parameters: dict[str, str] | None = None,
        only: tuple[str, ...] = (),
        idempotency_token: Annotated[str, Field(max_length=64)] = "",
        queue: Document | None = None,
    ) -> Document:
        run_id = self.scheduler.start(
            job_id,
            jobs.JobSettings.from_dict(self.store.find("jobs", job_id)["settings"]),
            parameters=job_parameters,
            only=only,
            token=idempotency_token or None,
            queue=parse(jobs.QueueSettings, queue).enabled if queue else None,
        )
        return {"run_id": run_id, "number_in_job": run_id}

    @endpoint("POST", f"{_RUNS}/submit")
    def submit(self, body: Document) -> Document:
        given = body | {"name": body.get("run_name", "Untitled")}
        token = given.pop("idempotency_token", None)
        given.pop("run_name", None)
        return {"run_id": self.scheduler.start(0, _checked(given), token=token)}

    @endpoint("GET", f"{_RUNS}/get")
    def get_run(self, run_id: int) -> Document:
        body = self.store.run(run_id)
        return body["run"] if body["run"]["run_id"] == run_id else _of_task(body, run_id)

    @endpoint("GET", f"{_RUNS}/list")
    def list_runs(
        self,
        job_id: int | None = None,
        active_only: bool = False,
        limit: int = 20,
        page_token: int | None = None,
        expand_tasks: bool = False,
    ) -> Document:
        size = max(1, min(limit, _MAX_RUNS))
        wanted = RunFilter(
            job_id=job_id,
            active=active_only or None,
            before=page_token,
            limit=size + 1,
        )
        runs = [body["run"] for body in self.store.runs(wanted)]
        shown = runs if expand_tasks else [_without(run, ("tasks",)) for run in runs]
        return _page("runs", shown, size, runs[:size][-1]["run_id"] if runs else 0)

    @endpoint("GET", f"{_RUNS}/get-output")
    def get_output(self, run_id: int) -> Document:
        body, task = self._task_run(run_id)
        output = self.store.get(OUTPUTS, task["run_id"]) or {}
        state = task.get("state", {})
        if state.get("result_state") not in ("SUCCESS", None) and state.get("state_message"):
            output.setdefault("error", state["state_message"])
        return {"metadata": _of_task(body, task["run_id"]), **output}

    @endpoint("GET", f"{_RUNS}/export")
    def export(self, run_id: int) -> jobs.ExportRunOutput:
        _, task = self._task_run(run_id)
        page = self.notebooks.page(task["run_id"])
        if page is None:
            raise not_found(f"An executed notebook of run {task['run_id']}")
        view = jobs.ViewItem(name=page.stem, type=jobs.ViewType.NOTEBOOK, content=page.read_text())
        return jobs.ExportRunOutput([view])

    @endpoint("POST", f"{_RUNS}/cancel")
    def cancel(self, run_id: int) -> None:
        self.scheduler.cancel(self.store.run(run_id)["run"]["run_id"])

    def _put(self, job: Document, given: Document) -> None:
        """Write a job with checked settings, and start it if it is continuous."""
        defaults = {"format": "MULTI_TASK", "max_concurrent_runs": 1, "timeout_seconds": 0}
        settings = defaults | _checked(given).as_dict()
        self.store.put("jobs", job["job_id"], job | {"settings": settings})
        self.scheduler.apply_continuous(job["job_id"])

    def _task_run(self, run_id: int) -> tuple[Document, Document]:
        """Return the run and the one task run that an id names."""
        body = self.store.run(run_id)
        tasks = body["run"].get("tasks", [])
        if body["run"]["run_id"] != run_id:
            return body, find_task_run(body, run_id)
        if len(tasks) != 1:
            keys = ", ".join(f"{task['task_key']}: {task['run_id']}" for task in tasks)
            raise invalid(f"Run {run_id} has {len(tasks)} task runs; ask for one of them ({keys}).")
        return body, tasks[0]


def _checked(given: Document) -> jobs.JobSettings:
    settings = parse(jobs.JobSettings, given)
    check_settings(settings)
    return settings


def _without(document: Document, names: tuple[str, ...]) -> Document:
    return {name: value for name, value in document.items() if name not in names}


def _page(kind: str, found: list[Document], size: int, token: int) -> Document:
    """Return a page; `found` has one more entry than the page if another page follows."""
    answer: Document = {kind: found[:size], "has_more": len(found) > size}
    return answer | ({"next_page_token": str(token)} if answer["has_more"] else {})


def _of_task(body: Document, task_run_id: int) -> Document:
    """Return a task run in the form of a run."""
    run, task = body["run"], find_task_run(body, task_run_id)
    iterations = iterations_of(body, task_run_id)
    document = task | {name: run[name] for name in _SHARED if name in run}
    document |= {"job_run_id": run["run_id"], "tasks": [task]}
    return document | ({"iterations": iterations} if iterations else {})
