"""PutRecords behind the API, as the emulator speaks it."""

from __future__ import annotations

import json

import pytest

from emulation.errors import ApiError
from emulation.kinesis_route import KinesisRoute
from emulation.route import Failure, Verdict
from tests.unit.emulation.fake_api import Answer, kinesis_error, message, put

ROUTE = KinesisRoute("demo")


def test_a_stream_is_named_by_user_and_event() -> None:
    assert ROUTE.path("geo") == "/streams/streaming-demo-geo/records"


def test_a_record_carries_the_index_as_text_for_its_partition_key() -> None:
    assert ROUTE.record(12, b'{"ind":12}') == b'{"data":{"ind":12},"partition-key":"12"}'


def test_a_body_holds_the_records_in_order() -> None:
    body = ROUTE.body([ROUTE.record(1, b"{}"), ROUTE.record(2, b"{}")])
    assert json.loads(body) == {
        "records": [{"data": {}, "partition-key": "1"}, {"data": {}, "partition-key": "2"}]
    }


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ProvisionedThroughputExceededException", Verdict.SLOWER),
        ("InternalFailure", Verdict.AGAIN),
        ("SomethingElse", Verdict.REFUSED),
    ],
)
def test_failures_are_told_by_position(code: str, verdict: Verdict) -> None:
    answer = put([None, code, None]).body
    assert ROUTE.failures(answer, 3) == {1: Failure(verdict, f"{code}: reason {code}")}


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"Records":3}', b"[]"])
def test_another_answer_is_an_error(answer: bytes) -> None:
    with pytest.raises(ApiError, match="not that of Kinesis' PutRecords"):
        ROUTE.failures(answer, 1)


def test_an_answer_for_fewer_records_is_an_error() -> None:
    with pytest.raises(ApiError, match="answered for 1 of 2 records"):
        ROUTE.failures(put([None]).body, 2)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (kinesis_error("ProvisionedThroughputExceededException"), Verdict.SLOWER),
        (kinesis_error("com.amazonaws.kinesis.v20131202#LimitExceededException"), Verdict.SLOWER),
        (kinesis_error("ThrottlingException"), Verdict.SLOWER),
        (message(429, "Too Many Requests"), Verdict.SLOWER),
        (kinesis_error("ResourceInUseException"), Verdict.AGAIN),
        (kinesis_error("InternalFailure", 500), Verdict.AGAIN),
        (message(504, "Endpoint request timed out"), Verdict.AGAIN),
        (kinesis_error("ResourceNotFoundException"), Verdict.NOT_FOUND),
        (kinesis_error("InvalidArgumentException"), Verdict.SMALLER),
        (kinesis_error("ValidationException"), Verdict.SMALLER),
        (message(400, "Invalid request body"), Verdict.SMALLER),
        (message(413, "Request Too Long"), Verdict.SMALLER),
        (message(403, "Forbidden"), Verdict.NO_ACCESS),
        (kinesis_error("AccessDeniedException"), Verdict.FAILED),
        (message(415), Verdict.FAILED),
    ],
)
def test_what_an_answer_to_a_whole_request_means(answer: Answer, verdict: Verdict) -> None:
    assert ROUTE.verdict(answer.status, answer.body) is verdict
