"""The API in front of the local Kinesis: a stream holds exactly what a client sends."""

from __future__ import annotations

from tests.support.streams_api import JSON, StreamsApi

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


def test_records_for_an_unknown_stream_have_the_answer_of_kinesis(api: StreamsApi) -> None:
    body = b'{"records":[{"data":{},"partition-key":"1"}]}'

    answer = api.call("PUT", "/streaming-nobody-pin/records", body)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")
