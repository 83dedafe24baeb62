"""Runs a notebook in its own kernel and exports the executed notebook."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.filters import strip_ansi

from local.environment import Environment
from local.notebook.export import export_notebook, secret_values
from local.notebook.runtime.environment import VARIABLE, JobTask, KernelEnvironment
from local.plain_paths import SHORT, plain_path
from local.services.spark import storage_links
from local.settings import ROOT, Settings
from local.spark.session import remote
from local.supervisor.process import inherited_environment, launcher
from pinterest_pipeline.errors import without_stack_trace

__all__ = [
    "KERNEL_COMMAND",
    "KERNEL_NAME",
    "NotebookError",
    "NotebookRun",
    "execute_notebook",
    "kernel_variables",
    "run_notebook",
    "workspace_state",
]

KERNEL_NAME = "Pinterest pipeline (Spark Connect)"
KERNEL_COMMAND = [
    sys.executable,
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
    "--ext=local.notebook.runtime.extension",
    "--HistoryManager.enabled=False",
]
"""The kernel's command; Jupyter fills in the connection file."""

_READY_SECONDS = 60
_INTERRUPT_SECONDS = 5
"""How long an interrupted cell may take to end, for example to stop its queries."""


@dataclass(frozen=True)
class NotebookError:
    """Why a notebook failed.

    Attributes:
        cell: Number of the failing cell, counted from 1; 0 when no cell had started.
        source: The code of that cell.
        reason: One line: the exception's name and text.
        traceback: As Python prints it; empty when the kernel died or the time limit was reached.
    """

    cell: int
    source: str
    reason: str
    traceback: str = ""

    def __str__(self) -> str:
        """Return the error for a terminal: the reason without the JVM's stack trace."""
        return f"cell {self.cell}: {without_stack_trace(self.reason)}\n\n{self.source}".strip()


@dataclass(frozen=True, kw_only=True)
class NotebookRun:
    """The result of one run.

    Attributes:
        exit_value: The argument of `dbutils.notebook.exit`; null if the notebook did not call it.
        error: Null when the notebook succeeded.
        notebook_path: The executed notebook, outputs included.
        html_path: The same as an HTML page that opens without a network.
        duration_seconds: From the start of the kernel to its end.
    """

    exit_value: str | None
    error: NotebookError | None
    notebook_path: Path
    html_path: Path
    duration_seconds: float


def run_notebook(
    path: Path,
    parameters: Mapping[str, str],
    environment: Environment,
    output_dir: Path,
    *,
    timeout_seconds: float | None = None,
) -> NotebookRun:
    """Run the notebook at `path` in its own kernel.

    The executed notebook is always written to `output_dir`, and its kernel always stops.
    `parameters` are the values of its widgets. Without `timeout_seconds` there is no time limit.

    Returns:
        The result; a failing notebook does not raise, but sets `error`.
    """
    run = execute_notebook(
        path, parameters, environment, output_dir, timeout_seconds=timeout_seconds
    )
    return asyncio.run(run)


async def execute_notebook(
    path: Path,
    parameters: Mapping[str, str],
    environment: Environment,
    output_dir: Path,
    *,
    timeout_seconds: float | None = None,
    task: JobTask | None = None,
) -> NotebookRun:
    """Run the notebook at `path`, as `run_notebook` does, in the running event loop.

    With `task`, the notebook is a task of a job. A cancellation interrupts the current cell, stops
    the kernel and exports the notebook.

    Returns:
        The result; a failing notebook does not raise, but sets `error`.
    """
    started = time.monotonic()
    folder = path.resolve().parent
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    variables = kernel_variables(environment, parameters=parameters, folder=folder, task=task)
    execution = _Execution(notebook, variables, folder)
    try:
        await execution.run(timeout_seconds)
    finally:
        hidden = secret_values(environment.secrets, workspace_state(environment.settings))
        notebook_path, html_path = await asyncio.to_thread(
            export_notebook, notebook, path.stem, output_dir, hidden
        )
    return NotebookRun(
        exit_value=execution.exit_value,
        error=execution.error,
        notebook_path=notebook_path,
        html_path=html_path,
        duration_seconds=time.monotonic() - started,
    )


def workspace_state(settings: Settings) -> Path:
    """Return the folder for what outlives a kernel: mounts, secret scopes, DBFS."""
    return plain_path(settings.state) / "workspace"


def kernel_variables(
    environment: Environment,
    *,
    parameters: Mapping[str, str] | None = None,
    by_notebook: Mapping[str, Mapping[str, str]] | None = None,
    folder: Path | None = None,
    task: JobTask | None = None,
) -> dict[str, str]:
    """Return all environment variables of a kernel's process.

    They are the inherited variables and the values of the environment. The only secrets among them
    are those for Spark and S3. The kernel of a task imports its wheels, not the checkout's library.
    """
    settings, secrets = environment.settings, environment.secrets
    state = workspace_state(settings)
    dbfs = state / "dbfs"
    for needed in (state / "ipython", dbfs):
        needed.mkdir(parents=True, exist_ok=True)
    volumes = task.volumes if task else {}
    session = f"/;session_id={task.session_id}" if task and task.session_id else ""
    sites = [str(ROOT / "src")] if task is None else [str(site) for site in task.sites]
    kernel_environment = KernelEnvironment(
        state=state,
        # All other paths lead to a folder of their own: `dbutils.fs.rm("/tmp", True)` must not
        # remove files of the machine.
        links={**volumes, **storage_links(settings), "/": dbfs.as_uri()},
        s3_endpoint=settings.landing_url,
        hidden=(str(ROOT),) if task is None else (str(ROOT), str(ROOT / "src")),
        parameters=parameters or {},
        by_notebook=by_notebook or {},
        folder=folder,
        task=task,
    )
    return {
        **inherited_environment(),
        VARIABLE: kernel_environment.model_dump_json(),
        "SPARK_REMOTE": remote(settings) + session,
        "SPARK_CONNECT_MODE_ENABLED": "1",  # so that `@udf` works before the first use of `spark`
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": secrets.spark_token,
        "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
        "AWS_SECRET_ACCESS_KEY": secrets.aws_secret_access_key,
        "IPYTHONDIR": str(state / "ipython"),
        "PYTHONPATH": os.pathsep.join([*sites, str(ROOT)]),
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class _Execution:
    """One notebook in one kernel."""

    def __init__(
        self, notebook: nbformat.NotebookNode, variables: Mapping[str, str], folder: Path
    ) -> None:
        self.exit_value: str | None = None
        self.error: NotebookError | None = None
        self._notebook = notebook
        self._variables = variables
        self._folder = folder
        self._current_cell: tuple[int, str] = (0, "")

    async def run(self, timeout_seconds: float | None) -> None:
        """Run the cells; the kernel has stopped when this returns or raises."""
        with TemporaryDirectory(prefix="pinterest-kernel-", dir=SHORT) as scratch:
            await self._run_in(_kernel_manager(scratch), timeout_seconds)

    async def _run_in(self, kernel: AsyncKernelManager, timeout_seconds: float | None) -> None:
        # A task of its own: nbclient mistakes a cancellation for the death of its kernel.
        cells = asyncio.create_task(self._run_cells(kernel))
        try:
            _, late = await asyncio.wait({cells}, timeout=timeout_seconds)
            if late:
                self._fail(f"stopped, because it took longer than {timeout_seconds:g} seconds")
        finally:
            if kernel.has_kernel and not cells.done():
                await kernel.interrupt_kernel()
                await asyncio.wait({cells}, timeout=_INTERRUPT_SECONDS)
            cells.cancel()
            if kernel.has_kernel:
                await kernel.shutdown_kernel(now=True)
            await asyncio.gather(cells, return_exceptions=True)
        if not late:
            cells.result()

    async def _run_cells(self, kernel: AsyncKernelManager) -> None:
        await kernel.start_kernel(env=dict(self._variables), cwd=str(self._folder))
        client = NotebookClient(self._notebook, km=kernel, timeout=None)
        client.kc = kernel.client()
        client.kc.start_channels()
        client.reset_execution_trackers()
        try:
            await client.kc.wait_for_ready(timeout=_READY_SECONDS)
            await self._run_each_cell(client)
        except CellExecutionError as error:
            self._end(error)
        except DeadKernelError:
            self._fail("the kernel died; check whether it was killed or out of memory")
        finally:
            client.kc.stop_channels()

    async def _run_each_cell(self, client: NotebookClient) -> None:
        for index, cell in enumerate(self._notebook.cells):
            self._current_cell = (index + 1, cell.source)
            number = client.code_cells_executed + 1
            await client.async_execute_cell(cell, index, execution_count=number)

    def _end(self, error: CellExecutionError) -> None:
        if error.ename == "NotebookExit":
            self.exit_value = error.evalue
        else:
            self._fail(f"{error.ename}: {error.evalue}", self._traceback())

    def _traceback(self) -> str:
        outputs = self._notebook.cells[self._current_cell[0] - 1].outputs
        errors = [output for output in outputs if output.output_type == "error"]
        lines: list[str] = [line for error in errors for line in error.traceback]
        text: str = strip_ansi("\n".join(lines))  # type: ignore[no-untyped-call]  # untyped library
        return text

    def _fail(self, reason: str, traceback: str = "") -> None:
        if self.error is None:
            cell, source = self._current_cell
            self.error = NotebookError(cell, source, reason, traceback)


def _kernel_manager(scratch: str) -> AsyncKernelManager:
    """Return a manager that uses sockets in `scratch`, which no other user can reach."""
    manager = AsyncKernelManager(transport="ipc", connection_file=f"{scratch}/kernel.json")
    # The only way to give a manager a kernel that is not installed.
    manager._kernel_spec = KernelSpec(  # noqa: SLF001
        argv=[*launcher(signal.SIGKILL), *KERNEL_COMMAND],  # no kernel outlives this process
        language="python",
        display_name=KERNEL_NAME,
    )
    return manager
