"""The reference model's rows: raw value and expected value side by side."""

from __future__ import annotations

import json

import pytest

from benchmarks.equality import differences, expected_rows
from benchmarks.variations import Line
from emulation.payloads import GEO, PIN, USER, Event


def _row(event: Event, **values: object) -> dict[str, object]:
    """Return the one clean row of an event with these values; the others are null."""
    everything = dict.fromkeys(event.columns) | {event.key: 7} | values
    (row,) = expected_rows(event, [Line(json.dumps(everything).encode(), good=True)])
    return row


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        *(("124k", 124_000), ("6M", 6_000_000), ("437", 437), ("0", 0), ("1.2k", 1_200)),
        *(("2.5M", 2_500_000), ("1,234", 1_234), ("3B", 3_000_000_000), ("985K", 985_000)),
        *((" 5m\u00a0", 5_000_000), ("1.234k", 1_234), ("999999999999", 999_999_999_999)),
        *(("12.3456k", None), ("1.5", None), ("-5", None), ("1 k", None), ("1e3", None)),
        *(("12,34", None), ("User Info Error", None), ("١٢", None), ("", None), (None, None)),
    ],
)
def test_follower_count(raw: str | None, expected: int | None) -> None:
    assert _row(PIN, follower_count=raw)["follower_count"] == expected


@pytest.mark.parametrize(
    ("column", "raw", "expected"),
    [
        ("title", " Éclair\u3000", "Éclair"),
        ("title", "\t\u2009\u2028a\u00a0b\u0085", "a\u00a0b"),
        ("title", "\u200ba", "\u200ba"),
        ("title", "No Title Data Available\u00a0", None),
        ("title", "User Info Error", "User Info Error"),
        ("title", " \u00a0", None),
        ("description", "Untitled", None),
        ("poster_name", "Untitled", "Untitled"),
        ("poster_name", "User Info Error", None),
        ("image_src", "Image src error.", None),
        ("save_location", "Local save in /data/mens-fashion", "/data/mens-fashion"),
        ("save_location", " ", None),
        ("tag_list", " a , é\u00a0,,b", ["a", "é", "b"]),
        ("tag_list", "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e", None),
        ("tag_list", ",,", None),
    ],
)
def test_pin(column: str, raw: str, expected: object) -> None:
    assert _row(PIN, **{column: raw})[column] == expected


def test_geo() -> None:
    row = _row(GEO, timestamp="1970-01-01T00:00:01", latitude=-90, longitude=1.5, country=" Peru")

    assert row == {"ind": 7, "country": "Peru", "coordinates": [-90, 1.5], "timestamp": 1_000_000}


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [(" Ana", "Lee ", "Ana Lee"), (None, "Lee", "Lee"), ("Ana", "", "Ana"), (" ", None, None)],
)
def test_user_name(first: str | None, last: str | None, name: str | None) -> None:
    assert _row(USER, first_name=first, last_name=last)["user_name"] == name


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
