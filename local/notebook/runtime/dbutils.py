"""`dbutils`, assembled from its utilities; those for notebooks, secrets and jobs are here."""
# ruff: noqa: N802, N803  # the names are Databricks'

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from local.files import write_atomically
from local.notebook.runtime.environment import JobTask, KernelEnvironment
from local.notebook.runtime.storage import MountTable, PathView, Storage
from local.notebook.runtime.utility import ExecutionError, Utility
from local.notebook.runtime.widgets import Widgets

__all__ = [
    "SCOPES_FILE",
    "DbUtils",
    "DbutilsSecrets",
    "NotebookExit",
    "TaskValues",
    "read_scopes",
    "read_task_values",
]

SCOPES_FILE = "secret_scopes.json"
_MAX_TASK_VALUE_BYTES = 48 * 1024
"""Largest JSON form of one task value."""


class NotebookExit(BaseException):
    """Raised by `dbutils.notebook.exit`; its text is the notebook's exit value.

    It is not an `Exception`, so that `except Exception` in a notebook does not catch it.
    """


class Notebook(Utility):
    """`dbutils.notebook`."""

    _path = "dbutils.notebook"

    def exit(self, value: str) -> NoReturn:
        """End the notebook successfully with an exit value. Later cells do not run.

        Raises:
            NotebookExit: Always.
        """
        raise NotebookExit(str(value))


class SecretScope(NamedTuple):
    """A named group of secrets."""

    name: str

    def getName(self) -> str:
        """Return the name."""
        return self.name


class SecretMetadata(NamedTuple):
    """A secret without its value."""

    key: str


class DbutilsSecrets(Utility):
    """`dbutils.secrets`, from `secret_scopes.json` in the state folder of the environment.

    The exported notebook contains `[REDACTED]` in place of their values.
    """

    _path = "dbutils.secrets"

    def __init__(self, state: Path) -> None:
        self._state = state

    def get(self, scope: str, key: str) -> str:
        """Return the value of a secret.

        Raises:
            ExecutionError: Raised when there is no such secret.
        """
        try:
            return read_scopes(self._state)[scope][key]
        except KeyError:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope} "
                f"and key: {key}. Put it into {self._state / SCOPES_FILE} as "
                f'{{"{scope}": {{"{key}": "<value>"}}}}.'
            ) from None

    def getBytes(self, scope: str, key: str) -> bytes:
        """Return the value of a secret as UTF-8 bytes."""
        return self.get(scope, key).encode()

    def listScopes(self) -> list[SecretScope]:
        """Return all scopes."""
        return [SecretScope(name) for name in sorted(read_scopes(self._state))]

    def list(self, scope: str) -> list[SecretMetadata]:
        """Return the keys of a scope.

        Raises:
            ExecutionError: Raised when there is no such scope.
        """
        scopes = read_scopes(self._state)
        if scope not in scopes:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: Scope {scope} does not exist! "
                f"Scopes: {', '.join(sorted(scopes)) or 'none'}."
            )
        return [SecretMetadata(key) for key in sorted(scopes[scope])]


def read_scopes(state: Path) -> dict[str, dict[str, str]]:
    """Return the secrets of the environment with this state folder: scope → key → value."""
    path = state / SCOPES_FILE
    scopes: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    return scopes


class TaskValues(Utility):
    """`dbutils.jobs.taskValues`. Outside a job, nothing is stored, as on Databricks."""

    _path = "dbutils.jobs.taskValues"

    def __init__(self, task: JobTask | None = None) -> None:
        self._task = task

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Store a value for later tasks of the job. Outside a job, only check it.

        Raises:
            TypeError: Raised when the key is not a string, or the value has no JSON form.
            ValueError: Raised when the JSON form of the value is larger than 48 KiB.
        """
        if not isinstance(key, str):
            raise TypeError(f"The key of a task value is a string; got {key!r}.")
        size_bytes = len(json.dumps(value).encode())
        if size_bytes > _MAX_TASK_VALUE_BYTES:
            raise ValueError(
                f"The task value {key!r} has {size_bytes:,} bytes as JSON; at most "
                f"{_MAX_TASK_VALUE_BYTES:,} are allowed. Write it to a table and pass the table's "
                "name."
            )
        if self._task is not None:
            _store_task_value(self._task, key, value)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:  # noqa: ANN401  # any JSON value
        """Return a value of an earlier task of the job; outside a job, return `debugValue`.

        Raises:
            TypeError: Raised outside a job when `debugValue` is None.
            ValueError: Raised when the task has set no such value and `default` is None.
        """
        if self._task is None:
            if debugValue is None:
                raise TypeError(
                    "Must pass debugValue when calling get outside of a job context. "
                    "debugValue cannot be None."
                )
            return debugValue
        value = read_task_values(self._task.values).get(taskKey, {}).get(key, default)
        if value is None:
            raise ValueError(
                f"Task {taskKey!r} has set no value {key!r}. Pass a default, or let the task set "
                "it before this one starts."
            )
        return value


def read_task_values(path: Path) -> dict[str, dict[str, Any]]:
    """Return the task values in the file of a run: task → key → value."""
    values: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    return values


def _store_task_value(task: JobTask, key: str, value: object) -> None:
    # The lock keeps two tasks that run at once from losing each other's value.
    with task.values.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        values = read_task_values(task.values)
        values.setdefault(task.key, {})[key] = value
        write_atomically(task.values, json.dumps(values))


class Jobs(Utility):
    """`dbutils.jobs`."""

    _path = "dbutils.jobs"

    def __init__(self, task: JobTask | None = None) -> None:
        self.taskValues = TaskValues(task)


class DbUtils(Utility):
    """The utilities of one notebook.

    Args:
        environment: The environment of the kernel.
        mounts: The mounts of the environment.
        refresh_session: Sets the current mounts in the Spark session.
    """

    def __init__(
        self,
        environment: KernelEnvironment,
        mounts: MountTable,
        refresh_session: Callable[[], object],
    ) -> None:
        self._environment = environment
        self._mounts = mounts
        self._refresh_session = refresh_session
        self.widgets = Widgets(environment.parameters)
        self.notebook = Notebook()
        self.secrets = DbutilsSecrets(environment.state)
        self.jobs = Jobs(environment.task)

    @cached_property
    def fs(self) -> Utility:
        """`dbutils.fs`, created at first use."""
        from local.notebook.runtime.fs import Fs  # noqa: PLC0415  # importing pyarrow is slow

        links = self._environment.links
        storage = Storage(self._environment.s3_endpoint)
        view = PathView(lambda: {**links, **self._mounts.links()}, storage)
        return Fs(view, self._mounts, self._refresh_session)
