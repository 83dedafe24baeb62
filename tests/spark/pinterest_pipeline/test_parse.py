"""Each line becomes typed columns or gets a reason. Each row holds a line and its reason.

`test_smoke_test` has most malformed lines: they are in the library, for the smoke test.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from pinterest_pipeline.events import event_named
from pinterest_pipeline.parse import with_parsed


def parsed(spark: SparkSession, event: str, lines: Sequence[str | bytes]) -> list[Row]:
    raw = [(line.encode() if isinstance(line, str) else line,) for line in lines]
    records = spark.createDataFrame(raw, "line binary").select(
        F.col("line").cast("string").alias("payload")
    )
    return records.transform(with_parsed, event_named(event)).collect()


def check_reasons(spark: SparkSession, event: str, rows: Mapping[str, str | None]) -> None:
    results = [row.reason for row in parsed(spark, event, list(rows))]
    assert dict(zip(rows, results, strict=True)) == rows


def test_a_line_that_is_not_utf8_is_rejected_and_kept_as_base64(spark: SparkSession) -> None:
    line = b'{"ind": 1, "first_name": "\xff"}'
    (row, long) = parsed(spark, "user", [line, 99 * b" " + line])
    assert base64.b64decode(long.payload, validate=True) == 99 * b" " + line
    assert row.reason == "not UTF-8; the payload is kept as base64"
    assert row.payload == "eyJpbmQiOiAxLCAiZmlyc3RfbmFtZSI6ICL/In0="


@pytest.mark.parametrize(
    ("event", "types"),
    [
        ("pin", {"index": "int"}),
        (
            "geo",
            {"ind": "int", "timestamp": "timestamp", "latitude": "double", "longitude": "double"},
        ),
        ("user", {"ind": "int", "age": "int", "date_joined": "timestamp"}),
    ],
)
def test_half_of_a_surrogate_pair_is_neither_number_nor_time(
    spark: SparkSession, event: str, types: Mapping[str, str]
) -> None:
    shown = {
        "\ud800": "?",
        "\udc00\ud800": "??",
        "7\ud800": "7?",
        "\udfff7": "?7",
        "2020-08-28T03:52:47\ud83d": "2020-08-28T03:52:47?",
    }
    known = dict.fromkeys(event_named(event).schema.names) | {event_named(event).key: 1}
    reasons: dict[str, str | None] = {
        json.dumps(known | {field: text}): f'{field}: expected {kind}, got "{readable}"'
        for field, kind in types.items()
        for text, readable in shown.items()
    }
    check_reasons(spark, event, reasons)


def test_timestamps_are_parsed_in_both_formats(spark: SparkSession) -> None:
    moment = datetime(2020, 8, 28, 3, 52, 47)  # noqa: DTZ001  # naive, in UTC
    readable: Mapping[str, datetime | None] = {
        "2020-08-28T03:52:47": moment,
        "2020-08-28 03:52:47": moment,
        " 2020-08-28 03:52:47\u00a0": moment,
        "2020-08-28T03:52:47Z": moment,
        "2020-08-28T05:52:47+02:00": moment,
        "2020-08-28T03:52:47.250": moment.replace(microsecond=250_000),
        "2020-02-29 00:00:00": datetime(2020, 2, 29),  # noqa: DTZ001
        "": None,
        " ": None,
    }
    lines = [f'{{"ind": 1, "date_joined": "{text}"}}' for text in readable]
    rows = parsed(spark, "user", lines)
    assert [row.reason for row in rows] == [None] * len(rows)
    results = [row.date_joined for row in rows]
    assert dict(zip(readable, results, strict=True)) == readable


def test_an_unreadable_timestamp_rejects_the_record(spark: SparkSession) -> None:
    texts = [
        "2020",
        "2020-08",
        "2020-08-28",
        "T03:52:47",
        "03:52:47",
        "now",
        "today",
        "epoch",
        "yesterday",
        "2020-13-28T03:52:47",
        "2019-02-29T00:00:00",
        "2020-08-28T25:00:00",
        "2020-08-28T03:52",
        "28/08/2020 03:52:47",
        "1598586767",
    ]
    expected = {
        f'{{"ind": 1, "date_joined": "{text}"}}': f'date_joined: expected timestamp, got "{text}"'
        for text in texts
    }
    check_reasons(spark, "user", dict(expected))


def test_an_event_of_another_kind_is_rejected(spark: SparkSession) -> None:
    geo = '{"ind": 1, "timestamp": "2020-08-28T03:52:47", "latitude": 1, "country": "Chad"}'
    user = '{"ind": 1, "first_name": "Ada", "age": 36}'
    reason = "not a pin event: its fields are ind, timestamp, latitude, country"
    check_reasons(spark, "pin", {geo: reason, "{}": "not a pin event: its fields are "})
    reason = "not a geo event: its fields are ind, first_name, age"
    check_reasons(spark, "geo", {user: reason})


def test_null_in_every_column_in_turn_rejects_nothing_but_a_missing_key(
    spark: SparkSession,
) -> None:
    names = [*event_named("pin").schema.names[1:], "downloaded"]
    lines = [f'{{"index": 1, "title": "T", "category": "c", "{name}": null}}' for name in names]
    all_null = ", ".join(f'"{name}": null' for name in names)
    check_reasons(
        spark,
        "pin",
        dict.fromkeys([*lines, f'{{"index": 1, {all_null}}}'])
        | {'{"index": null, "title": "T"}': "no key: expected an int in index"},
    )


def test_fields_that_are_not_the_event_s_reject_nothing(spark: SparkSession) -> None:
    rows = parsed(
        spark,
        "pin",
        [
            '{"index": 1, "title": "T", "likes": {"a": 1}}',
            '{"index": 1, "title": "T", "downloaded": "abc"}',
            '{"index": 1, "title": "T", "downloaded": "\\ud800"}',
            '{"index": 1, "title": "T", "\\ud800": 1}',
            '{"index": "1", "title": "T", "likes": 1, "likes": {"a": 1, "a": 2}}',
        ],
    )
    assert [(row.reason, row.title, row.payload) for row in rows] == [(None, "T", None)] * 5
