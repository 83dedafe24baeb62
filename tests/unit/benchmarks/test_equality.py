"""How the equality benchmark compares rows, and which versions it expects."""

from __future__ import annotations

import json

import pyarrow as pa

from benchmarks.equality import differing_rows, expected_rows
from benchmarks.variations import Line
from emulation.payloads import USER


def test_the_last_good_version_stands() -> None:
    nulls = dict.fromkeys(USER.columns)
    versions = [(7, 20, True), (8, 30, True), (7, 21, True), (7, "abc", False)]
    lines = [
        Line(json.dumps(nulls | {"ind": ind, "age": age}).encode(), good=good)
        for ind, age, good in versions
    ]

    rows = expected_rows(USER, lines).to_pylist()

    assert sorted((row["ind"], row["age"]) for row in rows) == [(7, 21), (8, 30)]


def test_rows_differ_when_one_value_does_or_a_row_is_there_twice() -> None:
    ours = pa.table({"ind": [1, 2, 2, 3], "tags": [["a"], ["b"], ["b"], None]})
    theirs = pa.table({"ind": [1, 2, 3], "tags": [["a"], ["b"], ["c"]]})

    assert differing_rows(ours, theirs) == [
        "('ours', 2, ['b'])",
        "('expected', 3, ['c'])",
        "('ours', 3, None)",
    ]
    assert differing_rows(theirs, theirs) == []
