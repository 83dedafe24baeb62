"""The store on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.workspace.store import RunFilter, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.db")
    yield store
    store.close()


def put_run(store: Store, run_id: int, *, active: bool = False, token: str | None = None) -> None:
    tasks = [{"run_id": run_id + 100}]
    run = {"run_id": run_id, "job_id": run_id % 2, "start_time": run_id * 10, "tasks": tasks}
    store.put_run(run_id, active=active, token=token, body={"run": run, "iterations": []})


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
    assert store.delete("jobs", "c")
    assert not store.delete("jobs", "c")
    assert store.all("jobs") == {"b": {"key": "b"}, "a": {"key": "changed"}}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RunFilter(), [4, 3, 2, 1]),
        (RunFilter(job_id=1), [3, 1]),
        (RunFilter(active=True), [4]),
        (RunFilter(active=False, limit=2), [3, 2]),
        (RunFilter(before=3), [2, 1]),
        (RunFilter(start_from=20, start_to=30), [3, 2]),
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
    store.delete_run(1)
    assert store.run(101) is None


def test_a_failed_change_changes_nothing(store: Store) -> None:
    with pytest.raises(KeyError, match="run_id"):
        store.put_run(
            1,
            active=False,
            token=None,
            body={"run": {"start_time": 1, "tasks": [{}]}, "iterations": []},
        )
    assert store.run(1) is None
