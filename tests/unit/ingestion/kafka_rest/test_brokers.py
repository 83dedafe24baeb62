"""Whether brokers answer is known at once, and a failed producer is replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.errors import BrokerUnreachableError
from tests.conftest import Poll


class Cluster:
    """Brokers that can be taken away; it makes producers that know it."""

    def __init__(self, *, up: bool = True, topics: dict[str, int] | None = None) -> None:
        self.up = up
        self.topics = topics or {}
        self.producers: list[FakeProducer] = []
        self.report: Callable[[KafkaError], None] = lambda _: None

    def make_producer(self, configuration: dict[str, Any]) -> Producer:
        self.report = configuration["error_cb"]
        self.producers.append(FakeProducer(self))
        return cast("Producer", self.producers[-1])


class FakeProducer:
    """The part of confluent_kafka's Producer that watches and polls."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.purged = False
        self._pause = threading.Event()

    def poll(self, seconds: float) -> None:
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


def test_topics_are_known_once_a_broker_answers(poll: Poll) -> None:
    with connected(Cluster(topics={"demo.pin": 3})) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")

        assert brokers.partitions == {"demo.pin": 3}


def test_a_lost_connection_is_known_before_the_next_heartbeat(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.up = False
        cluster.report(KafkaError(KafkaError._ALL_BROKERS_DOWN))

        assert not brokers.are_up


def test_brokers_that_come_back_are_found(poll: Poll) -> None:
    cluster = Cluster(up=False)
    with connected(cluster) as brokers:
        cluster.up = True

        poll(lambda: brokers.are_up, seconds=5, what="a broker that answers again")


def test_a_refresh_without_brokers_says_so() -> None:
    with connected(Cluster(up=False)) as brokers, pytest.raises(BrokerUnreachableError):
        brokers.refresh()


def test_another_error_does_not_count_as_a_lost_connection(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        poll(lambda: brokers.are_up, what="a broker that answers")
        cluster.report(KafkaError(KafkaError._TRANSPORT))

        assert brokers.are_up


def test_a_producer_that_failed_for_good_is_replaced(poll: Poll) -> None:
    cluster = Cluster()
    with connected(cluster) as brokers:
        cluster.report(KafkaError(KafkaError._FATAL, "out of order", fatal=True))

        poll(lambda: len(cluster.producers) == 2, what="a second producer")
        poll(lambda: cluster.producers[0].purged, what="an end of the first producer's records")
        assert brokers.producer is cast("Producer", cluster.producers[1])
