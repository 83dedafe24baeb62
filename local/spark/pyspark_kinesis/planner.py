"""Finds the end of the next micro-batch, and keeps what it fetches on the way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from .ahead import Ahead, Plan
from .api import CONNECTIONS, Api, Shard
from .cursor import Cursor
from .filling import Fetch, fill
from .limits import Limits
from .offsets import Offset, Progress
from .options import Options
from .pace import Pace
from .position import LATEST
from .shards import Shards, readable, without_gone
from .spool import Spool

__all__ = ["Planner"]

_TIP_AGE_SECONDS = 3600
_MARGIN_MILLISECONDS = 1000
"""Arrival times are approximate."""


class Planner:
    """Plans the micro-batches of one query; lives as long as it runs.

    Iterators stay between triggers, so that one with nothing to read costs one call a shard.
    Where more is waiting than a micro-batch may hold, the next one is fetched ahead.
    """

    def __init__(
        self,
        api: Api,
        options: Options,
        spool: Spool,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._options = options
        self._spool = spool
        self._clock = clock
        self._wall_clock = wall_clock
        self._shards = Shards(api, options.stream_name, options.shard_fetch_interval, clock=clock)
        self._cursors: dict[str, Cursor] = {}
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="kinesis")
        self._ahead = Ahead(self._plan)
        self._closing = threading.Event()
        self._available_at: float | None = None
        self._drained: set[str] = set()

    def begin(self) -> Offset:
        """Return where a new query begins: `latest` is the moment of this call."""
        began = self._options.initial_position
        if began == LATEST:
            began = round(min(self._api.shards(s).at for s in self._options.stream_name), 3)
        return Offset(began)

    def stop_at_present(self) -> None:
        """Read only what is there now, and little more: for Trigger.AvailableNow."""
        self._available_at = self._clock()
        self._shards.expire()

    def next(self, start: Offset, limits: Limits) -> Offset:
        """Return the end of the micro-batch that begins at `start`, itself if nothing is new.

        Raises:
            LostRecordsError: Raised when records may be gone, unless that is allowed.
        """
        self.commit(start)  # Spark itself says so with the next records, which may be long
        plan = self._ahead.take(start, limits)
        if plan.end is not start:
            files = {f.cursor.shard.key: f.file.path for f in plan.fetches if f.records}
            self._spool.keep(_text(plan.end), files)
        return plan.end

    def files(self, end: Offset) -> Mapping[str, Path]:
        """Return the files, by shard, of the micro-batch that ends at `end`; none if unknown."""
        return self._spool.files(_text(end))

    def commit(self, end: Offset) -> None:
        """Forget what was kept of the micro-batches up to `end`."""
        self._spool.commit(_text(end))

    def close(self) -> None:
        """End the threads, and remove what was kept."""
        self._closing.set()
        self._ahead.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._spool.close()

    def _plan(self, start: Offset, limits: Limits) -> Plan:
        end = start
        while True:
            plan = self._advance(end, limits)
            closed = any(fetch.cursor.progress.done for fetch in plan.fetches)
            if closed:
                self._shards.expire()
            if any(fetch.records for fetch in plan.fetches) or not closed:
                new = plan.end != start or _aged(start, plan.end)
                return plan if new else replace(plan, end=start)
            end = plan.end  # a shard ended without a record: its children may be read at once

    def _advance(self, start: Offset, limits: Limits) -> Plan:
        listed = self._shards.listed()
        start = without_gone(
            start,
            listed,
            self._options.stream_name,
            fail_on_data_loss=self._options.fail_on_data_loss,
        )
        shards = [s for s in readable(start, listed) if s.key not in self._drained]
        fetches = [Fetch(self._cursor(s, start), self._spool.new_file()) for s in shards]
        gaps = sum(fetch.cursor.gaps for fetch in fetches)
        with ExitStack() as files:
            for fetch in fetches:
                files.enter_context(closing(fetch.file))
            more = fill(
                fetches,
                limits,
                enough=self._enough,
                most=self._options.max_records_per_fetch,
                pool=self._pool,
                clock=self._clock,
            )
        read = {f.cursor.shard.key: f.cursor.progress for f in fetches}
        new = {key: progress for key, progress in read.items() if progress != Progress()}
        gaps = start.gaps + sum(fetch.cursor.gaps for fetch in fetches) - gaps
        end = replace(start, shards={**start.shards, **new}, gaps=gaps)
        return Plan(end, fetches, more)

    def _cursor(self, shard: Shard, start: Offset) -> Cursor:
        """Return the cursor of the last trigger if it stands where `start` does."""
        progress = start.progress(shard.key)
        cursor = self._cursors.get(shard.key)
        if cursor is None or cursor.progress != progress:
            pace = Pace(self._options.min_fetch_period, self._options.max_fetch_rate)
            cursor = Cursor(
                self._api,
                shard,
                start.began,
                progress,
                pace=pace,
                fail_on_data_loss=self._options.fail_on_data_loss,
                clock=self._wall_clock,
            )
            self._cursors[shard.key] = cursor
        return cursor

    def _enough(self, cursor: Cursor) -> bool:
        """Return whether `cursor` is at the tip, or past what was there when the run began."""
        behind = cursor.milliseconds_behind
        if self._closing.is_set():
            return True
        if behind is None:
            return False
        if self._available_at is None:
            return behind == 0
        elapsed = (self._clock() - self._available_at) * 1000
        past = behind == 0 or behind + _MARGIN_MILLISECONDS <= elapsed
        if past:
            self._drained.add(cursor.shard.key)
        return past


def _aged(start: Offset, after: Offset) -> bool:
    """Return whether it is worth a micro-batch to note that shards were read to their tips.

    Without it a query on a quiet stream could not tell, once it is restarted, that nothing is gone.
    """
    tips = ((start.progress(key), after.shards[key]) for key in after.shards)
    return any(
        now.tip is not None and not now.done and now.tip - (before.tip or 0) > _TIP_AGE_SECONDS
        for before, now in tips
    )


def _text(offset: Offset) -> str:
    return json.dumps(offset.to_json())
