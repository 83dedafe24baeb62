"""The micro-batches of a query."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.options import TRIM_HORIZON
from local.spark.pyspark_kinesis.planner import Planner
from local.spark.pyspark_kinesis.prefetch import UNLIMITED, Limits
from tests.support.fake_kinesis import FakeKinesis, fetched
from tests.unit.local.spark.pyspark_kinesis.conftest import PlannerOf

BEGIN = Offset(TRIM_HORIZON)


def drain(planner: Planner, start: Offset, limits: Limits = UNLIMITED) -> list[list[str]]:
    """Return the shards of each micro-batch until nothing is new."""
    batches = []
    while (end := planner.next_offset(start, limits)) != start:
        batches.append(sorted(fetched(planner, end)))
        start = end
    return batches


def test_every_shard_is_read(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis(3)
    put = {f"shardId-{n}": kinesis.put(f"shardId-{n}", n + 1) for n in range(3)}
    planner = planner_of(kinesis)
    assert fetched(planner, planner.next_offset(BEGIN, UNLIMITED)) == put


def test_nothing_new_gives_the_same_offset_for_one_call_a_shard(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis(3)
    kinesis.put("shardId-0")
    planner = planner_of(kinesis, shardFetchInterval="1h")
    end = planner.next_offset(BEGIN, UNLIMITED)
    kinesis.calls.clear()
    assert planner.next_offset(end, UNLIMITED) is end
    assert kinesis.calls == {"page": 3}


@pytest.mark.parametrize("max_per_call", [1, 2, 10_000])
@pytest.mark.parametrize(
    ("waiting", "taken"),
    [([50, 50], [10, 10]), ([1, 50], [1, 19])],
    ids=["equal shares", "an unused share goes to the other shard"],
)
def test_limits_hold_and_are_shared_fairly(
    planner_of: PlannerOf, max_per_call: int, waiting: list[int], taken: list[int]
) -> None:
    kinesis = FakeKinesis(2)
    for shard, records in enumerate(waiting):
        kinesis.put(f"shardId-{shard}", records)
    planner = planner_of(kinesis, maxRecordsPerFetch=str(max_per_call))
    batch = fetched(planner, planner.next_offset(BEGIN, Limits(records=20)))
    assert [len(batch[f"shardId-{shard}"]) for shard in range(2)] == taken


def test_a_limit_below_the_number_of_shards_reaches_every_shard(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis(3)
    for shard in range(3):
        kinesis.put(f"shardId-{shard}", 2)
    batches = drain(planner_of(kinesis), BEGIN, Limits(records=1))
    assert [len(shards) for shards in batches] == [1] * 6


def test_bytes_end_a_micro_batch(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 10, b"x" * 100)
    planner = planner_of(kinesis, maxRecordsPerFetch="2")
    records = fetched(planner, planner.next_offset(BEGIN, Limits(size=300)))
    assert len(records["shardId-0"]) == 4  # the page that reaches the limit is kept whole


def test_time_ends_a_micro_batch(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 10)
    page = kinesis.page

    def slow_page(stream: str, iterator: str, limit: int) -> object:
        kinesis.now += 1
        return page(stream, iterator, limit)

    kinesis.page = slow_page  # type: ignore[method-assign,assignment]
    planner = planner_of(kinesis, maxRecordsPerFetch="1")
    records = fetched(planner, planner.next_offset(BEGIN, Limits(seconds=3)))
    assert len(records["shardId-0"]) == 3


def test_the_time_limit_is_for_all_shards_together(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis(20)
    for shard in range(20):
        kinesis.put(f"shardId-{shard}", 10)
    page = kinesis.page

    def slow_page(stream: str, iterator: str, limit: int) -> object:
        kinesis.now += 1
        return page(stream, iterator, limit)

    kinesis.page = slow_page  # type: ignore[method-assign,assignment]
    planner = planner_of(kinesis, maxRecordsPerFetch="1")
    records = fetched(planner, planner.next_offset(BEGIN, Limits(seconds=3)))
    assert len(records) == 20  # at least a page of each
    assert sum(map(len, records.values())) < 40


def test_an_empty_page_is_not_the_end(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 2)
    kinesis.empty_pages = 3
    planner = planner_of(kinesis)
    assert fetched(planner, planner.next_offset(BEGIN, UNLIMITED)) == {"shardId-0": put}


def test_latest_is_fixed_at_the_start(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 2)
    kinesis.now += 0.5
    begin = planner_of(kinesis, initialPosition="latest").initial_offset()
    kinesis.now += 60
    put = kinesis.put("shardId-0", 2)
    restarted = planner_of(kinesis, initialPosition="latest")
    assert fetched(restarted, restarted.next_offset(begin, UNLIMITED)) == {"shardId-0": put}


def test_available_now_ends_while_records_keep_arriving(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 10)
    planner = planner_of(kinesis)
    planner.stop_when_caught_up()
    end = planner.next_offset(BEGIN, UNLIMITED)
    kinesis.put("shardId-0", 10)
    assert planner.next_offset(end, UNLIMITED) == end


def test_available_now_does_not_follow_a_tip_that_it_never_reaches(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 4)
    planner = planner_of(kinesis, maxRecordsPerFetch="2")
    planner.stop_when_caught_up()
    read, end = 0, BEGIN
    for _ in range(10):
        kinesis.now += 2
        kinesis.put("shardId-0", 5)
        start, end = end, planner.next_offset(end, Limits(records=2))
        read += len(fetched(planner, end).get("shardId-0", [])) if end != start else 0
    assert 4 <= read < 20


def test_parents_are_drained_before_their_children_begin(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 25)
    left, right = (kinesis.add_shard(["shardId-0"]) for _ in range(2))
    kinesis.put(left, 5)
    kinesis.put(right, 5)
    merged = kinesis.add_shard([left, right])
    kinesis.put(merged, 5)
    batches = drain(planner_of(kinesis), BEGIN, Limits(records=10))
    assert batches == [["shardId-0"]] * 3 + [[left, right], [merged]]


def test_a_reshard_while_the_query_runs_loses_nothing(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    first = kinesis.put("shardId-0", 3)
    planner = planner_of(kinesis, shardFetchInterval="1h")
    end = planner.next_offset(BEGIN, UNLIMITED)
    assert fetched(planner, end) == {"shardId-0": first}
    child = kinesis.add_shard(["shardId-0"])
    second = kinesis.put(child, 3)
    # The parent ends without a record, so its child is read in the same micro-batch.
    assert fetched(planner, planner.next_offset(end, UNLIMITED)) == {child: second}


def test_available_now_follows_a_reshard(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    child = kinesis.add_shard(["shardId-0"])
    kinesis.put(child, 3)
    planner = planner_of(kinesis, shardFetchInterval="1h")
    planner.stop_when_caught_up()
    assert drain(planner, BEGIN) == [["shardId-0"], [child]]


def test_commit_removes_the_files(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 4)
    planner = planner_of(kinesis)
    end = planner.next_offset(BEGIN, UNLIMITED)
    (file,) = planner.files(end).values()
    assert file.exists()
    planner.commit(end)
    assert not file.exists()
    assert planner.files(end) == {}


def test_asking_for_the_next_micro_batch_removes_the_files(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 4)
    planner = planner_of(kinesis)
    end = planner.next_offset(BEGIN, UNLIMITED)
    (file,) = planner.files(end).values()
    assert planner.next_offset(end, UNLIMITED) == end
    assert not file.exists()
