"""Runs a notebook task: its wheels, its parameters, its kernel and its output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk.service.jobs import JobSettings, NotebookOutput, RunOutput, Source, Task

from local.environment import Environment
from local.notebook.runner import execute_notebook
from local.notebook.runtime.environment import JobTask
from local.workspace.errors import invalid
from local.workspace.tree import FileTree
from local.workspace.wheels import UnpackedWheel, WheelCache

__all__ = ["NotebookTasks", "TaskPlace"]


@dataclass(frozen=True)
class TaskPlace:
    """Where a task run keeps its files.

    Attributes:
        folder: Folder of the executed notebook.
        values: File with the task values of its job run.
    """

    folder: Path
    values: Path


class NotebookTasks:
    """Runs notebook tasks of one environment.

    Args:
        environment: The local environment.
        tree: The workspace files: notebooks and wheels.
        wheels: The unpacked wheels.
        volumes: Returns the URL behind the path of each volume.
    """

    def __init__(
        self,
        environment: Environment,
        tree: FileTree,
        wheels: WheelCache,
        volumes: Callable[[], Mapping[str, str]],
    ) -> None:
        self._environment = environment
        self._tree = tree
        self._wheels = wheels
        self._volumes = volumes

    async def run(
        self, task: Task, settings: JobSettings, parameters: Mapping[str, str], place: TaskPlace
    ) -> RunOutput:
        """Run a task whose references are resolved.

        Returns:
            The output; a failing notebook sets `error`.

        Raises:
            ApiError: Raised when the notebook or a wheel does not exist.
            LibraryError: Raised when a wheel does not import.
        """
        notebook = self._notebook(task)
        wheels = [await self._unpack(path) for path in _wheel_paths(task, settings)]
        job_task = JobTask(
            key=task.task_key,
            values=place.values,
            sites=tuple(wheel.site for wheel in wheels),
            packages=tuple(name for wheel in wheels for name in wheel.packages),
            volumes=self._volumes(),
        )
        base = (task.notebook_task.base_parameters if task.notebook_task else None) or {}
        run = await execute_notebook(
            notebook, {**base, **parameters}, self._environment, place.folder, task=job_task
        )
        if run.error:
            return RunOutput(
                error=run.error.reason.partition("\n\nJVM stacktrace:")[0],
                error_trace=run.error.traceback or str(run.error),
            )
        return RunOutput(notebook_output=NotebookOutput(result=run.exit_value, truncated=False))

    def _notebook(self, task: Task) -> Path:
        notebook = task.notebook_task
        if notebook is None or notebook.source is Source.GIT:
            raise invalid(f"Task {task.task_key!r}: notebooks of a Git source are not supported.")
        place = self._tree.find(notebook.notebook_path)
        if place.suffix != ".ipynb":
            raise invalid(
                f"{notebook.notebook_path} is not a Jupyter notebook. The local workspace runs "
                ".ipynb files."
            )
        return place

    async def _unpack(self, path: str) -> UnpackedWheel:
        return await self._wheels.unpack(self._tree.find(path))


def _wheel_paths(task: Task, settings: JobSettings) -> list[str]:
    environments = {entry.environment_key: entry.spec for entry in settings.environments or []}
    spec = environments.get(task.environment_key or "")
    paths = list((spec.dependencies if spec else None) or [])
    return paths + [library.whl for library in task.libraries or [] if library.whl]
