"""A produce request keeps the bytes of keys and values."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.kafka_rest.contract import ErrorCode, RequestError, read_records


@pytest.mark.parametrize(
    "value",
    [
        b'{"index" : 17,  "title":"a"}',
        b'{"title":"\xd7\x90 \\u05d0 \xf0\x9f\x8e\xa8"}',
        b'{"description":"line\\nbreak \\"quoted\\""}',
        b"[1, 2.50, 1e400]",
        b'"text"',
        b"17",
        b'"\xff"',
    ],
)
def test_a_value_keeps_its_bytes(value: bytes) -> None:
    [record] = read_records(b'{"records":[{"value": ' + value + b" }]}", 500)

    assert record.value_bytes == value


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (b'{"key":"17","value":1}', b'"17"'),  # with its quotes, as Confluent's proxy does
        (b'{"key":17,"value":1}', b"17"),
        (b'{"key":{"a":1},"value":1}', b'{"a":1}'),
        (b'{"key":null,"value":1}', None),
        (b'{"value":1}', None),
        (b'{"value":{"index":17}}', b'"17"'),  # as the emulator's key
        (b'{"key":null,"value":{"ind":17}}', b'"17"'),
        (b'{"value":{"index":null,"ind":"17"}}', b'"17"'),
        (b'{"key":"1","value":{"index":17}}', b'"1"'),
        (b'{"value":{"index":-3},"partition":null}', b'"-3"'),
        (b'{"value":{"index":"one"}}', None),
        (b'{"value":{"index":""}}', None),
        (b'{"value":{"index":[17]}}', None),
        (b'{"value":{"index":true}}', None),
        (b'{"value":{"index":17.5}}', None),
        (b'{"value":{"index":"NaN"}}', None),
        (b'{"value":{"index":"-Infinity"}}', None),
        (b'{"value":{"index":"1e999999999"}}', None),
        (b'{"value":{"index":1e400}}', None),
        (b'{"value":{"index":1%b}}' % (b"0" * 5000), None),
        (b'{"value":{"index":"\xff"}}', None),
        (b'{"value":null}', None),
        (b'{"value":[{"index":17}]}', None),
    ],
)
def test_a_key_is_the_bytes_of_its_json_text(record: bytes, key: bytes | None) -> None:
    [read] = read_records(b'{"records":[' + record + b"]}", 500)

    assert read.key_in("other") == key


@pytest.mark.parametrize(
    ("topic", "value", "key"),
    [
        ("demo.pin", b'{"index":99,"ind":5}', b'"99"'),
        ("demo.geo", b'{"index":99,"ind":5}', b'"5"'),  # pandas' reset_index adds `index`
        ("a.pin.user", b'{"index":99,"ind":5}', b'"5"'),
        ("other", b'{"index":99,"ind":5}', b'"99"'),
        ("demo.geo", b'{"index":[9],"ind":5}', b'"5"'),
        ("demo.user", b'{"index":"","ind":5}', b'"5"'),
        ("other", b'{"index":"","ind":5}', b'"5"'),
        ("demo.pin", b'{"index":"","ind":5}', None),
        ("demo.pin", b'{"ind":5}', None),
        ("demo.geo", b'{"index":5}', None),
        ("demo.geo", b'{"index":5,"ind":null}', None),
    ],
)
def test_the_key_is_the_field_in_which_the_event_has_its_index(
    topic: str, value: bytes, key: bytes | None
) -> None:
    [read] = read_records(b'{"records":[{"value":' + value + b"}]}", 500)

    assert read.key_in(topic) == key


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from(["{}", "{}.0", "{}.00", "{}e0", "{}0E-1"]))
def test_all_forms_of_an_index_have_one_key(index: int, form: str) -> None:
    number = form.format(index)
    values = [f'{{"index":{number}}}', f'{{"index":" {number} "}}', f'{{"ind":{number},"age":1}}']
    body = ",".join(f'{{"value":{value}}}' for value in values)

    read = read_records(f'{{"records":[{body}]}}'.encode(), 500)

    assert {record.key_in("other") for record in read} == {f'"{index}"'.encode()}


@given(
    st.recursive(
        st.none() | st.floats() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.sampled_from(["index", "ind", "a"]), v),
    )
)
def test_any_value_has_a_key_or_none(value: object) -> None:
    body = json.dumps({"records": [{"value": value}]}).encode()
    with suppress(RequestError):  # JSON has no NaN
        [record] = read_records(body, 500)
        key = record.key_in("other")
        assert key is None or re.fullmatch(rb'"-?[0-9]{1,19}"', key)


def test_too_many_records_are_refused_before_they_are_read() -> None:
    body = b'{"records":[%b]}' % b",".join([b'{"not read": 1}'] * 3)

    with pytest.raises(RequestError, match="Expected at most 2 records, got 3") as raised:
        read_records(body, 2)

    assert raised.value.status == ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", "Object missing required field `records`"),
        (b'{"records":{}}', "Expected `array`, got `object` - at `$.records`"),
        (b'{"records":[{}]}', "Object missing required field `value` - at `$.records[0]`"),
        (
            b'{"records":[{"value":1,"partiton":0}]}',
            "Object contains unknown field `partiton` - at `$.records[0]`",
        ),
        (
            b'{"records":[{"value":1,"partition":"0"}]}',
            "Expected `int | null`, got `str` - at `$.records[0].partition`",
        ),
    ],
)
def test_an_error_in_the_shape_is_named_with_its_path(body: bytes, problem: str) -> None:
    with pytest.raises(RequestError) as raised:
        read_records(body, 500)

    assert (raised.value.status, str(raised.value)) == (ErrorCode.UNPROCESSABLE, problem)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"records":[', b'{"records":[]}{}', b"\x00", b'{"records":[{"value":NaN}]}'],
)
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError, match="Malformed JSON: ") as raised:
        read_records(body, 500)

    assert raised.value.status == ErrorCode.BAD_REQUEST


def test_deep_nesting_is_refused_and_does_not_break_the_proxy() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000

    with pytest.raises(RequestError, match="Malformed JSON: JSON is nested too deeply"):
        read_records(b'{"records":[{"value":' + deep + b"}]}", 500)
