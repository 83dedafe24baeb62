"""A planner that reads a Kinesis in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from local.spark.pyspark_kinesis.planner import Planner
from local.spark.pyspark_kinesis.spool import Spool
from tests.support.fake_kinesis import FakeKinesis, options_of


class PlannerOf(Protocol):
    """Return a planner that reads `kinesis` with `options_of(**options)`."""

    def __call__(self, kinesis: FakeKinesis, **options: str) -> Planner: ...


@pytest.fixture
def planner_of() -> Iterator[PlannerOf]:
    with ExitStack() as planners:

        def make(kinesis: FakeKinesis, **options: str) -> Planner:
            planner = Planner(
                kinesis,
                options_of(**options),
                Spool(),
                clock=lambda: kinesis.now,
            )
            return planners.enter_context(closing(planner))

        yield make
