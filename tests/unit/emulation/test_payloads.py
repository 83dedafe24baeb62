"""Rows as JSON payloads."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulation.payloads import (
    EVENTS,
    GEO,
    PIN,
    PayloadEncoder,
    Refusal,
    UnsupportedValueError,
    json_value,
)
from pinterest_pipeline.names import EVENT_NAMES
from tests.support.sources import geo, pin

TWO_HOURS_EAST = timezone(timedelta(hours=2))
UUID_TEXT = "0c3a1b52-8d4e-4f60-9a7b-c8d9e0f1a2b3"


def decoded(payload: bytes | Refusal) -> dict[str, object]:
    assert isinstance(payload, bytes), payload
    return dict(json.loads(payload))


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
        (date(2020, 8, 28), "2020-08-28T00:00:00"),
        (time(3, 4, 5), "03:04:05"),
        (b"caf\xc3\xa9", "café"),
        (memoryview(b"caf\xc3\xa9"), "café"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (["red", None, "dark blue"], "red,dark blue"),
        ([], ""),
        ({"red", "dark blue"}, "dark blue,red"),
        ({"tags": ["é"]}, '{"tags":["é"]}'),
        (Decimal(2**63), float(2**63)),
    ],
)
def test_a_drivers_value_becomes_json(value: object, expected: object) -> None:
    assert json_value(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff", "is not text in UTF-8"),
        (datetime(1, 1, 1, 0, 30, tzinfo=TWO_HOURS_EAST), "is before the year 1 or after 9999 in"),
        (Decimal("1E400"), "is a number over 1.8e308"),
        (timedelta(hours=3), "has the unknown type timedelta"),
        ((1, 2), "has the unknown type tuple"),
        (IPv4Address("127.0.0.1"), "has the unknown type IPv4Address"),
        (["red", ["blue"]], "has an element of the type list"),
        ({"tag": object()}, "has no JSON form"),
    ],
)
def test_a_value_without_a_json_form_is_refused(value: object, reason: str) -> None:
    with pytest.raises(UnsupportedValueError, match=f"^{re.escape(reason)}"):
        json_value(value)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (b"\xff", "is not text in UTF-8"),
        (timedelta(1), "has the unknown type timedelta"),
        ("a\ud800b", "has half a surrogate pair"),
        pytest.param(10**5000, "is a whole number of too many digits", id="long"),
    ],
)
def test_a_row_with_an_unsuitable_value_is_refused_beside_the_others(
    title: object, reason: str
) -> None:
    payloads = PayloadEncoder(PIN).payloads([pin(1, "fine"), pin(2, title), pin(3, "good")])
    assert payloads[1] == Refusal("pin", 2, f"pinterest_data.title {reason}")
    assert [decoded(payload)["title"] for payload in payloads[::2]] == ["fine", "good"]


@pytest.mark.parametrize("key", [7, 7.0, Decimal(7), Decimal("7.00")])
def test_a_key_is_posted_as_a_whole_number(key: object) -> None:
    [payload] = PayloadEncoder(PIN).payloads([(key, *pin(7)[1:])])
    assert isinstance(payload, bytes)
    assert payload.startswith(b'{"index":7,')


@pytest.mark.parametrize(
    ("unique_id", "expected"),
    [
        (UUID_TEXT, UUID_TEXT),
        (UUID(UUID_TEXT), UUID_TEXT),
        (UUID(UUID_TEXT).bytes, UUID_TEXT),
        (memoryview(UUID(UUID_TEXT).bytes), UUID_TEXT),
        (UUID_TEXT.encode(), UUID_TEXT),
        (b"sixteen letters.", "sixteen letters."),
    ],
)
def test_a_binary_uuid_becomes_text(unique_id: object, expected: str) -> None:
    [payload] = PayloadEncoder(PIN).payloads([(1, unique_id, *pin(1)[2:])])
    assert decoded(payload)["unique_id"] == expected


def test_sixteen_bytes_of_another_column_are_no_uuid() -> None:
    [payload] = PayloadEncoder(PIN).payloads([pin(1, UUID(UUID_TEXT).bytes)])
    assert isinstance(payload, Refusal)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(st.characters()),
    st.binary(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.lists(st.none() | st.text() | st.integers()),
    st.sets(st.text()),
    st.dictionaries(st.text(), st.floats() | st.integers()),
    st.complex_numbers(),
)


@given(st.lists(st.lists(VALUES, min_size=11, max_size=11), max_size=3))
def test_any_row_becomes_json_or_a_refusal_in_its_place(rows: list[list[object]]) -> None:
    """Neither an error nor Python's repr of a value comes out."""
    payloads = PayloadEncoder(PIN).payloads([[at, *row] for at, row in enumerate(rows)])
    assert len(payloads) == len(rows)
    for at, (row, payload) in enumerate(zip(rows, payloads, strict=True)):
        if isinstance(payload, Refusal):
            assert payload.index == at
            assert payload.reason.startswith("pinterest_data.")
        else:
            values = list(decoded(payload).values())
            assert values[0] == at
            for value, written in zip(row, values[1:], strict=True):
                if isinstance(value, list | set | timedelta | complex):
                    assert written != repr(value)
                if isinstance(value, str):
                    assert written == value


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
    assert decoded(payload)["title"] == title


def test_text_is_utf8_and_not_escaped() -> None:
    [payload] = PayloadEncoder(PIN).payloads([pin(1, "Уют")])
    assert isinstance(payload, bytes)
    assert "Уют".encode() in payload


def test_nan_and_infinity_become_null_among_plain_values() -> None:
    row = (5, "2020-08-28 03:52:47", float("nan"), float("-inf"), None)
    [payload] = PayloadEncoder(GEO).payloads([row])
    assert decoded(payload) == {
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
    assert decoded(payload)["timestamp"] == expected
