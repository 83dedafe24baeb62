"""Figures as text, and whether they are as they should be."""

from __future__ import annotations

import math

import pytest

from benchmarks.figures import Figure, show


@pytest.mark.parametrize(
    ("value", "at_least", "at_most", "good"),
    [
        (0.7, 0.7, None, True),
        (0.69, 0.7, None, False),
        (3.0, None, 3.0, True),
        (3.01, None, 3.0, False),
        (1e9, None, None, True),
        (math.inf, None, 1.2, False),
        (math.nan, None, 1.2, False),
    ],
)
def test_a_figure_is_good_within_its_bounds(
    value: float, at_least: float | None, at_most: float | None, good: bool
) -> None:
    assert Figure("ratio", value, "", at_least, at_most).good is good


def test_the_table_is_markdown_of_one_line_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    show([
        Figure("cleaning 1,000,000 pins, rejected kept ÷ floor: time", 1.234, at_most=1.5),
        Figure("peak memory of the Spark server", 2100, "MB", at_most=2048),
        Figure("wrk", 81234.5, "records/s"),
        Figure("pin: clean rows unlike DuckDB's 50,000", 0, at_most=0),
    ])

    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in capsys.readouterr().out.splitlines()
        if line.strip()
    ]
    assert rows[0] == ["figure", "measured", "wanted"]
    assert {character for cell in rows[1] for character in cell} <= {"-", ":"}
    assert rows[2:] == [
        ["cleaning 1,000,000 pins, rejected kept ÷ floor: time", "1.23", "≤ 1.5"],
        ["peak memory of the Spark server", "2,100 MB", "≤ 2,048 **missed**"],
        ["wrk", "81,234 records/s", ""],
        ["pin: clean rows unlike DuckDB's 50,000", "0", "≤ 0"],
    ]
