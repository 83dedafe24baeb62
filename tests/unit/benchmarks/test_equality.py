"""How the equality benchmark compares rows, and which versions it expects."""

from __future__ import annotations

import json

from benchmarks.equality import Line, differences, expected_rows
from emulation.payloads import USER


def test_the_last_good_version_stands() -> None:
    nulls = dict.fromkeys(USER.columns)
    versions = [(7, 20, True), (8, 30, True), (7, 21, True), (7, "abc", False)]
    lines = [
        Line(json.dumps(nulls | {"ind": ind, "age": age}).encode(), good=good)
        for ind, age, good in versions
    ]

    rows = expected_rows(USER, lines)

    assert sorted((row["ind"], row["age"]) for row in rows) == [(7, 21), (8, 30)]


def test_other_and_duplicate_rows_differ() -> None:
    assert differences([1, 2, 2, 3], [1, 2, 4]) == ["missing: 4", "unexpected: 2", "unexpected: 3"]
    assert differences([1, 2], [2, 1]) == []
