"""A planner over a Kinesis in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Protocol

import pytest

from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.options import Options
from local.spark.pyspark_kinesis.planner import Planner
from local.spark.pyspark_kinesis.spool import Spool, kept
from tests.unit.local.spark.pyspark_kinesis.fake_kinesis import STREAM, FakeKinesis


class PlannerOf(Protocol):
    """Make a planner of `kinesis`; more options than the stream and its beginning may be given."""

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
                wall_clock=lambda: kinesis.now,
            )
            return planners.enter_context(closing(planner))

        yield make


def options_of(**options: str) -> Options:
    """Return options that read a whole stream, without waiting between calls."""
    common = {"streamName": STREAM, "initialPosition": "earliest", "minFetchPeriod": "0s"}
    return Options.of(common | {"shardFetchInterval": "0s"} | options)


def fetched(planner: Planner, end: Offset) -> dict[str, list[str]]:
    """Return the sequence numbers that were kept of the micro-batch that ends at `end`."""
    found = {}
    for key, path in planner.files(end).items():
        batches = kept(str(path))
        assert batches is not None
        numbers = [n for batch in batches for n in batch.column("sequenceNumber").to_pylist()]
        found[key.split("/")[1]] = numbers
    return found
