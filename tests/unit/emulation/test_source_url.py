"""The URL of a source: what is wrong with it, and that no message shows a password."""

from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from emulation.errors import SourceError
from emulation.payloads import PIN
from emulation.source import open_source
from emulation.source_url import parse_url, readable_url
from tests.support.sources import write_posts

SPECIAL_CHARACTER = "write %40 for @, %3A for :, %2F for / and %25 for %"


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
        ("abacus://host/database", "no such kind of database as abacus. Write a URL such as"),
        ("postgres://user:secret@host/db", "as postgres. Write postgresql:// instead."),
        ("oracle+cx_oracle://user:secret@host/posts", "driver cx_oracle is not installed"),
        ("mysql+pymysql://user:secret@127.0.0.1:1/posts", "mysql+pymysql://user:***@127.0.0.1:1/"),
        ("mysql+pymysql://user:secret@127.0.0.1:1/posts", "Connection refused"),
        ("mysql+mysqldb://host/posts", "uv pip install --python .venv/bin/python 'mysqlclient'\n"),
        ("mysql+mysqlconnector://host/posts", " 'mysql-connector-python'\n"),
        ("mariadb+mariadbconnector://host/posts", " 'mariadb'\n"),
        ("oracle+cx_oracle://host/posts", " 'cx_oracle'\n"),
        ("mysql+pymysql://user:top@secret@host/db", SPECIAL_CHARACTER),
        ("mysql+pymysql://user:secret:top@se@host:3306/db", SPECIAL_CHARACTER),
        ("mysql+pymysql://user:a@secret/b@host/db", SPECIAL_CHARACTER),
        ("mysql+pymysql://user:a@b?secret=1@host/db", SPECIAL_CHARACTER),
        ("mysql+pymysql://us/er:secret@host/db", SPECIAL_CHARACTER),
        ("mysql+pymysql://user:secret@host:port/db", "has a port that is not a number"),
        ("mysql+pymysql://user:secret@host:99999/db", "port 99999 of the source's URL is not from"),
        ("mysql+pymysql://user:secret@127.0.0.1:1/db?charsets=1", "'charsets'"),
        ("sqlite://posts.db", "Invalid SQLite URL"),
        ("sqlite:///file:no/posts.db?mode=ro&uri=true", "There is no file no/posts.db"),
    ],
)
def test_a_source_that_cannot_be_opened_is_explained_without_a_password(
    url: str, message: str
) -> None:
    error = error_of(url)
    assert message in error
    assert "secret" not in error
    assert "\n" not in error.partition(" Install it ")[0]


def test_an_incomplete_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def import_without_its_library(*_: object, **__: object) -> None:
        raise ImportError("no pq wrapper available")

    monkeypatch.setattr(PGDialect_psycopg, "import_dbapi", import_without_its_library)
    message = error_of("postgresql+psycopg://host/posts")
    assert "driver psycopg is not installed, or is incomplete (no pq wrapper available)" in message
    assert "'psycopg[binary]'" in message


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        ("postgresql://user:secret@host/db", "postgresql://user:***@host/db"),
        ("postgresql://host/db?user=me&password=secret", "postgresql://host/db?user=me"),
        ("mssql+pyodbc:///?odbc_connect=PWD%3Dsecret", "mssql+pyodbc:///"),
    ],
)
def test_a_password_is_hidden(url: str, readable: str) -> None:
    assert readable_url(url) == readable


def test_the_command_that_creates_a_file_can_be_pasted(tmp_path: Path) -> None:
    message = error_of(f"sqlite:///{tmp_path}/a b.db")
    assert shlex.split(message)[-2:] == ["--to", f"sqlite:///{tmp_path}/a b.db"]


def test_a_file_name_that_is_too_long_is_explained(tmp_path: Path) -> None:
    assert "File name too long" in error_of(f"sqlite:///{tmp_path}/{'y' * 300}.db")


@pytest.mark.parametrize("options", ["mode=ro&uri=true", "uri=TRUE", "uri=t", "uri=Yes"])
def test_a_read_only_uri_of_sqlite_opens(tmp_path: Path, options: str) -> None:
    write_posts(tmp_path / "the posts.db", [1])
    with open_source(f"sqlite:///file:{tmp_path}/the%20posts.db?{options}") as source:
        assert source.edge_key(PIN) == 1


@pytest.mark.parametrize(
    ("url", "user", "password"),
    [
        ("mysql+pymysql://reader:a:b@host/db", "reader", "a:b"),
        ("mysql+pymysql://reader:a/b?c@host/db", "reader", "a/b?c"),
        ("mysql+pymysql://reader@tenant:pw@host/db", "reader@tenant", "pw"),
        ("mysql+pymysql://reader:p%40ss@host/db?init_command=x", "reader", "p@ss"),
        ("mysql+pymysql://host/db?ssl_ca=a@b", None, None),
        ("mysql+pymysql://reader:pw@host/db?ssl_ca=/a@b/ca.pem", "reader", "pw"),
        ("postgresql://reader:pw@host/db?a=1&sslrootcert=/a@b/c@d.pem&c=2", "reader", "pw"),
    ],
)
def test_a_url_without_doubt_is_accepted(url: str, user: str | None, password: str | None) -> None:
    parsed = parse_url(url)
    assert (parsed.host, parsed.database) == ("host", "db")
    assert (parsed.username, parsed.password) == (user, password)


@given(st.text(min_size=1))
def test_an_encoded_password_arrives_unchanged(password: str) -> None:
    url = f"mysql+pymysql://reader:{quote(password.encode(errors='replace'), safe='')}@host/db"
    assert parse_url(url).password == password.encode(errors="replace").decode()


@given(st.lists(st.sampled_from(["@", ":", "/", "?", "#", "%", "=", "&", "qX7"]), min_size=1))
def test_a_raw_password_is_read_whole_or_refused_without_showing_it(pieces: list[str]) -> None:
    """The pieces of text in the password occur nowhere else in the URL."""
    url = f"mysql+pymysql://reader:{''.join(pieces)}@127.0.0.1:1/db"
    shown = ""
    try:
        parsed = parse_url(url)
    except SourceError as error:
        shown = str(error)
    else:
        assert (parsed.host, parsed.port, parsed.database) == ("127.0.0.1", 1, "db")
        shown = readable_url(url)
    assert shown
    assert "qX7" not in shown
