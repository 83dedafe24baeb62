"""Sending the records of one event until each is settled."""

from __future__ import annotations

import pytest

from emulation.errors import ApiError
from emulation.kafka_route import KafkaRoute
from emulation.tally import EventCounts
from tests.unit.emulation.fake_api import (
    Answer,
    FakeApi,
    Script,
    all_stored,
    message,
    outcomes,
)
from tests.unit.emulation.sending import Sending


@pytest.fixture
def sending(api: FakeApi) -> Sending:
    return Sending(api.url)


def test_records_are_sent_in_one_request(api: FakeApi, sending: Sending) -> None:
    assert sending()
    [request] = api.requests
    assert request.path == "/prod/topics/demo.pin"
    assert request.headers["Content-Type"] == "application/vnd.kafka.json.v2+json"
    assert request.headers["x-api-key"] == "the-key"
    assert request.keys == ["1", "2", "3"]
    assert sending.counts == EventCounts(acknowledged=3)


def test_one_connection_is_kept(api: FakeApi, sending: Sending) -> None:
    assert [sending() for _ in range(3)] == [True, True, True]
    assert len({request.connection for request in api.requests}) == 1


def test_a_base_url_may_end_with_a_slash(api: FakeApi) -> None:
    assert Sending(api.url + "/")()
    assert api.requests[0].path == "/prod/topics/demo.pin"


@pytest.mark.parametrize("failure", [message(status) for status in (408, 429, 500, 503, 504)])
def test_a_passing_failure_is_sent_again(api: FakeApi, sending: Sending, failure: Script) -> None:
    api.script.extend([failure, failure])
    assert sending()
    assert [request.keys for request in api.requests] == [["1", "2", "3"]] * 3
    assert sending.counts == EventCounts(acknowledged=3, retried=6)


def test_a_dropped_connection_is_made_again(api: FakeApi, sending: Sending) -> None:
    api.script.append(None)
    assert sending()
    assert sending.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize("code", [2, 50003])
def test_only_records_that_failed_are_sent_again(api: FakeApi, sending: Sending, code: int) -> None:
    api.script.extend([outcomes([None, code, code]), outcomes([code, None])])
    assert sending()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2", "3"], ["2"]]
    assert sending.counts == EventCounts(acknowledged=3, retried=3)


@pytest.mark.parametrize("code", [1, 50002])
def test_a_lasting_failure_of_one_record_is_a_refusal(
    api: FakeApi, sending: Sending, code: int
) -> None:
    api.script.append(outcomes([None, code, None]))
    assert not sending()
    assert len(api.requests) == 1
    assert (sending.counts.acknowledged, sending.counts.refused) == (2, 1)
    assert sending.counts.reasons == {f"{code}: reason {code}": 1}


def test_refused_and_passing_failures_in_one_answer(api: FakeApi, sending: Sending) -> None:
    api.script.append(outcomes([50002, 50003, None]))
    assert not sending()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["2"]]
    assert (sending.counts.acknowledged, sending.counts.refused) == (2, 1)


def test_a_request_that_is_too_large_is_sent_in_halves(api: FakeApi, sending: Sending) -> None:
    api.script.append(message(413, "too large"))
    assert sending()
    assert [request.keys for request in api.requests] == [["1", "2", "3"], ["1", "2"], ["3"]]
    assert sending.counts == EventCounts(acknowledged=3, retried=3)


def test_only_a_record_that_is_too_large_by_itself_is_refused(
    api: FakeApi, sending: Sending
) -> None:
    too_large = message(413, "too large")
    api.always = lambda request: too_large if "2" in request.keys else all_stored(request)
    assert not sending()
    assert [request.keys for request in api.requests] == [
        ["1", "2", "3"],
        ["1", "2"],
        ["1"],
        ["2"],
        ["3"],
    ]
    assert (sending.counts.acknowledged, sending.counts.refused) == (2, 1)
    assert sending.counts.reasons == {"413: too large": 1}


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_request_refuses_its_records(api: FakeApi, sending: Sending, status: int) -> None:
    api.script.append(message(status, "too odd"))
    assert not sending()
    assert len(api.requests) == 1
    assert sending.counts.reasons == {f"{status}: too odd": 3}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (message(403, "Forbidden"), "does not take this key \\(403: Forbidden\\)"),
        (message(403, "Forbidden"), r"PINTEREST_API_KEY=\$\(make -s api-key\)"),
        (
            message(403, "Missing Authentication Token"),
            r"has no path for the events \(403: .*Token\)\. Is --api the base URL",
        ),
        (message(401), "does not take this key"),
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
def test_what_would_fail_for_ever_ends_the_run(
    api: FakeApi, sending: Sending, answer: Script, words: str
) -> None:
    api.always = answer
    with pytest.raises(ApiError, match=words):
        sending()
    assert len(api.requests) == 1


@pytest.mark.parametrize("long", ["<p>" * 1000, "no such thing\n" * 100])
def test_no_more_than_a_line_of_an_answer_is_shown(
    api: FakeApi, sending: Sending, long: str
) -> None:
    api.script.extend([message(422, long), Answer(422, long.encode())])
    for _ in range(2):
        sending()
    [(reason, records)] = sending.counts.reasons.items()
    assert (records, len(reason)) == (6, len("422: ") + 200)
    assert reason.endswith("…")
    assert "\n" not in reason


def test_the_key_is_in_no_message(api: FakeApi, sending: Sending) -> None:
    api.always = message(403, "Forbidden")
    with pytest.raises(ApiError) as caught:
        sending()
    assert "the-key" not in str(caught.value)


def test_an_api_that_keeps_failing_ends_the_run(api: FakeApi) -> None:
    api.always = message(503, "Broker not available")
    with pytest.raises(
        ApiError, match="kept failing for a batch of pin events to kafka: 503: Broker not"
    ):
        Sending(api.url, patience_seconds=0.3)()
    assert len(api.requests) > 1


def test_an_unreachable_api_ends_the_run() -> None:
    sending = Sending("http://127.0.0.1:1/prod", patience_seconds=0.2)
    with pytest.raises(ApiError, match=r"No API answers at http://127.0.0.1:1/prod.*make up"):
        sending()


def test_a_stop_ends_the_waiting_between_two_tries(api: FakeApi) -> None:
    sending = Sending(api.url, patience_seconds=3600)

    def fail_and_stop(_: object) -> Answer:
        sending.stop.set()
        return message(503)

    api.always = fail_and_stop
    with pytest.raises(ApiError):
        sending()
    assert len(api.requests) == 1


def test_a_request_that_its_destination_cannot_hold_is_sent_in_parts(
    api: FakeApi, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaRoute, "max_bytes", 50)
    assert sending()
    assert [request.keys for request in api.requests] == [["1", "2"], ["3"]]
    assert sending.counts == EventCounts(acknowledged=3)
