"""Ports and distribution of tests for several test processes (`pytest -n`) on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from xdist.scheduler import LoadScopeScheduling

from local.supervisor import ports

__all__ = [
    "SPARK_GROUP",
    "GroupScheduling",
    "group_of",
    "order_of",
    "ports_of_worker",
    "use_own_ports",
]

SPARK_GROUP = "spark"

_NEED_SPARK = (
    "tests/end_to_end/test_bad_records.py",
    "tests/end_to_end/test_killed_spark.py",
    "tests/end_to_end/test_stream",
    "tests/spark/",
    "tests/contract/airflow/test_runs.py",
    "tests/contract/bundle/test_deploy.py",
    "tests/contract/notebooks/test_notebooks.py",
    "tests/contract/workspace/test_spark_tasks.py",
    "tests/contract/workspace/test_table_pages.py",
    "tests/contract/kinesis_source/",
    "tests/contract/landing/test_reading.py",
)

_START_MANY_WORKERS = (
    "tests/contract/kinesis_source/",
    "tests/end_to_end/",
    "tests/spark/pinterest_pipeline/test_clean_stream.py",
    "tests/spark/pinterest_pipeline/test_pipeline.py",
)
_SHARE_STATES = ("tests/contract/aws/test_security.py", "tests/contract/aws/test_states.py")
"""They read the states of one run of `terraform test`."""
_DEMO = "tests/end_to_end/test_demo.py"


def ports_of_worker(variables: Mapping[str, str]) -> range:
    """Return the ports that this process may choose: those of two workers never overlap."""
    number = int(variables.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(variables.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return ports.CANDIDATES[number::workers]


def use_own_ports() -> None:
    """Restrict the ports of this process to its own share."""
    ports.CANDIDATES = ports_of_worker(os.environ)


def group_of(nodeid: str) -> str:
    """Return the group of a test: its file, or one for the files that share a server or states.

    One worker runs a group, so its tests share their servers.
    """
    if nodeid.startswith(_NEED_SPARK):
        return SPARK_GROUP
    if nodeid.startswith(_SHARE_STATES):
        return _SHARE_STATES[0]
    return nodeid.partition("::")[0]


def order_of(nodeid: str) -> int:
    """Return the rank of a test: those that need Spark first, the demo last.

    The demo has a Spark server of its own. It starts when the other worker is past the tests that
    start many Python workers, to which Spark gives 10 seconds.
    """
    if group_of(nodeid) != SPARK_GROUP:
        return 3 if nodeid.startswith(_DEMO) else 2
    return 0 if nodeid.startswith(_START_MANY_WORKERS) else 1


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # untyped library
    """Runs each group of tests in one worker, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
