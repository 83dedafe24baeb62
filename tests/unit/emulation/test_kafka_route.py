"""The v2 produce contract, as the emulator speaks it."""

from __future__ import annotations

import pytest

from emulation.errors import ApiError
from emulation.kafka_route import KafkaRoute
from emulation.route import Failure, Verdict


def test_a_topic_is_named_by_user_and_event() -> None:
    assert KafkaRoute("demo").path("geo") == "/topics/demo.geo"


def test_a_record_carries_the_index_as_text_for_its_key() -> None:
    assert KafkaRoute("demo").record(12, b'{"ind":12}') == b'{"key":"12","value":{"ind":12}}'


def test_a_body_holds_the_records_in_order() -> None:
    body = KafkaRoute("demo").body([b'{"key":"1","value":{}}', b'{"key":"2","value":{}}'])
    assert body == b'{"records":[{"key":"1","value":{}},{"key":"2","value":{}}]}'


def test_failures_are_told_by_position() -> None:
    answer = (
        b'{"offsets":[{"partition":1,"offset":5,"error_code":null,"error":null},'
        b'{"error_code":50003,"error":"try again"}],"key_schema_id":null}'
    )
    assert KafkaRoute("demo").failures(answer, 2) == {1: Failure(Verdict.AGAIN, "50003: try again")}


def test_a_reason_is_one_line() -> None:
    answer = b'{"offsets":[{"error_code":50002,"error":"Too large.\\n%b"}]}' % (b"x" * 1000)
    [failure] = KafkaRoute("demo").failures(answer, 1).values()
    assert failure.reason.startswith("50002: Too large. xxx")
    assert len(failure.reason) == len("50002: ") + 200


@pytest.mark.parametrize("code", [40101, 40301])
def test_a_proxy_that_may_not_write_is_an_error(code: int) -> None:
    refused = b'{"error_code":%d,"error":"no access"}' % code
    with pytest.raises(ApiError, match=rf"topics of demo \({code}: no access\)"):
        KafkaRoute("demo").failures(b'{"offsets":[%b,%b]}' % (refused, refused), 2)


def test_a_proxy_that_wrote_some_of_the_records_may_write() -> None:
    answer = b'{"offsets":[{"offset":5},{"error_code":40301,"error":"no access"}]}'
    assert KafkaRoute("demo").failures(answer, 2) == {
        1: Failure(Verdict.REFUSED, "40301: no access")
    }


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b'{"offsets":3}', b"[]"])
def test_another_answer_is_an_error(answer: bytes) -> None:
    with pytest.raises(ApiError, match="not that of a Kafka REST proxy"):
        KafkaRoute("demo").failures(answer, 1)


def test_an_answer_for_fewer_records_is_an_error() -> None:
    with pytest.raises(ApiError, match="answered for 1 of 2 records"):
        KafkaRoute("demo").failures(b'{"offsets":[{"offset":1}]}', 2)
