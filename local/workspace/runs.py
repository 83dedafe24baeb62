"""The Runs API: state, output, export, cancellation and deletion of runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from starlette.routing import Route

from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import ApiError, invalid, not_found
from local.workspace.scheduler import OUTPUTS, Scheduler
from local.workspace.states import milliseconds_now
from local.workspace.store import Document, RunFilter, Store

__all__ = ["find_task_run", "notebook_page", "routes"]

_MAX_PAGE = 26
"""One more than the API's own limit, as clients ask for."""


def routes(store: Store, scheduler: Scheduler, runs_folder: Path) -> list[Route]:
    """Return the routes of the API group."""
    runs = _Runs(store, scheduler, runs_folder)
    api = "/api/{version:version}/jobs/runs"
    return [
        endpoint("GET", f"{api}/get", runs.get),
        endpoint("GET", f"{api}/list", runs.list),
        endpoint("GET", f"{api}/get-output", runs.get_output),
        endpoint("GET", f"{api}/export", runs.export),
        endpoint("POST", f"{api}/cancel", runs.cancel),
        endpoint("POST", f"{api}/cancel-all", runs.cancel_all),
        endpoint("POST", f"{api}/delete", runs.delete),
    ]


class _Runs:
    def __init__(self, store: Store, scheduler: Scheduler, runs_folder: Path) -> None:
        self._store = store
        self._scheduler = scheduler
        self._folder = runs_folder

    async def get(self, call: Call) -> object:
        run_id = call.number("run_id")
        body = self._find(run_id)
        return _view(body["run"]) if body["run"]["run_id"] == run_id else _of_task(body, run_id)

    async def list(self, call: Call) -> object:
        limit = max(1, min(call.number("limit", 20), _MAX_PAGE))
        active = True if call.flag("active_only") else None
        wanted = RunFilter(
            job_id=call.optional_number("job_id"),
            active=False if call.flag("completed_only") else active,
            before=call.optional_number("page_token"),
            start_from=call.optional_number("start_time_from"),
            start_to=call.optional_number("start_time_to"),
            limit=limit + 1,
        )
        runs = [_view(body["run"]) for body in self._store.runs(wanted)]
        page = runs[:limit]
        if not call.flag("expand_tasks"):
            page = [{k: v for k, v in run.items() if k != "tasks"} for run in page]
        answer: Document = {"runs": page, "has_more": len(runs) > limit}
        if answer["has_more"]:
            answer["next_page_token"] = str(page[-1]["run_id"])
        return answer

    async def get_output(self, call: Call) -> object:
        body, task = self._task(call.number("run_id"))
        output = self._store.get(OUTPUTS, task["run_id"]) or {}
        message = task.get("state", {}).get("state_message")
        if task.get("state", {}).get("result_state") not in ("SUCCESS", None) and message:
            output.setdefault("error", message)
        return {"metadata": _of_task(body, task["run_id"]), **output}

    async def export(self, call: Call) -> object:
        if call.text("views_to_export", "CODE") not in ("CODE", "ALL"):
            raise invalid("The local workspace exports CODE only; it has no dashboards of runs.")
        _, task = self._task(call.number("run_id"))
        page = notebook_page(self._folder, task["run_id"])
        if page is None:
            raise not_found(f"An executed notebook of run {task['run_id']}")
        view = {"name": page.stem, "type": "NOTEBOOK", "content": page.read_text()}
        return {"views": [view]}

    async def cancel(self, call: Call) -> object:
        body = self._find(call.number("run_id"))
        self._scheduler.cancel(body["run"]["run_id"])
        return {}

    async def cancel_all(self, call: Call) -> object:
        job_id = call.optional_number("job_id")
        if job_id is None and not call.flag("all_queued_runs"):
            raise invalid("Expected a job_id, or all_queued_runs=true.")
        for body in self._store.runs(RunFilter(job_id=job_id, active=True, limit=-1)):
            queued = body["run"]["state"]["life_cycle_state"] == "QUEUED"
            if queued or not call.flag("all_queued_runs"):
                self._scheduler.cancel(body["run"]["run_id"])
        return {}

    async def delete(self, call: Call) -> object:
        body = self._find(call.number("run_id"))
        run = body["run"]
        if not run.get("end_time"):
            raise ApiError(
                400, "INVALID_STATE", f"Run {run['run_id']} is active; cancel it before deleting."
            )
        self._store.delete_run(run["run_id"])
        for task in [run, *run.get("tasks", []), *body["iterations"]]:
            self._store.delete(OUTPUTS, task["run_id"])
            shutil.rmtree(self._folder / str(task["run_id"]), ignore_errors=True)
        return {}

    def _find(self, run_id: int) -> Document:
        body = self._store.run(run_id)
        if body is None:
            raise not_found(f"Run {run_id}")
        return body

    def _task(self, run_id: int) -> tuple[Document, Document]:
        """Return the run and the one task run that an id names."""
        body = self._find(run_id)
        tasks = body["run"].get("tasks", [])
        if body["run"]["run_id"] != run_id:
            return body, find_task_run(body, run_id)
        if len(tasks) != 1:
            keys = ", ".join(f"{task['task_key']}: {task.get('run_id')}" for task in tasks)
            raise invalid(f"Run {run_id} has {len(tasks)} task runs; ask for one of them ({keys}).")
        return body, tasks[0]


def find_task_run(body: Document, task_run_id: int) -> Document:
    """Return a task run, or an iteration of one, of a stored run.

    Raises:
        ApiError: Raised when the run has none with this id.
    """
    for task in [*body["run"].get("tasks", []), *body["iterations"]]:
        if task.get("run_id") == task_run_id:
            return dict(task)
    raise not_found(f"Task run {task_run_id}")


def notebook_page(runs_folder: Path, task_run_id: int) -> Path | None:
    """Return the page of an executed notebook; null if there is none."""
    return next((runs_folder / str(task_run_id)).glob("*.html"), None)


def _view(run: Document) -> Document:
    """Return a run with the duration so far while it is active."""
    if run.get("end_time"):
        return run
    elapsed = milliseconds_now() - run["start_time"]
    return run | {"run_duration": elapsed, "execution_duration": elapsed}


def _of_task(body: Document, task_run_id: int) -> Document:
    """Return a task run in the form of a run."""
    run, task = body["run"], find_task_run(body, task_run_id)
    shared = ("job_id", "run_name", "run_type", "creator_user_name", "job_parameters", "trigger")
    parents = body["iteration_of"]
    iterations = [
        entry for entry in body["iterations"] if parents[str(entry["run_id"])] == task_run_id
    ]
    document = {**task, **{name: run[name] for name in shared if name in run}}
    document |= {"job_run_id": run["run_id"], "tasks": [task]}
    return _view(document | ({"iterations": iterations} if iterations else {}))
