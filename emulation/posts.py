"""The posts of a source: which of them a run sends, and the three tables read in step."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice, repeat
from operator import itemgetter

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.payloads import EVENTS, PIN, Event, PayloadEncoder, Refusal
from emulation.source import QueryError, Source, key_column
from emulation.source_pages import PageReader

__all__ = [
    "Page",
    "Payload",
    "Post",
    "PostRange",
    "find_range",
    "merge_by_index",
    "posts_in_order",
    "random_posts",
    "zip_pages",
]

type Payload = bytes | Refusal
"""An event as JSON, or why the source's row cannot be sent."""
type Page = tuple[list[int], list[Payload]]
"""Indexes of one event in order, and their payloads; equal indexes share a page."""

_NO_PAGE: Page = ([], [])
_EXAMPLES = 3


@dataclass(slots=True)
class Post:
    """The events of one index.

    Attributes:
        index: The key that the events share.
        payloads: One tuple per event, in the order of `EVENTS`. It is empty if the source
            has no such row, and longer than one if a table holds the index more than once.
    """

    index: int
    payloads: tuple[tuple[Payload, ...], ...]


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
        refusals: Rows whose index is NULL or not a whole number, which cannot be sent; none if
            only the first posts are asked for.
    """

    first: int
    resume_after: int
    last: int
    posts: int
    rows: dict[str, int]
    rows_before: dict[str, int]
    refusals: Sequence[Refusal]


def find_range(
    source: Source, limit: int | None = None, resume_after: int | None = None
) -> PostRange:
    """Return which of the first `limit` posts of `source` (None: all) follow `resume_after`.

    Args:
        source: Where the posts are.
        limit: Number of posts counted from the first of the source, not from `resume_after`.
        resume_after: Index of the last post that an earlier run acknowledged; None: no post.

    Raises:
        SourceError: Raised when the source has no rows with an index.
    """
    first, last = _bounds(source)
    if limit is not None:
        last = _index_at(source, limit, (first, last))
    after = first - 1 if resume_after is None else resume_after
    refusals = [] if limit else [one for event in EVENTS for one in _without_key(source, event)]

    def rows_up_to(index: int) -> dict[str, int]:
        return {
            event.name: source.count(event, source.has_key(event) & (key_column(event) <= index))
            for event in EVENTS
        }

    none: dict[str, int] = dict.fromkeys((event.name for event in EVENTS), 0)
    rows = Counter(rows_up_to(last))
    for refusal in refusals:
        rows[refusal.event] += refusal.rows
    return PostRange(
        first=first,
        resume_after=after,
        last=last,
        posts=_count_posts(source, after, last),
        rows=dict(rows),
        rows_before=rows_up_to(min(after, last)) if after >= first else none,
        refusals=refusals,
    )


def _without_key(source: Source, event: Event) -> Iterator[Refusal]:
    """Yield the refusals of the event's rows without an index that is a whole number."""
    key = key_column(event)
    if rows := source.count(event, key.is_(None)):
        yield Refusal(event.name, None, "the row has no index, which is its record's key", rows)
    not_whole = key.is_not(None) & ~source.has_key(event)
    if rows := source.count(event, not_whole):
        reason = f"{event.table}.{event.key} is not a whole number"
        yield Refusal(event.name, _examples(source, event, not_whole), reason, rows)


def _examples(source: Source, event: Event, condition: sa.ColumnElement[bool]) -> str | None:
    """Return the first few keys that meet `condition`; None if the driver cannot read them."""
    key: sa.ColumnClause[object] = sa.column(event.key)
    keys = sa.select(key).select_from(sa.table(event.table)).where(condition)
    try:
        rows = source.read(keys.limit(_EXAMPLES))
    except QueryError:
        return None
    return ", ".join(
        f"X'{bytes(value).hex()}'" if isinstance(value, bytes | memoryview) else str(value)
        for (value,) in rows
    )


def _indexes(source: Source, limit: int | None = None) -> sa.CompoundSelect[tuple[int]]:
    """Return a query of the indexes of all tables, each limited to its first `limit`."""
    selects = []
    for event in EVENTS:
        key = key_column(event)
        select = sa.select(key.label("ind")).select_from(sa.table(event.table))
        select = select.where(source.has_key(event))
        if limit is not None:
            select = sa.select(select.distinct().order_by(key).limit(limit).subquery().c.ind)
        selects.append(select)
    return sa.union(*selects)


def _bounds(source: Source) -> tuple[int, int]:
    """Return the index of the first post and that of the last one.

    Raises:
        SourceError: Raised when there is none.
    """
    firsts = [source.edge_key(event) for event in EVENTS]
    lasts = [source.edge_key(event, last=True) for event in EVENTS]
    edges = [edge for edge in (*firsts, *lasts) if edge is not None]
    if not edges:
        raise SourceError(
            f"The source {source.name} has no rows with an index: its three tables are empty, or "
            "their indexes are not whole numbers."
        )
    return min(edges), max(edges)


def _index_at(source: Source, position: int, bounds: tuple[int, int]) -> int:
    """Return the index of the post at `position`, from 1; of the last post if there are fewer.

    `bounds` are the indexes of the first post and of the last one.
    """
    first, last = bounds
    if _has_each_pin(source, first, without_gaps := min(first + position - 1, last)):
        return without_gaps
    posts = _indexes(source, position).subquery()
    first_posts = sa.select(posts.c.ind).order_by(posts.c.ind).limit(position).subquery()
    return int(source.read(sa.select(sa.func.max(first_posts.c.ind)))[0][0])


def _count_posts(source: Source, after: int, last: int) -> int:
    if after >= last:
        return 0
    if _has_each_pin(source, after + 1, last):
        return last - after
    posts = _indexes(source).subquery()
    counted = sa.select(sa.func.count()).where(posts.c.ind.between(after + 1, last))
    return int(source.read(counted.select_from(posts))[0][0])


def _has_each_pin(source: Source, first: int, last: int) -> bool:
    """Return whether no index from `first` to `last` lacks a pin.

    Then the posts are as many as these numbers. Usually it holds, and to look at one table costs a
    fraction of the union of all indexes.
    """
    key = key_column(PIN)
    counted = sa.select(sa.func.count(key.distinct())).select_from(sa.table(PIN.table))
    between = counted.where(source.has_key(PIN), key.between(first, last))
    return int(source.read(between)[0][0]) == last - first + 1


def merge_by_index(streams: Sequence[Iterator[Page]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order."""

    def records(event: int) -> Iterator[tuple[int, int, Payload]]:
        for keys, payloads in streams[event]:
            yield from zip(keys, repeat(event), payloads)  # repeat has no end

    merged = heapq.merge(*map(records, range(len(streams))), key=itemgetter(0))
    for index, of_index in groupby(merged, key=itemgetter(0)):
        payloads: tuple[list[Payload], ...] = tuple([] for _ in streams)
        for _, event, payload in of_index:
            payloads[event].append(payload)
        yield Post(index, tuple(map(tuple, payloads)))


def _pages(source: Source, event: Event, after: int, last: int) -> Iterator[Page]:
    encoder = PayloadEncoder(event, source.time_columns(event))
    for page in PageReader(source, event).pages(after, last):
        keys, payloads = page.keys(), [*encoder.payloads(page.rows), *page.refusals]
        if page.refusals:
            order = sorted(range(len(keys)), key=keys.__getitem__)
            keys, payloads = [keys[at] for at in order], [payloads[at] for at in order]
        yield keys, payloads


def zip_pages(streams: Sequence[Iterator[Page]]) -> Iterator[Post]:
    """Yield one post per index that any of `streams` has; each stream is in index order.

    While all tables hold the same indexes, each once, pages are zipped. That is faster than merging
    them index by index, which happens from the first difference on.
    """
    while _same_indexes(heads := [next(stream, _NO_PAGE) for stream in streams]):
        alone = zip(*(zip(payloads) for _, payloads in heads), strict=True)
        yield from map(Post, heads[0][0], alone)
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


def random_posts(source: Source, rng: random.Random) -> Iterator[Post]:
    """Yield random posts of `source`, without end, as its tables are at that moment."""
    while True:
        index = _nearest(source, rng.randint(*_bounds(source)))
        streams = [_pages(source, event, index - 1, index) for event in EVENTS]
        yield from islice(zip_pages(streams), 1)  # none if the rows have been deleted


def _nearest(source: Source, index: int) -> int:
    """Return the lowest index of the source that is not below `index`; `index` if there is none."""
    keys = [source.edge_key(event, from_index=index) for event in EVENTS]
    return min((key for key in keys if key is not None), default=index)
