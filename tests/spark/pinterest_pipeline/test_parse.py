"""Each line becomes typed columns or gets a reason. Each row holds a line and its reason."""

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


def test_a_line_that_is_not_one_json_object_is_rejected(spark: SparkSession) -> None:
    check_reasons(
        spark,
        "user",
        {
            "nope": "not JSON, or cut off",
            '{"ind": 1, "age": 3': "not JSON, or cut off",
            '{"ind": 1, "first_name": "Ad': "not JSON, or cut off",
            '{"ind": 1, "age": NaN}': "not JSON, or cut off",
            '\ufeff{"ind": 1, "age": 2}': "not JSON, or cut off",
            "{'ind': 1, 'age': 2}": "not JSON, or cut off",
            "": "empty line",
            " \t ": "empty line",
            "null": "not a JSON object",
            "5": "not a JSON object",
            '"text"': "not a JSON object",
            '[{"ind": 1, "age": 2}]': "not a JSON object",
            '{"ind": 1, "age": 2}{"ind": 2, "age": 2}': "text after the JSON object",
            '{"ind": 1, "age": 2} {"ind": 2, "age": 2}': "text after the JSON object",
            '{"ind": 1, "age": 2},{"ind": 2, "age": 2}': "text after the JSON object",
            '{"ind": 1, "age": 2} x': "text after the JSON object",
            '{"ind": 1, "age": 2}}': "text after the JSON object",
            '{"ind": 1, "age": 2}]}': "text after the JSON object",
            '{"ind": 1, "age": 2}],[{}': "text after the JSON object",
            '{"ind": 1, "age": 2},0] {}': "text after the JSON object",
        },
    )


def test_braces_and_brackets_within_one_object_are_no_reason(spark: SparkSession) -> None:
    check_reasons(
        spark,
        "user",
        {
            '{"ind": 1, "first_name": "a}b"}': None,
            '{"ind": 1, "first_name": "}]"}': None,
            '{"ind": 1, "age": 2, "extra": {"a": [{}]}}': None,
            '{"ind": 1, "age": 2}\r': None,
            ' {"ind": 1, "age": 2} ': None,
        },
    )


def test_a_line_that_is_not_utf8_is_rejected_and_kept_as_base64(spark: SparkSession) -> None:
    line = b'{"ind": 1, "first_name": "\xff"}'
    (row, long) = parsed(spark, "user", [line, 99 * b" " + line])
    assert base64.b64decode(long.payload, validate=True) == 99 * b" " + line
    assert row.reason == "not UTF-8; the payload is kept as base64"
    assert row.payload == "eyJpbmQiOiAxLCAiZmlyc3RfbmFtZSI6ICL/In0="


def test_bytes_that_are_not_utf8_reject_a_line_wherever_they_are_read(spark: SparkSession) -> None:
    bad = [
        b'{"ind": 1, "last_name": "\xed\xa0\x80"}',  # half of a pair, which UTF-8 forbids
        b'{"ind": 1, "date_joined": "\xc3"}',
        b'\xff{"ind": 1}',
        b'{"ind": \xff}',
        b'{"ind": "abc", "\xff": 1, "age": 2}',  # has another fault too
    ]
    good = [
        '{"ind": 1, "last_name": "\ufffd"}'.encode(),  # written by the sender
        b'{"ind": 1, "age": 2, "extra": "\xff"}',  # an unknown field
    ]
    reasons = [row.reason for row in parsed(spark, "user", bad + good)]
    assert reasons == ["not UTF-8; the payload is kept as base64"] * len(bad) + [None] * len(good)


def test_a_text_column_takes_any_json_value_as_text(spark: SparkSession) -> None:
    lines = ['{"ind": 1, "first_name": 967, "last_name": {"a": [1]}}']
    (row,) = parsed(spark, "user", [line.encode() for line in lines])
    assert (row.reason, row.first_name, row.last_name) == (None, "967", '{"a":[1]}')


def test_a_record_without_an_int_for_a_key_is_rejected(spark: SparkSession) -> None:
    check_reasons(
        spark,
        "user",
        {
            '{"age": 2}': "no key: expected an int in ind",
            '{"ind": null, "age": 2}': "no key: expected an int in ind",
            '{"ind": "abc", "age": 2}': 'ind: expected int, got "abc"',
            '{"ind": "", "age": 2}': 'ind: expected int, got ""',
            '{"ind": 7.5, "age": 2}': 'ind: expected int, got "7.5"',
            '{"ind": 99999999999, "age": 2}': 'ind: expected int, got "99999999999"',
            '{"ind": [1], "age": 2}': 'ind: expected int, got "[1]"',
            '{"ind": "7", "age": 2}': None,
            '{"ind": -1, "age": 2}': None,
        },
    )


def test_a_value_of_another_type_or_out_of_range_rejects_the_record(
    spark: SparkSession,
) -> None:
    check_reasons(
        spark,
        "geo",
        {
            '{"ind": 1, "latitude": 200}': 'latitude: expected -90 to 90, got "200"',
            '{"ind": 1, "latitude": -90.1}': 'latitude: expected -90 to 90, got "-90.1"',
            '{"ind": 1, "longitude": 180.01}': 'longitude: expected -180 to 180, got "180.01"',
            '{"ind": 1, "latitude": "NaN"}': 'latitude: expected double, got "NaN"',
            '{"ind": 1, "latitude": "1.5d"}': 'latitude: expected double, got "1.5d"',
            '{"ind": 1, "latitude": "north"}': 'latitude: expected double, got "north"',
            '{"ind": 1, "latitude": 90, "longitude": -180}': None,
            '{"ind": 1, "latitude": "1.5", "longitude": 1e1}': None,
        },
    )
    check_reasons(
        spark,
        "user",
        {
            '{"ind": 1, "age": "abc"}': 'age: expected int, got "abc"',
            '{"ind": 1, "age": true}': 'age: expected int, got "true"',
            '{"ind": 1, "age": "30"}': None,
        },
    )


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


def test_the_last_value_of_a_duplicate_field_counts(spark: SparkSession) -> None:
    rows: Mapping[str, tuple[str | None, int | None]] = {
        '"age": 7, "age": 8': (None, 8),
        '"age": "7", "age": "8"': (None, 8),
        '"age": 7, "age": "8"': (None, 8),
        '"age": "8", "age": 7': (None, 7),
        '"age": "abc", "age": 7': (None, 7),
        '"age": 7, "age": null': (None, None),
        '"age": "7", "age": null': (None, None),
        '"age": 7, "age": "abc"': ('age: expected int, got "abc"', None),
        '"age": 7, "age": {}': ('age: expected int, got "{}"', None),
        '"age": null, "age": "\\ud800"': ('age: expected int, got "?"', None),
        '"age": 7, "ind": "abc"': ('ind: expected int, got "abc"', 7),
        '"age": "7", "ind": null': ("no key: expected an int in ind", 7),
        '"age": 7, "date_joined": "x", "date_joined": "y"': (
            'date_joined: expected timestamp, got "y"',
            7,
        ),
    }
    results = parsed(spark, "user", [f'{{"ind": 1, {fields}}}' for fields in rows])
    assert dict(zip(rows, ((row.reason, row.age) for row in results), strict=True)) == rows
    reason = 'latitude: expected -90 to 90, got "200"'
    check_reasons(spark, "geo", {'{"ind": 1, "latitude": 1, "latitude": 200}': reason})


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
