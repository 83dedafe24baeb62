"""Each record of a request has its own result, in the order of the records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from hypothesis import given
from hypothesis import strategies as st

from ingestion.kafka_rest.brokers import deliver, error_result
from ingestion.kafka_rest.contract import Record, RecordResult


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


def test_a_later_version_is_not_acknowledged_before_an_earlier_one() -> None:
    producer = ScriptedProducer()
    sent = records(*(b'{"index": %d}' % index for index in (1, 2, 1, 2, 3)), b"4")

    def acknowledge() -> None:
        for number, callback in enumerate(producer.callbacks):
            timed_out = KafkaError(KafkaError._MSG_TIMED_OUT) if number == 0 else None
            callback(timed_out, Message(partition=0, offset=number))

    results = results_of(producer, sent, acknowledge)

    assert [result.error_code for result in results] == [50003, None, 50003, None, None, None]
    assert results[2].error == (
        "An earlier record with this key failed. Send both again, in this order."
    )


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
        (KafkaError._INVALID_DIFFERENT_RECORD, 50003),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, 50003),
        (KafkaError.MSG_SIZE_TOO_LARGE, 50002),
        (KafkaError.INVALID_RECORD, 50003),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, 40301),
        (KafkaError._AUTHENTICATION, 40101),
    ],
)
def test_an_error_has_the_code_of_confluents_proxy(kafka_code: int, error_code: int) -> None:
    assert error_result(KafkaError(kafka_code)).error_code == error_code
