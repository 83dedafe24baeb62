"""Pages for people: jobs, runs, the task graph of a run, executed notebooks, tables."""
# ruff: noqa: D102  # the names of the pages say what they show

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from jinja2 import Environment, PackageLoader
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from local.notebook.runtime.display import html_table
from local.workspace.api import ApiGroup, endpoint
from local.workspace.cluster import Cluster, list_tables, read_table
from local.workspace.errors import not_found
from local.workspace.execution import OUTPUTS
from local.workspace.job_run import find_task_run, iterations_of, milliseconds_now
from local.workspace.notebooks import NotebookTasks
from local.workspace.store import Document, RunFilter, Store

__all__ = ["Graph", "Pages", "error_page", "graph_layout", "login_page"]

_FOLDER = Path(__file__).parent / "templates"
_RUNS_ON_PAGE = 50
# An executed notebook may hold anything, so it runs no script and reads nothing of the workspace.
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

_WIDTH, _HEIGHT = 220, 64
_GAP_X, _GAP_Y = 60, 24
_MARGIN = 4


@dataclass(frozen=True)
class Pages(ApiGroup):
    """The pages; `catalog` is the catalog whose tables are shown."""

    store: Store
    cluster: Cluster
    notebooks: NotebookTasks
    catalog: str

    @endpoint("GET", "/")
    def home(self) -> Response:
        return RedirectResponse("/jobs", 303)

    @endpoint("GET", "/jobs")
    def jobs(self) -> Response:
        jobs = [
            (job, self._runs(RunFilter(job_id=job["job_id"], limit=1)))
            for job in self.store.all("jobs").values()
        ]
        return _page("jobs.html", jobs=jobs)

    @endpoint("GET", "/jobs/{job_id:int}")
    def job(self, job_id: int) -> Response:
        job = self.store.find("jobs", job_id)
        runs = self._runs(RunFilter(job_id=job_id, limit=_RUNS_ON_PAGE))
        graph = graph_layout(job["settings"].get("tasks", []))
        return _page("job.html", job=job, runs=runs, graph=graph)

    @endpoint("GET", "/runs")
    def runs(self, before: int | None = None) -> Response:
        runs = self._runs(RunFilter(before=before, limit=_RUNS_ON_PAGE))
        return _page("runs.html", runs=runs, older=len(runs) == _RUNS_ON_PAGE)

    @endpoint("GET", "/jobs/{job_id:int}/runs/{run_id:int}")
    def run(self, run_id: int) -> Response:
        body = self.store.run(run_id)
        run = body["run"]
        if run["run_id"] != run_id:
            return _page(
                "task.html",
                run=run,
                task=find_task_run(body, run_id),
                output=self.store.get(OUTPUTS, run_id) or {},
                iterations=iterations_of(body, run_id),
                has_page=self.notebooks.page(run_id) is not None,
            )
        latest = {task["task_key"]: task for task in run.get("tasks", [])}
        return _page("run.html", run=run, graph=graph_layout(list(latest.values())))

    @endpoint("GET", "/notebooks/{run_id:int}")
    def notebook(self, run_id: int) -> Response:
        page = self.notebooks.page(run_id)
        if page is None:
            raise not_found(f"The executed notebook of run {run_id}")
        return HTMLResponse(page.read_text(), headers={"Content-Security-Policy": _SANDBOX})

    @endpoint("GET", "/tables")
    async def tables(self) -> Response:
        schemas = await self.cluster.run(lambda spark: list_tables(spark, self.catalog))
        return _page("tables.html", schemas=schemas)

    @endpoint("GET", "/explore/data/{path:path}")
    def explore(self) -> Response:  # links of the CLI
        return RedirectResponse("/tables", 303)

    @endpoint("GET", "/tables/{name}")
    async def table(self, name: str) -> Response:
        found = await self.cluster.run(lambda spark: read_table(spark, name))
        if found is None:
            raise not_found(f"Table '{name}'")
        rows = html_table(found["rows"], is_truncated=len(found["rows"]) < found["count"])
        history = None if found["history"] is None else html_table(found["history"])
        shown = found | {"rows": rows, "history": history}
        return _page("table.html", name=name, **shown)

    @endpoint("GET", "/style.css")
    def style(self) -> Response:
        return FileResponse(_FOLDER / "style.css")

    @endpoint("GET", "/update.js")
    def script(self) -> Response:
        return FileResponse(_FOLDER / "update.js")

    def _runs(self, wanted: RunFilter) -> list[Document]:
        return [body["run"] for body in self.store.runs(wanted)]


def login_page() -> Response:
    """Return the page for people without the cookie."""
    return _page("login.html", status=401)


def error_page(message: str, status: int) -> Response:
    """Return a page with an error."""
    return _page("error.html", status=status, message=message)


@dataclass(frozen=True)
class Box:
    """A task in a graph; sizes are in pixels."""

    task: Document
    x: int
    y: int
    width: int = _WIDTH
    height: int = _HEIGHT


@dataclass(frozen=True)
class Graph:
    """The boxes, the lines between them as SVG paths, and the size in pixels."""

    boxes: list[Box]
    paths: list[str]
    width: int
    height: int


def graph_layout(tasks: Sequence[Document]) -> Graph:
    """Return the drawing of tasks: a column per step, a row per task of the step.

    Dependencies on tasks that are not among them are left out.
    """
    by_key = {task["task_key"]: task for task in tasks}
    needed = {
        key: [d["task_key"] for d in task.get("depends_on", []) if d["task_key"] in by_key]
        for key, task in by_key.items()
    }
    step: dict[str, int] = {}
    for key in TopologicalSorter(needed).static_order():
        step[key] = max((step[other] + 1 for other in needed[key]), default=0)
    boxes: dict[str, Box] = {}
    for key, task in by_key.items():
        row = sum(step[other] == step[key] for other in boxes)
        x, y = step[key] * (_WIDTH + _GAP_X) + _MARGIN, row * (_HEIGHT + _GAP_Y) + _MARGIN
        boxes[key] = Box(task, x, y)
    return Graph(
        boxes=list(boxes.values()),
        paths=[_path(boxes[other], box) for key, box in boxes.items() for other in needed[key]],
        width=max((box.x + _WIDTH for box in boxes.values()), default=0) + _MARGIN,
        height=max((box.y + _HEIGHT for box in boxes.values()), default=0) + _MARGIN,
    )


def _path(start: Box, end: Box) -> str:
    x1, y1 = start.x + _WIDTH, start.y + _HEIGHT // 2
    x2, y2 = end.x, end.y + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"


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


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    content = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(content, status, headers={"Content-Security-Policy": _POLICY})
