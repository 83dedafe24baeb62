"""Opens a SQL source and checks that it holds the three tables of a post."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.events import EVENTS, Event

__all__ = ["Source", "new_engine", "open_connection", "open_source", "parsed_url", "readable_url"]

_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
    "mariadbconnector": "mariadb",
}
"""Packages of the drivers that are not called as SQLAlchemy calls them."""

_NEXT = "See docs/emulation.md for what a source must hold."


def readable_url(url: str | sa.URL) -> str:
    """Return `url` without its password, for people and for files."""
    return sa.make_url(url).render_as_string(hide_password=True)


class Source:
    """An open source whose tables have been checked."""

    def __init__(self, connection: sa.Connection, name: str) -> None:
        self.connection = connection
        self.name = name
        self._inspector = sa.inspect(connection)
        self._time_columns = {event.name: self._checked(event) for event in EVENTS}

    def time_columns(self, event: Event) -> list[str]:
        """Return the event's columns that the source declares as date or time."""
        return self._time_columns[event.name]

    def _checked(self, event: Event) -> list[str]:
        tables = [*self._inspector.get_table_names(), *self._inspector.get_view_names()]
        if event.table not in tables:
            raise SourceError(
                f"The source {self.name} has no table {event.table}; it has: "
                f"{', '.join(sorted(tables)) or 'none'}. {_NEXT}"
            )
        types = {found["name"]: found["type"] for found in self._inspector.get_columns(event.table)}
        if missing := [name for name in event.columns if name not in types]:
            raise SourceError(
                f"Table {event.table} of {self.name} lacks the column(s) {', '.join(missing)}; "
                f"it has: {', '.join(types)}. {_NEXT}"
            )
        return [name for name in event.columns if isinstance(types[name], sa.DateTime | sa.Date)]


def parsed_url(url: str | sa.URL) -> sa.URL:
    """Return `url` in its parts.

    Raises:
        SourceError: If it is not a SQLAlchemy URL.
    """
    try:
        return sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise SourceError(
            "The source is not a SQLAlchemy URL, such as sqlite:///posts.db or "
            "mysql+pymysql://user@host/database."
        ) from error


def new_engine(url: str | sa.URL) -> sa.Engine:
    """Return an engine for the database at `url`; nothing is connected to yet.

    Raises:
        SourceError: If it is not a SQLAlchemy URL, or its driver is not installed.
    """
    parsed = parsed_url(url)
    try:
        return sa.create_engine(parsed)
    except sa.exc.NoSuchModuleError as error:
        raise SourceError(f"SQLAlchemy knows no such kind of database: {error}.") from error
    except ImportError as error:
        raise SourceError(_no_driver(parsed.get_dialect().driver, error)) from error


def _no_driver(driver: str, error: ImportError) -> str:
    """Return that the `driver` is not there, and how to bring it, as the Makefile brings others."""
    uv = "uv" if shutil.which("uv") else ".local/tools/bin/uv"
    package = _PACKAGES.get(driver, driver)
    return (
        f"The driver {driver} is not installed, or not whole ({error}). Install it into the "
        "project's environment:\n"
        f"  {uv} pip install --python .venv/bin/python '{package}'\n"
        "or name another driver in the URL, as in mysql+pymysql://…"
    )


def _check_file(engine: sa.Engine) -> None:
    """Make sure that a file is there: SQLite would make an empty one.

    Raises:
        SourceError: If it is not.
    """
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and not Path(path).is_file():
        raise SourceError(
            f"There is no file {path}. Make one with: "
            f".venv/bin/python -m emulation.synthetic --to sqlite:///{path}"
        )


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """Return the driver's own words: SQLAlchemy adds the statement and its parameters to them."""
    return str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)


@contextmanager
def open_connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Connect `engine`, and dispose of it at the end.

    Yields:
        The connection.

    Raises:
        SourceError: If the database cannot be reached, or fails while the block runs.
    """
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        name = readable_url(engine.url)
        raise SourceError(f"The database {name} fails: {_reason(error)}") from error
    finally:
        engine.dispose()


@contextmanager
def open_source(url: str | sa.URL) -> Iterator[Source]:
    """Open the source at `url` for reading.

    Args:
        url: A SQLAlchemy URL.

    Yields:
        The source, its tables and columns checked.

    Raises:
        SourceError: If it does not exist, cannot be reached or read, has no driver installed, or
            lacks a table or column.
    """
    engine = new_engine(url)
    _check_file(engine)
    with open_connection(engine) as connection:
        yield Source(connection, readable_url(engine.url))
