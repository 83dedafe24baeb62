"""Pages for people: jobs, runs, the task graph of a run, executed notebooks, tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from local.notebook.runtime.display import html_table
from local.workspace.cluster import Cluster
from local.workspace.endpoints import Call, endpoint
from local.workspace.errors import not_found
from local.workspace.layout import graph_layout
from local.workspace.runs import find_task_run, notebook_page
from local.workspace.scheduler import OUTPUTS
from local.workspace.states import milliseconds_now
from local.workspace.store import Document, RunFilter, Store
from local.workspace.tables import describe_table, list_schemas, list_tables, table_history
from local.workspace.tables import table_rows as read_rows

__all__ = ["error_page", "login_page", "routes"]

_RUNS_ON_PAGE = 50
# An executed notebook may hold anything, so it runs no script and reads nothing of the workspace.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


def _duration(run: Document) -> str:
    """Return how long a run took, or has taken so far."""
    end: int = run.get("end_time") or milliseconds_now()
    start: int = run.get("start_time") or end
    seconds = max(0, end - start) / 1000
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _time(milliseconds: int) -> str:
    return f"{dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC):%Y-%m-%d %H:%M:%S}"


def _state(run: Document) -> str:
    state = run.get("state", {})
    return str(state.get("result_state") or state.get("life_cycle_state") or "PENDING")


def _task_keys(tasks: list[Document]) -> list[str]:
    """Return the names of tasks in the order of their graph."""
    boxes = sorted(graph_layout(tasks).boxes, key=lambda box: (box.x, box.y))
    return [box.task["task_key"] for box in boxes]


_TEMPLATES = Environment(loader=PackageLoader("local.workspace"), autoescape=True)
_TEMPLATES.filters |= {
    "duration": _duration,
    "time": _time,
    "state": _state,
    "task_keys": _task_keys,
}


def routes(store: Store, cluster: Cluster, runs_folder: Path, catalog: str) -> list[Route]:
    """Return the routes of the pages; `catalog` is the catalog whose tables are shown."""
    shown = _Pages(store, cluster, runs_folder, catalog)
    return [
        endpoint("GET", "/", shown.home),
        endpoint("GET", "/jobs", shown.jobs),
        endpoint("GET", "/jobs/{job_id:int}", shown.job),
        endpoint("GET", "/runs", shown.runs),
        endpoint("GET", "/jobs/{job_id:int}/runs/{run_id:int}", shown.run),
        endpoint("GET", "/notebooks/{run_id:int}", shown.notebook),
        endpoint("GET", "/tables", shown.tables),
        endpoint("GET", "/tables/{name}", shown.table),
        endpoint("GET", "/explore/data/{rest:path}", shown.explore),  # links of the CLI
        endpoint("GET", "/style.css", _style),
        endpoint("GET", "/update.js", _script),
    ]


def login_page() -> Response:
    """Return the page for people without the cookie."""
    return _page("login.html", status=401)


def error_page(message: str, status: int) -> Response:
    """Return a page with an error."""
    return _page("error.html", status=status, message=message)


class _Pages:
    def __init__(self, store: Store, cluster: Cluster, runs_folder: Path, catalog: str) -> None:
        self._store = store
        self._cluster = cluster
        self._folder = runs_folder
        self._catalog = catalog

    async def home(self, call: Call) -> object:
        del call
        return RedirectResponse("/jobs", 303)

    async def jobs(self, call: Call) -> object:
        del call
        jobs = [
            (job, self._runs(RunFilter(job_id=job["job_id"], limit=1)))
            for job in self._store.all("jobs").values()
        ]
        return _page("jobs.html", jobs=jobs)

    async def job(self, call: Call) -> object:
        job_id = call.number("job_id")
        job = self._store.get("jobs", job_id)
        if job is None:
            raise not_found(f"Job {job_id}")
        runs = self._runs(RunFilter(job_id=job_id, limit=_RUNS_ON_PAGE))
        graph = graph_layout(job["settings"].get("tasks", []))
        return _page("job.html", job=job, runs=runs, graph=graph)

    async def runs(self, call: Call) -> object:
        before = call.optional_number("before")
        runs = self._runs(RunFilter(before=before, limit=_RUNS_ON_PAGE))
        return _page("runs.html", runs=runs, older=len(runs) == _RUNS_ON_PAGE)

    async def run(self, call: Call) -> object:
        run_id = call.number("run_id")
        body = self._store.run(run_id)
        if body is None:
            raise not_found(f"Run {run_id}")
        run = body["run"]
        if run["run_id"] != run_id:
            task = find_task_run(body, run_id)
            parents = body["iteration_of"]
            inner = [e for e in body["iterations"] if parents[str(e["run_id"])] == run_id]
            output = self._store.get(OUTPUTS, run_id) or {}
            has_page = notebook_page(self._folder, run_id) is not None
            return _page(
                "task.html", run=run, task=task, output=output, iterations=inner, has_page=has_page
            )
        latest = {task["task_key"]: task for task in run.get("tasks", [])}
        return _page("run.html", run=run, graph=graph_layout(list(latest.values())))

    async def notebook(self, call: Call) -> object:
        page = notebook_page(self._folder, call.number("run_id"))
        if page is None:
            raise not_found(f"The executed notebook of run {call.number('run_id')}")
        return HTMLResponse(page.read_text(), headers={"Content-Security-Policy": _SANDBOX})

    async def tables(self, call: Call) -> object:
        del call
        catalog = self._catalog

        def read(spark: Any) -> dict[str, list[str]]:  # noqa: ANN401  # slow to import
            schemas = [f"{catalog}.{name}" for name in list_schemas(spark)]
            return {schema: list_tables(spark, schema) for schema in schemas}

        return _page("tables.html", schemas=await self._cluster.run(read))

    async def explore(self, call: Call) -> object:
        del call
        return RedirectResponse("/tables", 303)

    async def table(self, call: Call) -> object:
        name = call.text("name")

        def read(spark: Any) -> Document | None:  # noqa: ANN401  # slow to import
            columns = describe_table(spark, name)
            if columns is None:
                return None
            rows, count = read_rows(spark, name)
            history = table_history(spark, name)
            tables = {"rows": html_table(rows, is_truncated=len(rows) < count)}
            past = None if history is None else html_table(history)
            return tables | {"columns": columns, "count": count, "history": past}

        found = await self._cluster.run(read)
        if found is None:
            raise not_found(f"Table '{name}'")
        return _page("table.html", name=name, **found)

    def _runs(self, wanted: RunFilter) -> list[Document]:
        return [body["run"] for body in self._store.runs(wanted)]


async def _style(call: Call) -> object:
    del call
    return _asset("style.css", "text/css")


async def _script(call: Call) -> object:
    del call
    return _asset("update.js", "text/javascript")


def _asset(name: str, media_type: str) -> Response:
    return Response(_TEMPLATES.get_template(name).render(), media_type=media_type)


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    content = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(content, status, headers={"Content-Security-Policy": _POLICY})
