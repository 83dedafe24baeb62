"""Opening a source and checking its tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from emulation.errors import SourceError
from emulation.payloads import GEO, PIN, USER
from emulation.source import open_source
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
