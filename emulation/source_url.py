"""The URL of a SQL source: its checks, its text without secrets, and the engine for it."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from emulation.errors import SourceError

__all__ = [
    "check_file",
    "connect",
    "new_engine",
    "open_connection",
    "parse_url",
    "readable_url",
    "reason_of",
]

_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "mysqldb": "mysqlclient",
    "mysqlconnector": "mysql-connector-python",
    "mariadbconnector": "mariadb",
}
"""Packages of the drivers whose names differ from SQLAlchemy's."""

_USE_UTC = {
    "postgresql": "SET TIME ZONE 'UTC'",
    "mysql": "SET time_zone = '+00:00'",
    "mariadb": "SET time_zone = '+00:00'",
    "oracle": "ALTER SESSION SET TIME_ZONE = 'UTC'",
}
"""Statements after which a session returns instants in UTC; others return them with a zone."""

_SECRET = re.compile("pass|pwd|secret|token|odbc_connect", re.IGNORECASE)
"""Names of the query's parameters that may hold a password."""

_FILE = re.compile(r"(?<=[?&])(?:ssl\w*|passfile|unix_socket|read_default_file)=[^&]*")
"""Parameters of the query whose values are paths, which may hold an @."""
_TRUE = {"true", "yes", "on", "y", "t", "1"}
"""What SQLAlchemy reads as true, in any case."""

_EXAMPLES = "such as sqlite:///posts.db or mysql+pymysql://user:password@host:3306/database"
_ENCODE = "In a user name or password write %40 for @, %3A for :, %2F for / and %25 for %."


def readable_url(url: str | sa.URL) -> str:
    """Return `url` without its passwords, for output and files.

    Raises:
        SourceError: Raised when it is not a SQLAlchemy URL.
    """
    parsed = parse_url(url)
    secrets = filter(_SECRET.search, parsed.query)
    return parsed.difference_update_query(secrets).render_as_string(hide_password=True)


def parse_url(url: str | sa.URL) -> sa.URL:
    """Return `url`, parsed. The messages of its errors hold no part of it.

    Raises:
        SourceError: Raised when it is not a SQLAlchemy URL, its port is not a port, or special
            characters of its password are not percent-encoded.
    """
    if isinstance(url, sa.URL):
        return url
    parsed: sa.URL | None = None
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SourceError(f"The source is not a SQLAlchemy URL, {_EXAMPLES}.") from None
    except ValueError:  # the port is explained below
        pass
    if parsed is None or _is_ambiguous(url, parsed):
        raise SourceError(
            "The source's URL has a port that is not a number, or a special character in its user "
            f"name or password. Write a URL {_EXAMPLES}. {_ENCODE}"
        )
    if parsed.port is not None and not 0 < parsed.port < 2**16:
        raise SourceError(f"The port {parsed.port} of the source's URL is not from 1 to 65535.")
    return parsed


def _is_ambiguous(url: str, parsed: sa.URL) -> bool:
    """Return whether an @ may belong to the password, but was not read as a part of it."""
    rest = url.partition("://")[2]
    if parsed.get_backend_name() == "sqlite":
        return False
    after_user = _FILE.sub("", re.sub("^[^:/?]*", "", rest))
    return after_user.count("@") > 1 or (parsed.username is None and "@" in rest.partition("?")[0])


def new_engine(url: sa.URL) -> sa.Engine:
    """Return an engine whose sessions return instants in UTC; it does not connect yet.

    Raises:
        SourceError: Raised when the driver is unknown or not installed, or a parameter is invalid.
    """
    try:
        engine = sa.create_engine(url)
    except sa.exc.NoSuchModuleError:
        hint = "Write postgresql:// instead." if url.drivername == "postgres" else ""
        raise SourceError(
            f"SQLAlchemy knows no such kind of database as {url.drivername}. "
            f"{hint or f'Write a URL {_EXAMPLES}.'}"
        ) from None
    except ImportError as error:
        raise SourceError(_no_driver_message(url.get_dialect().driver, error)) from error
    except Exception as error:  # TypeError, ValueError, … for parameters
        raise SourceError(_failure(url, error)) from error
    sa.event.listen(engine, "connect", _session_set_up(url))
    return engine


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


def check_file(url: sa.URL) -> None:
    """Check that the file of a SQLite URL exists: SQLite would create an empty one.

    Raises:
        SourceError: Raised when it does not, or its name is too long.
    """
    path = url.database
    if url.get_backend_name() != "sqlite" or not path or path == ":memory:":
        return
    if str(url.query.get("uri")).strip().lower() in _TRUE:
        if ":memory:" in path or "memory" in {url.query.get("mode"), url.query.get("vfs")}:
            return
        path = unquote(urlsplit(path).path)
    try:
        exists = Path(path).is_file()
    except OSError as error:
        raise SourceError(f"The file {path} cannot be read: {error}. Name another file.") from error
    if not exists:
        raise SourceError(
            f"There is no file {path}. Create one with: "
            f".venv/bin/python -m emulation.synthetic --to {shlex.quote(f'sqlite:///{path}')}"
        )


def _session_set_up(url: sa.URL) -> Callable[[Any, object], None]:
    """Return a listener that prepares each new connection to `url`."""
    backend, driver = url.get_backend_name(), url.get_dialect().driver

    def set_up(connection: Any, _: object) -> None:  # noqa: ANN401  # any driver's
        if backend in _USE_UTC:
            cursor = connection.cursor()
            cursor.execute(_USE_UTC[backend])
            cursor.close()
            connection.commit()  # PostgreSQL would undo it with the transaction
        if driver == "psycopg2":
            _refuse_infinity(connection)

    return set_up


def _refuse_infinity(connection: Any) -> None:  # noqa: ANN401  # the driver may be missing
    """Let psycopg2 raise an error for an infinite time; it would return the year 9999 or 1."""
    from psycopg2 import extensions  # noqa: PLC0415  # only where it is used

    for original in (extensions.PYDATE, extensions.PYDATETIME, extensions.PYDATETIMETZ):

        def cast(text: str | None, cursor: object, original: Any = original) -> object:  # noqa: ANN401
            if text in {"infinity", "-infinity"}:
                raise ValueError(f"the time is {text}")
            return original(text, cursor)

        checked = extensions.new_type(original.values, original.name, cast)
        extensions.register_type(checked, connection)


def reason_of(error: Exception) -> str:
    """Return the driver's message in one line, without the statement that SQLAlchemy adds."""
    message = str(error.orig if isinstance(error, sa.exc.DBAPIError) else error)
    return " ".join(message.split()) or type(error).__name__


def _failure(url: sa.URL, error: Exception) -> str:
    return f"The database {readable_url(url)} fails: {reason_of(error)}"


def connect(engine: sa.Engine) -> sa.Connection:
    """Return a connection.

    Raises:
        SourceError: Raised when the database cannot be reached, or refuses the connection.
    """
    try:
        return engine.connect()
    except Exception as error:  # TypeError for parameters, RuntimeError for a missing package
        raise SourceError(_failure(engine.url, error)) from error


@contextmanager
def open_connection(url: sa.URL) -> Iterator[sa.Connection]:
    """Connect to the database at `url`.

    Yields:
        The connection.

    Raises:
        SourceError: Raised when the database has no driver installed, cannot be reached, or fails
            while the block runs.
    """
    engine = new_engine(url)
    try:
        with connect(engine) as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise SourceError(_failure(url, error)) from error
    finally:
        engine.dispose()
