"""The databases that the tests of sources read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.databases import MariaDB, PostgreSQL, running


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    with running(MariaDB) as database:
        yield database


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with running(PostgreSQL) as database:
        yield database
