"""A produce request keeps the bytes of keys and values."""

from __future__ import annotations

import pytest

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
    [record] = read_records(b'{"records":[{"value": ' + value + b" }]}")

    assert record.value_bytes == value


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (b'{"key":"17","value":1}', b'"17"'),  # with its quotes, as Confluent's proxy does
        (b'{"key":17,"value":1}', b"17"),
        (b'{"key":{"a":1},"value":1}', b'{"a":1}'),
        (b'{"key":null,"value":1}', None),
        (b'{"value":1}', None),
    ],
)
def test_a_key_is_the_bytes_of_its_json_text(record: bytes, key: bytes | None) -> None:
    [read] = read_records(b'{"records":[' + record + b"]}")

    assert read.key_bytes == key


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
        read_records(body)

    assert (raised.value.status, str(raised.value)) == (ErrorCode.UNPROCESSABLE, problem)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"records":[', b'{"records":[]}{}', b"\x00", b'{"records":[{"value":NaN}]}'],
)
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError, match="Malformed JSON: ") as raised:
        read_records(body)

    assert raised.value.status == ErrorCode.BAD_REQUEST


def test_deep_nesting_is_refused_and_does_not_break_the_proxy() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000

    with pytest.raises(RequestError, match="Malformed JSON: JSON is nested too deeply"):
        read_records(b'{"records":[{"value":' + deep + b"}]}")
