"""`%sql` and `%md` in the first line apply to the whole cell."""

from __future__ import annotations

import pytest

from local.notebook.runtime.extension import take_whole_cell


@pytest.mark.parametrize(
    ("lines", "transformed"),
    [
        (["%sql\n", "SELECT 1\n"], ["%%sql\n", "SELECT 1\n"]),
        (["%md # Title\n", "text\n"], ["%%md # Title\n", "text\n"]),
        (["%sql SELECT 1\n"], ["%sql SELECT 1\n"]),
        (["%run ./other\n", "x = 1\n"], ["%run ./other\n", "x = 1\n"]),
        (["\n", "x = 1\n"], ["\n", "x = 1\n"]),
        ([], []),
    ],
)
def test_sql_and_md_take_the_whole_cell(lines: list[str], transformed: list[str]) -> None:
    assert take_whole_cell(lines) == transformed
