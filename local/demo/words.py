"""The answers in words: what columns are called and how values are written."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

__all__ = ["headings", "written"]

_CALLED = {"category_count": "posts", "number_users_joined": "users joined"}


def headings(columns: Sequence[str]) -> list[str]:
    """Return what the columns of an answer table are called; their names are made for SQL."""
    # The year beside a category is that of the posts; in all other answers users joined in it.
    year = {"post_year": "year of the post" if "category" in columns else "year of joining"}
    called = _CALLED | year
    return [called.get(column, column.replace("_", " ")) for column in columns]


def written(column: str, value: object) -> str:
    """Return a value as text: a number with separators unless it is a year; unknown if null."""
    if isinstance(value, str):
        return value
    if pd.isna(value):  # type: ignore[call-overload]  # a cell holds one value
        return "unknown"
    if column == "post_year" or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,.1f}".removesuffix(".0")
