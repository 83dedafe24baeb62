"""Walks the three tables of a source side by side, one post after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from emulation.events import EVENTS, Event
from emulation.paging import KeysetPages, column, key_of, table
from emulation.payload import PayloadEncoder
from emulation.plan import Plan
from emulation.source import Source

__all__ = ["Post", "merged", "posts_in_order", "random_posts"]

type Keyed = tuple[float, bytes]
"""Index and payload. The index is a float only past the last row, where it is infinite."""

_END: Keyed = (float("inf"), b"")


@dataclass(frozen=True, slots=True)
class Post:
    """The events of one index.

    Attributes:
        index: The key that the events share.
        payloads: One list per event, in the order of `EVENTS`. A list is empty where the source
            has no such row, and longer than one where a table holds the index more than once.
    """

    index: int
    payloads: tuple[list[bytes], ...]


def merged(streams: Sequence[Iterator[Keyed]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order."""
    heads = [next(stream, _END) for stream in streams]
    while (index := min(heads)[0]) != _END[0]:
        payloads: tuple[list[bytes], ...] = tuple([] for _ in streams)
        for position, stream in enumerate(streams):
            while heads[position][0] == index:
                payloads[position].append(heads[position][1])
                heads[position] = next(stream, _END)
        yield Post(int(index), payloads)


def _stream(source: Source, event: Event, after: int, last: int) -> Iterator[Keyed]:
    encoder = PayloadEncoder(event, source.time_columns(event))
    for rows in KeysetPages(event).pages(source.connection, after, last):
        yield from zip((key_of(row) for row in rows), encoder.payloads(rows), strict=True)


def posts_in_order(source: Source, plan: Plan) -> Iterator[Post]:
    """Return the posts of `plan` in index order."""
    return merged([_stream(source, event, plan.after, plan.last) for event in EVENTS])


def random_posts(source: Source, plan: Plan, chance: random.Random) -> Iterator[Post]:
    """Yield posts of `plan` for ever, each time another one at random."""
    while True:
        index = _nearest(source, chance.randint(plan.first, plan.last))
        yield next(merged([_stream(source, event, index - 1, index) for event in EVENTS]))


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
