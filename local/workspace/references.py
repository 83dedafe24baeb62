"""Dynamic value references: `{{job.parameters.x}}`, `{{tasks.t.values.y}}` and the like."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from local.workspace.errors import invalid

__all__ = ["RunValues", "resolve"]

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_TIMES: Mapping[str, Callable[[dt.datetime], object]] = {
    "iso_date": lambda time: time.date().isoformat(),
    "iso_datetime": lambda time: time.replace(tzinfo=None).isoformat(timespec="milliseconds"),
    "timestamp_ms": lambda time: int(time.timestamp() * 1000),
    **{part: attrgetter(part) for part in ("year", "month", "day", "hour", "minute", "second")},
    "iso_weekday": lambda time: time.isoweekday(),
    "is_weekday": lambda time: time.isoweekday() <= 5,  # Friday
}
_SUPPORTED = (
    "job.id, job.name, job.run_id, job.start_time.<part>, job.trigger.type, job.parameters.<name>, "
    "task.name, task.run_id, task.execution_count, task.notebook_path, tasks.<task>.values.<key>, "
    "tasks.<task>.result_state, tasks.<task>.run_id, input, input.<key>, workspace.url"
)


@dataclass(frozen=True)
class RunValues:
    """What references of one task may name.

    Attributes:
        fixed: Values by their whole reference, such as `job.run_id`.
        start: The start of the run.
        parameters: Job parameters.
        task_values: The task values of the run: task → key → value.
        item: The element of a `for_each_task`; null outside one.
    """

    fixed: Mapping[str, object]
    start: dt.datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    task_values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    item: Any = None


def resolve[V](value: V, values: RunValues) -> V:
    """Return `value` with the references in all its texts replaced.

    Raises:
        ApiError: Raised when a reference has no value or is not supported.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _text(_lookup(match[1], values)), value)  # type: ignore[return-value]  # str is V here
    if isinstance(value, dict):
        return {name: resolve(inner, values) for name, inner in value.items()}  # type: ignore[return-value]  # dict is V here
    if isinstance(value, list):
        return [resolve(inner, values) for inner in value]  # type: ignore[return-value]  # list is V here
    return value


def _lookup(reference: str, values: RunValues) -> object:
    if reference in values.fixed:
        return values.fixed[reference]
    match reference.split("."):
        case ["job", "parameters", *name]:
            return _entry(values.parameters, ".".join(name), reference)
        case ["job", "start_time", part] if part in _TIMES:
            return _TIMES[part](values.start)
        case ["tasks", task, "values", *key]:
            return _entry(values.task_values.get(task, {}), ".".join(key), reference)
        case ["input"] if values.item is not None:
            return values.item
        case ["input", *key] if isinstance(values.item, dict):
            return _entry(values.item, ".".join(key), reference)
    raise invalid(
        f"The reference {{{{{reference}}}}} has no value in this task. The local workspace "
        f"supports {_SUPPORTED}."
    )


def _entry(mapping: Mapping[str, Any], name: str, reference: str) -> object:
    if name not in mapping:
        raise invalid(
            f"The reference {{{{{reference}}}}} has no value; known: "
            f"{', '.join(sorted(mapping)) or 'none'}."
        )
    return mapping[name]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
