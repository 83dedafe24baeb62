"""The posts of a source: which of them a run sends, and the three tables read in step."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from operator import itemgetter

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.payloads import EVENTS, Event, PayloadEncoder
from emulation.source import Source, key_column, key_of, keyset_pages, table_of

__all__ = [
    "Page",
    "Post",
    "PostRange",
    "find_range",
    "merge_by_index",
    "posts_in_order",
    "random_posts",
    "zip_pages",
]

type Page = tuple[list[int], list[bytes]]
"""Indexes of one event in order, and their payloads; equal indexes share a page."""

_NO_PAGE: Page = ([], [])


@dataclass(slots=True)
class Post:
    """The events of one index.

    Attributes:
        index: The key that the events share.
        payloads: One list per event, in the order of `EVENTS`. A list is empty if the source
            has no such row, and longer than one if a table holds the index more than once.
    """

    index: int
    payloads: tuple[list[bytes], ...]


@dataclass(frozen=True, kw_only=True)
class PostRange:
    """The posts of a source with `resume_after < index <= last`.

    Attributes:
        first: Lowest index of the source.
        resume_after: Index of the last post that needs no sending; below `first` if all need it.
        last: Index of the last post to send.
        posts: Number of posts to send.
        rows: Per event, rows of the source up to `last`, and those without an index.
        rows_before: Per event, those of them up to `resume_after`.
        rows_without_key: Per event, rows whose index is NULL, which cannot be sent; none if
            only the first posts are asked for.
    """

    first: int
    resume_after: int
    last: int
    posts: int
    rows: dict[str, int]
    rows_before: dict[str, int]
    rows_without_key: dict[str, int]


def find_range(
    source: Source, limit: int | None = None, resume_after: int | None = None
) -> PostRange:
    """Return which of the first `limit` posts of `source` (None: all) follow `resume_after`.

    Args:
        source: Where the posts are.
        limit: Number of posts counted from the first of the source, not from `resume_after`.
        resume_after: Index of the last post that an earlier run acknowledged; None: no post.

    Raises:
        SourceError: Raised when the source has no rows, or an index is not a whole number.
    """
    first, last = _bounds(source, limit)
    after = first - 1 if resume_after is None else resume_after

    def rows_up_to(index: int) -> dict[str, int]:
        return {
            event.name: _count_rows(source, event, key_column(event) <= index) for event in EVENTS
        }

    without_key = {
        event.name: 0 if limit else _count_rows(source, event, key_column(event).is_(None))
        for event in EVENTS
    }
    return PostRange(
        first=first,
        resume_after=after,
        last=last,
        posts=_count_posts(source, after, last),
        rows={name: rows + without_key[name] for name, rows in rows_up_to(last).items()},
        rows_before=rows_up_to(min(after, last)),
        rows_without_key=without_key,
    )


def _indexes(limit: int | None = None) -> sa.CompoundSelect[tuple[int]]:
    """Return a query of the indexes of all tables, each limited to its first `limit`."""
    selects = []
    for event in EVENTS:
        key = key_column(event)
        select = sa.select(key.label("ind")).select_from(table_of(event)).where(key.is_not(None))
        if limit is not None:
            select = sa.select(select.distinct().order_by(key).limit(limit).subquery().c.ind)
        selects.append(select)
    return sa.union(*selects)


def _bounds(source: Source, limit: int | None) -> tuple[int, int]:
    """Return the index of the first post and that of the last one to send.

    Raises:
        SourceError: Raised when there is none.
    """
    edges = [edge for event in EVENTS for edge in _edges(source, event)]
    if not edges:
        raise SourceError(f"The source {source.name} has no rows: its three tables are empty.")
    return min(edges), max(edges) if limit is None else _index_at(source, limit)


def _edges(source: Source, event: Event) -> list[int]:
    """Return the lowest and highest index of the event's table; empty if it has no rows.

    Raises:
        SourceError: Raised when they are not whole numbers: as text, 10 comes before 9.
    """
    key: sa.ColumnClause[int | float | str] = sa.column(event.key)
    edges = sa.select(sa.func.min(key), sa.func.max(key)).select_from(table_of(event))
    values = [edge for edge in source.connection.execute(edges).one() if edge is not None]
    if wrong := [edge for edge in values if isinstance(edge, str) or edge % 1]:
        raise SourceError(
            f"Table {event.table} has {wrong[0]!r} in column {event.key}: expected a whole number, "
            "the index of a post. Make it an integer column."
        )
    return [int(edge) for edge in values]


def _index_at(source: Source, position: int) -> int:
    """Return the index of the post at `position`, from 1; of the last post if there are fewer."""
    posts = _indexes(position).subquery()
    first = sa.select(posts.c.ind).order_by(posts.c.ind).limit(position).subquery()
    return int(source.connection.execute(sa.select(sa.func.max(first.c.ind))).scalar_one())


def _count_posts(source: Source, after: int, last: int) -> int:
    posts = _indexes().subquery()
    counted = sa.select(sa.func.count()).where(posts.c.ind > after, posts.c.ind <= last)
    return int(source.connection.execute(counted.select_from(posts)).scalar_one())


def _count_rows(source: Source, event: Event, condition: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count()).select_from(table_of(event)).where(condition)
    return int(source.connection.execute(counted).scalar_one())


def merge_by_index(streams: Sequence[Iterator[Page]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order."""

    def records(event: int) -> Iterator[tuple[int, int, bytes]]:
        for keys, payloads in streams[event]:
            yield from zip(keys, repeat(event), payloads)  # repeat has no end

    merged = heapq.merge(*map(records, range(len(streams))), key=itemgetter(0))
    for index, of_index in groupby(merged, key=itemgetter(0)):
        post = Post(index, tuple([] for _ in streams))
        for _, event, payload in of_index:
            post.payloads[event].append(payload)
        yield post


def _pages(source: Source, event: Event, after: int, last: int) -> Iterator[Page]:
    encoder = PayloadEncoder(event, source.time_columns(event))
    for rows in keyset_pages(source.connection, event, after, last):
        yield [key_of(row) for row in rows], encoder.payloads(rows)


def zip_pages(streams: Sequence[Iterator[Page]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order.

    While all tables hold the same indexes, each once, pages are zipped. That is faster than merging
    them index by index, which happens from the first difference on.
    """
    while _same_indexes(heads := [next(stream, _NO_PAGE) for stream in streams]):
        for index, *payloads in zip(heads[0][0], *(payloads for _, payloads in heads), strict=True):
            yield Post(index, tuple([payload] for payload in payloads))
    yield from merge_by_index([
        chain([head], rest) for head, rest in zip(heads, streams, strict=True)
    ])


def _same_indexes(pages: Sequence[Page]) -> bool:
    first, _ = pages[0]
    same = all(keys == first for keys, _ in pages)
    return bool(first) and same and len(set(first)) == len(first)


def posts_in_order(source: Source, post_range: PostRange) -> Iterator[Post]:
    """Return the posts of `post_range` in index order."""
    return zip_pages([
        _pages(source, event, post_range.resume_after, post_range.last) for event in EVENTS
    ])


def random_posts(source: Source, post_range: PostRange, rng: random.Random) -> Iterator[Post]:
    """Yield random posts of `post_range`, without end."""
    while True:
        index = _nearest(source, rng.randint(post_range.first, post_range.last))
        streams = [_pages(source, event, index - 1, index) for event in EVENTS]
        yield next(zip_pages(streams))


def _nearest(source: Source, index: int) -> int:
    """Return the lowest index of the source that is not below `index`."""
    candidates = [
        source.connection.execute(
            sa
            .select(sa.func.min(key_column(event)))
            .select_from(table_of(event))
            .where(key_column(event) >= index)
        ).scalar_one()
        for event in EVENTS
    ]
    return min(int(key) for key in candidates if key is not None)
