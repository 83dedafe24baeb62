"""Task values follow Databricks' rules, in a job and outside a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.notebook.runtime.environment import Task
from local.notebook.runtime.task_values import TaskValues


def values(folder: Path, task_key: str) -> TaskValues:
    return TaskValues(Task(key=task_key, values=folder / "values.json"))


def test_a_task_reads_the_value_of_another_task(tmp_path: Path) -> None:
    values(tmp_path, "clean").set("rows", {"pin": 3})
    assert values(tmp_path, "answer").get("clean", "rows") == {"pin": 3}


def test_values_of_two_tasks_do_not_mix(tmp_path: Path) -> None:
    values(tmp_path, "a").set("rows", 1)
    values(tmp_path, "b").set("rows", 2)
    assert values(tmp_path, "c").get("a", "rows") == 1


def test_a_missing_value_falls_back_to_the_default(tmp_path: Path) -> None:
    assert values(tmp_path, "b").get("a", "rows", default=0) == 0


def test_a_missing_value_without_default_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Task 'a' has set no value 'rows'"):
        values(tmp_path, "b").get("a", "rows", debugValue=5)


def test_outside_a_job_the_debug_value_is_returned() -> None:
    outside = TaskValues(None)
    outside.set("rows", 1)
    assert outside.get("a", "rows", default=0, debugValue=5) == 5


def test_outside_a_job_a_debug_value_is_needed() -> None:
    with pytest.raises(TypeError, match="Must pass debugValue when calling get outside of a job"):
        TaskValues(None).get("a", "rows", default=0)


def test_a_value_of_48_kib_fits(tmp_path: Path) -> None:
    values(tmp_path, "a").set("text", "x" * (48 * 1024 - 2))  # and two quotes
    assert len(values(tmp_path, "b").get("a", "text")) == 49_150


def test_a_larger_value_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has 49,153 bytes as JSON"):
        values(tmp_path, "a").set("text", "x" * (48 * 1024 - 1))


@pytest.mark.parametrize(("key", "value"), [(1, "x"), ("x", {1, 2})])
def test_a_key_is_text_and_a_value_is_json(tmp_path: Path, key: object, value: object) -> None:
    with pytest.raises(TypeError):
        values(tmp_path, "a").set(key, value)  # type: ignore[arg-type]  # rejected
