"""Rows as JSON payloads."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from emulation.payloads import EVENTS, GEO, PIN, PayloadEncoder, json_value
from pinterest_pipeline.names import EVENT_NAMES
from tests.support.sources import geo, pin

TWO_HOURS_EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", ""),
        ("12k", "12k"),
        (7, 7),
        (True, 1),
        (1.5, 1.5),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("12.25"), 12.25),
        (Decimal("12.0"), 12),
        (Decimal("NaN"), None),
        (datetime(2020, 8, 28, 3, 52, 47), "2020-08-28T03:52:47"),  # noqa: DTZ001  # as drivers give it
        (datetime(2020, 8, 28, 3, 52, 47, 999_999, UTC), "2020-08-28T03:52:47"),
        (datetime(2020, 8, 28, 5, 52, 47, tzinfo=TWO_HOURS_EAST), "2020-08-28T03:52:47"),
        (datetime(1, 1, 1, 0, 30, tzinfo=TWO_HOURS_EAST), "0001-01-01T00:30:00"),
        (date(2020, 8, 28), "2020-08-28T00:00:00"),
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_drivers_value_becomes_json(value: object, expected: object) -> None:
    assert json_value(value) == expected


def test_events_have_the_order_of_their_names() -> None:
    assert tuple(event.name for event in EVENTS) == EVENT_NAMES


def test_a_row_becomes_compact_json_in_the_order_of_the_columns() -> None:
    [payload] = PayloadEncoder(GEO).payloads([geo(5)])
    assert payload == (
        b'{"ind":5,"timestamp":"2020-08-28 03:52:47","latitude":-12.5,"longitude":45.25,'
        b'"country":"Cote d\'Ivoire"}'
    )


@pytest.mark.parametrize(
    "title", ["Уют", "א", "🎄", "a\nb", '"q"', "back\\slash", "tab\t", "\u00a0", "\x00"]
)
def test_text_survives(title: str) -> None:
    [payload] = PayloadEncoder(PIN).payloads([pin(1, title)])
    assert json.loads(payload)["title"] == title


def test_text_is_utf8_and_not_escaped() -> None:
    [payload] = PayloadEncoder(PIN).payloads([pin(1, "Уют")])
    assert "Уют".encode() in payload


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    payloads = PayloadEncoder(PIN).payloads([pin(1, "a\ud800b"), pin(2, "fine")])
    assert [json.loads(payload)["title"] for payload in payloads] == ["a?b", "fine"]


def test_nan_and_infinity_become_null_among_plain_values() -> None:
    row = (5, "2020-08-28 03:52:47", float("nan"), float("-inf"), None)
    [payload] = PayloadEncoder(GEO).payloads([row])
    assert json.loads(payload) == {
        "ind": 5,
        "timestamp": "2020-08-28 03:52:47",
        "latitude": None,
        "longitude": None,
        "country": None,
    }


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2020-08-28 03:52:47.000000", "2020-08-28T03:52:47"),
        ("2020-08-28 05:52:47+02:00", "2020-08-28T03:52:47"),
        ("2020-08-28", "2020-08-28T00:00:00"),
        ("last summer", "last summer"),
        (None, None),
    ],
)
def test_text_of_a_time_column_takes_the_form_of_a_time(written: object, expected: object) -> None:
    [payload] = PayloadEncoder(GEO, ["timestamp"]).payloads([geo(1, written)])
    assert json.loads(payload)["timestamp"] == expected
