"""Answers are read by people: their columns and values in words."""

from __future__ import annotations

import pytest

from local.demo.words import headings, written


@pytest.mark.parametrize(
    ("columns", "called"),
    [
        (
            ["post_year", "category", "category_count"],
            ["year of the post", "category", "posts"],
        ),
        (["post_year", "number_users_joined"], ["year of joining", "users joined"]),
        (
            ["age_group", "post_year", "median_follower_count"],
            ["age group", "year of joining", "median follower count"],
        ),
    ],
)
def test_columns_are_called_by_what_they_hold(columns: list[str], called: list[str]) -> None:
    assert headings(columns) == called


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("follower_count", 15_000_000, "15,000,000"),
        ("median_follower_count", 43_500.0, "43,500"),
        ("median_follower_count", 4_633.5, "4,633.5"),
        ("median_follower_count", float("nan"), "unknown"),
        ("country", None, "unknown"),
        ("country", "Chad", "Chad"),
        ("post_year", 2015, "2015"),
    ],
)
def test_values_are_written_as_people_read_them(column: str, value: object, text: str) -> None:
    assert written(column, value) == text
