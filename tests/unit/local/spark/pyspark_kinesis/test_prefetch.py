"""A backlog is fetched while Spark writes; the micro-batches are the same as without it."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import closing

import pytest

from local.spark.pyspark_kinesis.client import Page
from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.options import TRIM_HORIZON
from local.spark.pyspark_kinesis.planner import Planner
from local.spark.pyspark_kinesis.prefetch import Limits
from local.supervisor.waiting import wait_until
from tests.support.fake_kinesis import FakeKinesis, fetched
from tests.unit.local.spark.pyspark_kinesis.conftest import PlannerOf

BEGIN = Offset(TRIM_HORIZON)
TEN = Limits(records=10)


def await_pages(kinesis: FakeKinesis, pages: int) -> None:
    wait_until(lambda: kinesis.calls["page"] >= pages, seconds=10, description=f"{pages} pages")


def test_with_a_backlog_the_next_micro_batch_is_prefetched(
    planner_of: PlannerOf,
) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 20)
    planner = planner_of(kinesis)
    first = planner.next_offset(BEGIN, TEN)
    await_pages(kinesis, 2)
    kinesis.calls.clear()
    second = planner.next_offset(Offset.from_json(first.to_json()), TEN)  # as Spark gives it back
    assert fetched(planner, second) == {"shardId-0": put[10:]}
    assert kinesis.calls == Counter()


def test_at_the_tip_nothing_is_prefetched(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 10)
    planner = planner_of(kinesis)
    end = planner.next_offset(BEGIN, TEN)
    put = kinesis.put("shardId-0", 10)
    assert kinesis.calls["page"] == 1
    assert fetched(planner, planner.next_offset(end, TEN)) == {"shardId-0": put}


@pytest.mark.parametrize("again", [(BEGIN, TEN), (BEGIN, Limits(records=5))])
def test_an_unused_prefetch_is_fetched_again_when_needed(
    planner_of: PlannerOf, again: tuple[Offset, Limits]
) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 30)
    planner = planner_of(kinesis)
    planner.next_offset(BEGIN, TEN)
    await_pages(kinesis, 2)
    start, limits = again
    end = planner.next_offset(start, limits)
    limit = int(limits.records)
    assert fetched(planner, end) == {"shardId-0": put[:limit]}
    assert fetched(planner, planner.next_offset(end, TEN)) == {"shardId-0": put[limit : limit + 10]}


def test_a_failed_prefetch_is_raised_when_its_micro_batch_is_needed(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 20)
    planner = planner_of(kinesis)
    page = kinesis.page

    def second_fails(stream: str, iterator: str, limit: int) -> Page:
        if kinesis.calls["page"] == 1:
            kinesis.calls["page"] += 1
            raise ConnectionError("no answer")
        return page(stream, iterator, limit)

    kinesis.page = second_fails  # type: ignore[method-assign]
    end = planner.next_offset(BEGIN, TEN)
    assert fetched(planner, end) == {"shardId-0": put[:10]}
    await_pages(kinesis, 2)
    with pytest.raises(ConnectionError):
        planner.next_offset(end, TEN)
    assert fetched(planner, planner.next_offset(end, TEN)) == {"shardId-0": put[10:]}


def test_closing_does_not_wait_for_the_whole_prefetch(
    planner_of: PlannerOf,
) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 100)
    closed = threading.Event()
    page = kinesis.page

    def waits_for_the_close(stream: str, iterator: str, limit: int) -> Page:
        result = page(stream, iterator, limit)
        if kinesis.calls["page"] > 10:
            assert closed.wait(10)
        return result

    kinesis.page = waits_for_the_close  # type: ignore[method-assign]
    planner: Planner = planner_of(kinesis, maxRecordsPerFetch="1")
    with closing(planner):
        planner.next_offset(BEGIN, TEN)
        await_pages(kinesis, 11)
        ending = threading.Thread(target=planner.close)
        ending.start()
        wait_until(planner._closing.is_set, seconds=10, description="the close")
        closed.set()
        ending.join(10)
        assert not ending.is_alive()
    assert kinesis.calls["page"] == 11
