"""PostgreSQL as a source, with both of its usual drivers."""

from __future__ import annotations

import pytest

from emulation.errors import SourceError
from emulation.payloads import PIN, USER
from emulation.source import open_source
from emulation.source_pages import PageReader
from local.supervisor.waiting import wait_until
from tests.support.databases import PostgreSQL, create_tables
from tests.support.source_rows import read_source

DRIVERS = pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2"])
UUID_TEXT = "0c3a1b52-8d4e-4f60-9a7b-c8d9e0f1a2b3"
SESSIONS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@DRIVERS
def test_the_lowest_and_highest_index_are_read(postgresql: PostgreSQL, driver: str) -> None:
    create_tables(postgresql, [-(2**63), 2**63 - 1], key="BIGINT")
    assert read_source(postgresql.url(driver)).values("geo", "ind") == [-(2**63), 2**63 - 1]


@DRIVERS
def test_a_key_column_may_be_of_a_domain(postgresql: PostgreSQL, driver: str) -> None:
    postgresql.execute(
        "CREATE DOMAIN whole AS INTEGER", "CREATE DOMAIN positive AS whole CHECK (VALUE > 0)"
    )
    try:
        create_tables(postgresql, [1, 2], key="positive")
        assert read_source(postgresql.url(driver)).values("pin", "index") == [1, 2]
    finally:
        postgresql.execute("DROP DOMAIN whole CASCADE")


@DRIVERS
@pytest.mark.parametrize("key", ["BIGINT", "NUMERIC", "DOUBLE PRECISION", "REAL"])
def test_keys_above_31_bits_are_read_as_whole_numbers(
    postgresql: PostgreSQL, driver: str, key: str
) -> None:
    create_tables(postgresql, [1, 3_000_000_000], key=key)
    rows = read_source(postgresql.url(driver))
    assert rows.values("pin", "index") == rows.values("geo", "ind") == [1, 3_000_000_000]
    assert {type(index) for index in rows.values("user", "ind")} == {int}
    assert rows.refusals == []


@DRIVERS
def test_keys_that_are_not_whole_numbers_are_refused(postgresql: PostgreSQL, driver: str) -> None:
    create_tables(postgresql, [1, 2], key="DOUBLE PRECISION")
    postgresql.execute("INSERT INTO user_data (ind) VALUES ('NaN'), (1.5), ('Infinity'), (NULL)")
    rows = read_source(postgresql.url(driver))
    assert rows.values("user", "ind") == [1, 2]
    assert [(one.index, one.reason, one.rows) for one in rows.refusals] == [
        (None, "the row has no index, which is its record's key", 1),
        ("nan, 1.5, inf", "user_data.ind is not a whole number", 3),
    ]


@DRIVERS
@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMPTZ", "DATE"])
def test_times_that_python_cannot_hold_are_refused(
    postgresql: PostgreSQL, driver: str, kind: str
) -> None:
    create_tables(postgresql, [], timestamp=kind)
    postgresql.execute(
        "SET TIME ZONE 'UTC'",
        "INSERT INTO geolocation_data (ind, timestamp) VALUES (0, '2020-08-28'), (1, 'infinity'), "
        "(2, '-infinity'), (3, '0044-03-15 BC'), (4, '20000-01-01'), (5, '2021-01-01')",
    )
    rows = read_source(postgresql.url(driver))
    assert rows.values("geo", "timestamp") == ["2020-08-28T00:00:00", "2021-01-01T00:00:00"]
    assert [refusal.index for refusal in rows.refusals] == [1, 2, 3, 4]
    start = "geolocation_data.timestamp is unreadable: "
    assert all(refusal.reason.startswith(start) for refusal in rows.refusals)
    assert len({refusal.reason for refusal in rows.refusals}) == 4


@DRIVERS
def test_an_instant_is_posted_in_utc(postgresql: PostgreSQL, driver: str) -> None:
    """The last one lies after the year 9999 in the zone of the server."""
    create_tables(postgresql, [], timestamp="TIMESTAMPTZ")
    postgresql.execute(
        "ALTER DATABASE posts SET timezone = 'Asia/Kolkata'",
        "INSERT INTO geolocation_data (ind, timestamp) VALUES "
        "(1, '2020-08-28 03:52:47+02'), (2, '9999-12-31 23:00:00Z')",
    )
    rows = read_source(postgresql.url(driver))
    assert rows.values("geo", "timestamp") == ["2020-08-28T01:52:47", "9999-12-31T23:00:00"]


@DRIVERS
def test_values_that_are_no_scalars_become_text(postgresql: PostgreSQL, driver: str) -> None:
    create_tables(
        postgresql, [], tag_list="TEXT[]", description="JSONB", unique_id="UUID", title="BYTEA"
    )
    postgresql.execute(
        "INSERT INTO pinterest_data (index, tag_list, description, unique_id, title) VALUES "
        "(1, '{red,dark blue}', '{\"a\": 1.10}', '0c3a1b52-8d4e-4f60-9a7b-c8d9e0f1a2b3', 'café'), "
        "(2, '{}', 'null', NULL, NULL), (3, NULL, '[\"b\"]', NULL, '\\xff')"
    )
    rows = read_source(postgresql.url(driver))
    assert rows.values("pin", "tag_list") == ["red,dark blue", ""]
    assert rows.values("pin", "description") == ['{"a": 1.10}', None]
    assert rows.values("pin", "unique_id") == [UUID_TEXT, None]
    assert rows.values("pin", "title") == ["café", None]
    [refusal] = rows.refusals
    assert (refusal.index, refusal.reason) == (3, "pinterest_data.title is not text in UTF-8")


def test_a_value_of_an_unknown_type_is_refused_with_its_name(postgresql: PostgreSQL) -> None:
    create_tables(postgresql, [], poster_name="INET")
    postgresql.execute("INSERT INTO pinterest_data (index, poster_name) VALUES (1, '10.0.0.1')")
    [refusal] = read_source(postgresql.url("postgresql+psycopg")).refusals
    assert refusal.reason == "pinterest_data.poster_name has the unknown type IPv4Address"


@DRIVERS
def test_no_transaction_stays_open_between_pages(postgresql: PostgreSQL, driver: str) -> None:
    create_tables(postgresql, range(5))
    with open_source(postgresql.url(driver)) as source:
        pages = PageReader(source, PIN, page_rows=2).pages(-1, 9)
        assert next(pages).keys() == [0, 1]
        wait_until(  # sessions of earlier tests end
            lambda: postgresql.execute(f"SELECT state {SESSIONS}") == [("idle",)],
            seconds=10,
            description="one idle session",
        )


@DRIVERS
def test_an_idle_session_that_the_server_ends_is_replaced(
    postgresql: PostgreSQL, driver: str
) -> None:
    create_tables(postgresql, range(5))
    with open_source(postgresql.url(driver), give_up_after_seconds=20) as source:
        pages = PageReader(source, PIN, page_rows=2).pages(-1, 9)
        assert next(pages).keys() == [0, 1]
        postgresql.execute(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
        wait_until(
            lambda: not postgresql.execute(f"SELECT 1 {SESSIONS}"),
            seconds=10,
            description="the end of the session",
        )
        assert [page.keys() for page in pages] == [[2, 3], [4]]


@DRIVERS
def test_a_run_continues_after_the_last_key_when_the_server_restarts(
    postgresql: PostgreSQL, driver: str
) -> None:
    create_tables(postgresql, range(5))
    with open_source(postgresql.url(driver), give_up_after_seconds=20) as source:
        pages = PageReader(source, USER, page_rows=2).pages(-1, 9)
        assert next(pages).keys() == [0, 1]
        postgresql.stop()
        postgresql.start()
        assert [page.keys() for page in pages] == [[2, 3], [4]]


@DRIVERS
def test_a_wrong_password_is_one_line_without_it(postgresql: PostgreSQL, driver: str) -> None:
    with (
        pytest.raises(SourceError, match="password authentication failed") as caught,
        open_source(postgresql.url(driver, "not@this")),
    ):
        pass
    assert "not@this" not in str(caught.value)
    assert "\n" not in str(caught.value)
