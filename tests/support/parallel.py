"""Ports and order of tests for several test processes (`pytest -n`) on one machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from local.supervisor import ports

__all__ = ["ports_of_worker", "slowest_first", "use_own_ports"]

_SLOWEST_FIRST = ("end_to_end", "contract", "spark", "unit")


def ports_of_worker(variables: Mapping[str, str]) -> range:
    """Return the ports that this process may choose: those of two workers never overlap."""
    number = int(variables.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(variables.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return ports.CANDIDATES[number::workers]


def use_own_ports() -> None:
    """Choose the ports of this process from its own share only."""
    ports.CANDIDATES = ports_of_worker(os.environ)


def slowest_first(items: list[pytest.Item]) -> None:
    """Move the folders with long tests to the front, so that all workers end together."""

    def rank(item: pytest.Item) -> int:
        return next(
            (at for at, name in enumerate(_SLOWEST_FIRST) if f"tests/{name}/" in item.nodeid), 0
        )

    items.sort(key=rank)
