"""Opens a SQL source, checks its three tables, and reads them page by page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.payloads import EVENTS, Event

__all__ = [
    "Source",
    "key_column",
    "key_of",
    "keyset_pages",
    "open_connection",
    "open_source",
    "parse_url",
    "readable_url",
    "table_of",
]

_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
    "mariadbconnector": "mariadb",
}
"""Packages of the drivers whose names differ from SQLAlchemy's."""

_PAGE_ROWS = 1_000
"""Rows in memory per table; few, because the workers wait while a page is encoded."""

type Row = Sequence[Any]
"""Values as the driver returns them; the first column is the key."""
type Rows = Sequence[Row]

_NEXT = "See docs/emulation.md for what a source must hold."


def readable_url(url: str | sa.URL) -> str:
    """Return `url` without its password, for output and files."""
    return sa.make_url(url).render_as_string(hide_password=True)


class Source:
    """An open source with checked tables."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self.connection = connection
        self.name = name
        self._inspector = sa.inspect(connection)
        self._time_columns = {event.name: self._check_table(event) for event in EVENTS}

    def time_columns(self, event: Event) -> list[str]:
        """Return the event's columns that the source declares as date or time."""
        return self._time_columns[event.name]

    def _check_table(self, event: Event) -> list[str]:
        tables = [*self._inspector.get_table_names(), *self._inspector.get_view_names()]
        if event.table not in tables:
            raise SourceError(
                f"The source {self.name} has no table {event.table}; it has: "
                f"{', '.join(sorted(tables)) or 'none'}. {_NEXT}"
            )
        types = {one["name"]: one["type"] for one in self._inspector.get_columns(event.table)}
        if missing := [name for name in event.columns if name not in types]:
            raise SourceError(
                f"Table {event.table} of {self.name} lacks the column(s) {', '.join(missing)}; "
                f"it has: {', '.join(types)}. {_NEXT}"
            )
        return [name for name in event.columns if isinstance(types[name], sa.DateTime | sa.Date)]


def parse_url(url: str) -> sa.URL:
    """Return `url`, parsed.

    Raises:
        SourceError: Raised when it is not a SQLAlchemy URL.
    """
    try:
        return sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise SourceError(
            "The source is not a SQLAlchemy URL, such as sqlite:///posts.db or "
            "mysql+pymysql://user@host/database."
        ) from error


def _new_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for the database at `url`; it does not connect yet.

    Raises:
        SourceError: Raised when its driver is unknown or not installed.
    """
    try:
        return sa.create_engine(url)
    except sa.exc.NoSuchModuleError as error:
        raise SourceError(f"SQLAlchemy knows no such kind of database: {error}.") from error
    except ImportError as error:
        raise SourceError(_no_driver_message(url.get_dialect().driver, error)) from error


def _no_driver_message(driver: str, error: ImportError) -> str:
    """Return that the `driver` is missing, and how to install it."""
    uv = "uv" if shutil.which("uv") else ".local/tools/bin/uv"
    package = _PACKAGES.get(driver, driver)
    return (
        f"The driver {driver} is not installed, or is incomplete ({error}). Install it into the "
        "project's environment:\n"
        f"  {uv} pip install --python .venv/bin/python '{package}'\n"
        "or name another driver in the URL, as in mysql+pymysql://…"
    )


def _check_file(url: sa.URL) -> None:
    """Check that the file exists: SQLite would create an empty one.

    Raises:
        SourceError: Raised when it does not.
    """
    path = url.database
    if url.get_backend_name() == "sqlite" and path and not Path(path).is_file():
        raise SourceError(
            f"There is no file {path}. Create one with: "
            f".venv/bin/python -m emulation.synthetic --to sqlite:///{path}"
        )


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """Return the driver's message, without the statement that SQLAlchemy adds to it."""
    return str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)


@contextmanager
def open_connection(url: sa.URL) -> Iterator[sa.Connection]:
    """Connect to the database at `url`.

    Yields:
        The connection.

    Raises:
        SourceError: Raised when the database has no driver installed, cannot be reached, or fails
            while the block runs.
    """
    engine = _new_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(f"The database {readable_url(url)} fails: {_reason(error)}") from error
    finally:
        engine.dispose()


@contextmanager
def open_source(url: str) -> Iterator[Source]:
    """Open the source at `url` for reading.

    Args:
        url: A SQLAlchemy URL.

    Yields:
        The source, its tables and columns checked.

    Raises:
        SourceError: Raised when it does not exist, cannot be reached or read, has no driver
            installed, or lacks a table or column.
    """
    parsed = parse_url(url)
    _check_file(parsed)
    with open_connection(parsed) as connection:
        yield Source(connection, readable_url(parsed))


def table_of(event: Event) -> sa.TableClause:
    """Return the event's table, without column types: values stay as the driver returns them."""
    return sa.table(event.table, *(sa.column(name) for name in event.columns))


def key_column(event: Event) -> sa.ColumnClause[int]:
    """Return the event's key column."""
    return sa.column(event.key, sa.Integer())


def key_of(row: Row) -> int:
    """Return the index that `row` belongs to."""
    return int(row[0])


def keyset_pages(
    connection: sa.Connection, event: Event, after: int, last: int, page_rows: int = _PAGE_ROWS
) -> Iterator[Rows]:
    """Yield pages of the event's rows with `after < index <= last`, in index order.

    Rows of one index share a page. A page is selected by the key after which it begins. So the
    cost of a page does not grow with its distance from the first, and a table of any length is
    read in constant memory.
    """
    key = key_column(event)
    rows_of_event = sa.select(table_of(event))
    following = rows_of_event.where(key > sa.bindparam("after"), key <= last)
    page = following.order_by(key).limit(page_rows)
    rows: Rows
    while rows := connection.execute(page, {"after": after}).all():
        after = key_of(rows[-1])
        if len(rows) == page_rows:  # rows of the last index may continue on the next page
            before = [row for row in rows if row[0] != rows[-1][0]]
            rows = [*before, *connection.execute(rows_of_event.where(key == after))]
        yield rows
