"""The Jobs API: jobs, and the requests that start runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from databricks.sdk.service.jobs import JobSettings, QueueSettings
from starlette.routing import Route

from local.workspace.endpoints import Call, endpoint, parse
from local.workspace.errors import invalid, not_found
from local.workspace.graph import check_settings
from local.workspace.scheduler import Scheduler, StartRequest
from local.workspace.states import milliseconds_now
from local.workspace.store import Document, RunFilter, Store

__all__ = ["JOBS", "routes"]

JOBS = "jobs"
"""Kind of the documents of jobs."""

_MAX_PAGE = 100
_KEYS = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "environments": "environment_key",
    "parameters": "name",
}
_RUN_NOW = {"job_id", "job_parameters", "notebook_params", "only", "idempotency_token", "queue"}
_LARGE = ("tasks", "job_clusters", "environments", "parameters")


def routes(store: Store, scheduler: Scheduler, user: str) -> list[Route]:
    """Return the routes of the API group."""
    jobs = _Jobs(store, scheduler, user)
    api = "/api/{version:version}/jobs"
    return [
        endpoint("POST", f"{api}/create", jobs.create),
        endpoint("POST", f"{api}/reset", jobs.reset),
        endpoint("POST", f"{api}/update", jobs.update),
        endpoint("POST", f"{api}/delete", jobs.delete),
        endpoint("GET", f"{api}/get", jobs.get),
        endpoint("GET", f"{api}/list", jobs.list),
        endpoint("POST", f"{api}/run-now", jobs.run_now),
        endpoint("POST", f"{api}/runs/submit", jobs.submit),
    ]


class _Jobs:
    def __init__(self, store: Store, scheduler: Scheduler, user: str) -> None:
        self._store = store
        self._scheduler = scheduler
        self._user = user

    async def create(self, call: Call) -> object:
        job_id = self._store.next_id()
        settings = _checked(call.arguments)
        document = {
            "job_id": job_id,
            "creator_user_name": self._user,
            "run_as_user_name": self._user,
            "created_time": milliseconds_now(),
            "settings": settings,
        }
        self._store.put(JOBS, job_id, document)
        self._scheduler.apply_continuous(job_id)
        return {"job_id": job_id}

    async def reset(self, call: Call) -> object:
        self._change(call.number("job_id"), _object(call, "new_settings"))
        return {}

    async def update(self, call: Call) -> object:
        job_id = call.number("job_id")
        settings = dict(self._find(job_id)["settings"])
        for name, value in _object(call, "new_settings").items():
            settings[name] = _merged(settings.get(name), value, _KEYS.get(name))
        for name in call.arguments.get("fields_to_remove") or []:
            settings.pop(name, None)
        self._change(job_id, settings)
        return {}

    async def delete(self, call: Call) -> object:
        job_id = call.number("job_id")
        self._find(job_id)
        self._store.delete(JOBS, job_id)
        for body in self._store.runs(RunFilter(job_id=job_id, active=True, limit=-1)):
            self._scheduler.cancel(body["run"]["run_id"])
        return {}

    async def get(self, call: Call) -> object:
        return self._find(call.number("job_id"))

    async def list(self, call: Call) -> object:
        name = str(call.arguments.get("name") or "").lower()
        jobs = [
            job
            for job in reversed(self._store.all(JOBS).values())
            if not name or str(job["settings"].get("name", "")).lower() == name
        ]
        limit = min(call.number("limit", 20), _MAX_PAGE)
        offset = call.number("page_token", call.number("offset", 0))
        page = jobs[offset : offset + limit]
        if not call.flag("expand_tasks"):
            page = [_small(job) for job in page]
        answer: Document = {"jobs": page, "has_more": offset + limit < len(jobs)}
        if answer["has_more"]:
            answer["next_page_token"] = str(offset + limit)
        return answer

    async def run_now(self, call: Call) -> object:
        _reject_unknown(call.arguments, _RUN_NOW, "run-now")
        job_id = call.number("job_id")
        settings = JobSettings.from_dict(self._find(job_id)["settings"])
        request = StartRequest(
            job_id=job_id,
            parameters=call.arguments.get("job_parameters") or {},
            notebook_params=call.arguments.get("notebook_params") or {},
            only=call.arguments.get("only"),
            token=_token(call),
            queue=_queue(call),
        )
        run_id = self._scheduler.start(settings, request)
        return {"run_id": run_id, "number_in_job": run_id}

    async def submit(self, call: Call) -> object:
        given = dict(call.arguments)
        given["name"] = given.pop("run_name", "Untitled")
        token = _token(call)
        given.pop("idempotency_token", None)
        if not given.get("tasks"):
            raise invalid("Expected at least one task in 'tasks'; single-task forms are not known.")
        settings = JobSettings.from_dict(_checked(given))
        request = StartRequest(token=token, queue=_queue(call))
        return {"run_id": self._scheduler.start(settings, request)}

    def _find(self, job_id: int) -> Document:
        job = self._store.get(JOBS, job_id)
        if job is None:
            raise not_found(f"Job {job_id}")
        return job

    def _change(self, job_id: int, settings: Mapping[str, Any]) -> None:
        job = self._find(job_id)
        self._store.put(JOBS, job_id, job | {"settings": _checked(settings)})
        self._scheduler.apply_continuous(job_id)


def _checked(given: Mapping[str, Any]) -> Document:
    settings = parse(JobSettings, given)
    check_settings(settings)
    defaults = {"format": "MULTI_TASK", "max_concurrent_runs": 1, "timeout_seconds": 0}
    return {**defaults, **settings.as_dict()}


def _object(call: Call, name: str) -> dict[str, Any]:
    value = call.arguments.get(name, {})
    if not isinstance(value, dict):
        raise invalid(f"Expected an object in {name!r}; got {value!r}.")
    return value


def _merged(old: Any, new: Any, key: str | None) -> Any:  # noqa: ANN401  # JSON
    """Return the new value of a field; the entries of a list are replaced by their key."""
    if key is None or not isinstance(old, list):
        return new
    entries = {entry[key]: entry for entry in [*old, *new]}
    return list(entries.values())


def _small(job: Document) -> Document:
    settings = {name: value for name, value in job["settings"].items() if name not in _LARGE}
    return job | {"settings": settings}


def _token(call: Call) -> str | None:
    token = call.arguments.get("idempotency_token")
    if token and len(str(token)) > 64:  # the limit of the API
        raise invalid(f"Expected an idempotency_token of at most 64 characters; got {token!r}.")
    return str(token) if token else None


def _queue(call: Call) -> bool | None:
    queue = call.arguments.get("queue")
    return None if queue is None else parse(QueueSettings, queue).enabled


def _reject_unknown(given: Mapping[str, Any], supported: set[str], what: str) -> None:
    unknown = {name for name in given.keys() - supported if given[name] not in (None, "", [], {})}
    if unknown:
        raise invalid(
            f"The local workspace does not know {', '.join(sorted(unknown))} in {what}; it accepts "
            f"{', '.join(sorted(supported))}."
        )
