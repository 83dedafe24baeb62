"""Opening a source and checking its tables."""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pymysql import _auth
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from emulation.errors import SourceError
from emulation.payloads import GEO, PIN, USER
from emulation.source import open_source
from emulation.source_url import connect
from tests.support.sources import CREATE, write_posts, write_source


def error_of(url: str) -> str:
    with pytest.raises(SourceError) as caught, open_source(url):
        pass
    return str(caught.value)


def test_a_file_that_is_not_a_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("index,title\n" * 100)
    assert "file is not a database" in error_of(f"sqlite:///{path}")


def test_a_missing_table_is_named_beside_those_that_exist(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", create={"geo": "CREATE TABLE places (ind INTEGER)"})
    message = error_of(url)
    assert "no table geolocation_data" in message
    assert "pinterest_data, places, user_data" in message


def test_a_missing_column_is_named_beside_those_that_exist(tmp_path: Path) -> None:
    url = write_source(
        tmp_path / "a.db",
        create={"user": "CREATE TABLE user_data (ind INTEGER, first_name TEXT, age INTEGER)"},
    )
    message = error_of(url)
    assert "user_data" in message
    assert "lacks the column(s) last_name, date_joined; it has: ind, first_name, age" in message


def test_an_extra_column_does_no_harm(tmp_path: Path) -> None:
    create = "CREATE TABLE user_data (ind, first_name, last_name, age, date_joined, shoe_size)"
    with open_source(write_source(tmp_path / "a.db", create={"user": create})) as source:
        assert source.time_columns(USER) == []


def test_time_columns_are_those_declared_so(tmp_path: Path) -> None:
    create = (
        "CREATE TABLE geolocation_data "
        "(ind INTEGER, timestamp DATETIME, latitude REAL, longitude REAL, country TEXT)"
    )
    with open_source(write_source(tmp_path / "a.db", create={"geo": create})) as source:
        assert source.time_columns(GEO) == ["timestamp"]
        assert source.time_columns(PIN) == []


def test_a_failure_while_reading_is_a_source_error(tmp_path: Path) -> None:
    url = write_posts(tmp_path / "a.db", [1])
    with pytest.raises(SourceError, match="no such table: gone"), open_source(url) as source:
        source.read(sa.text("SELECT * FROM gone"))


def test_no_transaction_and_no_lock_stays_after_a_query(tmp_path: Path) -> None:
    url = write_posts(tmp_path / "a.db", [1])
    with open_source(url) as source, closing(sqlite3.connect(tmp_path / "a.db")) as other:
        assert source.edge_key(USER, last=True) == 1
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE user_data SET ind = 2")
        other.commit()
        other.execute("PRAGMA locking_mode = NORMAL")
        other.execute("SELECT * FROM user_data").fetchall()
        assert source.edge_key(USER, last=True) == 2


def test_a_key_column_of_text_is_named(tmp_path: Path) -> None:
    create = CREATE["geo"].replace("ind INTEGER", "ind VARCHAR(20)")
    message = error_of(write_source(tmp_path / "a.db", create={"geo": create}))
    assert "Column ind of table geolocation_data has the type VARCHAR(20)" in message
    assert "Make it an integer column" in message


def declare_keys(monkeypatch: pytest.MonkeyPatch, kind: sa.types.TypeEngine[Any]) -> None:
    """Let key columns have the type `kind`, in a database that keeps to its types."""
    inspected = sa.Inspector.get_columns

    def get_columns(inspector: sa.Inspector, table: str) -> list[Any]:
        columns = inspected(inspector, table)
        return [{**columns[0], "type": kind}, *columns[1:]]

    monkeypatch.setattr(sa.Inspector, "get_columns", get_columns)
    monkeypatch.setattr(SQLiteDialect_pysqlite, "name", "typed")


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the next connections to the source fail, as many as asked for."""

    def fail(connections: int) -> None:
        left = iter(range(connections))

        def connect_later(engine: sa.Engine) -> sa.Connection:
            if next(left, None) is not None:
                raise SourceError("The database fails: connection refused")
            return connect(engine)

        monkeypatch.setattr("emulation.source.connect", connect_later)

    return fail


def test_a_query_is_repeated_until_the_database_is_back(
    tmp_path: Path, outage: Callable[[int], None]
) -> None:
    with open_source(write_posts(tmp_path / "a.db", [4])) as source:
        outage(3)
        assert source.edge_key(USER) == 4


def test_a_database_that_does_not_answer_any_more_ends_the_run(
    tmp_path: Path, outage: Callable[[int], None]
) -> None:
    url = write_posts(tmp_path / "a.db", [4])
    with open_source(url, give_up_after_seconds=0.1) as source:
        outage(10**6)
        with pytest.raises(SourceError, match=r"no longer answers: .*refused.* --resume"):
            source.edge_key(USER)


def test_a_stop_ends_the_wait_for_the_database(
    tmp_path: Path, outage: Callable[[int], None]
) -> None:
    stop = threading.Event()
    with open_source(write_posts(tmp_path / "a.db", [4]), 3_600, stop) as source:
        outage(10**6)
        stop.set()
        with pytest.raises(SourceError, match="no longer answers"):
            source.edge_key(USER)


def test_a_key_column_that_mysql_rounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare_keys(monkeypatch, mysql.FLOAT())
    assert "has the type FLOAT, whose values MySQL and MariaDB round to six digits" in error_of(
        write_posts(tmp_path / "a.db", [1])
    )


def test_a_key_column_of_a_domain_has_the_type_of_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare_keys(monkeypatch, postgresql.DOMAIN("idx", postgresql.DOMAIN("whole", sa.Integer())))
    with open_source(write_posts(tmp_path / "a.db", [1])) as source:
        assert str(source.has_key(PIN)) == "index IS NOT NULL"


def test_the_condition_of_a_fraction_is_valid_in_each_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQL Server's `round` needs a second argument, which PostgreSQL's does not take."""
    declare_keys(monkeypatch, sa.Numeric())
    with open_source(write_posts(tmp_path / "a.db", [1])) as source:
        condition = source.has_key(USER).compile(
            dialect=sa.make_url("mssql+pyodbc://").get_dialect()()
        )
        assert "floor(ind) = ind" in str(condition)
        assert source.count(USER, source.has_key(USER)) == 1


def test_a_type_that_sqlalchemy_does_not_know_is_no_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = write_source(tmp_path / "a.db")
    inspected = sa.Inspector.get_columns

    def get_columns(inspector: sa.Inspector, table: str) -> list[Any]:
        sa.util.warn("Did not recognize type 'geometry' of column 'country'")
        return list(inspected(inspector, table))

    monkeypatch.setattr(sa.Inspector, "get_columns", get_columns)
    with warnings.catch_warnings(action="error"), open_source(url):
        pass


def test_the_driver_of_mysql_has_what_the_sign_in_of_mysql_8_needs() -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert len(_auth.sha2_rsa_encrypt(b"password", b"salt" * 5, pem)) == 256
