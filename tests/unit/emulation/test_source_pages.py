"""Reading the pages of a source, and the rows that the driver cannot read."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from emulation.errors import SourceError
from emulation.payloads import PIN
from emulation.source import Rows, Source, open_source
from emulation.source_pages import PageReader
from tests.support.sources import pin, write_source

LATIN_1 = "CAST(x'436166e9' AS TEXT)"


def noted_queries(monkeypatch: pytest.MonkeyPatch, source: Source) -> list[sa.Executable]:
    """Return the list to which each further query of `source` is added."""
    queries: list[sa.Executable] = []
    read = source.read

    def noting(query: sa.Executable) -> Rows:
        queries.append(query)
        return read(query)

    monkeypatch.setattr(source, "read", noting)
    return queries


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
        pages = PageReader(source, PIN, page_rows=2).pages(after, last)
        assert [page.keys() for page in pages] == expected


def test_a_page_of_different_indexes_takes_one_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = write_source(tmp_path / "a.db", [pin(index) for index in range(6)])
    with open_source(url) as source:
        queries = noted_queries(monkeypatch, source)
        assert len(list(PageReader(source, PIN, page_rows=2).pages(-1, 99))) == 3
    assert len(queries) == 4  # the last one finds no further page


def write_unreadable(path: Path, indexes: Collection[int], unreadable: Collection[int]) -> str:
    """Return the URL of a source of pins whose titles are not UTF-8 in the rows `unreadable`."""
    url = write_source(path, [pin(index) for index in indexes])
    with closing(sqlite3.connect(path)) as connection:
        for rowid in unreadable:
            change = f"UPDATE pinterest_data SET title = {LATIN_1} WHERE rowid = ?"  # noqa: S608
            connection.execute(change, (rowid,))
        connection.commit()
    return url


def test_an_unreadable_row_is_refused_with_table_column_and_reason(tmp_path: Path) -> None:
    url = write_unreadable(tmp_path / "a.db", [1, 2, 3], [2])
    with open_source(url) as source:
        [page] = PageReader(source, PIN).pages(0, 9)
    assert [row[0] for row in page.rows] == [1, 3]
    [refusal] = page.refusals
    assert (refusal.event, refusal.index, refusal.rows) == ("pin", 2, 1)
    assert refusal.reason.startswith(
        "pinterest_data.title is unreadable: Could not decode to UTF-8"
    )


def test_unreadable_rows_share_their_reason(tmp_path: Path) -> None:
    url = write_unreadable(tmp_path / "a.db", range(20), range(1, 21))
    with open_source(url) as source:
        pages = list(PageReader(source, PIN, page_rows=3).pages(-1, 99))
    refusals = [refusal for page in pages for refusal in page.refusals]
    assert [refusal.index for refusal in refusals] == list(range(20))
    assert len({refusal.reason for refusal in refusals}) == 1


def refusals_of_different_titles(folder: Path, indexes: range) -> list[str]:
    """Return the reasons of unreadable titles; each holds its own index."""
    url = write_source(folder / "a.db", [pin(index) for index in indexes])
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        connection.execute("""UPDATE pinterest_data SET title = CAST("index" || X'ff' AS TEXT)""")
        connection.commit()
    with open_source(url) as source:
        pages = list(PageReader(source, PIN).pages(-1, 999))
    return [refusal.reason for page in pages for refusal in page.refusals]


def test_each_unreadable_row_has_its_own_reason(tmp_path: Path) -> None:
    reasons = refusals_of_different_titles(tmp_path, range(10, 13))
    assert [f"with text '{index}" in reason for index, reason in enumerate(reasons, 10)] == [
        True
    ] * 3


def test_the_number_of_reasons_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulation.source_pages._REASONS_KEPT", 3)
    reasons = refusals_of_different_titles(tmp_path, range(20))
    assert set(reasons[3:]) == {"pinterest_data.title is unreadable (OperationalError)"}
    assert len(set(reasons)) == 4


def test_an_unreadable_row_takes_few_queries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = write_unreadable(tmp_path / "a.db", range(64), range(1, 65))
    with open_source(url) as source:
        queries = noted_queries(monkeypatch, source)
        [page] = PageReader(source, PIN).pages(-1, 99)
    assert len(page.refusals) == 64
    assert len(queries) < 64 * 4.3


def test_a_table_that_disappears_is_an_error_and_no_refusal(tmp_path: Path) -> None:
    url = write_unreadable(tmp_path / "a.db", [1, 2, 3], [])
    with open_source(url) as source:
        pages = PageReader(source, PIN, page_rows=2).pages(0, 9)
        next(pages)
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
            connection.execute("DROP TABLE pinterest_data")
        with pytest.raises(SourceError, match="no such table"):
            next(pages)


@settings(max_examples=40, deadline=None)
@given(
    indexes=st.lists(st.integers(0, 12), min_size=1, max_size=15),
    unreadable=st.sets(st.integers(1, 15)),
    page_rows=st.integers(1, 6),
)
def test_each_row_is_read_or_refused_once(
    indexes: list[int], unreadable: set[int], page_rows: int
) -> None:
    with TemporaryDirectory() as folder:
        url = write_unreadable(Path(folder, "a.db"), indexes, unreadable)
        with open_source(url) as source:
            pages = list(PageReader(source, PIN, page_rows).pages(-1, 99))
    refused = [index for row, index in enumerate(indexes, 1) if row in unreadable]
    assert [key for page in pages for key in sorted(page.keys())] == sorted(indexes)
    assert [one.index for page in pages for one in page.refusals] == sorted(refused)
