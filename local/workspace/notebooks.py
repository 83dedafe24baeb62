"""Runs a notebook task: its wheels, its kernel, its Spark session and its output."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from databricks.sdk.service.jobs import NotebookOutput, NotebookTask, RunOutput, RunTask, Task

from local.environment import Environment
from local.errors import StackError
from local.notebook.runner import execute_notebook
from local.notebook.runtime.environment import JobTask
from local.supervisor.process import launcher
from local.workspace.cluster import Cluster
from local.workspace.errors import invalid
from local.workspace.files import FileTree
from local.workspace.job_run import JobRun, session_id
from pinterest_pipeline.errors import without_stack_trace

__all__ = ["LibraryError", "NotebookTasks"]

_IMPORT = """import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


class LibraryError(StackError):
    """Raised when a wheel cannot be imported."""


class NotebookTasks:
    """Runs the notebook tasks of one environment.

    The dependencies of a wheel are not installed: the kernels have the packages of the local
    environment.

    Args:
        environment: The local environment.
        tree: The workspace files: notebooks and wheels.
        cluster: Ends the Spark sessions.
        state: Folder of the unpacked wheels and of the runs' files.
        volumes: Returns the URL behind the path of each volume.

    Attributes:
        slots: Limits the notebooks that run at once.
    """

    def __init__(
        self,
        environment: Environment,
        tree: FileTree,
        cluster: Cluster,
        state: Path,
        volumes: Callable[[], Mapping[str, str]],
    ) -> None:
        self.slots = asyncio.Semaphore(max(2, os.cpu_count() or 2))
        self._environment = environment
        self._tree = tree
        self._cluster = cluster
        self._wheels, self._runs = state / "wheels", state / "runs"
        self._volumes = volumes
        self._unpacking = asyncio.Lock()

    async def run(self, task: Task, attempt: RunTask, job_run: JobRun) -> RunOutput:
        """Run a task whose references are resolved, as the task run `attempt`.

        Its kernel and its Spark session have ended when this returns or raises.

        Returns:
            The output; a failing notebook sets `error`.

        Raises:
            ApiError: Raised when the notebook or a wheel does not exist.
            LibraryError: Raised when a wheel does not import.
        """
        notebook = task.notebook_task or NotebookTask("")
        path = self._notebook(notebook.notebook_path)
        sites = [await self._unpack(self._tree.find(wheel)) for wheel in _wheels(task, job_run)]
        values = self.values_file(job_run)
        values.parent.mkdir(parents=True, exist_ok=True)
        job_task = JobTask(
            key=task.task_key,
            values=values,
            sites=tuple(sites),
            packages=tuple(name for site in sites for name in _packages(site)),
            volumes=self._volumes(),
            session_id=session_id(attempt),
        )
        parameters = {**(notebook.base_parameters or {}), **job_run.parameters}
        folder = self._runs / str(attempt.run_id)
        try:
            run = await execute_notebook(path, parameters, self._environment, folder, task=job_task)
        finally:
            await self.release(attempt)
        if run.error:
            return RunOutput(
                error=without_stack_trace(run.error.reason),
                error_trace=run.error.traceback or str(run.error),
            )
        return RunOutput(notebook_output=NotebookOutput(result=run.exit_value, truncated=False))

    async def release(self, attempt: RunTask) -> None:
        """End the Spark session of a task run, if it has one."""
        await self._cluster.release(session_id(attempt))

    def values_file(self, job_run: JobRun) -> Path:
        """Return the path of the task values of a run; it need not exist."""
        return self._runs / str(job_run.run_id) / "task_values.json"

    def page(self, task_run_id: int) -> Path | None:
        """Return the page of an executed notebook; null if there is none."""
        return next((self._runs / str(task_run_id)).glob("*.html"), None)

    def _notebook(self, path: str) -> Path:
        place = self._tree.find(path)
        if place.suffix != ".ipynb":
            raise invalid(
                f"{path} is not a Jupyter notebook; the local workspace runs .ipynb files."
            )
        return place

    async def _unpack(self, wheel: Path) -> Path:
        """Return the folder of an unpacked wheel, which has been imported once.

        Raises:
            LibraryError: Raised when the file is not a wheel, or a package of it does not import.
        """
        async with self._unpacking:
            content = await asyncio.to_thread(wheel.read_bytes)
            site = self._wheels / hashlib.sha256(content).hexdigest()[:20]
            if not site.exists():
                self._wheels.mkdir(parents=True, exist_ok=True)
                temporary = Path(tempfile.mkdtemp(dir=self._wheels))
                try:
                    await asyncio.to_thread(_extract, wheel, temporary)
                    await _check_imports(wheel, temporary)
                    temporary.rename(site)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
            return site


def _wheels(task: Task, job_run: JobRun) -> list[str]:
    environments = job_run.settings.environments or []
    specs = {entry.environment_key: entry.spec for entry in environments}
    spec = specs.get(task.environment_key or "")
    paths = list((spec.dependencies if spec else None) or [])
    return paths + [library.whl for library in task.libraries or [] if library.whl]


def _extract(wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)  # zipfile removes absolute and parent paths
    except (OSError, zipfile.BadZipFile) as error:
        raise LibraryError(
            f"Expected a wheel in {wheel.name}; the file is not one ({error}). Build and deploy it "
            "again."
        ) from None


def _packages(site: Path) -> list[str]:
    """Return the top-level packages and modules of a wheel."""
    entries = sorted(site.iterdir())
    folders = [entry.name for entry in entries if (entry / "__init__.py").exists()]
    return folders + [entry.stem for entry in entries if entry.suffix == ".py"]


async def _check_imports(wheel: Path, site: Path) -> None:
    command = [*launcher(signal.SIGKILL), sys.executable, "-I", "-c", _IMPORT]
    process = await asyncio.create_subprocess_exec(
        *command, str(site), *_packages(site), stderr=asyncio.subprocess.PIPE
    )
    try:
        _, output = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = output.decode(errors="replace").strip().splitlines()
        raise LibraryError(
            f"The wheel {wheel.name} does not import: {lines[-1] if lines else 'no message'}. "
            "Its dependencies must be in the local environment; fix the wheel and deploy again."
        )
