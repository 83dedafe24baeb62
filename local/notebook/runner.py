"""Runs a notebook in a kernel of its own, and keeps what it showed."""

from __future__ import annotations

import asyncio
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

from local.notebook.kernel import COMMAND, DISPLAY_NAME, kernel_variables, workspace_state
from local.notebook.runtime.environment import Task
from local.notebook.saved import save, secret_values
from local.secrets import Secrets
from local.settings import Settings

__all__ = ["NotebookError", "NotebookRun", "run_notebook"]

_READY_SECONDS = 60


@dataclass(frozen=True)
class NotebookError:
    """Why a notebook failed.

    Attributes:
        cell: Number of the failing cell, counted from 1; 0 when no cell had begun.
        source: The code of that cell.
        reason: One line: the exception's name and text.
        traceback: As Python prints it; empty when the kernel died or time ran out.
    """

    cell: int
    source: str
    reason: str
    traceback: str = ""

    def __str__(self) -> str:
        """Return what a terminal has room for: not the traces of each process on the way."""
        said = self.reason.partition("\n\nJVM stacktrace:")[0]
        return f"cell {self.cell}: {said}\n\n{self.source}".strip()


@dataclass(frozen=True)
class NotebookRun:
    """What came of one run.

    Attributes:
        exit_value: What the notebook gave to `dbutils.notebook.exit`; null without it.
        error: Null when the notebook ran to its end.
        notebook_path: The executed notebook, outputs included.
        html_path: The same as a page that opens without a network.
        duration_seconds: From the kernel's start to its end.
    """

    exit_value: str | None
    error: NotebookError | None
    notebook_path: Path
    html_path: Path
    duration_seconds: float


def run_notebook(
    path: Path,
    parameters: Mapping[str, str],
    settings: Settings,
    secrets: Secrets,
    output_dir: Path,
    *,
    timeout_seconds: float | None = None,
    task: Task | None = None,
) -> NotebookRun:
    """Return what came of running the notebook at `path`; a failing notebook does not raise.

    The executed notebook is saved into `output_dir`, however it ended, and no kernel is left.
    `parameters` become the values of its widgets. Without `timeout_seconds` it may take for ever.
    """
    started = time.monotonic()
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # untyped library
    variables = kernel_variables(
        settings, secrets, parameters=parameters, folder=path.resolve().parent, task=task
    )
    execution = _Execution(notebook, variables, path.resolve().parent)
    try:
        asyncio.run(execution.run(timeout_seconds))
    finally:
        hidden = secret_values(secrets, workspace_state(settings))
        notebook_path, html_path = save(notebook, path.stem, output_dir, hidden)
    return NotebookRun(
        execution.exit_value,
        execution.error,
        notebook_path,
        html_path,
        time.monotonic() - started,
    )


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
        self._running: tuple[int, str] = (0, "")

    async def run(self, timeout_seconds: float | None) -> None:
        """Run the cells; the kernel is gone when this returns or raises."""
        with TemporaryDirectory(prefix="kernel-") as scratch:
            await self._run_in(_kernel_manager(scratch), timeout_seconds)

    async def _run_in(self, kernel: AsyncKernelManager, timeout_seconds: float | None) -> None:
        # Not awaited itself: nbclient takes a cancellation for the death of its kernel.
        cells = asyncio.create_task(self._run_cells(kernel))
        try:
            _, late = await asyncio.wait({cells}, timeout=timeout_seconds)
            if late:
                self._fail(f"stopped, because it took longer than {timeout_seconds:g} seconds")
        finally:
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
            self._fail("the kernel died; was it killed, or out of memory?")
        finally:
            client.kc.stop_channels()

    async def _run_each_cell(self, client: NotebookClient) -> None:
        for index, cell in enumerate(self._notebook.cells):
            self._running = (index + 1, cell.source)
            number = client.code_cells_executed + 1
            await client.async_execute_cell(cell, index, execution_count=number)

    def _end(self, error: CellExecutionError) -> None:
        if error.ename == "NotebookExit":
            self.exit_value = error.evalue
        else:
            self._fail(f"{error.ename}: {error.evalue}", self._traceback())

    def _traceback(self) -> str:
        outputs = self._notebook.cells[self._running[0] - 1].outputs
        lines: list[str] = [
            line for shown in outputs if shown.output_type == "error" for line in shown.traceback
        ]
        text: str = strip_ansi("\n".join(lines))  # type: ignore[no-untyped-call]  # untyped library
        return text

    def _fail(self, reason: str, traceback: str = "") -> None:
        if self.error is None:
            cell, source = self._running
            self.error = NotebookError(cell, source, reason, traceback)


def _kernel_manager(scratch: str) -> AsyncKernelManager:
    """Return a manager that talks over sockets in `scratch`: no port, and nobody else listens."""
    manager = AsyncKernelManager(transport="ipc", connection_file=f"{scratch}/kernel.json")
    # The only way to give a manager a kernel that is installed nowhere.
    manager._kernel_spec = KernelSpec(  # noqa: SLF001
        argv=COMMAND, language="python", display_name=DISPLAY_NAME
    )
    return manager
