"""The API in front of the local Kinesis: a stream holds exactly what a client sends."""

from __future__ import annotations

import json

import pytest

from tests.support.streams_api import JSON, StreamsApi

INVALID = {"message": "Invalid request body"}
MIB = 1024 * 1024


def test_a_record_is_stored_with_the_answer_of_kinesis(api: StreamsApi) -> None:
    answer = api.put_record({"index": 17, "title": "Art."})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(JSON)
    assert {"ShardId", "SequenceNumber"} <= answer.json().keys()
    assert api.records() == [("17", b'{"index":17,"title":"Art."}')]


def test_500_records_are_stored_and_answered_in_order(api: StreamsApi) -> None:
    answer = api.put_records(*(({"index": i}, str(i)) for i in range(500)))

    results = answer.json()
    assert (answer.status_code, results["FailedRecordCount"]) == (200, 0)
    numbers = [int(result["SequenceNumber"]) for result in results["Records"]]
    assert (len(numbers), numbers) == (500, sorted(numbers))
    assert api.records() == [(str(i), b'{"index":%d}' % i) for i in range(500)]


SYNTAX_TEXTS = [
    '"',
    "'",
    "\\",
    '\\"',
    '","PartitionKey":"other',
    '"}],"Records":[{"Data":"',
    "line\r\nbreak\ttab",
    "$input.json('$')",
    "${util.base64Encode('a')}$!foreach.index",
    "#set($a = 1)$a #foreach($b in [1])x#end #stop",
    "#end]}",
    "## a comment",
    "#* a comment *#",
    "__FORMAL_REFERENCE__REPLACE_TEXT__",
    "\u2028\u2029\u0085",
    "\x00\x01\x1f\x7f",
    "\u202ebidi \ufeffbom \ufffd",
    "e\u0301 \u05d0 \U0001f600",
    "</script>&amp;%22+%00",
    "{}",
    "null",
    " ",
    "x" * 256,
    "\U0001f600" * 256,
]


@pytest.mark.parametrize("text", SYNTAX_TEXTS)
def test_no_text_becomes_part_of_the_call(api: StreamsApi, text: str) -> None:
    data = {text: text, "nested": [{"deep": [text]}]}

    assert api.put_record(data, text).status_code == 200
    assert api.put_records((data, text), ({}, "after")).json()["FailedRecordCount"] == 0

    stored = [(key, json.loads(record)) for key, record in api.records()]
    assert stored == [(text, data), (text, data), ("after", {})]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("9007199254740993", b"9007199254740993"),
        ("123456789012345678901234567890", b"123456789012345678901234567890"),
        ("-1.7976931348623157e308", b"-1.7976931348623157e308"),
        ("5e-324", b"5e-324"),
        ("0.12345678901234567890", b"0.12345678901234568"),
        ("1.50", b"1.5"),
        (' [1 ,\n"\\u00e9\\/"] ', '[1,"é/"]'.encode()),
        ("null", b"null"),
        ('"not an event"', b'"not an event"'),
        ("[" * 500 + "]" * 500, b"[" * 500 + b"]" * 500),
    ],
)
def test_any_json_is_stored_in_compact_form(api: StreamsApi, sent: str, stored: bytes) -> None:
    body = f'{{"records": [{{"data": {sent}, "partition-key": "1"}}]}}'

    assert api.call("PUT", f"/{api.stream}/records", body.encode()).status_code == 200
    assert api.records() == [("1", stored)]


def test_the_path_names_the_stream(api: StreamsApi) -> None:
    assert api.put_record({}, StreamName="streaming-another").status_code == 200
    assert len(api.records()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b'{"records":[]}',
        b'{"records":[{"data":{}}]}',
        b'{"records":[{"partition-key":"1"}]}',
        b'{"records":[{"data":{},"partition-key":1}]}',
        b'{"records":[{"data":{},"partition-key":""}]}',
        b'{"records":[{"data":{},"partition-key":"' + b"x" * 257 + b'"}]}',
        b'{"records":[' + b",".join([b'{"data":{},"partition-key":"1"}'] * 501) + b"]}",
        b'{"records":[{"data":"\\ud800","partition-key":"1"}]}',
        b'{"records":[{"data":"\xff","partition-key":"1"}]}',
        b'{"records":[{"data":1e400,"partition-key":"1"}]}',
        b'{"records":[{"data":' + b"[" * 100_000 + b"]" * 100_000 + b',"partition-key":"1"}]}',
    ],
)
def test_a_body_that_is_not_put_records_is_invalid(api: StreamsApi, body: bytes) -> None:
    answer = api.call("PUT", f"/{api.stream}/records", body)

    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert api.records() == []


def test_a_record_has_at_most_1_mib(api: StreamsApi) -> None:
    """The two quotes of a text count."""
    assert api.put_record("x" * (MIB - 2)).status_code == 200

    too_large = api.put_record("x" * (MIB - 1))
    assert (too_large.status_code, too_large.json()["__type"]) == (400, "ValidationException")
    assert [len(data) for _, data in api.records()] == [MIB]


def test_a_call_has_at_most_5_mib_of_data_and_keys(api: StreamsApi) -> None:
    fitting = [("x" * (MIB - 3), "1")] * 5
    assert api.put_records(*fitting).json()["FailedRecordCount"] == 0

    too_large = api.put_records(*fitting[:4], ("x" * (MIB - 2), "1"))
    assert (too_large.status_code, too_large.json()["__type"]) == (400, "ValidationException")


def test_a_body_over_10_mb_is_too_long(api: StreamsApi) -> None:
    answer = api.put_record("x" * 10 * MIB)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize("content_type", ["text/plain", "application/vnd.kafka.json.v2+json"])
@pytest.mark.parametrize(("method", "path"), [("PUT", "/{}/record"), ("GET", "")])
def test_another_content_type_is_unsupported(
    api: StreamsApi, content_type: str, method: str, path: str
) -> None:
    answer = api.call(method, path.format(api.stream), b'{"Data":1}', content_type)

    assert (answer.status_code, answer.json()) == (415, {"message": "Unsupported Media Type"})


def test_a_body_without_a_content_type_counts_as_json(api: StreamsApi) -> None:
    body = b'{"Data": {}, "PartitionKey": "1"}'

    assert api.call("PUT", f"/{api.stream}/record", body, None).status_code == 200


def test_records_for_an_unknown_stream_have_the_answer_of_kinesis(api: StreamsApi) -> None:
    body = b'{"records":[{"data":{},"partition-key":"1"}]}'

    answer = api.call("PUT", "/streaming-nothing/records", body)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")
