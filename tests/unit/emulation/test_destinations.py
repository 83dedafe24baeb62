"""Requests and answers of both destinations."""

from __future__ import annotations

import pytest

from emulation.destinations import (
    Destination,
    Failure,
    KafkaDestination,
    KinesisDestination,
    Verdict,
)
from emulation.errors import ApiError
from tests.support.fake_api import Answer, kinesis_error, message

KAFKA = KafkaDestination("demo")
KINESIS = KinesisDestination("demo")


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


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"offsets":3,"Records":3}', b"[]"])
@pytest.mark.parametrize(
    ("destination", "server"), [(KAFKA, "a Kafka REST proxy"), (KINESIS, "Kinesis' PutRecords")]
)
def test_an_answer_of_another_server_is_an_error(
    destination: Destination, server: str, answer: bytes
) -> None:
    with pytest.raises(ApiError, match=f"not that of {server}"):
        destination.failures(answer, 1)


@pytest.mark.parametrize(
    ("destination", "answer"),
    [(KAFKA, b'{"offsets":[{"offset":1}]}'), (KINESIS, b'{"Records":[{}]}')],
)
def test_an_answer_for_fewer_records_is_an_error(destination: Destination, answer: bytes) -> None:
    with pytest.raises(ApiError, match="answered for 1 of 2 records"):
        destination.failures(answer, 2)


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
