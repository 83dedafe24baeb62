"""The store on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.workspace.errors import ApiError
from local.workspace.store import RunFilter, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.db")
    yield store
    store.close()


def put_run(store: Store, run_id: int, *, active: bool = False, token: str | None = None) -> None:
    tasks = [{"run_id": run_id + 100}]
    end_time = 0 if active else run_id * 10
    run = {"run_id": run_id, "job_id": run_id % 2, "end_time": end_time, "tasks": tasks}
    store.put_run({"run": run, "iterations": []}, token)


def run_ids(store: Store, wanted: RunFilter) -> list[int]:
    return [body["run"]["run_id"] for body in store.runs(wanted)]


def test_documents_and_ids_survive_a_second_opening(store: Store, tmp_path: Path) -> None:
    store.put("jobs", 1, {"name": "ü"})
    first = store.next_id()
    reopened = Store(tmp_path / "store.db")  # the first one was not closed, as after kill -9
    assert reopened.get("jobs", 1) == {"name": "ü"}
    assert reopened.next_id() == first + 1
    reopened.close()


def test_documents_are_listed_in_the_order_of_their_creation(store: Store) -> None:
    for key in ("b", "a", "c"):
        store.put("jobs", key, {"key": key})
    store.put("jobs", "a", {"key": "changed"})
    store.delete("jobs", "c")
    store.delete("jobs", "c")
    assert store.all("jobs") == {"b": {"key": "b"}, "a": {"key": "changed"}}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RunFilter(), [4, 3, 2, 1]),
        (RunFilter(job_id=1), [3, 1]),
        (RunFilter(active=True), [4]),
        (RunFilter(active=False, limit=2), [3, 2]),
        (RunFilter(before=3), [2, 1]),
    ],
)
def test_runs_are_filtered_newest_first(
    store: Store, wanted: RunFilter, expected: list[int]
) -> None:
    for run_id in (1, 2, 3, 4):
        put_run(store, run_id, active=run_id == 4)
    assert run_ids(store, wanted) == expected


def test_a_run_is_found_by_the_id_of_its_task_and_by_its_token(store: Store) -> None:
    put_run(store, 1, token="once")
    by_task, by_token = store.run(101), store.run_with_token("once")
    assert by_task == by_token == store.run(1)
    with pytest.raises(ApiError, match="Run 102 does not exist"):
        store.run(102)


def test_a_missing_document_is_named(store: Store) -> None:
    with pytest.raises(ApiError, match="Job 7 does not exist"):
        store.find("jobs", 7)


def test_a_run_that_is_written_again_keeps_its_token(store: Store) -> None:
    put_run(store, 1, active=True, token="once")
    put_run(store, 1)
    assert store.run_with_token("once") == store.run(1)


def test_a_failed_change_changes_nothing(store: Store) -> None:
    run = {"run_id": 1, "job_id": 1, "end_time": 0, "tasks": [{}]}
    with pytest.raises(KeyError, match="run_id"):
        store.put_run({"run": run, "iterations": []})
    assert store.runs(RunFilter()) == []
