"""`dbutils.jobs.taskValues`: small values that a task passes to later tasks of its job."""
# ruff: noqa: N803  # the names are Databricks'

from __future__ import annotations

import json
from typing import Any

from local.notebook.runtime.environment import Task
from local.notebook.runtime.utility import JsonFile, Utility

__all__ = ["MAX_BYTES", "Jobs", "TaskValues"]

MAX_BYTES = 48 * 1024
"""Largest JSON form of one value, in bytes."""


class TaskValues(Utility):
    """Values of the tasks of one job run. Outside a job, nothing is stored, as on Databricks."""

    _path = "dbutils.jobs.taskValues"

    def __init__(self, task: Task | None) -> None:
        self._task = task

    def set(self, key: str, value: Any) -> None:  # noqa: ANN401  # any JSON value
        """Store a value for later tasks. Outside a job, only check it.

        Raises:
            TypeError: Raised when the key is not a string, or the value has no JSON form.
            ValueError: Raised when the JSON form of the value is larger than 48 KiB.
        """
        if not isinstance(key, str):
            raise TypeError(f"The key of a task value is a string; got {key!r}.")
        size_bytes = len(json.dumps(value).encode())
        if size_bytes > MAX_BYTES:
            raise ValueError(
                f"The task value {key!r} has {size_bytes:,} bytes as JSON; at most "
                f"{MAX_BYTES:,} are allowed. Write it to a table and pass the table's name."
            )
        if self._task is not None:
            with JsonFile(self._task.values).change() as values:
                values.setdefault(self._task.key, {})[key] = value

    def get(
        self,
        taskKey: str,
        key: str,
        default: Any = None,  # noqa: ANN401  # any JSON value
        debugValue: Any = None,  # noqa: ANN401  # any JSON value
    ) -> Any:  # noqa: ANN401  # any JSON value
        """Return a value of another task; outside a job, return `debugValue`.

        Raises:
            TypeError: Raised outside a job when `debugValue` is None.
            ValueError: Raised when the task set no such value and `default` is None.
        """
        if self._task is None:
            if debugValue is None:
                raise TypeError(
                    "Must pass debugValue when calling get outside of a job context. "
                    "debugValue cannot be None."
                )
            return debugValue
        try:
            return JsonFile(self._task.values).read()[taskKey][key]
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
