"""Reading a micro-batch once more gives the same rows."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.api import Shard
from local.spark.pyspark_kinesis.errors import LostRecordsError, NotFoundError
from local.spark.pyspark_kinesis.position import TRIM_HORIZON
from local.spark.pyspark_kinesis.replay import Span, replay
from tests.unit.local.spark.pyspark_kinesis.conftest import options_of
from tests.unit.local.spark.pyspark_kinesis.fake_kinesis import STREAM, FakeKinesis


def numbers(
    kinesis: FakeKinesis, after: str | None, last: str, began: str | float = TRIM_HORIZON, **o: str
) -> list[str]:
    span = Span(Shard(STREAM, "shardId-0"), began, after, last)
    pages = replay(kinesis, options_of(**o), span)
    return [record.sequence_number for records in pages for record in records]


@pytest.mark.parametrize("most", ["1", "3", "10000"])
def test_what_came_later_is_left_out(most: str) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    assert numbers(kinesis, None, put[5], maxRecordsPerFetch=most) == put[:6]
    assert numbers(kinesis, put[1], put[5], maxRecordsPerFetch=most) == put[2:6]


def test_the_first_micro_batch_begins_where_the_query_began() -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 2)
    kinesis.now += 0.5
    put = kinesis.put("shardId-0", 2)
    assert numbers(kinesis, None, put[-1], began=kinesis.now) == put


@pytest.mark.parametrize(("trimmed", "after"), [(3, 0), (6, 0), (9, 0), (6, None)])
def test_records_that_are_gone_are_an_error(trimmed: int, after: int | None) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    kinesis.trim("shardId-0", trimmed)
    with pytest.raises(LostRecordsError):
        numbers(kinesis, None if after is None else put[after], put[5])


def test_what_is_left_is_read_where_that_is_allowed() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    kinesis.trim("shardId-0", 4)
    assert numbers(kinesis, put[0], put[5], failOnDataLoss="false") == put[4:6]


def test_a_shard_that_is_gone_is_an_error_unless_that_is_allowed() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 3)
    kinesis.add_shard(["shardId-0"])
    kinesis.trim("shardId-0", 3)
    with pytest.raises(NotFoundError, match="shardId-0"):
        numbers(kinesis, put[0], put[2])
    assert numbers(kinesis, put[0], put[2], failOnDataLoss="false") == []
