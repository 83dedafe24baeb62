"""Reads one table in key order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from emulation.events import Event

__all__ = ["KeysetPages", "column", "key_of", "table"]

_PAGE_ROWS = 1_000
"""Rows held in memory per table; few, for the connections wait while a page is encoded."""

type Row = Sequence[Any]
"""As the driver has it; the first column is the key."""
type Rows = Sequence[Row]


def table(event: Event) -> sa.TableClause:
    """Return the event's table, its columns without types: values come as the driver has them."""
    return sa.table(event.table, *(sa.column(name) for name in event.columns))


def column(event: Event) -> sa.ColumnClause[int]:
    """Return the event's key column."""
    return sa.column(event.key, sa.Integer())


def key_of(row: Row) -> int:
    """Return the index that `row` belongs to."""
    return int(row[0])


class KeysetPages:
    """The rows of one event's table between two indexes, in index order.

    A page is asked for by the key after which it begins, so the cost of a page does not grow with
    its distance from the first, and a table of any length is read in constant memory.
    """

    def __init__(self, event: Event, page_rows: int = _PAGE_ROWS) -> None:
        key = column(event)
        rows = sa.select(table(event))
        self._event = event
        self._page_rows = page_rows
        self._page = (
            rows
            .where(key > sa.bindparam("after"), key <= sa.bindparam("last"))
            .order_by(key)
            .limit(page_rows)
        )
        self._equal = rows.where(key == sa.bindparam("same"))

    def pages(self, connection: sa.Connection, after: int, last: int) -> Iterator[Rows]:
        """Yield pages of rows with `after < index <= last`; rows of one index share a page."""
        rows: Rows
        while rows := connection.execute(self._page, {"after": after, "last": last}).all():
            if len(rows) == self._page_rows:
                rows = self._completed(connection, rows)
            yield rows
            after = key_of(rows[-1])

    def _completed(self, connection: sa.Connection, rows: Rows) -> Rows:
        """Return `rows` with all rows of the last index: a page may end amid them."""
        same = rows[-1][0]
        before = [row for row in rows if row[0] != same]
        return [*before, *connection.execute(self._equal, {"same": same})]
