"""Lost brokers are detected at once, failed producers replaced; each record has its own result."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from hypothesis import given
from hypothesis import strategies as st

from ingestion.kafka_rest.brokers import Brokers, deliver, error_result
from ingestion.kafka_rest.contract import BrokerUnreachableError, Record, RecordResult
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


class Message:
    """A delivered message."""

    def __init__(self, partition: int, offset: int) -> None:
        self.partition = lambda: partition
        self.offset = lambda: offset


class ScriptedProducer:
    """Keeps the callbacks for the test to call; some values fail at once."""

    def __init__(self, fails: dict[bytes, Exception] | None = None) -> None:
        self.fails = fails or {}
        self.callbacks: list[Callable[..., None]] = []
        self.produced: list[tuple[object, ...]] = []

    def produce(self, *record: object, on_delivery: Callable[..., None]) -> None:
        if failure := self.fails.get(cast("bytes", record[1])):
            raise failure
        self.produced.append(record)
        self.callbacks.append(on_delivery)


def records(*values: bytes) -> list[Record]:
    return [Record(value=msgspec.Raw(value)) for value in values]


def results_of(
    producer: ScriptedProducer, sent: list[Record], acknowledge: Callable[[], None]
) -> list[RecordResult]:
    async def run() -> list[RecordResult]:
        asyncio.get_running_loop().call_soon(acknowledge)
        return await deliver(cast("Producer", producer), "demo.pin", sent)

    return asyncio.run(run())


def test_results_have_the_order_of_the_records() -> None:
    producer = ScriptedProducer()

    def acknowledge_last_first() -> None:
        producer.callbacks[1](None, Message(partition=2, offset=40))
        producer.callbacks[0](None, Message(partition=0, offset=7))

    assert results_of(producer, records(b"1", b"2"), acknowledge_last_first) == [
        RecordResult(partition=0, offset=7),
        RecordResult(partition=2, offset=40),
    ]


def test_a_record_that_fails_at_once_does_not_affect_others() -> None:
    too_large = KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    producer = ScriptedProducer(fails={b"2": too_large})

    def acknowledge() -> None:
        for callback in producer.callbacks:
            callback(None, Message(partition=0, offset=7))

    assert results_of(producer, records(b"1", b"2", b"3"), acknowledge) == [
        RecordResult(partition=0, offset=7),
        RecordResult(error_code=50002, error="Broker: Message size too large"),
        RecordResult(partition=0, offset=7),
    ]


def test_a_full_queue_is_retriable() -> None:
    producer = ScriptedProducer(fails={b"1": BufferError()})

    assert results_of(producer, records(b"1"), lambda: None) == [
        RecordResult(error_code=50003, error="Local: Queue full")
    ]


@given(full_at=st.sets(st.integers(0, 9)), refused_at=st.sets(st.integers(0, 9)))
def test_no_record_follows_one_that_must_be_sent_again(
    full_at: set[int], refused_at: set[int]
) -> None:
    too_large = KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    fails: dict[bytes, Exception] = {b"%d" % index: too_large for index in refused_at}
    fails |= {b"%d" % index: BufferError() for index in full_at}
    producer = ScriptedProducer(fails=fails)

    def acknowledge() -> None:
        for callback in producer.callbacks:
            callback(None, Message(partition=0, offset=7))

    results = results_of(producer, records(*(b"%d" % index for index in range(10))), acknowledge)

    first_full = min(full_at, default=10)
    assert [r.error_code for r in results] == [
        50003 if index >= first_full else 50002 if index in refused_at else None
        for index in range(10)
    ]


def test_key_value_and_partition_reach_the_producer() -> None:
    producer = ScriptedProducer()
    sent = [
        Record(value=msgspec.Raw(b'{"a": 1}'), key=msgspec.Raw(b'"17"'), partition=2),
        Record(value=msgspec.Raw(b"1")),
    ]

    def acknowledge() -> None:
        for callback in producer.callbacks:
            callback(None, Message(partition=0, offset=0))

    results_of(producer, sent, acknowledge)

    assert producer.produced == [
        ("demo.pin", b'{"a": 1}', b'"17"', 2),
        ("demo.pin", b"1", None, -1),
    ]


@pytest.mark.parametrize(
    ("kafka_code", "error_code"),
    [
        (KafkaError._MSG_TIMED_OUT, 50003),
        (KafkaError._TRANSPORT, 50003),
        (KafkaError.NOT_ENOUGH_REPLICAS, 50003),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, 50003),
        (KafkaError.MSG_SIZE_TOO_LARGE, 50002),
        (KafkaError.INVALID_RECORD, 50002),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, 40301),
        (KafkaError._AUTHENTICATION, 40101),
    ],
)
def test_an_error_has_the_code_of_confluents_proxy(kafka_code: int, error_code: int) -> None:
    assert error_result(KafkaError(kafka_code)).error_code == error_code
