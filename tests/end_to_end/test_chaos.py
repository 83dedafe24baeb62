"""A short chaos run: no acknowledged record is lost or duplicated, and no older version stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.environment import KINDS, ChaosEnvironment, chaos_environment
from tests.chaos.run import ChaosRun
from tests.chaos.schedule import schedule

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
