"""Finds the end of the next micro-batch, and keeps the records that it fetches for this."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from .client import CONNECTIONS, Kinesis, Shard
from .cursor import Cursor
from .offsets import Offset, ShardList, readable_shards, without_deleted_shards
from .options import LATEST, Options
from .prefetch import FetchedBatch, Limits, Prefetcher, ShardFetch, fetch_batch
from .spool import Spool

__all__ = ["Planner"]

_TIP_AGE_SECONDS = 3600
_MARGIN_MILLISECONDS = 1000
"""Arrival times are approximate."""


class Planner:
    """Plans the micro-batches of one query, from its start to its end.

    It keeps iterators between triggers, so a trigger without new records costs one call per shard.
    Where more records wait than a micro-batch may hold, it prefetches the next micro-batch.
    """

    def __init__(
        self,
        kinesis: Kinesis,
        options: Options,
        spool: Spool,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinesis = kinesis
        self._options = options
        self._spool = spool
        self._clock = clock
        self._shards = ShardList(
            kinesis, options.stream_name, options.shard_fetch_interval, clock=clock
        )
        self._cursors: dict[str, Cursor] = {}
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="kinesis")
        self._prefetcher = Prefetcher(self._fetch)
        self._closing = threading.Event()
        self._available_at: float | None = None
        self._caught_up: set[str] = set()

    def initial_offset(self) -> Offset:
        """Return where a new query begins; `latest` means the time of this call."""
        began = self._options.initial_position
        if began == LATEST:
            began = round(min(self._kinesis.shards(s).at for s in self._options.stream_name), 3)
        return Offset(began)

    def stop_when_caught_up(self) -> None:
        """Read the records that are available now, and few more, for Trigger.AvailableNow."""
        self._available_at = self._clock()
        self._shards.expire()

    def next_offset(self, start: Offset, limits: Limits) -> Offset:
        """Return the end of the micro-batch that begins at `start`, or `start` if nothing is new.

        Raises:
            LostRecordsError: Raised when records may be lost, unless that is allowed.
        """
        self.commit(start)  # Spark itself commits only with the next records
        batch = self._prefetcher.take(start, limits)
        if batch.end is not start:
            files = {f.cursor.shard.key: f.file.path for f in batch.fetches if f.records}
            self._spool.keep(_text(batch.end), files)
        return batch.end

    def files(self, end: Offset) -> Mapping[str, Path]:
        """Return the files, by shard, of the micro-batch that ends at `end`; none if unknown."""
        return self._spool.files(_text(end))

    def commit(self, end: Offset) -> None:
        """Remove the files of the micro-batches up to `end`."""
        self._spool.commit(_text(end))

    def close(self) -> None:
        """Stop the threads, and remove all files."""
        self._closing.set()
        self._prefetcher.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._spool.close()

    def _fetch(self, start: Offset, limits: Limits) -> FetchedBatch:
        end = start
        while True:
            batch = self._fetch_readable(end, limits)
            closed = any(fetch.cursor.progress.done for fetch in batch.fetches)
            if closed:
                self._shards.expire()
            if any(fetch.records for fetch in batch.fetches) or not closed:
                changed = batch.end.differs(start) or _is_tip_outdated(start, batch.end)
                return batch if changed else replace(batch, end=start)
            end = batch.end  # a shard ended without a record: its children may be read now

    def _fetch_readable(self, start: Offset, limits: Limits) -> FetchedBatch:
        """Return what was fetched from the shards that may be read now."""
        shards, known = self._shards.get(), start
        start = without_deleted_shards(
            start,
            shards,
            self._options.stream_name,
            fail_on_data_loss=self._options.fail_on_data_loss,
        )
        readable = [s for s in readable_shards(start, shards) if s.key not in self._caught_up]
        fetches = [ShardFetch(self._cursor(s, known), self._spool.new_file()) for s in readable]
        gaps_before = sum(fetch.cursor.gaps for fetch in fetches)
        with ExitStack() as files:
            for fetch in fetches:
                files.enter_context(closing(fetch.file))
            has_more = fetch_batch(
                fetches,
                limits,
                is_caught_up=self._is_caught_up,
                max_per_call=self._options.max_records_per_fetch,
                pool=self._pool,
                clock=self._clock,
            )
        progress = {f.cursor.shard.key: f.cursor.progress for f in fetches}
        gaps = start.gaps + sum(fetch.cursor.gaps for fetch in fetches) - gaps_before
        end = replace(start, shards={**start.shards, **progress}, gaps=gaps)
        return FetchedBatch(end, fetches, has_more)

    def _cursor(self, shard: Shard, start: Offset) -> Cursor:
        """Return the cursor of the last trigger if it is where `start` is, else a new one."""
        progress = start.progress_of(shard)
        cursor = self._cursors.get(shard.key)
        if cursor is None or cursor.progress != progress:
            cursor = Cursor(self._kinesis, shard, start.began, progress, options=self._options)
            self._cursors[shard.key] = cursor
        return cursor

    def _is_caught_up(self, cursor: Cursor) -> bool:
        """Return whether `cursor` is at the tip, or past the records available at the start."""
        behind = cursor.milliseconds_behind
        if self._closing.is_set():
            return True
        if behind is None:
            return False
        if self._available_at is None:
            return behind == 0
        elapsed = (self._clock() - self._available_at) * 1000
        caught_up = behind == 0 or behind + _MARGIN_MILLISECONDS <= elapsed
        if caught_up:
            self._caught_up.add(cursor.shard.key)
        return caught_up


def _is_tip_outdated(start: Offset, end: Offset) -> bool:
    """Return whether an empty micro-batch should store the time up to which all has been read.

    Without that time a query on a quiet stream could not tell, after a restart, that no record is
    lost.
    """
    tips = ((start.progress(key), progress) for key, progress in end.shards.items())
    return any(
        new.tip is not None and not new.done and new.tip - (old.tip or 0) > _TIP_AGE_SECONDS
        for old, new in tips
    )


def _text(offset: Offset) -> str:
    return json.dumps(offset.to_json())
