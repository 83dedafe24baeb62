"""`dbutils.jobs.taskValues`: small values that one task of a job leaves for the next."""
# ruff: noqa: N803  # the names are Databricks'

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

from local.files import write_atomically

from .environment import Task
from .errors import Utility

__all__ = ["MAX_BYTES", "Jobs", "TaskValues"]

MAX_BYTES = 48 * 1024
"""Largest JSON form of one value."""


class TaskValues(Utility):
    """Values of the tasks of one job run. Outside a job, as on Databricks, nothing is kept."""

    _path = "dbutils.jobs.taskValues"

    def __init__(self, task: Task | None) -> None:
        self._task = task

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Leave a value for the tasks that follow. Outside a job it is checked and dropped.

        Raises:
            TypeError: The key is no string, or the value has no JSON form.
            ValueError: The JSON form of the value is larger than 48 KiB.
        """
        if not isinstance(key, str):
            raise TypeError(f"The key of a task value is a string; got {key!r}.")
        size_bytes = len(json.dumps(value).encode())
        if size_bytes > MAX_BYTES:
            raise ValueError(
                f"The task value {key!r} takes {size_bytes:,} bytes as JSON; at most "
                f"{MAX_BYTES:,} are allowed. Write it to a table and pass the table's name."
            )
        if self._task is not None:
            _set(self._task.values, self._task.key, key, value)

    def get(
        self,
        taskKey: str,
        key: str,
        default: Any = None,  # noqa: ANN401  # any JSON value
        debugValue: Any = None,  # noqa: ANN401  # any JSON value
    ) -> Any:  # noqa: ANN401  # any JSON value
        """Return what another task has left; outside a job, `debugValue`.

        Raises:
            TypeError: Outside a job without `debugValue`.
            ValueError: The task left no such value, and there is no `default`.
        """
        if self._task is None:
            if debugValue is None:
                raise TypeError(
                    "Must pass debugValue when calling get outside of a job context. "
                    "debugValue cannot be None."
                )
            return debugValue
        try:
            return _read(self._task.values)[taskKey][key]
        except KeyError:
            if default is None:
                raise ValueError(
                    f"Task {taskKey!r} has set no value {key!r}. Pass a default, or let the task "
                    "set it before this one starts."
                ) from None
            return default


class Jobs(Utility):
    """`dbutils.jobs`."""

    _path = "dbutils.jobs"

    def __init__(self, task: Task | None) -> None:
        self.taskValues = TaskValues(task)


def _read(file: Path) -> dict[str, dict[str, Any]]:
    if not file.exists():
        return {}
    values: dict[str, dict[str, Any]] = json.loads(file.read_text())
    return values


def _set(file: Path, task_key: str, key: str, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        values = _read(file)
        values.setdefault(task_key, {})[key] = value
        write_atomically(file, json.dumps(values))
