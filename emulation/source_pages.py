"""Reads the rows of a source page by page; rows that the driver cannot read become refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from emulation.payloads import Event, Refusal
from emulation.source import QueryError, Row, Rows, Source, key_column

__all__ = ["PageReader", "RowPage"]

_PAGE_ROWS = 2_000
"""Rows in memory per table; few, because the workers wait while a page is encoded."""
_REASONS_KEPT = 100
"""Reasons of unreadable rows, which may hold the rows' values, until only the column is named."""


class RowPage(NamedTuple):
    """Rows in index order, and the unreadable rows among them."""

    rows: Rows
    refusals: Sequence[Refusal]

    def keys(self) -> list[int]:
        """Return the indexes of the rows, and then those of the unreadable rows."""
        refused = [int(refusal.index) for refusal in self.refusals if refusal.index is not None]
        return [*map(int, map(itemgetter(0), self.rows)), *refused]

    def last_key(self) -> int:
        """Return the highest index of the page."""
        return max(RowPage(self.rows[-1:], self.refusals[-1:]).keys())


_EMPTY = RowPage([], [])


class PageReader:
    """Reads the rows of one event of a source."""

    def __init__(self, source: Source, event: Event, page_rows: int = _PAGE_ROWS) -> None:
        self._source = source
        self._event = event
        self._page_rows = page_rows
        self._key = key_column(event)
        self._columns = source.columns(event)
        self._reasons: set[str] = set()
        self._suspects = list(zip(event.columns, self._columns, strict=True))

    def pages(self, after: int, last: int) -> Iterator[RowPage]:
        """Yield pages of the rows with `after < index <= last`, in index order.

        Rows of one index share a page. A page is selected by the key after which it begins. So the
        cost of a page does not grow with its distance from the first, and a table of any length is
        read in constant memory.
        """
        while after < last and (page := self._page(after, last)) != _EMPTY:
            after = page.last_key()
            yield page

    def _page(self, after: int, last: int) -> RowPage:
        try:
            # With the row after the page, which tells whether the page's last index continues.
            rows = self._source.read(self._following(self._columns, after, last, more=1))
        except QueryError:
            # A statement that is invalid itself also fails without rows.
            self._source.read(self._select(self._columns).limit(0))
            keys = self._source.read(self._following([self._key], after, last))
            return self._rows_of([index for index, _ in groupby(int(key[0]) for key in keys)])
        page = rows[: self._page_rows]
        if len(page) == len(rows) or page[-1][0] != rows[-1][0]:
            return RowPage(page, [])
        last_key = int(page[-1][0])
        rest = self._rows_of([last_key])
        return RowPage([*(row for row in page if row[0] != last_key), *rest.rows], rest.refusals)

    def _rows_of(self, keys: Sequence[int]) -> RowPage:
        """Return all rows of `keys`, which are in order; halve `keys` to find an unreadable row."""
        if not keys:
            return _EMPTY
        try:
            between = self._select(self._columns).where(self._key.between(keys[0], keys[-1]))
            return RowPage(self._source.read(between), [])
        except QueryError as error:
            if len(keys) == 1:
                return self._rows_one_by_one(keys[0], error)
        middle = len(keys) // 2
        halves = [self._rows_of(keys[:middle]), self._rows_of(keys[middle:])]
        return RowPage(
            [row for half in halves for row in half.rows],
            [refusal for half in halves for refusal in half.refusals],
        )

    def _rows_one_by_one(self, key: int, error: QueryError) -> RowPage:
        """Return the rows of `key`, which cannot be read together because of `error`."""
        if (count := self._source.count(self._event, self._key == key)) == 1:
            return RowPage([], [Refusal(self._event.name, key, self._reason(key, 0, error))])
        rows: list[Row] = []
        refusals: list[Refusal] = []
        for position in range(count):
            try:
                rows.extend(self._source.read(self._row(self._columns, key, position)))
            except QueryError as of_row:
                reason = self._reason(key, position, of_row)
                refusals.append(Refusal(self._event.name, key, reason))
        return RowPage(rows, refusals)

    def _reason(self, key: int, position: int, error: QueryError) -> str:
        """Return which column of a row is unreadable, and why.

        After many reasons that differ, a further one names the column and the kind of error only.
        """
        column = "*"
        for suspect in self._suspects:
            name, expression = suspect
            try:
                self._source.read(self._row([expression], key, position))
            except QueryError as of_column:
                column, error = name, of_column
                self._suspects.remove(suspect)
                self._suspects.insert(0, suspect)  # likely the next row's, too
                break
        start = f"{self._event.table}.{column} is unreadable"
        reason = f"{start}: {error.reason}"
        if reason not in self._reasons and len(self._reasons) >= _REASONS_KEPT:
            return f"{start} ({type(error.__cause__).__name__})"
        self._reasons.add(reason)
        return reason

    def _select(self, columns: Sequence[sa.ColumnElement[Any]]) -> sa.Select[Any]:
        rows = sa.select(*columns).select_from(sa.table(self._event.table))
        return rows.where(self._source.has_key(self._event)).order_by(self._key)

    def _following(
        self, columns: Sequence[sa.ColumnElement[Any]], after: int, last: int, more: int = 0
    ) -> sa.Select[Any]:
        # Not `key > after`: below the lowest 64-bit number there is none that a driver can pass.
        page = self._select(columns).where(self._key.between(after + 1, last))
        return page.limit(self._page_rows + more)

    def _row(
        self, columns: Sequence[sa.ColumnElement[Any]], key: int, position: int
    ) -> sa.Select[Any]:
        return self._select(columns).where(self._key == key).limit(1).offset(position)
