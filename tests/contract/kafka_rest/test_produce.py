"""The records of a produce request in the topics of a real broker."""

from __future__ import annotations

import json

from local.settings import Settings
from tests.support.kafka_topics import PARTITIONS, post, records_of, values_of


def test_the_exact_bytes_of_each_value_are_in_the_topic(settings: Settings, user_id: str) -> None:
    values = [
        b'{"index" : 17,  "title":"a"}',
        '{"title":"א \\u05d0 🎨 \u00a0"}'.encode(),
        b'{"pretty":\n  [1, 2.50, 1e400]\n}',
        b'"not UTF-8: \xff"',
        b'""',
    ]
    records = b",".join(b'{"key":"17","value":%b}' % value for value in values)

    assert post(settings, f"{user_id}.pin", b'{"records":[%b]}' % records).status_code == 200
    assert values_of(settings, f"{user_id}.pin") == values


def test_a_key_is_its_json_text_and_has_the_partition_of_java_clients(
    settings: Settings, user_id: str
) -> None:
    body = b'{"records":[{"key":"17","value":1},{"key":"18","value":2},{"key":"17","value":3}]}'
    post(settings, f"{user_id}.pin", body)

    # Partitions by Kafka's murmur2 of the key's bytes, its quotes included, modulo 3.
    assert sorted(records_of(settings, f"{user_id}.pin"), key=str) == [
        (b'"17"', b"1", murmur2_partition(b'"17"')),
        (b'"17"', b"3", murmur2_partition(b'"17"')),
        (b'"18"', b"2", murmur2_partition(b'"18"')),
    ]


def test_versions_of_a_post_without_a_key_stay_in_order(settings: Settings, user_id: str) -> None:
    values = [b'{"index":17,"version":%d}' % version for version in range(20)]
    for value in values:
        post(settings, f"{user_id}.pin", b'{"records":[{"value":%b}]}' % value)
    post(settings, f"{user_id}.pin", b'{"records":[{"key":"17","value":"the last one"}]}')

    key, partition = b'"17"', murmur2_partition(b'"17"')
    expected = [(key, value, partition) for value in [*values, b'"the last one"']]
    assert records_of(settings, f"{user_id}.pin") == expected


def murmur2_partition(key: bytes) -> int:
    """Return the partition that Java's `Utils.toPositive(Utils.murmur2(key)) % 3` chooses."""
    mask, mix = 0xFFFFFFFF, 0x5BD1E995
    value = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for start in range(0, whole, 4):
        part = int.from_bytes(key[start : start + 4], "little") * mix & mask
        part = (part ^ part >> 24) * mix & mask
        value = (value * mix & mask) ^ part
    if rest := key[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return ((value ^ value >> 15) & 0x7FFFFFFF) % PARTITIONS


def test_the_answer_has_partition_and_offset_of_each_record(
    settings: Settings, user_id: str
) -> None:
    records = [{"value": n, "partition": partition} for n, partition in enumerate([2, 0, 2])]
    body = json.dumps({"records": records}).encode()

    assert post(settings, f"{user_id}.geo", body).json()["offsets"] == [
        {"partition": 2, "offset": 0, "error_code": None, "error": None},
        {"partition": 0, "offset": 0, "error_code": None, "error": None},
        {"partition": 2, "offset": 1, "error_code": None, "error": None},
    ]


def test_a_record_that_is_too_large_fails_alone(settings: Settings, user_id: str) -> None:
    large = json.dumps("x" * 1_100_000).encode()
    body = (
        b'{"records":[{"value":1,"partition":0},{"value":'
        + large
        + b'},{"value":2,"partition":0}]}'
    )

    assert post(settings, f"{user_id}.pin", body).json()["offsets"] == [
        {"partition": 0, "offset": 0, "error_code": None, "error": None},
        {
            "partition": None,
            "offset": None,
            "error_code": 50002,
            "error": "Unable to produce message: Broker: Message size too large",
        },
        {"partition": 0, "offset": 1, "error_code": None, "error": None},
    ]
