"""Test processes that run at the same time do not disturb each other."""

from __future__ import annotations

import pytest

from local.supervisor import ports
from local.supervisor.ports import free_port
from tests.support.parallel import group_of, ports_of_worker


def test_two_workers_never_choose_the_same_port() -> None:
    first, second = (
        set(ports_of_worker({"PYTEST_XDIST_WORKER": name, "PYTEST_XDIST_WORKER_COUNT": "2"}))
        for name in ("gw0", "gw1")
    )

    assert first.isdisjoint(second)
    assert min(len(first), len(second)) > 1_000


def test_a_process_chooses_only_its_own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "CANDIDATES", own := range(31_001, 32_000, 7))

    assert all(free_port() in own for _ in range(20))


def test_one_process_never_gets_the_same_port_twice() -> None:
    chosen = [free_port() for _ in range(50)]

    assert len(set(chosen)) == 50


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/spark/test_b.py::test_1", "spark"),
        ("tests/end_to_end/test_streams.py::test_1[x]", "spark"),
        ("tests/end_to_end/test_demo.py::test_1", "tests/end_to_end/test_demo.py"),
        ("tests/contract/kafka_rest/test_c.py::test_1", "tests/contract/kafka_rest/test_c.py"),
        ("tests/unit/test_a.py::test_1", "tests/unit/test_a.py"),
        ("tests/contract/aws/test_states.py::test_1", "tests/contract/aws/test_security.py"),
    ],
)
def test_tests_that_share_something_expensive_are_one_group(nodeid: str, group: str) -> None:
    assert group_of(nodeid) == group
