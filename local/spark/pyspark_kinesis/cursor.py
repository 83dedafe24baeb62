"""Reads one shard: the next page of a running query, or a micro-batch again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .client import Kinesis, Page, Record, Shard, ShardPosition
from .errors import ExpiredIteratorError, LostRecordsError, NotFoundError
from .offsets import Progress
from .options import Options

__all__ = ["Cursor", "RateLimiter", "ShardRange", "replay"]

_LEAST_RETENTION_SECONDS = 24 * 3600
"""The shortest retention period of a stream."""
_MB = 1_000_000

_log = logging.getLogger(__name__)


class RateLimiter:
    """Waits before a call that Kinesis would throttle.

    A shard allows five calls and 2 MB per second, for all its readers together. botocore retries
    calls that are throttled nevertheless.
    """

    def __init__(
        self,
        seconds: float,
        megabytes: float | None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow one call every `seconds`, and `megabytes` per second (null: no limit)."""
        self._seconds = seconds
        self._megabytes = megabytes
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0
        self._called = 0.0

    def wait(self) -> None:
        """Return when the next call is allowed."""
        remaining = self._next - self._clock()
        if remaining > 0:
            self._sleep(remaining)
        self._called = self._clock()

    def note_size(self, size: int) -> None:
        """Note that the call returned `size` bytes."""
        needed = size / (self._megabytes * _MB) if self._megabytes else 0.0
        self._next = self._called + max(self._seconds, needed)


class Cursor:
    """Reads one shard, starting after `progress`; never the same record twice.

    A new iterator starts at the last record that was read, not after it. If that record is missing,
    records after it may be lost as well, and nothing else would show that. The same holds for the
    first record of a shard, if it is known that there was none up to some time.

    Attributes:
        progress: How far it has read.
        gaps: How many times records may have been lost before it read them.
        milliseconds_behind: Of the last page; null before the first.
    """

    def __init__(
        self,
        kinesis: Kinesis,
        shard: Shard,
        began: str | float,
        progress: Progress,
        *,
        options: Options,
    ) -> None:
        self.shard = shard
        self.progress = progress
        self.gaps = 0
        self.milliseconds_behind: int | None = None
        self._kinesis = kinesis
        self._began = began
        self._limiter = RateLimiter(options.min_fetch_period, options.max_fetch_rate)
        self._fail_on_data_loss = options.fail_on_data_loss
        self._iterator: str | None = None
        self._may_miss = False

    def read(self, limit: int) -> Page:
        """Return the next page, at most `limit` records; an empty one when the shard is done.

        The first page of an iterator omits the record that it starts at, which is already known.

        Raises:
            LostRecordsError: Raised when records may be lost, unless that is allowed.
        """
        if self.progress.done:
            return Page([], None, 0)
        fetched = self._fetch(limit)
        page = self._without_last(fetched)
        last = page.records[-1].sequence_number if page.records else self.progress.last
        self.progress = Progress(last, page.iterator is None, self._tip(fetched))
        self._iterator = page.iterator
        self.milliseconds_behind = page.milliseconds_behind
        return page

    @property
    def is_at_end(self) -> bool:
        """Whether it has read everything that is in the shard now."""
        return self.progress.done or self.milliseconds_behind == 0

    def _fetch(self, limit: int) -> Page:
        try:
            return self._page(self._iterator or self._new_iterator(), limit)
        except ExpiredIteratorError:
            return self._page(self._new_iterator(), limit)

    def _page(self, iterator: str, limit: int) -> Page:
        self._limiter.wait()
        page = self._kinesis.page(self.shard.stream, iterator, limit)
        self._limiter.note_size(page.size)
        return page

    def _new_iterator(self) -> str:
        self._may_miss = self.progress.last is not None or self.progress.tip is not None
        position = ShardPosition(self.progress.last, self._began)
        return self._kinesis.iterator(self.shard, position)

    def _without_last(self, page: Page) -> Page:
        if not self._may_miss or not page.records:
            return page
        first = page.records[0].sequence_number
        if first != self.progress.last and not self._is_surely_complete(page.at):
            self._handle_loss(first)
        self._may_miss = False
        return replace(page, records=page.records[1:]) if first == self.progress.last else page

    def _tip(self, page: Page) -> int | None:
        """Return the time up to which all records have been read; null if unknown."""
        if self._may_miss and not self._is_surely_complete(page.at):
            return self.progress.tip
        if page.milliseconds_behind == 0 and page.iterator is not None:
            return int(page.at)
        # A closed shard may have been closed at any time after its last record.
        newest = [int(record.approximate_arrival_timestamp) for record in page.records[-1:]]
        return max([*newest, self.progress.tip or 0]) or None

    def _is_surely_complete(self, now: float) -> bool:
        """Return whether the stream still keeps all records that arrived since `progress.tip`.

        Both times are of Kinesis' clock: by a clock that is set back, an old tip looks young.
        """
        if self.progress.tip is None:
            return False
        age = now - self.progress.tip
        if age < _LEAST_RETENTION_SECONDS:
            return True
        return age < self._kinesis.retention_seconds(self.shard.stream)

    def _handle_loss(self, first: str) -> None:
        loss = LostRecordsError(self.shard.stream, self.shard.id, self.progress.last, first)
        if self._fail_on_data_loss:
            raise loss
        _log.warning("%s", loss)
        self.gaps += 1


@dataclass(frozen=True)
class ShardRange:
    """The records of one shard in one micro-batch.

    Attributes:
        shard: The shard.
        began: Where the query began: `TRIM_HORIZON`, or seconds since 1970.
        after: Sequence number of the record before the first; null means the first is at `began`.
        last: Sequence number of the last record.
        tip: Time up to which all records had been read, as in `Progress`.
    """

    shard: Shard
    began: str | float
    after: str | None
    last: str
    tip: int | None = None


def replay(kinesis: Kinesis, options: Options, records: ShardRange) -> Iterator[list[Record]]:
    """Yield `records` again from the stream, page by page.

    Raises:
        LostRecordsError: Raised when some may be lost, unless that is allowed.
        NotFoundError: Raised when the shard itself is deleted, unless that is allowed.
    """
    progress = Progress(records.after, tip=records.tip)
    cursor = Cursor(kinesis, records.shard, records.began, progress, options=options)
    last = int(records.last)
    while True:
        try:
            page = cursor.read(options.max_records_per_fetch)
        except NotFoundError:
            if options.fail_on_data_loss:
                raise
            return  # the shard was deleted with its last record
        wanted = [record for record in page.records if int(record.sequence_number) <= last]
        if wanted:
            yield wanted
        if wanted and int(wanted[-1].sequence_number) == last:
            return
        if len(wanted) < len(page.records) or cursor.is_at_end:
            break
    if options.fail_on_data_loss:
        shard, following = records.shard, f"whatever follows {records.last}"
        raise LostRecordsError(shard.stream, shard.id, records.after, following)
