"""Walks the three tables of a source side by side, one post after the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa

from emulation.events import EVENTS, Event
from emulation.paging import KeysetPages, column, key_of, table
from emulation.payload import PayloadEncoder
from emulation.plan import Plan
from emulation.source import Source

__all__ = ["Post", "RecordOf", "merged", "posts_in_order", "random_posts"]

type RecordOf = Callable[[int, bytes], bytes]
"""Makes the record of one event from its index and payload."""
type Keyed = tuple[float, bytes]
"""Index and record. The index is a float only past the last row, where it is infinite."""

_END: Keyed = (float("inf"), b"")


@dataclass(slots=True)
class Post:
    """The events of one index.

    Attributes:
        index: The key that the events share.
        records: One list per event, in the order of `EVENTS`. A list is empty where the source
            has no such row, and longer than one where a table holds the index more than once.
    """

    index: int
    records: tuple[list[bytes], ...]


def merged(streams: Sequence[Iterator[Keyed]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order."""
    heads = [next(stream, _END) for stream in streams]
    while (index := min(heads)[0]) != _END[0]:
        records: tuple[list[bytes], ...] = tuple([] for _ in streams)
        for position, (found, stream) in enumerate(zip(records, streams, strict=True)):
            head = heads[position]
            while head[0] == index:
                found.append(head[1])
                head = next(stream, _END)
            heads[position] = head
        yield Post(int(index), records)


def _stream(
    source: Source, event: Event, record_of: RecordOf, after: int, last: int
) -> Iterator[Keyed]:
    return chain.from_iterable(_keyed_pages(source, event, record_of, after, last))


def _keyed_pages(
    source: Source, event: Event, record_of: RecordOf, after: int, last: int
) -> Iterator[Iterable[Keyed]]:
    encoder = PayloadEncoder(event, source.time_columns(event))
    for rows in KeysetPages(event).pages(source.connection, after, last):
        keys = [key_of(row) for row in rows]
        yield zip(keys, map(record_of, keys, encoder.payloads(rows)), strict=True)


def posts_in_order(source: Source, plan: Plan, record_of: RecordOf) -> Iterator[Post]:
    """Return the posts of `plan` in index order."""
    return merged([_stream(source, event, record_of, plan.after, plan.last) for event in EVENTS])


def random_posts(
    source: Source, plan: Plan, record_of: RecordOf, chance: random.Random
) -> Iterator[Post]:
    """Yield posts of `plan` for ever, each time another one at random."""
    while True:
        index = _nearest(source, chance.randint(plan.first, plan.last))
        streams = [_stream(source, event, record_of, index - 1, index) for event in EVENTS]
        yield next(merged(streams))


def _nearest(source: Source, index: int) -> int:
    """Return the lowest index of the source that is not below `index`."""
    found = [
        source.connection.execute(
            sa
            .select(sa.func.min(column(event)))
            .select_from(table(event))
            .where(column(event) >= index)
        ).scalar_one()
        for event in EVENTS
    ]
    return min(int(key) for key in found if key is not None)
