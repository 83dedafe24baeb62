"""Dynamic value references."""

from __future__ import annotations

import datetime as dt

import pytest

from local.workspace.errors import ApiError
from local.workspace.references import RunValues, resolve

VALUES = RunValues(
    fixed={"job.run_id": 7, "job.name": "clean"},
    start=dt.datetime(2026, 1, 31, 23, 5, 9, 250000, dt.UTC),
    parameters={"catalog": "main", "schema.name": "x"},
    task_values={"first": {"rows": 3, "names": ["a", "ü"]}},
    item={"name": "pin"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{job.run_id}}", "7"),
        ("{{ job.name }}-{{job.parameters.catalog}}", "clean-main"),
        ("{{job.parameters.schema.name}}", "x"),
        ("{{tasks.first.values.rows}}", "3"),
        ("{{tasks.first.values.names}}", '["a", "ü"]'),
        ("{{input.name}}", "pin"),
        ("{{input}}", '{"name": "pin"}'),
        ("{{job.start_time.iso_date}}", "2026-01-31"),
        ("{{job.start_time.iso_datetime}}", "2026-01-31T23:05:09.250"),
        ("{{job.start_time.is_weekday}}", "false"),
        ("{{job.start_time.timestamp_ms}}", "1769900709250"),
    ],
)
def test_a_reference_becomes_its_value(text: str, expected: str) -> None:
    assert resolve({"a": [text, 1]}, VALUES) == {"a": [expected, 1]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{job.parameters.schema}}", "no value; known: catalog, schema.name"),
        ("{{tasks.second.values.rows}}", "no value; known: none"),
        ("{{backfill.iso_date}}", "has no value in this task. The local workspace supports job.id"),
    ],
)
def test_a_reference_without_a_value_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(ApiError, match=reason):
        resolve(text, VALUES)
