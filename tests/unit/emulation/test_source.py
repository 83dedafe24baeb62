"""Opening a source."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from emulation.errors import SourceError
from emulation.events import GEO, PIN, USER
from emulation.source import open_source, readable_url
from tests.unit.emulation.sources import write_posts, write_source


def opening(url: str) -> str:
    with pytest.raises(SourceError) as caught, open_source(url):
        pass
    return str(caught.value)


def test_a_file_that_does_not_exist_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert f"There is no file {path}" in opening(f"sqlite:///{path}")
    assert not path.exists()


def test_text_that_is_no_url_is_not_repeated_for_it_may_hold_a_password() -> None:
    words = opening("posts of user:secret")
    assert "not a SQLAlchemy URL" in words
    assert "secret" not in words


def test_an_unknown_kind_of_database_is_named() -> None:
    assert "no such kind of database" in opening("abacus://host/database")


def test_a_missing_driver_is_named() -> None:
    words = opening("oracle+cx_oracle://user:secret@127.0.0.1/posts")
    assert "driver cx_oracle is not installed" in words
    assert "secret" not in words


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
def test_a_missing_driver_comes_with_the_command_that_brings_it(url: str, package: str) -> None:
    assert f"uv pip install --python .venv/bin/python '{package}'\n" in opening(url)


def test_a_driver_that_is_not_whole_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_without_its_library(*_: object, **__: object) -> None:
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", import_without_its_library)
    words = opening("postgresql+psycopg://host/posts")
    assert "driver psycopg is not installed, or not whole (no pq wrapper available)" in words
    assert "'psycopg[binary]'" in words


def test_an_unreachable_database_is_named_without_its_password() -> None:
    words = opening("mysql+pymysql://user:secret@127.0.0.1:1/posts")
    assert "mysql+pymysql://user:***@127.0.0.1:1/posts" in words
    assert "Connection refused" in words
    assert "secret" not in words


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("index,title\n" * 100)
    assert "file is not a database" in opening(f"sqlite:///{path}")


def test_a_missing_table_is_named_beside_those_that_exist(tmp_path: Path) -> None:
    url = write_source(tmp_path / "a.db", create={"geo": "CREATE TABLE places (ind INTEGER)"})
    words = opening(url)
    assert "no table geolocation_data" in words
    assert "pinterest_data, places, user_data" in words


def test_a_missing_column_is_named_beside_those_that_exist(tmp_path: Path) -> None:
    url = write_source(
        tmp_path / "a.db",
        create={"user": "CREATE TABLE user_data (ind INTEGER, first_name TEXT, age INTEGER)"},
    )
    words = opening(url)
    assert "user_data" in words
    assert "lacks the column(s) last_name, date_joined; it has: ind, first_name, age" in words


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
