"""Sending the records of one event until each is settled."""

from __future__ import annotations

import pytest

from emulation.delivery import EventCounts, PendingRequest, split_by_size
from emulation.destinations import KafkaDestination
from emulation.errors import ApiError
from tests.support.fake_api import Answer, FakeApi, Script, all_stored, message, outcomes
from tests.support.pin_sender import PinSender


@pytest.fixture
def pins(api: FakeApi) -> PinSender:
    return PinSender(api.url)


def test_records_are_sent_in_one_request(api: FakeApi, pins: PinSender) -> None:
    assert pins.send()
    [request] = api.requests
    assert request.path == "/prod/topics/demo.pin"
    assert request.headers["Content-Type"] == "application/vnd.kafka.json.v2+json"
    assert request.headers["x-api-key"] == "the-key"
    assert request.keys == ["1", "2", "3"]
    assert pins.counts == EventCounts(acknowledged=3)


@pytest.mark.parametrize("failure", [message(status) for status in (408, 429, 500, 503, 504)])
def test_a_temporary_failure_is_retried(api: FakeApi, pins: PinSender, failure: Script) -> None:
    api.script.extend([failure, failure])
    assert pins.send()
    assert [request.keys for request in api.requests] == [["1", "2", "3"]] * 3
    assert pins.counts == EventCounts(acknowledged=3, retried=6)


def test_a_dropped_connection_is_opened_again(api: FakeApi, pins: PinSender) -> None:
    api.script.append(None)
    assert pins.send()
    assert pins.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize("code", [2, 50003])
def test_only_failed_records_are_retried(api: FakeApi, pins: PinSender, code: int) -> None:
    api.script.extend([outcomes([None, code, code]), outcomes([code, None])])
    assert pins.send()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2", "3"], ["2"]]
    assert pins.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize("code", [1, 50002])
def test_a_permanent_failure_of_one_record_is_a_refusal(
    api: FakeApi, pins: PinSender, code: int
) -> None:
    api.script.append(outcomes([None, code, None]))
    assert not pins.send()
    assert len(api.requests) == 1
    assert (pins.counts.acknowledged, pins.counts.refused) == (2, 1)
    assert pins.counts.reasons == {f"{code}: reason {code}": 1}


def test_refused_and_temporary_failures_in_one_answer(api: FakeApi, pins: PinSender) -> None:
    api.script.append(outcomes([50002, 50003, None]))
    assert not pins.send()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2"]]
    assert (pins.counts.acknowledged, pins.counts.refused) == (2, 1)


def test_a_request_that_is_too_large_is_sent_in_halves(api: FakeApi, pins: PinSender) -> None:
    api.script.append(message(413, "too large"))
    assert pins.send()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["1", "2"], ["3"]]
    assert pins.counts == EventCounts(acknowledged=3, retried=3)


def test_only_a_record_that_is_too_large_by_itself_is_refused(
    api: FakeApi, pins: PinSender
) -> None:
    too_large = message(413, "too large")
    api.always = lambda request: too_large if "2" in request.keys else all_stored(request)
    assert not pins.send()
    assert [request.keys for request in api.requests] == [
        ["1", "2", "3"],
        ["1", "2"],
        ["1"],
        ["2"],
        ["3"],
    ]
    assert (pins.counts.acknowledged, pins.counts.refused) == (2, 1)
    assert pins.counts.reasons == {"413: too large": 1}


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_request_refuses_its_records(api: FakeApi, pins: PinSender, status: int) -> None:
    api.script.append(message(status, "too odd"))
    assert not pins.send()
    assert len(api.requests) == 1
    assert pins.counts.reasons == {f"{status}: too odd": 3}


@pytest.mark.parametrize(
    ("answer", "message_pattern"),
    [
        (message(403, "Forbidden"), "does not accept this key \\(403: Forbidden\\)"),
        (message(403, "Forbidden"), r"PINTEREST_API_KEY=\$\(make -s api-key\)"),
        (
            message(403, "Missing Authentication Token"),
            r"has no path for the events \(403: .*Token\)\. Is --api the base URL",
        ),
        (message(401), "does not accept this key"),
        (
            message(404, "Topic demo.pin not found."),
            r"demo.pin does not exist behind http.* \(404: Topic demo.pin not found\)\. --user-id",
        ),
        (message(415, "no such type"), "answered 415 to a pin event: no such type"),
        (message(501, "no such thing"), "answered 501 to a pin event: no such thing$"),
        (message(505), "answered 505 to a pin event"),
        (
            Answer(501, b"<html>\n <body>Unsupported</body>\n</html>\n"),
            "event: <html> <body>Unsupported</body> </html>\nIs --api the base URL",
        ),
        (Answer(302, b""), "answered 302 to a pin event: Found\nIs --api the base URL"),
        (Answer(200, b"<html>"), "not that of a Kafka REST proxy"),
    ],
)
def test_a_permanent_failure_ends_the_run(
    api: FakeApi, pins: PinSender, answer: Script, message_pattern: str
) -> None:
    api.always = answer
    with pytest.raises(ApiError, match=message_pattern) as raised:
        pins.send()
    assert "the-key" not in str(raised.value)
    assert len(api.requests) == 1


@pytest.mark.parametrize("long", ["<p>" * 1000, "no such thing\n" * 100])
def test_no_more_than_a_line_of_an_answer_is_shown(
    api: FakeApi, pins: PinSender, long: str
) -> None:
    api.script.extend([message(422, long), Answer(422, long.encode())])
    for _ in range(2):
        pins.send()
    [(reason, records)] = pins.counts.reasons.items()
    assert (records, len(reason)) == (6, len("422: ") + 200)
    assert reason.endswith("…")
    assert "\n" not in reason


def test_an_api_that_keeps_failing_ends_the_run(api: FakeApi) -> None:
    api.always = message(503, "Broker not available")
    with pytest.raises(
        ApiError, match="kept failing for a batch of pin events to kafka: 503: Broker not"
    ):
        PinSender(api.url, give_up_after_seconds=0.3).send()
    assert len(api.requests) > 1


def test_an_unreachable_api_ends_the_run() -> None:
    pins = PinSender("http://127.0.0.1:1/prod", give_up_after_seconds=0.2)
    with pytest.raises(ApiError, match=r"No API answers at http://127.0.0.1:1/prod.*make up"):
        pins.send()


def test_a_stop_ends_the_waiting_between_two_tries(api: FakeApi) -> None:
    pins = PinSender(api.url, give_up_after_seconds=3600)

    def fail_and_stop(_: object) -> Answer:
        pins.stop.set()
        return message(503)

    api.always = fail_and_stop
    with pytest.raises(ApiError):
        pins.send()
    assert len(api.requests) == 1


def test_a_request_that_its_destination_cannot_hold_is_sent_in_parts(
    api: FakeApi, pins: PinSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaDestination, "max_bytes", 50)
    assert pins.send()
    assert [request.keys for request in api.requests] == [["1", "2"], ["3"]]
    assert pins.counts == EventCounts(acknowledged=3)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([b"aa"], [[b"aa"]]),
        ([b"aa", b"bb"], [[b"aa", b"bb"]]),
        ([b"aa", b"bb", b"c"], [[b"aa", b"bb"], [b"c"]]),
        ([b"aaaaaa", b"b"], [[b"aaaaaa"], [b"b"]]),
        ([b"a", b"bbbbbb", b"c"], [[b"a"], [b"bbbbbb"], [b"c"]]),
        ([b"a", b"bbbb", b"c", b"ddd"], [[b"a"], [b"bbbb"], [b"c", b"ddd"]]),
    ],
)
def test_parts_keep_the_order_and_the_size_limit(
    records: list[bytes], expected: list[list[bytes]]
) -> None:
    assert list(split_by_size(records, 4)) == expected


def test_a_request_progresses_when_a_record_is_settled(clock: list[float]) -> None:
    request = PendingRequest("pin", [b"1", b"2"])
    clock[0] = 110.0
    request.keep([b"1", b"2"], 0)
    assert request.progressed_at == 100.0
    request.keep([b"2"], 0)
    assert request.progressed_at == 110.0
