"""Fetches micro-batches: many shards at the same time, and the next batch in advance."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from .client import Page
from .cursor import Cursor
from .offsets import Offset
from .spool import SpoolFile

__all__ = ["UNLIMITED", "FetchedBatch", "Limits", "Prefetcher", "ShardFetch", "fetch_batch"]


@dataclass(frozen=True)
class Limits:
    """The limits of one micro-batch; infinity means no limit.

    Attributes:
        records: Records of all shards together; never exceeded.
        size: Bytes of their data; the page that reaches it is kept whole.
        seconds: Time to fetch; the page that reaches it is kept whole.
    """

    records: float = math.inf
    size: float = math.inf
    seconds: float = math.inf

    def share(self, shards: int) -> Limits:
        """Return the share of one of `shards` shards, at least one record."""
        records = self.records if math.isinf(self.records) else max(1, self.records // shards)
        return Limits(records, self.size / shards, self.seconds)

    def minus(self, records: int, size: int, seconds: float) -> Limits:
        """Return what remains."""
        return Limits(self.records - records, self.size - size, self.seconds - seconds)

    @property
    def exhausted(self) -> bool:
        """Whether nothing remains."""
        return self.records < 1 or self.size <= 0 or self.seconds <= 0


UNLIMITED = Limits()
"""The limits of a trigger that reads everything at once."""


@dataclass
class ShardFetch:
    """What one micro-batch takes from one shard.

    Attributes:
        cursor: Reads the shard.
        file: Holds the records.
        records: Number of records.
        size: Bytes of their data.
    """

    cursor: Cursor
    file: SpoolFile
    records: int = 0
    size: int = 0

    def keep(self, page: Page) -> None:
        """Add the records of `page` to the file."""
        if page.records:
            shard = self.cursor.shard
            self.file.write(page.records, shard.stream, shard.id)
        self.records += len(page.records)
        self.size += page.size


@dataclass(frozen=True)
class FetchedBatch:
    """A micro-batch that has been fetched.

    Attributes:
        end: Its end.
        fetches: What was taken from each shard.
        has_more: Whether there may be more to fetch already.
    """

    end: Offset
    fetches: list[ShardFetch]
    has_more: bool

    def discard(self) -> None:
        """Remove the fetched records."""
        for fetch in self.fetches:
            fetch.file.path.unlink(missing_ok=True)


def fetch_batch(
    fetches: Sequence[ShardFetch],
    limits: Limits,
    *,
    is_caught_up: Callable[[Cursor], bool],
    max_per_call: int,
    pool: ThreadPoolExecutor,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Fetch until `limits` are reached, or each shard is at its end or caught up.

    Each shard gets an equal share; what it does not use goes to the others. One call asks for
    `max_per_call` records.

    Returns:
        Whether there may be more to fetch.
    """
    started = clock()
    open_fetches = list(fetches)
    remaining = limits
    while open_fetches and not remaining.exhausted:
        # The order matters where there are more shards than records.
        open_fetches.sort(key=_milliseconds_behind, reverse=True)
        chosen = open_fetches[: int(min(remaining.records, len(open_fetches)))]
        fetch_share = partial(
            _fetch_share,
            share=remaining.share(len(chosen)),
            is_caught_up=is_caught_up,
            max_per_call=max_per_call,
            started=clock(),
            clock=clock,
        )
        results = pool.map(fetch_share, chosen)
        finished = {id(fetch) for fetch, end in zip(chosen, results, strict=True) if end}
        open_fetches = [fetch for fetch in open_fetches if id(fetch) not in finished]
        records, size = sum(f.records for f in fetches), sum(f.size for f in fetches)
        remaining = limits.minus(records, size, clock() - started)
        if records and remaining.records < len(open_fetches):
            break  # so few records are not worth a call to each shard
    return bool(open_fetches)


def _fetch_share(
    fetch: ShardFetch,
    *,
    share: Limits,
    is_caught_up: Callable[[Cursor], bool],
    max_per_call: int,
    started: float,
    clock: Callable[[], float],
) -> bool:
    """Fetch a share of one shard, at least one page. The share of time begins at `started`.

    Returns:
        Whether there is nothing more to fetch.
    """
    records, size = fetch.records, fetch.size
    remaining = share
    while not remaining.exhausted:
        fetch.keep(fetch.cursor.read(int(min(max_per_call, remaining.records))))
        if fetch.cursor.progress.done or is_caught_up(fetch.cursor):
            return True
        remaining = share.minus(fetch.records - records, fetch.size - size, clock() - started)
    return False


def _milliseconds_behind(fetch: ShardFetch) -> float:
    behind = fetch.cursor.milliseconds_behind
    return math.inf if behind is None else behind


class Prefetcher:
    """Fetches micro-batches, one at a time; with a backlog it fetches the next one in advance.

    At the tip nothing is fetched in advance: a later call returns more records.
    """

    def __init__(self, fetch: Callable[[Offset, Limits], FetchedBatch]) -> None:
        """Take the function that fetches the micro-batch that begins at an offset."""
        self._fetch = fetch
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kinesis-prefetch")
        self._next_arguments: tuple[Offset, Limits] | None = None
        self._next: Future[FetchedBatch] | None = None

    def take(self, start: Offset, limits: Limits) -> FetchedBatch:
        """Return the micro-batch that begins at `start`."""
        prefetched, self._next = self._next, None
        if prefetched and self._next_arguments == (start, limits):
            batch = prefetched.result()
        else:
            _discard(prefetched)
            batch = self._fetch(start, limits)
        if batch.has_more:
            self._next_arguments = batch.end, limits
            self._next = self._thread.submit(self._fetch, *self._next_arguments)
        return batch

    def close(self) -> None:
        """Return once nothing is being fetched."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def _discard(prefetched: Future[FetchedBatch] | None) -> None:
    """Wait for a batch that is not needed: until then the cursors move."""
    if prefetched:
        with suppress(Exception):  # the same call fails again where its result is needed
            prefetched.result().discard()
