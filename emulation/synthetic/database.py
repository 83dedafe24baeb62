"""Writes synthetic posts into a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from rich.console import Console

from emulation.errors import SourceError
from emulation.payloads import EVENTS, Event
from emulation.report import shown_progress
from emulation.source_url import open_connection
from emulation.synthetic.posts import DEFAULT_POSTS, DEFAULT_SEED, SyntheticPost, synthetic_posts

__all__ = ["build_source", "default_source", "write_posts", "write_sqlite"]

BATCH_POSTS = 2_000

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
    url: sa.URL, posts: Iterable[SyntheticPost], on_progress: Callable[[int], None]
) -> None:
    """Create the three tables at `url` and write `posts` into them.

    Args:
        url: Where the database is.
        posts: The posts; read while they are written, so memory use is constant.
        on_progress: Called with the number of posts written so far.

    Raises:
        SourceError: Raised when the database cannot be reached, or already holds one of the tables.
    """
    metadata = sa.MetaData()
    tables = [_table(event, metadata) for event in EVENTS]
    with open_connection(url) as connection:
        _check_absent(connection, tables)
        metadata.create_all(connection)
        inserts = [sa.insert(table) for table in tables]
        written = 0
        for batch in batched(posts, BATCH_POSTS):
            for insert, event, rows in zip(inserts, EVENTS, zip(*batch, strict=True), strict=True):
                values = [dict(zip(event.columns, row, strict=True)) for row in rows]
                connection.execute(insert, values)
            written += len(batch)
            on_progress(written)
        connection.commit()


def _check_absent(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    present = set(sa.inspect(connection).get_table_names())
    if taken := sorted(present & {table.name for table in tables}):
        raise SourceError(
            f"The database already holds {', '.join(taken)}. Name an empty one, or drop them first."
        )


def write_sqlite(
    path: Path, posts: Iterable[SyntheticPost], on_progress: Callable[[int], None]
) -> None:
    """Create the SQLite file `path`; on an error or interrupt, leave no file.

    Raises:
        SourceError: Raised when it exists or cannot be written.
    """
    if _exists(path):
        raise SourceError(f"The file {path} exists. Name another one, or remove it first.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder of its own: another process may create the same file at the same time.
        with TemporaryDirectory(prefix=".creating-", dir=path.parent) as folder:
            partial = Path(folder, "posts.db")
            write_posts(sa.URL.create("sqlite", database=str(partial)), posts, on_progress)
            partial.replace(path)
    except OSError as error:
        raise SourceError(_not_written(path, error)) from error


def _exists(path: Path) -> bool:
    """Return whether `path` exists.

    Raises:
        SourceError: Raised when nothing of this name can exist.
    """
    try:
        return path.exists()
    except OSError as error:
        raise SourceError(_not_written(path, error)) from error


def _not_written(path: Path, error: OSError) -> str:
    return f"The file {path} cannot be written: {error}. Name another file."


def build_source(url: sa.URL, posts: int, seed: int, console: Console) -> None:
    """Write `posts` synthetic posts to the database at `url` and show the progress.

    Raises:
        SourceError: Raised when it cannot be written, or already holds one of the tables.
    """
    with shown_progress(console, posts, "Creating posts") as show:
        rows = synthetic_posts(posts, seed)
        if url.get_backend_name() == "sqlite" and url.database:
            write_sqlite(Path(url.database), rows, show)
        else:
            write_posts(url, rows, show)


def default_source(path: Path, rows: int | None, console: Console) -> str:
    """Return the URL of the synthetic rows in `path`; create the file if it is missing.

    More `rows` than the public data set has get a separate file.

    Raises:
        SourceError: Raised when the file cannot be written.
    """
    posts = max(rows or 0, DEFAULT_POSTS)
    if posts > DEFAULT_POSTS:
        path = path.with_stem(f"{path.stem}-{posts}")
    url = sa.URL.create("sqlite", database=str(path.absolute()))
    if not _exists(path):
        console.print(
            f"Creating {posts:,} synthetic posts in {path}.", highlight=False, markup=False
        )
        build_source(url, posts, DEFAULT_SEED, console)
    return url.render_as_string(hide_password=False)
