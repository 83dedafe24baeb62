"""Walks the three tables of a source side by side, one post after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa

from emulation.events import EVENTS, Event
from emulation.paging import KeysetPages, column, key_of, table
from emulation.payload import PayloadEncoder
from emulation.plan import Plan
from emulation.source import Source

__all__ = ["Page", "Post", "merged", "posts_in_order", "random_posts", "side_by_side"]

type Keyed = tuple[float, bytes]
"""Index and payload. The index is a float only past the last row, where it is infinite."""
type Page = tuple[list[int], list[bytes]]
"""Some indexes of one event in order, and their payloads; those of one index share a page."""

_END: Keyed = (float("inf"), b"")
_NO_PAGE: Page = ([], [])


@dataclass(slots=True)
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
        for position, (found, stream) in enumerate(zip(payloads, streams, strict=True)):
            head = heads[position]
            while head[0] == index:
                found.append(head[1])
                head = next(stream, _END)
            heads[position] = head
        yield Post(int(index), payloads)


def _pages(source: Source, event: Event, after: int, last: int) -> Iterator[Page]:
    encoder = PayloadEncoder(event, source.time_columns(event))
    for rows in KeysetPages(event).pages(source.connection, after, last):
        yield [key_of(row) for row in rows], encoder.payloads(rows)


def _keyed(pages: Iterator[Page]) -> Iterator[Keyed]:
    return chain.from_iterable(zip(keys, payloads, strict=True) for keys, payloads in pages)


def side_by_side(streams: Sequence[Iterator[Page]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order.

    As long as all tables hold the same indexes, each once, their pages are taken as they are:
    reading then costs half of what it does index by index, which is what follows.
    """
    while _are_equal(heads := [next(stream, _NO_PAGE) for stream in streams]):
        for index, *payloads in zip(heads[0][0], *(found for _, found in heads), strict=True):
            yield Post(index, tuple([payload] for payload in payloads))
    rests = [chain([head], rest) for head, rest in zip(heads, streams, strict=True)]
    yield from merged([_keyed(rest) for rest in rests])


def _are_equal(pages: Sequence[Page]) -> bool:
    first, _ = pages[0]
    same = all(keys == first for keys, _ in pages)
    return bool(first) and same and len(set(first)) == len(first)


def posts_in_order(source: Source, plan: Plan) -> Iterator[Post]:
    """Return the posts of `plan` in index order."""
    return side_by_side([_pages(source, event, plan.after, plan.last) for event in EVENTS])


def random_posts(source: Source, plan: Plan, chance: random.Random) -> Iterator[Post]:
    """Yield posts of `plan` for ever, each time another one at random."""
    while True:
        index = _nearest(source, chance.randint(plan.first, plan.last))
        streams = [_pages(source, event, index - 1, index) for event in EVENTS]
        yield next(side_by_side(streams))


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
