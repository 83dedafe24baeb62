"""An open SQL source: its three tables, their keys, and queries that survive a lost connection."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
import tenacity
from sqlalchemy.dialects import mysql, postgresql

from emulation.errors import SourceError
from emulation.payloads import EVENTS, Event
from emulation.source_url import check_file, connect, new_engine, parse_url, readable_url, reason_of

__all__ = ["QueryError", "Row", "Rows", "Source", "key_column", "open_source"]

type Row = Sequence[Any]
"""Values as the driver returns them; the first column is the key."""
type Rows = Sequence[Row]

GIVE_UP_AFTER_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0

_WHOLE_DOUBLES = 2**53
"""A double holds each whole number up to this one."""
_WHOLE_NUMBERS = 2**63 - 1

_NEXT = "See docs/emulation.md for what a source must hold."


class QueryError(SourceError):
    """Raised when a query fails on an intact connection, for example because of a value.

    Attributes:
        reason: The driver's message.
    """

    def __init__(self, name: str, error: Exception) -> None:
        self.reason = reason_of(error)
        super().__init__(f"The database {name} fails: {self.reason}")


class _LostConnectionError(Exception):
    """Raised when the database does not answer, or has closed the connection."""


class Source:
    """An open source with checked tables. Each query has its own short transaction."""

    def __init__(self, engine: sa.Engine, name: str, retrying: tenacity.Retrying) -> None:
        self.name = name
        self._engine = engine
        self._retrying = retrying
        self._dynamic = engine.dialect.name == "sqlite"
        self._inspector = sa.inspect(engine)
        with warnings.catch_warnings():
            # A value of a type that SQLAlchemy does not know stays as the driver returns it.
            warnings.filterwarnings("ignore", "Did not recognize type", sa.exc.SAWarning)
            self._types = {event.name: self._check_table(event) for event in EVENTS}

    def _check_table(self, event: Event) -> dict[str, sa.types.TypeEngine[Any]]:
        """Return the types of the event's columns.

        Raises:
            SourceError: Raised when the table, a column or an index of whole numbers is missing.
        """
        tables = [*self._inspector.get_table_names(), *self._inspector.get_view_names()]
        if event.table not in tables:
            raise SourceError(
                f"The source {self.name} has no table {event.table}; it has: "
                f"{', '.join(sorted(tables)) or 'none'}. {_NEXT}"
            )
        columns = self._inspector.get_columns(event.table)
        types = {one["name"]: _base_type(one["type"]) for one in columns}
        if missing := [name for name in event.columns if name not in types]:
            raise SourceError(
                f"Table {event.table} of {self.name} lacks the column(s) {', '.join(missing)}; "
                f"it has: {', '.join(types)}. {_NEXT}"
            )
        key = types[event.key]
        if isinstance(key, sa.String) or not (self._dynamic or _is_number(key)):
            raise SourceError(
                f"Column {event.key} of table {event.table} has the type {key}: expected whole "
                "numbers, the indexes of posts. Make it an integer column."
            )
        if isinstance(key, mysql.FLOAT):
            raise SourceError(
                f"Column {event.key} of table {event.table} has the type {key}, whose values "
                "MySQL and MariaDB round to six digits: expected exact whole numbers, the indexes "
                "of posts. Make it an integer column."
            )
        return types

    def time_columns(self, event: Event) -> list[str]:
        """Return the event's columns that the source declares as date or time."""
        types = self._types[event.name]
        return [name for name in event.columns if isinstance(types[name], sa.DateTime | sa.Date)]

    def columns(self, event: Event) -> list[sa.ColumnElement[Any]]:
        """Return the event's columns as they are read: values stay as the driver returns them.

        The database itself writes JSON values and MySQL's SET as text, and a BIT as a number.
        """
        return [_as_read(name, self._types[event.name][name]) for name in event.columns]

    def has_key(self, event: Event) -> sa.ColumnElement[bool]:
        """Return the condition that a row's index is a whole number."""
        key, kind = key_column(event), self._types[event.name][event.key]
        if self._dynamic:
            numeric = sa.func.typeof(key).in_(["integer", "real"])
            return sa.and_(numeric, sa.cast(key, sa.Integer) == key)
        if isinstance(kind, sa.Integer):
            return key.is_not(None)
        limit = _WHOLE_DOUBLES if isinstance(kind, sa.Float) else _WHOLE_NUMBERS
        return sa.and_(key.between(-limit, limit), sa.func.floor(key) == key)

    def edge_key(
        self, event: Event, *, last: bool = False, from_index: int | None = None
    ) -> int | None:
        """Return the lowest (or `last`) index, from `from_index` on; None if there is no row."""
        key = key_column(event)
        keys = sa.select(key).select_from(sa.table(event.table)).where(self.has_key(event))
        if from_index is not None:
            keys = keys.where(key >= from_index)
        rows = self.read(keys.order_by(key.desc() if last else key).limit(1))
        return int(rows[0][0]) if rows else None

    def count(self, event: Event, condition: sa.ColumnElement[bool]) -> int:
        """Return the number of the event's rows that meet `condition`."""
        return int(
            self.read(
                sa.select(sa.func.count()).select_from(sa.table(event.table)).where(condition)
            )[0][0]
        )

    def read(self, statement: sa.Executable) -> Rows:
        """Return all rows of `statement`. A lost connection is replaced and the query repeated.

        Raises:
            QueryError: Raised when the query fails.
            SourceError: Raised when the database does not answer again in time.
        """
        try:
            rows: Rows = self._retrying(self._read_once, statement)
        except _LostConnectionError as error:
            raise SourceError(
                f"The database {self.name} no longer answers: {str(error).rstrip('.')}. "
                "Check it, then run the same command with --resume."
            ) from error
        return rows

    def _read_once(self, statement: sa.Executable) -> Rows:
        try:
            connection = connect(self._engine)
        except SourceError as error:
            raise _LostConnectionError(str(error)) from error
        with connection:
            try:
                return connection.execute(statement).all()
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    raise _LostConnectionError(reason_of(error)) from error
                raise QueryError(self.name, error) from error
            except Exception as error:
                connection.invalidate()  # the driver may have stopped within an answer
                raise QueryError(self.name, error) from error


def key_column(event: Event) -> sa.ColumnClause[int]:
    """Return the event's key column."""
    return sa.column(event.key, sa.BigInteger())


def _is_number(kind: sa.types.TypeEngine[Any]) -> bool:
    return isinstance(kind, sa.Integer | sa.Numeric | sa.Float)


def _base_type(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type of the values of `kind`, which PostgreSQL's domains restrict."""
    while isinstance(kind, postgresql.DOMAIN):
        kind = kind.data_type
    return kind


def _as_read(name: str, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    column: sa.ColumnElement[Any] = sa.column(name)
    match kind:
        case sa.JSON():
            return sa.func.nullif(sa.cast(column, sa.Text), "null").label(name)
        case mysql.SET():
            return sa.cast(column, sa.Text).label(name)
        case mysql.BIT():
            return sa.cast(column, sa.BigInteger).label(name)
    return column


@contextmanager
def open_source(
    url: str,
    give_up_after_seconds: float = GIVE_UP_AFTER_SECONDS,
    stop: threading.Event | None = None,
) -> Iterator[Source]:
    """Open the source at `url` for reading.

    Args:
        url: A SQLAlchemy URL.
        give_up_after_seconds: How long a lost database is asked again. A first connection is not
            retried.
        stop: Ends the wait for a lost database.

    Yields:
        The source, its tables and columns checked.

    Raises:
        SourceError: Raised when it does not exist, cannot be reached or read, has no driver
            installed, or lacks a table or column.
    """
    stop = stop or threading.Event()
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_LostConnectionError),
        wait=tenacity.wait_random_exponential(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS),
        stop=tenacity.stop_after_delay(give_up_after_seconds) | tenacity.stop_when_event_set(stop),
        sleep=tenacity.sleep_using_event(stop),
        reraise=True,
    )
    parsed = parse_url(url)
    check_file(parsed)
    engine = new_engine(parsed)
    name = readable_url(parsed)
    try:
        connect(engine).close()
        yield Source(engine, name, retrying)
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(f"The database {name} fails: {reason_of(error)}") from error
    finally:
        engine.dispose()
