"""Ports and order of tests for several test processes (`pytest -n`) on one machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, zip_longest

import pytest

from local.supervisor import ports

__all__ = ["in_balanced_order", "ports_of_worker", "use_own_ports"]

_BUSY = ("tests/end_to_end/", "tests/spark/")
"""Folders of tests that need the processor most of the time, the longest first."""
_WAITING = ("tests/contract/", "")
"""The other tests wait for services much of the time, or are short."""


def ports_of_worker(variables: Mapping[str, str]) -> range:
    """Return the ports that this process may choose: those of two workers never overlap."""
    number = int(variables.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(variables.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return ports.CANDIDATES[number::workers]


def use_own_ports() -> None:
    """Restrict the ports of this process to its own share."""
    ports.CANDIDATES = ports_of_worker(os.environ)


def in_balanced_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests by file, the long ones first, so that all workers end together.

    Files of busy and of waiting tests alternate. Two busy ones at a time would be slow.
    """
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
    busy = _files_in(_BUSY, by_file)
    waiting = [file for file in _files_in(_WAITING, by_file) if file not in busy]
    alternating = [file for pair in zip_longest(busy, waiting) for file in pair if file]
    return list(chain.from_iterable(by_file[file] for file in alternating))


def _files_in(folders: Sequence[str], files: Iterable[str]) -> list[str]:
    ordered = [file for folder in folders for file in files if file.startswith(folder)]
    return list(dict.fromkeys(ordered))
