"""Which posts of a source one run is to send."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.events import EVENTS, Event
from emulation.paging import column, table
from emulation.source import Source

__all__ = ["Plan", "plan_posts"]


@dataclass(frozen=True)
class Plan:
    """The posts with `after < index <= last`.

    Attributes:
        first: Lowest index of the source.
        after: Index of the last post that needs no sending; below `first` where all do.
        last: Index of the last post to send.
        posts: Number of posts to send.
        rows: Per event, rows of the source up to `last`, and those without an index.
        rows_before: Per event, those of them up to `after`.
        rows_without_key: Per event, rows whose index is NULL, which cannot be sent; none where
            only the first posts are asked for.
    """

    first: int
    after: int
    last: int
    posts: int
    rows: dict[str, int]
    rows_before: dict[str, int]
    rows_without_key: dict[str, int]


def plan_posts(source: Source, limit: int | None = None, after: int | None = None) -> Plan:
    """Return the plan for the first `limit` posts of `source` (null: all) that follow `after`.

    Args:
        source: Where the posts are.
        limit: Number of posts counted from the first of the source, not from `after`.
        after: Index of the last post that was acknowledged in an earlier run; null: none.

    Raises:
        SourceError: If the source has no rows, or an index is not a whole number.
    """
    first, last = _bounds(source, limit)
    after = first - 1 if after is None else after
    without_key = {
        event.name: 0 if limit else _count_without_key(source, event) for event in EVENTS
    }
    return Plan(
        first=first,
        after=after,
        last=last,
        posts=_count_posts(source, after, last),
        rows={
            event.name: _count_rows(source, event, last) + without_key[event.name]
            for event in EVENTS
        },
        rows_before={event.name: _count_rows(source, event, min(after, last)) for event in EVENTS},
        rows_without_key=without_key,
    )


def _indexes(limit: int | None = None) -> sa.CompoundSelect[tuple[int]]:
    """Return a query of every index, whichever table has it; of each table the first `limit`."""
    selects = []
    for event in EVENTS:
        key = column(event)
        select = sa.select(key.label("ind")).select_from(table(event)).where(key.is_not(None))
        if limit is not None:
            select = sa.select(select.distinct().order_by(key).limit(limit).subquery().c.ind)
        selects.append(select)
    return sa.union(*selects)


def _bounds(source: Source, limit: int | None) -> tuple[int, int]:
    """Return the index of the first post and that of the last one to send.

    Raises:
        SourceError: If there is none.
    """
    edges = [edge for event in EVENTS for edge in _edges(source, event)]
    if not edges:
        raise SourceError(f"The source {source.name} has no rows: its three tables are empty.")
    return min(edges), max(edges) if limit is None else _index_at(source, limit)


def _edges(source: Source, event: Event) -> list[int]:
    """Return the lowest and the highest index of the event's table; nothing if it has none.

    Raises:
        SourceError: If they are not whole numbers: as text, 10 comes before 9.
    """
    key: sa.ColumnClause[int | float | str] = sa.column(event.key)
    edges = sa.select(sa.func.min(key), sa.func.max(key)).select_from(table(event))
    found = [edge for edge in source.connection.execute(edges).one() if edge is not None]
    if wrong := [edge for edge in found if isinstance(edge, str) or edge % 1]:
        raise SourceError(
            f"Table {event.table} has {wrong[0]!r} in column {event.key}: expected a whole number, "
            "the index of a post. Make it an integer column."
        )
    return [int(edge) for edge in found]


def _index_at(source: Source, position: int) -> int:
    """Return the index of the post at `position`, from 1; of the last post if there are fewer."""
    posts = _indexes(position).subquery()
    first = sa.select(posts.c.ind).order_by(posts.c.ind).limit(position).subquery()
    return int(source.connection.execute(sa.select(sa.func.max(first.c.ind))).scalar_one())


def _count_posts(source: Source, after: int, last: int) -> int:
    posts = _indexes().subquery()
    counted = sa.select(sa.func.count()).where(posts.c.ind > after, posts.c.ind <= last)
    return int(source.connection.execute(counted.select_from(posts)).scalar_one())


def _count_rows(source: Source, event: Event, last: int) -> int:
    counted = sa.select(sa.func.count()).select_from(table(event)).where(column(event) <= last)
    return int(source.connection.execute(counted).scalar_one())


def _count_without_key(source: Source, event: Event) -> int:
    counted = sa.select(sa.func.count()).select_from(table(event)).where(column(event).is_(None))
    return int(source.connection.execute(counted).scalar_one())
