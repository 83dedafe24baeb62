"""Sending records to Kinesis until each is settled."""

from __future__ import annotations

import pytest

from emulation.delivery import EventCounts
from emulation.destinations import KinesisDestination
from emulation.errors import ApiError
from tests.support.fake_api import Answer, FakeApi, Script, all_stored, kinesis_error, message, put
from tests.support.pin_sender import PinSender, RecordedWaits

THROTTLED = "ProvisionedThroughputExceededException"


@pytest.fixture
def pins(api: FakeApi) -> PinSender:
    return PinSender(api.url, destination=KinesisDestination("demo"))


def test_records_are_put_in_one_request(api: FakeApi, pins: PinSender) -> None:
    assert pins.send()
    [request] = api.requests
    assert (request.method, request.path) == ("PUT", "/prod/streams/streaming-demo-pin/records")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["x-api-key"] == "the-key"
    assert request.keys == ["1", "2", "3"]
    assert pins.counts == EventCounts(acknowledged=3)


@pytest.mark.parametrize("code", [THROTTLED, "InternalFailure"])
def test_only_failed_records_are_retried(api: FakeApi, pins: PinSender, code: str) -> None:
    api.script.extend([put([None, code, code]), put([code, None])])
    assert pins.send()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2", "3"], ["2"]]
    assert pins.counts == EventCounts(acknowledged=3, retried=3)


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
def test_a_failed_call_is_retried(api: FakeApi, pins: PinSender, failure: Script) -> None:
    api.script.append(failure)
    assert pins.send()
    assert pins.counts == EventCounts(acknowledged=3, retried=3)


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
def test_only_throttling_slows_down(
    api: FakeApi, pins: PinSender, failure: Script, slower: bool
) -> None:
    api.script.append(failure)
    assert pins.send()
    waits = RecordedWaits()
    pins.throttle.wait(5, waits)
    pins.throttle.wait(5, waits)
    assert bool(waits.seconds) is slower


def test_a_request_waits_for_its_turn(api: FakeApi) -> None:
    waits = RecordedWaits()
    pins = PinSender(api.url, destination=KinesisDestination("demo"), stop=waits)
    assert pins.send()
    assert waits.seconds == []
    pins.throttle.slow_down()
    assert pins.send(*[b"{}"] * 500)
    assert pins.send()
    [seconds] = waits.seconds
    assert 5 < seconds <= 10  # less by the time that has passed since


def test_only_the_record_that_kinesis_cannot_take_is_refused(api: FakeApi, pins: PinSender) -> None:
    too_long = kinesis_error("InvalidArgumentException")
    api.always = lambda request: too_long if "2" in request.keys else all_stored(request)
    assert not pins.send()
    assert (pins.counts.acknowledged, pins.counts.refused) == (2, 1)
    assert pins.counts.reasons == {"400: InvalidArgumentException: a scripted failure": 1}


def test_a_call_holds_no_more_than_kinesis_takes(api: FakeApi, pins: PinSender) -> None:
    payload = b'{"title":"%b"}' % (b"x" * 1_000_000)
    assert pins.send(*[payload] * 7)
    assert [request.keys for request in api.requests] == [
        ["1", "2", "3", "4"],
        ["5", "6", "7"],
    ]


@pytest.mark.parametrize(
    ("answer", "message_pattern"),
    [
        (kinesis_error("ResourceNotFoundException"), "streaming-demo-pin does not exist"),
        (message(403, "Forbidden"), r"does not accept this key \(403: Forbidden\)"),
        (kinesis_error("AccessDeniedException"), "400 to a pin event: AccessDeniedException"),
        (Answer(400, b'{"__type":"ExpiredTokenException","Message":"old"}'), "Exception: old"),
        (Answer(200, b"<html>"), "not that of Kinesis' PutRecords"),
    ],
)
def test_a_permanent_failure_ends_the_run(
    api: FakeApi, pins: PinSender, answer: Script, message_pattern: str
) -> None:
    api.always = answer
    with pytest.raises(ApiError, match=message_pattern):
        pins.send()
    assert len(api.requests) == 1


def test_a_stream_that_keeps_throttling_ends_the_run(api: FakeApi) -> None:
    api.always = lambda request: put([THROTTLED] * len(request.records))
    pins = PinSender(api.url, 0.3, KinesisDestination("demo"))
    with pytest.raises(ApiError, match=f"to kinesis: 3 records not stored: {THROTTLED}"):
        pins.send()
    assert pins.counts.acknowledged == 0
