"""Opening a source and reading its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from emulation.errors import SourceError
from emulation.payloads import GEO, PIN, USER
from emulation.source import KeysetPages, open_source, readable_url
from tests.support.sources import pin, write_posts, write_source


def error_of(url: str) -> str:
    with pytest.raises(SourceError) as caught, open_source(url):
        pass
    return str(caught.value)


def test_a_file_that_does_not_exist_is_named_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert f"There is no file {path}" in error_of(f"sqlite:///{path}")
    assert not path.exists()


def test_text_that_is_not_a_url_is_not_shown_as_it_may_hold_a_password() -> None:
    message = error_of("posts of user:secret")
    assert "not a SQLAlchemy URL" in message
    assert "secret" not in message


def test_an_unknown_kind_of_database_is_named() -> None:
    assert "no such kind of database" in error_of("abacus://host/database")


def test_a_missing_driver_is_named() -> None:
    message = error_of("oracle+cx_oracle://user:secret@127.0.0.1/posts")
    assert "driver cx_oracle is not installed" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("postgresql+psycopg2://host/posts", "psycopg2-binary"),
        ("mysql+mysqldb://host/posts", "mysqlclient"),
        ("mysql+mysqlconnector://host/posts", "mysql-connector-python"),
        ("mariadb+mariadbconnector://host/posts", "mariadb"),
        ("oracle+cx_oracle://host/posts", "cx_oracle"),
    ],
)
def test_a_missing_driver_comes_with_the_command_that_installs_it(url: str, package: str) -> None:
    assert f"uv pip install --python .venv/bin/python '{package}'\n" in error_of(url)


def test_an_incomplete_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_without_its_library(*_: object, **__: object) -> None:
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", import_without_its_library)
    message = error_of("postgresql+psycopg://host/posts")
    assert "driver psycopg is not installed, or is incomplete (no pq wrapper available)" in message
    assert "'psycopg[binary]'" in message


def test_an_unreachable_database_is_named_without_its_password() -> None:
    message = error_of("mysql+pymysql://user:secret@127.0.0.1:1/posts")
    assert "mysql+pymysql://user:***@127.0.0.1:1/posts" in message
    assert "Connection refused" in message
    assert "secret" not in message


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


def pages_of(url: str, page_rows: int, after: int = -1, last: int = 99) -> list[list[int]]:
    with open_source(url) as source:
        pages = KeysetPages(PIN, page_rows).pages(source.connection, after, last)
        return [[row[0] for row in page] for page in pages]


def test_pages_are_in_index_order(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in (30, 10, 20)])
    assert pages_of(url, 2) == [[10, 20], [30]]


def test_only_rows_between_the_two_indexes_are_read(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in range(6)])
    assert pages_of(url, 2, after=1, last=4) == [[2, 3], [4]]


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ([1, 2, 2, 2, 3], [[1, 2, 2, 2], [3]]),
        ([1, 1, 1, 1, 1], [[1, 1, 1, 1, 1]]),
        ([1, 1, 2, 2], [[1, 1], [2, 2]]),
    ],
)
def test_rows_of_one_index_are_not_lost_where_a_page_ends(
    tmp_path: Path, indexes: list[int], expected: list[list[int]]
) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in indexes])
    assert pages_of(url, 2) == expected


def test_a_negative_index_is_an_index(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in (-3, 4)])
    assert pages_of(url, 5, after=-4) == [[-3, 4]]
