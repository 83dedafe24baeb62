"""Fetches one micro-batch: many shards at the same time, each its fair share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from .cursor import Cursor
from .limits import Limits
from .records import Page
from .spool import SpoolFile

__all__ = ["Fetch", "fill"]


@dataclass
class Fetch:
    """What one micro-batch takes from one shard.

    Attributes:
        cursor: Where it reads.
        file: Where it keeps what it has read.
        records: How many these are.
        size: Bytes of their data.
    """

    cursor: Cursor
    file: SpoolFile
    records: int = 0
    size: int = 0

    def keep(self, page: Page) -> None:
        """Take the records of `page`."""
        if page.records:
            shard = self.cursor.shard
            self.file.write(page.records, shard.stream, shard.id)
        self.records += len(page.records)
        self.size += page.size


def fill(
    fetches: Sequence[Fetch],
    limits: Limits,
    *,
    enough: Callable[[Cursor], bool],
    most: int,
    pool: ThreadPoolExecutor,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Fetch until `limits` are reached, or each shard is read to its end or `enough` of it.

    What one shard leaves of its share goes to the others. `most` is the number of records to ask
    for in one call.

    Returns:
        Whether there may be more to fetch.
    """
    began = clock()
    taking = list(fetches)
    remaining = limits
    while taking and not remaining.spent:
        taking.sort(key=_behind, reverse=True)  # matters where there are more shards than records
        chosen = taking[: int(min(remaining.records, len(taking)))]
        take = partial(
            _take,
            share=remaining.share(len(chosen)),
            enough=enough,
            most=most,
            elapsed=partial(_since, clock(), clock),
        )
        ended = pool.map(take, chosen)
        over = {id(fetch) for fetch, end in zip(chosen, ended, strict=True) if end}
        taking = [fetch for fetch in taking if id(fetch) not in over]
        records, size = sum(f.records for f in fetches), sum(f.size for f in fetches)
        remaining = limits.without(records, size, clock() - began)
        if records and remaining.records < len(taking):
            break  # a remainder is not worth its calls
    return bool(taking)


def _take(
    fetch: Fetch,
    share: Limits,
    enough: Callable[[Cursor], bool],
    most: int,
    elapsed: Callable[[], float],
) -> bool:
    """Fetch a share of one shard, a page at least.

    Returns:
        Whether there is nothing more to fetch.
    """
    records, size = fetch.records, fetch.size
    left = share
    while not left.spent:
        page = fetch.cursor.read(int(min(most, left.records)))
        fetch.keep(page)
        if fetch.cursor.progress.done or enough(fetch.cursor):
            return True
        left = share.without(fetch.records - records, fetch.size - size, elapsed())
    return False


def _since(began: float, clock: Callable[[], float]) -> float:
    return clock() - began


def _behind(fetch: Fetch) -> float:
    behind = fetch.cursor.milliseconds_behind
    return math.inf if behind is None else behind
