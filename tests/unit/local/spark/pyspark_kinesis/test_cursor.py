"""Reading one shard: never a record twice, and no lost record without an error."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.client import Page, Shard
from local.spark.pyspark_kinesis.cursor import Cursor, RateLimiter, ShardRange, replay
from local.spark.pyspark_kinesis.errors import LostRecordsError, NotFoundError
from local.spark.pyspark_kinesis.offsets import Progress
from local.spark.pyspark_kinesis.options import TRIM_HORIZON
from tests.support.fake_kinesis import STREAM, FakeKinesis, options_of

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
        options=options_of(failOnDataLoss=str(fail)),
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
def test_reading_continues_after_the_last_record_read(limit: int) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    cursor = cursor_of(kinesis, last=put[1])
    pages = [numbers(cursor.read(limit)) for _ in range(4)]
    assert [number for page in pages for number in page] == put[2:]
    assert max(len(page) for page in pages) <= limit


def test_an_expired_iterator_is_replaced_at_its_position() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 4)
    cursor = cursor_of(kinesis)
    first = numbers(cursor.read(2))
    kinesis.expire()
    assert first + numbers(cursor.read(10)) == put
    assert cursor.gaps == 0


def test_an_iterator_that_expires_before_the_first_record_is_replaced() -> None:
    kinesis = FakeKinesis()
    cursor = cursor_of(kinesis)
    assert numbers(cursor.read(10)) == []
    kinesis.expire()
    put = kinesis.put("shardId-0", 2)
    assert numbers(cursor.read(10)) == put


def test_reading_starts_at_a_moment() -> None:
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


def test_lost_records_raise_an_error_that_names_them_or_are_counted_as_a_gap() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    kinesis.trim("shardId-0", 3)
    message = f"stream pins, shard shardId-0; those after {put[0]} and before {put[3]} may be lost"
    with pytest.raises(LostRecordsError, match=message):
        cursor_of(kinesis, last=put[0]).read(10)
    tolerant = cursor_of(kinesis, last=put[0], fail=False)
    assert numbers(tolerant.read(10)) == put[3:]
    assert tolerant.gaps == 1


def test_deleting_only_earlier_records_is_no_gap() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 5)
    kinesis.trim("shardId-0", 2)
    assert numbers(cursor_of(kinesis, last=put[2]).read(10)) == put[3:]


def test_within_a_day_of_reading_to_the_tip_no_record_can_be_lost() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0")[0]
    tip = int(kinesis.now)
    kinesis.now += 23 * HOUR
    kinesis.trim("shardId-0", 1)
    put = kinesis.put("shardId-0", 2)
    assert numbers(cursor_of(kinesis, last=last, tip=tip).read(10)) == put


def test_a_day_after_reading_to_the_tip_records_may_be_lost() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0")[0]
    tip = int(kinesis.now)
    kinesis.now += 25 * HOUR
    kinesis.trim("shardId-0", 1)
    kinesis.put("shardId-0", 2)
    with pytest.raises(LostRecordsError):
        cursor_of(kinesis, last=last, tip=tip).read(10)


@pytest.mark.parametrize(("retention_hours", "complete"), [(24, False), (168, True)])
def test_the_first_records_of_a_shard_are_complete_within_the_retention(
    retention_hours: int, complete: bool
) -> None:
    kinesis = FakeKinesis()
    kinesis.retention_hours = retention_hours
    tip = int(kinesis.now)
    kinesis.now += 25 * HOUR
    put = kinesis.put("shardId-0", 2)
    cursor = cursor_of(kinesis, tip=tip)
    if complete:
        assert numbers(cursor.read(10)) == put
    else:
        with pytest.raises(LostRecordsError, match="from the shard's first record on"):
            cursor.read(10)


def test_an_empty_shard_hides_no_gap() -> None:
    kinesis = FakeKinesis()
    last = kinesis.put("shardId-0", 2)[0]
    kinesis.trim("shardId-0", 2)
    cursor = cursor_of(kinesis, last=last)
    assert numbers(cursor.read(10)) == []  # the deleted unread record leaves no trace yet
    kinesis.put("shardId-0")
    with pytest.raises(LostRecordsError):
        cursor.read(10)


def test_progress_holds_up_to_when_all_records_have_been_read() -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 3)
    cursor = cursor_of(kinesis)
    put_at = int(kinesis.now)
    kinesis.now += 5
    cursor.read(2)
    assert cursor.progress.tip == put_at
    cursor.read(2)
    assert cursor.progress.tip == put_at + 5


def replayed(
    kinesis: FakeKinesis,
    after: str | None,
    last: str,
    began: str | float = TRIM_HORIZON,
    **options: str,
) -> list[str]:
    records = ShardRange(Shard(STREAM, "shardId-0"), began, after, last)
    pages = replay(kinesis, options_of(**options), records)
    return [record.sequence_number for page in pages for record in page]


@pytest.mark.parametrize("max_per_call", ["1", "3", "10000"])
def test_a_replay_omits_later_records(max_per_call: str) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    assert replayed(kinesis, None, put[5], maxRecordsPerFetch=max_per_call) == put[:6]
    assert replayed(kinesis, put[1], put[5], maxRecordsPerFetch=max_per_call) == put[2:6]


def test_a_replay_of_the_first_micro_batch_starts_where_the_query_began() -> None:
    kinesis = FakeKinesis()
    kinesis.put("shardId-0", 2)
    kinesis.now += 0.5
    put = kinesis.put("shardId-0", 2)
    assert replayed(kinesis, None, put[-1], began=kinesis.now) == put


@pytest.mark.parametrize(("trimmed", "after"), [(3, 0), (6, 0), (9, 0), (6, None)])
def test_a_replay_of_lost_records_is_an_error(trimmed: int, after: int | None) -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    kinesis.trim("shardId-0", trimmed)
    with pytest.raises(LostRecordsError):
        replayed(kinesis, None if after is None else put[after], put[5])


def test_a_replay_reads_the_remaining_records_where_that_is_allowed() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 9)
    kinesis.trim("shardId-0", 4)
    assert replayed(kinesis, put[0], put[5], failOnDataLoss="false") == put[4:6]


def test_a_replay_of_a_deleted_shard_is_an_error_unless_that_is_allowed() -> None:
    kinesis = FakeKinesis()
    put = kinesis.put("shardId-0", 3)
    kinesis.add_shard(["shardId-0"])
    kinesis.trim("shardId-0", 3)
    with pytest.raises(NotFoundError, match="shardId-0"):
        replayed(kinesis, put[0], put[2])
    assert replayed(kinesis, put[0], put[2], failOnDataLoss="false") == []


class Clock:
    """A clock that only advances by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("megabytes", "size", "seconds"),
    [(None, 9_000_000, 0.2), (2.0, 100, 0.2), (2.0, 1_000_000, 0.5)],
)
def test_the_next_call_waits_for_the_period_and_for_the_rate(
    megabytes: float | None, size: int, seconds: float
) -> None:
    clock = Clock()
    limiter = RateLimiter(0.2, megabytes, sleep=clock.sleep, clock=lambda: clock.now)
    limiter.wait()
    assert clock.now == 100.0  # the first call does not wait
    limiter.note_size(size)
    limiter.wait()
    assert clock.now == pytest.approx(100.0 + seconds)


def test_a_late_call_does_not_wait() -> None:
    clock = Clock()
    limiter = RateLimiter(0.2, None, sleep=clock.sleep, clock=lambda: clock.now)
    limiter.wait()
    limiter.note_size(1)
    clock.now += 5
    limiter.wait()
    assert clock.now == 105.0
