"""Brokers and proxies that stop: no acknowledged record is lost, and no request hangs."""

from __future__ import annotations

from functools import partial

import psutil
import requests

from local.settings import Settings
from tests.conftest import Poll, Running
from tests.support.kafka_topics import Writers, alter_topic, post, values_of


def test_a_killed_broker_loses_no_acknowledged_record_and_requests_fail(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    topic, health = f"{user_id}.pin", f"{settings.kafka_rest_url}/health"
    writers = Writers(partial(post, settings, topic), clients=4)
    poll(lambda: len(writers.acknowledged) > 200, what="200 acknowledged records")
    running.kill("broker")
    try:
        poll(lambda: requests.get(health, timeout=10).status_code == 503, seconds=3, what="a 503")
        answer = post(settings, topic, b'{"records":[{"value":1}]}')
        poll(lambda: 503 in writers.statuses, what="a 503 for a client")
        before = len(writers.acknowledged)
    finally:
        running.start("broker")
    poll(lambda: len(writers.acknowledged) > before + 200, seconds=60, what="200 more records")
    acknowledged = writers.stop()

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)
    assert writers.statuses == {200, 503}
    assert set(acknowledged) <= set(values_of(settings, topic))


def test_a_broker_that_hangs_is_a_503(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    body = b'{"records":[{"value":1}]}'
    # From now on the proxy knows the topic.
    assert post(settings, f"{user_id}.pin", body).status_code == 200
    broker = psutil.Process(running.pid("broker"))
    broker.suspend()
    try:
        poll(lambda: broker.status() == psutil.STATUS_STOPPED, what="a broker that hangs")
        answer = post(settings, f"{user_id}.pin", body)
    finally:
        broker.resume()
    health = f"{settings.kafka_rest_url}/health"
    poll(lambda: requests.get(health, timeout=10).status_code == 200, what="a broker that answers")

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)


def test_a_record_with_a_wrong_time_passes_when_the_clocks_agree(
    settings: Settings, user_id: str, poll: Poll
) -> None:
    topic, limit = f"{user_id}.pin", "message.timestamp.before.max.ms"

    def codes() -> set[int | None]:
        """Return the code of the request, or of each record."""
        answer = post(settings, topic, b'{"records":[{"value":1},{"value":2}]}').json()
        return {result["error_code"] for result in answer.get("offsets", [answer])}

    alter_topic(settings, topic, limit, "0")  # as if the clock of the broker were ahead
    poll(lambda: codes() == {50302}, what="records that must be sent again")
    alter_topic(settings, topic, limit, str(2**63 - 1))
    poll(lambda: codes() == {None}, what="stored records")


def test_a_stopping_proxy_acknowledges_accepted_records(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    writers = Writers(partial(post, settings, f"{user_id}.pin"), clients=4)
    poll(lambda: len(writers.acknowledged) > 100, what="100 acknowledged records")
    running.stop("kafka_rest")
    acknowledged = writers.stop()
    running("kafka_rest")

    # Each client had at most one request in flight, whose answer may be lost.
    stored = values_of(settings, f"{user_id}.pin")
    assert set(acknowledged) <= set(stored)
    assert len(stored) - len(acknowledged) <= 4
