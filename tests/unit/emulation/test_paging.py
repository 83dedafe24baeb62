"""Reading a table page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.events import PIN
from emulation.paging import KeysetPages
from emulation.source import open_source
from tests.unit.emulation.sources import pin, write_source


def pages_of(url: str, page_rows: int, after: int = -1, last: int = 99) -> list[list[int]]:
    with open_source(url) as source:
        pages = KeysetPages(PIN, page_rows).pages(source.connection, after, last)
        return [[row[0] for row in page] for page in pages]


def test_rows_come_in_index_order_whatever_order_they_were_written_in(tmp_path: Path) -> None:
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
