"""Sending records to Kinesis until each is settled."""

from __future__ import annotations

import pytest

from emulation.errors import ApiError
from emulation.kinesis_route import KinesisRoute
from emulation.tally import EventCounts
from tests.unit.emulation.fake_api import (
    Answer,
    FakeApi,
    Script,
    all_stored,
    kinesis_error,
    message,
    put,
)
from tests.unit.emulation.sending import Sending
from tests.unit.emulation.waits import Waits

THROTTLED = "ProvisionedThroughputExceededException"


@pytest.fixture
def sending(api: FakeApi) -> Sending:
    return Sending(api.url, route=KinesisRoute("demo"))


def test_records_are_put_in_one_request(api: FakeApi, sending: Sending) -> None:
    assert sending()
    [request] = api.requests
    assert (request.method, request.path) == ("PUT", "/prod/streams/streaming-demo-pin/records")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["x-api-key"] == "the-key"
    assert request.keys == ["1", "2", "3"]
    assert sending.counts == EventCounts(acknowledged=3)


@pytest.mark.parametrize("code", [THROTTLED, "InternalFailure"])
def test_only_records_that_failed_are_sent_again(api: FakeApi, sending: Sending, code: str) -> None:
    api.script.extend([put([None, code, code]), put([code, None])])
    assert sending()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2", "3"], ["2"]]
    assert sending.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize(
    "failure",
    [
        kinesis_error(THROTTLED),
        kinesis_error("InternalFailure", 500),
        message(429, "Too Many Requests"),
        message(504),
        None,
    ],
)
def test_a_call_that_failed_as_a_whole_is_sent_again(
    api: FakeApi, sending: Sending, failure: Script
) -> None:
    api.script.append(failure)
    assert sending()
    assert sending.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize(
    ("failure", "slower"),
    [
        (put([None, THROTTLED, None]), True),
        (kinesis_error(THROTTLED), True),
        (message(429), True),
        (put([None, "InternalFailure", None]), False),
        (message(504), False),
    ],
)
def test_too_much_slows_down_and_other_failures_do_not(
    api: FakeApi, sending: Sending, failure: Script, slower: bool
) -> None:
    api.script.append(failure)
    assert sending()
    waits = Waits()
    sending.throttle.wait(5, waits)
    sending.throttle.wait(5, waits)
    assert bool(waits.seconds) is slower


def test_a_request_waits_for_its_turn(api: FakeApi) -> None:
    waits = Waits()
    sending = Sending(api.url, route=KinesisRoute("demo"), stop=waits)
    assert sending()
    assert waits.seconds == []
    sending.throttle.slow_down()
    assert sending(*[b"{}"] * 500)
    assert sending()
    assert [round(seconds) for seconds in waits.seconds] == [10]


def test_only_the_record_that_kinesis_cannot_take_is_refused(
    api: FakeApi, sending: Sending
) -> None:
    too_long = kinesis_error("InvalidArgumentException")
    api.always = lambda request: too_long if "2" in request.keys else all_stored(request)
    assert not sending()
    assert (sending.counts.acknowledged, sending.counts.refused) == (2, 1)
    assert sending.counts.reasons == {"400: InvalidArgumentException: told to fail": 1}


def test_a_call_holds_no_more_than_kinesis_takes(api: FakeApi, sending: Sending) -> None:
    payload = b'{"title":"%b"}' % (b"x" * 1_000_000)
    assert sending(*[payload] * 7)
    assert [request.keys for request in api.requests] == [
        ["1", "2", "3", "4"],
        ["5", "6", "7"],
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (kinesis_error("ResourceNotFoundException"), "streaming-demo-pin does not exist"),
        (message(403, "Forbidden"), r"does not take this key \(403: Forbidden\)"),
        (kinesis_error("AccessDeniedException"), "400 to a pin event: AccessDeniedException"),
        (Answer(400, b'{"__type":"ExpiredTokenException","Message":"old"}'), "Exception: old"),
        (Answer(200, b"<html>"), "not that of Kinesis' PutRecords"),
    ],
)
def test_what_would_fail_for_ever_ends_the_run(
    api: FakeApi, sending: Sending, answer: Script, words: str
) -> None:
    api.always = answer
    with pytest.raises(ApiError, match=words):
        sending()
    assert len(api.requests) == 1


def test_a_stream_that_keeps_throttling_ends_the_run(api: FakeApi) -> None:
    api.always = lambda request: put([THROTTLED] * len(request.records))
    sending = Sending(api.url, 0.3, KinesisRoute("demo"))
    with pytest.raises(ApiError, match=f"to kinesis: 3 records not stored: {THROTTLED}"):
        sending()
    assert sending.counts.acknowledged == 0
