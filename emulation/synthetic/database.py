"""Writes synthetic posts into a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import batched
from pathlib import Path

import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.events import EVENTS, Event
from emulation.source import new_engine, open_connection
from emulation.synthetic.posts import SyntheticPost

__all__ = ["make_sqlite", "write_posts"]

POSTS_AT_ONCE = 2_000

_WHOLE_NUMBERS = {"downloaded", "age"}
_FRACTIONS = {"latitude", "longitude"}


def _type(column: str) -> sa.Integer | sa.Double[float] | sa.Text:
    if column in _WHOLE_NUMBERS:
        return sa.Integer()
    return sa.Double() if column in _FRACTIONS else sa.Text()


def _table(event: Event, metadata: sa.MetaData) -> sa.Table:
    key = sa.Column(event.key, sa.Integer(), primary_key=True, autoincrement=False)
    others = [sa.Column(name, _type(name)) for name in event.columns[1:]]
    return sa.Table(event.table, metadata, key, *others)


def write_posts(
    url: str | sa.URL, posts: Iterable[SyntheticPost], note: Callable[[int], None]
) -> None:
    """Create the three tables at `url` and write `posts` into them.

    Args:
        url: A SQLAlchemy URL.
        posts: What to write; read as it is written, so that any number fits into memory.
        note: Called with the number of posts written so far.

    Raises:
        SourceError: If the database cannot be reached, or holds one of the tables already.
    """
    metadata = sa.MetaData()
    tables = [_table(event, metadata) for event in EVENTS]
    engine = new_engine(url)
    with open_connection(engine) as connection:
        _check_absent(connection, tables)
        metadata.create_all(connection)
        inserts = [sa.insert(table) for table in tables]
        written = 0
        for some in batched(posts, POSTS_AT_ONCE):
            for insert, event, rows in zip(inserts, EVENTS, zip(*some, strict=True), strict=True):
                values = [dict(zip(event.columns, row, strict=True)) for row in rows]
                connection.execute(insert, values)
            written += len(some)
            note(written)
        connection.commit()


def _check_absent(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    present = set(sa.inspect(connection).get_table_names())
    if found := sorted(present & {table.name for table in tables}):
        raise SourceError(
            f"The database already holds {', '.join(found)}. Name an empty one, or drop them first."
        )


def make_sqlite(path: Path, posts: Iterable[SyntheticPost], note: Callable[[int], None]) -> None:
    """Make the SQLite file `path`, whole or not at all.

    Raises:
        SourceError: If it exists, or cannot be written.
    """
    if path.exists():
        raise SourceError(f"The file {path} exists. Name another one, or remove it first.")
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        _write_whole(partial, posts, note)
        partial.replace(path)
    except OSError as error:
        raise SourceError(f"The file {path} cannot be written: {error}") from error


def _write_whole(path: Path, posts: Iterable[SyntheticPost], note: Callable[[int], None]) -> None:
    try:
        write_posts(sa.URL.create("sqlite", database=str(path)), posts, note)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
