"""Records that expire before a query has read them: an error, and no false alarm."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.errors import LostRecordsError
from local.spark.pyspark_kinesis.offsets import Offset
from local.spark.pyspark_kinesis.options import TRIM_HORIZON
from local.spark.pyspark_kinesis.prefetch import UNLIMITED, Limits
from tests.support.fake_kinesis import FakeKinesis, fetched
from tests.unit.local.spark.pyspark_kinesis.conftest import PlannerOf

BEGIN = Offset(TRIM_HORIZON)


@pytest.mark.parametrize(("hours", "lost"), [(23, False), (25, True)])
def test_a_child_whose_first_records_have_expired_is_an_error(
    planner_of: PlannerOf, hours: int, lost: bool
) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    child = kinesis.add_shard(["shardId-0"])
    end = planner_of(kinesis).next_offset(BEGIN, UNLIMITED)
    put = kinesis.put(child, 3)
    kinesis.now += hours * 3600
    if lost:
        kinesis.trim("shardId-0", 3)
        kinesis.trim(child, 1)
    planner = planner_of(kinesis)
    if lost:
        with pytest.raises(LostRecordsError, match=f"shard {child}; those from the shard's first"):
            planner.next_offset(end, UNLIMITED)
    else:
        assert fetched(planner, planner.next_offset(end, UNLIMITED)) == {child: put}


def test_a_child_that_expired_before_it_was_seen_is_an_error(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    child = kinesis.add_shard(["shardId-0"])
    end = planner_of(kinesis).next_offset(BEGIN, UNLIMITED)
    kinesis.put(child, 3)
    kinesis.now += 25 * 3600
    grandchild = kinesis.add_shard([child])
    put = kinesis.put(grandchild, 1)
    kinesis.trim("shardId-0", 3)
    kinesis.trim(child, 3)
    with pytest.raises(LostRecordsError):
        planner_of(kinesis).next_offset(end, UNLIMITED)
    planner = planner_of(kinesis, failOnDataLoss="false")
    end = planner.next_offset(end, UNLIMITED)
    assert fetched(planner, end) == {grandchild: put}


def test_a_new_query_begins_anywhere(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    child = kinesis.add_shard(["shardId-0"])
    put = kinesis.put(child, 3)
    kinesis.trim("shardId-0", 3)
    planner = planner_of(kinesis)
    assert fetched(planner, planner.next_offset(BEGIN, UNLIMITED)) == {child: put}


def test_records_of_an_empty_shard_that_expired_are_an_error(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.now = 1_000_000.0
    end = planner_of(kinesis).next_offset(BEGIN, UNLIMITED)
    kinesis.put("shardId-0", 3)
    kinesis.now += 25 * 3600
    kinesis.trim("shardId-0", 2)
    with pytest.raises(LostRecordsError):
        planner_of(kinesis).next_offset(Offset.from_json(end.to_json()), UNLIMITED)


def test_a_deleted_closed_shard_is_removed_from_the_offset(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    child = kinesis.add_shard(["shardId-0"])
    planner = planner_of(kinesis)
    end = planner.next_offset(BEGIN, UNLIMITED)
    assert end.progress("pins/shardId-0").done
    kinesis.trim("shardId-0", 3)
    kinesis.put(child, 1)
    end = planner.next_offset(end, UNLIMITED)
    assert list(end.shards) == [f"pins/{child}"]
    assert end.gaps == 0


def test_a_shard_that_is_deleted_before_its_end_is_an_error(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 3)
    end = planner_of(kinesis).next_offset(BEGIN, Limits(records=2))
    kinesis.add_shard(["shardId-0"])
    kinesis.trim("shardId-0", 3)
    with pytest.raises(LostRecordsError, match=f"shard shardId-0; those after {put[1]} and"):
        planner_of(kinesis).next_offset(end, UNLIMITED)


def test_allowed_gaps_are_counted_in_the_offset(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis(2)
    kinesis.put("shardId-0", 5)
    put = kinesis.put("shardId-1", 5)
    end = planner_of(kinesis).next_offset(BEGIN, Limits(records=4))
    kinesis.now += 25 * 3600
    kinesis.add_shard(["shardId-0"])
    kinesis.trim("shardId-0", 5)
    kinesis.trim("shardId-1", 4)
    planner = planner_of(kinesis, failOnDataLoss="false")
    end = planner.next_offset(end, UNLIMITED)
    assert end.gaps == 2
    assert fetched(planner, end) == {"shardId-1": put[4:]}
    assert Offset.from_json(end.to_json()) == end


def test_a_quiet_stream_has_an_empty_micro_batch_once_an_hour(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0")
    end = planner_of(kinesis).next_offset(BEGIN, UNLIMITED)
    for _ in range(30):  # runs of a scheduled query, an hour apart
        planner = planner_of(kinesis)
        assert planner.next_offset(end, UNLIMITED) is end
        kinesis.now += 3601
        end = planner.next_offset(end, UNLIMITED)
        assert fetched(planner, end) == {}
    assert end.progress("pins/shardId-0").last == last[0]
    kinesis.trim("shardId-0", 1)
    put = kinesis.put("shardId-0")
    planner = planner_of(kinesis)
    end = planner.next_offset(Offset.from_json(end.to_json()), UNLIMITED)
    assert fetched(planner, end) == {"shardId-0": put}


def test_a_stream_that_is_no_longer_read_is_no_gap(planner_of: PlannerOf) -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 1)
    end = planner_of(kinesis).next_offset(BEGIN, UNLIMITED)
    other = planner_of(kinesis, streamName="others").next_offset(end, UNLIMITED)
    assert (other.shards, other.gaps) == ({}, 0)
