"""Opening a source and reading its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from emulation.errors import SourceError
from emulation.payloads import GEO, PIN, USER
from emulation.source import keyset_pages, open_source, readable_url
from tests.support.sources import pin, write_posts, write_source


def error_of(url: str) -> str:
    with pytest.raises(SourceError) as caught, open_source(url):
        pass
    return str(caught.value)


def test_a_file_that_does_not_exist_is_named_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert f"There is no file {path}" in error_of(f"sqlite:///{path}")
    assert not path.exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("posts of user:secret", "not a SQLAlchemy URL"),  # not shown: it may hold a password
        ("abacus://host/database", "no such kind of database"),
        ("oracle+cx_oracle://user:secret@host/posts", "driver cx_oracle is not installed"),
        ("mysql+pymysql://user:secret@127.0.0.1:1/posts", "mysql+pymysql://user:***@127.0.0.1:1/"),
        ("mysql+pymysql://user:secret@127.0.0.1:1/posts", "Connection refused"),
        ("postgresql+psycopg2://host/posts", "--python .venv/bin/python 'psycopg2-binary'\n"),
        ("mysql+mysqldb://host/posts", "uv pip install --python .venv/bin/python 'mysqlclient'\n"),
        ("mysql+mysqlconnector://host/posts", " 'mysql-connector-python'\n"),
        ("mariadb+mariadbconnector://host/posts", " 'mariadb'\n"),
        ("oracle+cx_oracle://host/posts", " 'cx_oracle'\n"),
    ],
)
def test_a_source_that_cannot_be_opened_is_explained_without_a_password(
    url: str, message: str
) -> None:
    assert message in error_of(url)
    assert "secret" not in error_of(url)


def test_an_incomplete_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_without_its_library(*_: object, **__: object) -> None:
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", import_without_its_library)
    message = error_of("postgresql+psycopg://host/posts")
    assert "driver psycopg is not installed, or is incomplete (no pq wrapper available)" in message
    assert "'psycopg[binary]'" in message


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
        source.connection.exec_driver_sql("SELECT * FROM gone")


def test_a_password_is_hidden() -> None:
    assert readable_url("postgresql://user:secret@host/db") == "postgresql://user:***@host/db"


@pytest.mark.parametrize(
    ("indexes", "after", "last", "expected"),
    [
        ([30, 10, 20], -1, 99, [[10, 20], [30]]),
        ([0, 1, 2, 3, 4, 5], 1, 4, [[2, 3], [4]]),
        ([-3, 4], -4, 99, [[-3, 4]]),
        # Rows of one index share a page.
        ([1, 2, 2, 2, 3], -1, 99, [[1, 2, 2, 2], [3]]),
        ([1, 1, 1, 1, 1], -1, 99, [[1, 1, 1, 1, 1]]),
        ([1, 1, 2, 2], -1, 99, [[1, 1], [2, 2]]),
    ],
)
def test_pages_hold_the_rows_between_two_indexes_in_order(
    tmp_path: Path, indexes: list[int], after: int, last: int, expected: list[list[int]]
) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in indexes])
    with open_source(url) as source:
        pages = keyset_pages(source.connection, PIN, after, last, page_rows=2)
        assert [[row[0] for row in page] for page in pages] == expected
