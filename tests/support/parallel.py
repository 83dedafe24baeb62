"""Ports and distribution of tests for several test processes (`pytest -n`) on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from xdist.scheduler import LoadScopeScheduling

from local.supervisor import ports

__all__ = ["SPARK_GROUP", "GroupScheduling", "group_of", "ports_of_worker", "use_own_ports"]

SPARK_GROUP = "spark"

_NEED_SPARK = (
    "tests/end_to_end/",
    "tests/spark/",
    "tests/contract/notebooks/",
    "tests/contract/kinesis_source/",
    "tests/contract/landing/test_reading.py",
)


def ports_of_worker(variables: Mapping[str, str]) -> range:
    """Return the ports that this process may choose: those of two workers never overlap."""
    number = int(variables.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(variables.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return ports.CANDIDATES[number::workers]


def use_own_ports() -> None:
    """Restrict the ports of this process to its own share."""
    ports.CANDIDATES = ports_of_worker(os.environ)


def group_of(nodeid: str) -> str:
    """Return the group of a test: one for all tests that need Spark, one per file for the others.

    One worker runs a group, so there is one Spark server. Two at a time would exceed the 10
    seconds that Spark gives a Python worker to start.
    """
    return SPARK_GROUP if nodeid.startswith(_NEED_SPARK) else nodeid.partition("::")[0]


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped library
    """Runs each group of tests in one worker, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
