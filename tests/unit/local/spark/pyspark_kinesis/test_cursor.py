"""Reading one shard: never a record twice, never one missed in silence."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.api import Shard
from local.spark.pyspark_kinesis.cursor import Cursor
from local.spark.pyspark_kinesis.errors import LostRecordsError
from local.spark.pyspark_kinesis.offsets import Progress
from local.spark.pyspark_kinesis.pace import Pace
from local.spark.pyspark_kinesis.position import TRIM_HORIZON
from local.spark.pyspark_kinesis.records import Page
from tests.unit.local.spark.pyspark_kinesis.fake_kinesis import STREAM, FakeKinesis

HOUR = 3600


def cursor_of(
    kinesis: FakeKinesis,
    began: str | float = TRIM_HORIZON,
    last: str | None = None,
    *,
    tip: int | None = None,
    fail: bool = True,
) -> Cursor:
    return Cursor(
        kinesis,
        Shard(STREAM, "shardId-0"),
        began,
        Progress(last, tip=tip),
        pace=Pace(0, None),
        fail_on_data_loss=fail,
        clock=lambda: kinesis.now,
    )


def numbers(page: Page) -> list[str]:
    return [record.sequence_number for record in page.records]


def test_pages_follow_each_other_on_one_iterator() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    cursor = cursor_of(kinesis)
    assert numbers(cursor.read(3)) + numbers(cursor.read(3)) == put
    assert cursor.progress == Progress(put[-1])
    assert kinesis.calls["iterator"] == 1


@pytest.mark.parametrize("limit", [1, 2, 10_000])
def test_it_goes_on_after_the_last_record_read(limit: int) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    cursor = cursor_of(kinesis, last=put[1])
    pages = [numbers(cursor.read(limit)) for _ in range(4)]
    assert [number for page in pages for number in page] == put[2:]
    assert max(len(page) for page in pages) <= limit


def test_an_expired_iterator_is_replaced_where_it_stood() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 4)
    cursor = cursor_of(kinesis)
    first = numbers(cursor.read(2))
    kinesis.expire()
    assert first + numbers(cursor.read(10)) == put
    assert cursor.gaps == 0


def test_an_iterator_that_expires_before_the_first_record_begins_anew() -> None:
    kinesis = FakeKinesis()
    cursor = cursor_of(kinesis)
    assert numbers(cursor.read(10)) == []
    kinesis.expire()
    put = kinesis.put("shardId-0", 2)
    assert numbers(cursor.read(10)) == put


def test_it_begins_at_a_moment() -> None:
    kinesis = FakeKinesis()
    kinesis.now = 1_000.2
    kinesis.put("shardId-0", 2)
    kinesis.now = 1_000.4
    put = kinesis.put("shardId-0", 2)
    assert numbers(cursor_of(kinesis, began=1_000.3).read(10)) == put


def test_a_closed_shard_is_done_with_its_last_record() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 3)
    kinesis.add_shard(["shardId-0"])
    cursor = cursor_of(kinesis)
    assert not cursor.progress.done
    assert numbers(cursor.read(10)) == put
    assert cursor.progress == Progress(put[-1], done=True)
    assert numbers(cursor.read(10)) == []


def test_records_that_are_gone_are_an_error_that_names_them() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    kinesis.trim("shardId-0", 3)
    said = f"stream pins, shard shardId-0; those after {put[0]} and before {put[3]} may be gone"
    with pytest.raises(LostRecordsError, match=said):
        cursor_of(kinesis, last=put[0]).read(10)


def test_a_gap_is_counted_where_that_is_allowed() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    kinesis.trim("shardId-0", 3)
    cursor = cursor_of(kinesis, last=put[0], fail=False)
    assert numbers(cursor.read(10)) == put[3:]
    assert cursor.gaps == 1


def test_a_last_record_that_is_still_there_is_no_gap() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    kinesis.trim("shardId-0", 2)
    assert numbers(cursor_of(kinesis, last=put[2]).read(10)) == put[3:]


def test_what_came_since_a_shard_was_read_to_its_tip_cannot_be_gone_within_a_day() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0")[0]
    tip = int(kinesis.now)
    kinesis.now += 23 * HOUR
    kinesis.trim("shardId-0", 1)
    put = kinesis.put("shardId-0", 2)
    assert numbers(cursor_of(kinesis, last=last, tip=tip).read(10)) == put


def test_after_a_day_it_can() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0")[0]
    tip = int(kinesis.now)
    kinesis.now += 25 * HOUR
    kinesis.trim("shardId-0", 1)
    kinesis.put("shardId-0", 2)
    with pytest.raises(LostRecordsError):
        cursor_of(kinesis, last=last, tip=tip).read(10)


def test_an_empty_shard_hides_no_gap() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0", 2)[0]
    kinesis.trim("shardId-0", 2)
    cursor = cursor_of(kinesis, last=last)
    assert numbers(cursor.read(10)) == []  # the record that has gone unread leaves no trace yet
    kinesis.put("shardId-0")
    with pytest.raises(LostRecordsError):
        cursor.read(10)


def test_it_notes_when_it_was_at_the_tip() -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    cursor = cursor_of(kinesis)
    cursor.read(2)
    assert cursor.progress.tip is None
    kinesis.now += 5
    cursor.read(2)
    assert cursor.progress.tip == int(kinesis.now)
