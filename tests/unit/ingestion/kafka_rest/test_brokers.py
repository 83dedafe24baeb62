"""Lost brokers are detected at once, and failed producers are replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.contract import BrokerUnreachableError
from tests.conftest import Poll


class Cluster:
    """Brokers that can stop answering, and the producers connected to them."""

    def __init__(self, *, up: bool = True, topics: dict[str, int] | None = None) -> None:
        self.up = up
        self.topics = topics or {}
        self.producers: list[FakeProducer] = []
        self.report: Callable[[KafkaError], None] = lambda _: None
        self.makes_producers = True
        self.refused = threading.Event()

    def make_producer(self, configuration: dict[str, Any]) -> Producer:
        if not self.makes_producers:
            self.refused.set()
            raise KafkaException(KafkaError(KafkaError._CRIT_SYS_RESOURCE))
        self.report = configuration["error_cb"]
        self.producers.append(FakeProducer(self))
        return cast("Producer", self.producers[-1])


class FakeProducer:
    """The part of confluent_kafka's Producer that watches and polls."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.purged = False
        self.ends_its_thread = False
        self._pause = threading.Event()

    def poll(self, seconds: float) -> None:
        if self.ends_its_thread:
            raise SystemExit
        self._pause.wait(min(seconds, 0.01))

    def flush(self, _seconds: float) -> None: ...

    def purge(self) -> None:
        self.purged = True

    def list_topics(self, timeout: float) -> SimpleNamespace:  # noqa: ARG002  # as in confluent_kafka
        if not self.cluster.up:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        topics = {
            name: SimpleNamespace(partitions=dict.fromkeys(range(partitions)), error=None)
            for name, partitions in self.cluster.topics.items()
        }
        return SimpleNamespace(topics=topics)


@contextmanager
def connected(cluster: Cluster) -> Iterator[Brokers]:
    brokers = Brokers({}, cluster.make_producer)
    try:
        yield brokers
    finally:
        brokers.close()


def test_topics_are_known_when_a_broker_answers(poll: Poll) -> None:
    with connected(Cluster(topics={"demo.pin": 3})) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")

        assert brokers.partitions == {"demo.pin": 3}


def test_a_lost_connection_is_detected_before_the_next_heartbeat(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.up = False
        cluster.report(KafkaError(KafkaError._ALL_BROKERS_DOWN))

        assert not brokers.are_up


def test_restarted_brokers_are_detected(poll: Poll, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.brokers._RETRY_SECONDS", 0.01)
    cluster = Cluster(up=False)
    with connected(cluster) as brokers:
        cluster.up = True

        poll(lambda: brokers.are_up, seconds=5, what="a broker that answers again")


def test_a_refresh_without_brokers_is_an_error() -> None:
    with connected(Cluster(up=False)) as brokers, pytest.raises(BrokerUnreachableError):
        brokers.refresh()


def test_another_error_does_not_count_as_a_lost_connection(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.report(KafkaError(KafkaError._TRANSPORT))

        assert brokers.are_up


def test_a_refused_sign_in_is_named_until_a_broker_answers(
    poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.brokers._RETRY_SECONDS", 0.01)
    cluster = Cluster(up=False)
    with connected(cluster) as brokers:
        assert brokers.problem == "no broker answers"
        cluster.report(KafkaError(KafkaError._AUTHENTICATION, "access denied"))
        cluster.report(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        refused = brokers.problem
        cluster.up = True
        poll(lambda: brokers.are_up, seconds=5, what="a broker that answers")

        assert refused == "the proxy cannot sign in: access denied"
        assert brokers.problem == "no broker answers"


def test_a_producer_with_a_fatal_error_is_replaced(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        cluster.report(KafkaError(KafkaError._FATAL, "out of order", fatal=True))

        poll(lambda: len(cluster.producers) == 2, what="a second producer")
        poll(lambda: cluster.producers[0].purged, what="a purge of the first producer")
        assert brokers.producer is cast("Producer", cluster.producers[1])


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.kafka_rest.brokers._RETRY_SECONDS", 0.01)


@pytest.mark.usefixtures("short_pauses")
def test_a_replacement_is_tried_until_it_succeeds(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.makes_producers = False
        cluster.report(KafkaError(KafkaError._FATAL, "out of order", fatal=True))

        assert cluster.refused.wait(5)
        assert not brokers.are_up

        cluster.makes_producers = True
        poll(lambda: brokers.are_up, what="a working producer")
        assert brokers.producer is cast("Producer", cluster.producers[1])


@pytest.mark.usefixtures("short_pauses")
def test_closing_ends_the_attempts_to_replace_a_producer() -> None:
    cluster = Cluster()
    with connected(cluster):
        cluster.makes_producers = False
        cluster.report(KafkaError(KafkaError._FATAL, "out of order", fatal=True))
        assert cluster.refused.wait(5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_brokers_without_a_polling_thread_are_not_up(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.producers[0].ends_its_thread = True

        poll(lambda: not brokers.are_up, what="the end of the thread")
