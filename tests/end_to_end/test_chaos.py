"""A short chaos run: no acknowledged record is lost or duplicated, and no older version stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pyspark import cloudpickle
from pyspark.sql import DataFrame

from local.spark.session import connect
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.chaos import clocks, network
from tests.chaos.environment import KINDS, ChaosEnvironment, chaos_environment
from tests.chaos.run import ChaosRun
from tests.chaos.schedule import schedule
from tests.support.blocking_tables import AppendingTables

SEED = 243_232
"""It has every sort of fault within these seconds."""
SECONDS = 40.0
FAULTS = schedule(SEED, SECONDS, {**KINDS, **clocks.KINDS})

pytestmark = pytest.mark.timeout(1800)
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]  # untyped


@dataclass(frozen=True)
class ForgettingTables(Tables):
    """Writers that forget clean rows, as if the offsets were committed before the rows."""

    def merge_clean(
        self, rows: DataFrame, table: str, ind_range: tuple[int, int] | None = None
    ) -> bool:
        return table != "geo" and super().merge_clean(rows, table, ind_range)


@pytest.fixture(scope="module")
def environment() -> Iterator[ChaosEnvironment]:
    with chaos_environment(with_clocks=True) as environment:
        yield environment


@pytest.fixture(scope="module")
def run(environment: ChaosEnvironment) -> ChaosRun:
    """Give a run that has ended, so that everything has landed."""
    run = ChaosRun(environment, SEED, rate=20)
    run.inject(FAULTS, SECONDS, on_fault=lambda _: None)
    run.drain()
    return run


def test_every_acknowledged_record_is_in_the_tables_once(run: ChaosRun) -> None:
    kinds = {fault.kind for fault in FAULTS}
    assert len(kinds & network.KINDS.keys()) >= 4
    assert {"kinesis refuses some", "s3 fails reads"} <= kinds
    assert {"kill", "pause", "stop", "clock -8 days"} <= kinds
    result = run.check()
    assert all(verdict.acknowledged > 500 for verdict in result.verdicts.values())
    assert not result.errors, result
    assert result.optimized > 0


@pytest.mark.parametrize(
    ("tables", "runs", "wrong"),
    [(AppendingTables, 2, "duplicates"), (ForgettingTables, 1, "unseen")],
    ids=["plain appends", "offsets committed early"],
)
def test_a_broken_writer_is_found(
    environment: ChaosEnvironment, run: ChaosRun, tables: type[Tables], runs: int, wrong: str
) -> None:
    """The control: each run cleans the landing from its beginning, as after a lost checkpoint."""
    settings = environment.settings
    broken = tables(settings.catalog, f"broken_{wrong}")
    spark = connect(settings, environment.secrets)
    for number in range(runs):
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=f"{settings.checkpoints_path}/broken/{number}",
            user_id=settings.user_id,
            tables=broken,
        )
    verdict = run.verdict_of_batch(spark, broken)
    spark.stop()
    assert getattr(verdict, wrong) > 100
    assert not verdict.passed
