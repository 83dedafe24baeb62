"""Requests and answers of both destinations."""

from __future__ import annotations

import json

import pytest

from emulation.destinations import Failure, KafkaDestination, KinesisDestination, Verdict
from emulation.errors import ApiError
from tests.support.fake_api import Answer, kinesis_error, message, put

KAFKA = KafkaDestination("demo")
KINESIS = KinesisDestination("demo")


def test_a_topic_is_named_by_user_and_event() -> None:
    assert KAFKA.path("geo") == "/topics/demo.geo"


def test_a_kafka_record_has_the_index_as_its_key() -> None:
    assert KAFKA.record(12, b'{"ind":12}') == b'{"key":"12","value":{"ind":12}}'


def test_a_kafka_body_holds_the_records_in_order() -> None:
    body = KAFKA.body([b'{"key":"1","value":{}}', b'{"key":"2","value":{}}'])
    assert body == b'{"records":[{"key":"1","value":{}},{"key":"2","value":{}}]}'


def test_kafka_failures_have_positions() -> None:
    answer = (
        b'{"offsets":[{"partition":1,"offset":5,"error_code":null,"error":null},'
        b'{"error_code":50003,"error":"try again"}],"key_schema_id":null}'
    )
    assert KAFKA.failures(answer, 2) == {1: Failure(Verdict.RETRY, "50003: try again")}


def test_a_reason_is_one_line() -> None:
    answer = b'{"offsets":[{"error_code":50002,"error":"Too large.\\n%b"}]}' % (b"x" * 1000)
    [failure] = KAFKA.failures(answer, 1).values()
    assert failure.reason.startswith("50002: Too large. xxx")
    assert len(failure.reason) == len("50002: ") + 200


@pytest.mark.parametrize("code", [40101, 40301])
def test_a_proxy_that_may_not_write_is_an_error(code: int) -> None:
    refused = b'{"error_code":%d,"error":"no access"}' % code
    with pytest.raises(ApiError, match=rf"topics of demo \({code}: no access\)"):
        KAFKA.failures(b'{"offsets":[%b,%b]}' % (refused, refused), 2)


def test_a_proxy_that_wrote_some_of_the_records_may_write() -> None:
    answer = b'{"offsets":[{"offset":5},{"error_code":40301,"error":"no access"}]}'
    assert KAFKA.failures(answer, 2) == {1: Failure(Verdict.REFUSED, "40301: no access")}


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"offsets":3}', b"[]"])
def test_an_answer_that_is_not_kafka_rest_is_an_error(answer: bytes) -> None:
    with pytest.raises(ApiError, match="not that of a Kafka REST proxy"):
        KAFKA.failures(answer, 1)


def test_a_kafka_answer_for_fewer_records_is_an_error() -> None:
    with pytest.raises(ApiError, match="answered for 1 of 2 records"):
        KAFKA.failures(b'{"offsets":[{"offset":1}]}', 2)


def test_a_stream_is_named_by_user_and_event() -> None:
    assert KINESIS.path("geo") == "/streams/streaming-demo-geo/records"


def test_a_kinesis_record_has_the_index_as_its_partition_key() -> None:
    assert KINESIS.record(12, b'{"ind":12}') == b'{"data":{"ind":12},"partition-key":"12"}'


def test_a_kinesis_body_holds_the_records_in_order() -> None:
    body = KINESIS.body([KINESIS.record(1, b"{}"), KINESIS.record(2, b"{}")])
    assert json.loads(body) == {
        "records": [{"data": {}, "partition-key": "1"}, {"data": {}, "partition-key": "2"}]
    }


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ProvisionedThroughputExceededException", Verdict.THROTTLED),
        ("InternalFailure", Verdict.RETRY),
        ("SomethingElse", Verdict.REFUSED),
    ],
)
def test_kinesis_failures_have_positions(code: str, verdict: Verdict) -> None:
    answer = put([None, code, None]).body
    assert KINESIS.failures(answer, 3) == {1: Failure(verdict, f"{code}: reason {code}")}


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"Records":3}', b"[]"])
def test_an_answer_that_is_not_put_records_is_an_error(answer: bytes) -> None:
    with pytest.raises(ApiError, match="not that of Kinesis' PutRecords"):
        KINESIS.failures(answer, 1)


def test_a_kinesis_answer_for_fewer_records_is_an_error() -> None:
    with pytest.raises(ApiError, match="answered for 1 of 2 records"):
        KINESIS.failures(put([None]).body, 2)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (kinesis_error("ProvisionedThroughputExceededException"), Verdict.THROTTLED),
        (
            kinesis_error("com.amazonaws.kinesis#LimitExceededException"),
            Verdict.THROTTLED,
        ),
        (kinesis_error("ThrottlingException"), Verdict.THROTTLED),
        (message(429, "Too Many Requests"), Verdict.THROTTLED),
        (kinesis_error("ResourceInUseException"), Verdict.RETRY),
        (kinesis_error("InternalFailure", 500), Verdict.RETRY),
        (message(504, "Endpoint request timed out"), Verdict.RETRY),
        (kinesis_error("ResourceNotFoundException"), Verdict.NOT_FOUND),
        (kinesis_error("InvalidArgumentException"), Verdict.SPLIT),
        (kinesis_error("ValidationException"), Verdict.SPLIT),
        (message(400, "Invalid request body"), Verdict.SPLIT),
        (message(413, "Request Too Long"), Verdict.SPLIT),
        (message(403, "Forbidden"), Verdict.NO_ACCESS),
        (kinesis_error("AccessDeniedException"), Verdict.FAILED),
        (message(415), Verdict.FAILED),
    ],
)
def test_what_an_answer_to_a_whole_request_means(answer: Answer, verdict: Verdict) -> None:
    assert KINESIS.verdict(answer.status, answer.body) is verdict
