"""Test processes that run at the same time do not disturb each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from local.supervisor.ports import free_port
from tests.support.parallel import in_balanced_order, ports_of_worker


def test_two_workers_never_choose_the_same_port() -> None:
    first, second = (
        set(ports_of_worker({"PYTEST_XDIST_WORKER": name, "PYTEST_XDIST_WORKER_COUNT": "2"}))
        for name in ("gw0", "gw1")
    )

    assert first.isdisjoint(second)
    assert min(len(first), len(second)) > 1_000


def test_one_process_never_gets_the_same_port_twice() -> None:
    ports = [free_port() for _ in range(50)]

    assert len(set(ports)) == 50


def test_files_of_busy_and_of_waiting_tests_alternate() -> None:
    ids = [
        "tests/unit/test_a.py::test_1",
        "tests/spark/test_b.py::test_1",
        "tests/contract/test_c.py::test_1",
        "tests/end_to_end/test_d.py::test_1",
        "tests/spark/test_b.py::test_2",
    ]
    items = [cast("pytest.Item", SimpleNamespace(nodeid=nodeid)) for nodeid in ids]

    assert [item.nodeid for item in in_balanced_order(items)] == [
        "tests/end_to_end/test_d.py::test_1",
        "tests/contract/test_c.py::test_1",
        "tests/spark/test_b.py::test_1",
        "tests/spark/test_b.py::test_2",
        "tests/unit/test_a.py::test_1",
    ]
