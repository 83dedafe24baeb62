"""A short chaos run: no acknowledged record is lost or duplicated, and no older version stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.spark.session import connect
from pinterest_pipeline.errors import CleaningError
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.chaos.environment import KINDS, ChaosEnvironment, chaos_environment
from tests.chaos.ledger import check
from tests.chaos.run import ChaosRun, found
from tests.chaos.schedule import schedule
from tests.support.blocking_tables import AppendingTables, ForgettingTables

SEED = 7
SECONDS = 60.0

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def environment() -> Iterator[ChaosEnvironment]:
    with chaos_environment() as environment:
        yield environment


@pytest.fixture(scope="module")
def run(environment: ChaosEnvironment) -> ChaosRun:
    return ChaosRun(environment, SEED, rate=20)


def test_every_acknowledged_record_is_in_the_tables_once(run: ChaosRun) -> None:
    result = run.run(schedule(SEED, SECONDS, KINDS), SECONDS, on_fault=lambda _: None)

    assert all(verdict.acknowledged > 500 for verdict in result.verdicts.values())
    assert result.passed, result
