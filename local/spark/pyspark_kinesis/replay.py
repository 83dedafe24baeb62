"""Reads a micro-batch once more, from the stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .api import Api, Shard
from .cursor import Cursor
from .errors import LostRecordsError, NotFoundError
from .offsets import Progress
from .options import Options
from .pace import Pace
from .records import Record

__all__ = ["Span", "replay"]


@dataclass(frozen=True)
class Span:
    """The records of one shard and micro-batch.

    Attributes:
        shard: The shard.
        began: Where the query began: `TRIM_HORIZON`, or seconds since 1970.
        after: Sequence number of the last record before; null means the first is where it began.
        last: Sequence number of the last record.
        tip: When the shard was last read to its tip before, as `Progress` says it.
    """

    shard: Shard
    began: str | float
    after: str | None
    last: str
    tip: int | None = None


def replay(api: Api, options: Options, span: Span) -> Iterator[list[Record]]:
    """Yield the records of `span`, page by page.

    Raises:
        LostRecordsError: Raised when some may be gone, unless that is allowed.
        NotFoundError: Raised when the shard itself is gone, unless that is allowed.
    """
    cursor = Cursor(
        api,
        span.shard,
        span.began,
        Progress(span.after, tip=span.tip),
        pace=Pace(options.min_fetch_period, options.max_fetch_rate),
        fail_on_data_loss=options.fail_on_data_loss,
    )
    last = int(span.last)
    while True:
        try:
            page = cursor.read(options.max_records_per_fetch)
        except NotFoundError:
            if options.fail_on_data_loss:
                raise
            return  # the shard is gone with its last record
        records = [record for record in page.records if int(record.sequence_number) <= last]
        if records:
            yield records
        if records and int(records[-1].sequence_number) == last:
            return
        if len(records) < len(page.records) or _at_end(cursor):
            break
    if options.fail_on_data_loss:
        following = f"whatever follows {span.last}"
        raise LostRecordsError(span.shard.stream, span.shard.id, span.after, following)


def _at_end(cursor: Cursor) -> bool:
    return cursor.progress.done or cursor.milliseconds_behind == 0
