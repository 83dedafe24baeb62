"""MariaDB as a source, which takes the place of MySQL."""

from __future__ import annotations

import pytest

from emulation.errors import SourceError
from emulation.payloads import PIN, USER
from emulation.source import open_source
from emulation.source_pages import PageReader
from local.supervisor.waiting import wait_until
from tests.support.databases import MariaDB, create_tables
from tests.support.source_rows import read_source

DRIVER = "mysql+pymysql"
UUID_TEXT = "0c3a1b52-8d4e-4f60-9a7b-c8d9e0f1a2b3"
UUID_BYTES = "X'0C3A1B528D4E4F609A7BC8D9E0F1A2B3'"
SESSIONS = "FROM information_schema.processlist WHERE user = 'reader' AND id <> connection_id()"


def test_the_lowest_and_highest_index_are_read(mariadb: MariaDB) -> None:
    create_tables(mariadb, [-(2**63), 2**63 - 1], key="BIGINT")
    assert read_source(mariadb.url(DRIVER)).values("geo", "ind") == [-(2**63), 2**63 - 1]


@pytest.mark.parametrize("key", ["BIGINT UNSIGNED", "DECIMAL(20, 2)", "DOUBLE"])
def test_keys_are_read_as_whole_numbers(mariadb: MariaDB, key: str) -> None:
    create_tables(mariadb, [1, 3_000_000_000], key=key)
    rows = read_source(mariadb.url(DRIVER))
    assert rows.values("pin", "index") == rows.values("geo", "ind") == [1, 3_000_000_000]
    assert {type(index) for index in rows.values("user", "ind")} == {int}
    assert rows.refusals == []


def test_a_key_column_of_floats_is_refused(mariadb: MariaDB) -> None:
    create_tables(mariadb, [1_234_567], key="FLOAT")
    with (
        pytest.raises(
            SourceError, match="has the type FLOAT, whose values MySQL and MariaDB round"
        ),
        open_source(mariadb.url(DRIVER)),
    ):
        pass


def test_keys_that_are_not_whole_numbers_are_refused(mariadb: MariaDB) -> None:
    create_tables(mariadb, [1, 2], key="DECIMAL(20, 2)")
    mariadb.execute("INSERT INTO user_data (ind) VALUES (1.5), (NULL)")
    rows = read_source(mariadb.url(DRIVER))
    assert rows.values("user", "ind") == [1, 2]
    assert [(one.index, one.reason) for one in rows.refusals] == [
        (None, "the row has no index, which is its record's key"),
        ("1.50", "user_data.ind is not a whole number"),
    ]


def test_an_instant_is_posted_in_utc_and_a_local_time_unchanged(mariadb: MariaDB) -> None:
    create_tables(mariadb, [], timestamp="TIMESTAMP NULL", date_joined="DATETIME")
    mariadb.execute(
        "SET GLOBAL time_zone = '+05:30'",
        "SET time_zone = '+02:00'",
        "INSERT INTO geolocation_data (ind, timestamp) VALUES (1, '2020-08-28 03:52:47')",
        "INSERT INTO user_data (ind, date_joined) VALUES (1, '2016-01-02 03:04:05.5')",
    )
    rows = read_source(mariadb.url(DRIVER))
    assert rows.values("geo", "timestamp") == ["2020-08-28T01:52:47"]
    assert rows.values("user", "date_joined") == ["2016-01-02T03:04:05"]


def test_values_that_are_no_scalars_become_text(mariadb: MariaDB) -> None:
    create_tables(
        mariadb,
        [],
        unique_id="BINARY(16)",
        tag_list="SET('green', 'dark blue', 'red')",
        description="JSON",
        downloaded="BIT(1)",
        title="VARBINARY(20)",
    )
    columns = "(`index`, unique_id, tag_list, description, downloaded, title)"
    mariadb.execute(
        f"INSERT INTO pinterest_data {columns} VALUES (1, {UUID_BYTES}, 'red,green', "  # noqa: S608
        f"'{{\"a\": 1.10}}', 1, 'café'), (2, NULL, '', NULL, 0, NULL), "
        f"(3, {UUID_BYTES}, NULL, NULL, NULL, X'FF')"
    )
    rows = read_source(mariadb.url(DRIVER))
    assert rows.values("pin", "unique_id") == [UUID_TEXT, None]
    assert rows.values("pin", "tag_list") == ["green,red", ""]
    assert rows.values("pin", "description") == ['{"a": 1.10}', None]
    assert rows.values("pin", "downloaded") == [1, 0]
    assert rows.values("pin", "title") == ["café", None]
    [refusal] = rows.refusals
    assert (refusal.index, refusal.reason) == (3, "pinterest_data.title is not text in UTF-8")


def test_an_idle_session_that_the_server_ends_is_replaced(mariadb: MariaDB) -> None:
    create_tables(mariadb, range(5))
    mariadb.execute("SET GLOBAL wait_timeout = 1")
    try:
        with open_source(mariadb.url(DRIVER), give_up_after_seconds=20) as source:
            pages = PageReader(source, PIN, page_rows=2).pages(-1, 9)
            assert next(pages).keys() == [0, 1]
            wait_until(
                lambda: not mariadb.execute(f"SELECT 1 {SESSIONS}"),
                seconds=10,
                description="the end of the session",
            )
            assert [page.keys() for page in pages] == [[2, 3], [4]]
    finally:
        mariadb.execute("SET GLOBAL wait_timeout = DEFAULT")


def test_a_run_continues_after_the_last_key_when_the_server_restarts(mariadb: MariaDB) -> None:
    create_tables(mariadb, range(5))
    with open_source(mariadb.url(DRIVER), give_up_after_seconds=20) as source:
        pages = PageReader(source, USER, page_rows=2).pages(-1, 9)
        assert next(pages).keys() == [0, 1]
        mariadb.stop()
        mariadb.start()
        assert [page.keys() for page in pages] == [[2, 3], [4]]


def test_no_transaction_stays_open_between_pages(mariadb: MariaDB) -> None:
    create_tables(mariadb, range(5))
    with open_source(mariadb.url(DRIVER)) as source:
        pages = PageReader(source, PIN, page_rows=2).pages(-1, 9)
        assert next(pages).keys() == [0, 1]
        mariadb.execute("UPDATE pinterest_data SET title = 'changed' WHERE `index` = 4")
        titles = [row[2] for page in pages for row in page.rows]
        assert titles == ["A title", "A title", "changed"]


def test_a_wrong_password_is_one_line_without_it(mariadb: MariaDB) -> None:
    with (
        pytest.raises(SourceError, match="Access denied for user") as caught,
        open_source(mariadb.url(DRIVER, "not@this")),
    ):
        pass
    assert "not@this" not in str(caught.value)
    assert "\n" not in str(caught.value)
