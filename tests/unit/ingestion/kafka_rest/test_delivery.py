"""Each record has its own result, whatever order the results come in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from ingestion.kafka_rest.contract import Record, RecordResult
from ingestion.kafka_rest.delivery import deliver, error_result


class Message:
    """A delivered message."""

    def __init__(self, partition: int, offset: int) -> None:
        self.partition = lambda: partition
        self.offset = lambda: offset


class ScriptedProducer:
    """Acknowledges nothing until it is told to; some values fail at once."""

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


def outcome(
    producer: ScriptedProducer, sent: list[Record], acknowledge: Callable[[], None]
) -> list[RecordResult]:
    async def run() -> list[RecordResult]:
        asyncio.get_running_loop().call_soon(acknowledge)
        return await deliver(cast("Producer", producer), "demo.pin", sent)

    return asyncio.run(run())


def test_results_stand_in_the_order_of_the_records() -> None:
    producer = ScriptedProducer()

    def acknowledge_last_first() -> None:
        producer.callbacks[1](None, Message(partition=2, offset=40))
        producer.callbacks[0](None, Message(partition=0, offset=7))

    assert outcome(producer, records(b"1", b"2"), acknowledge_last_first) == [
        RecordResult(partition=0, offset=7),
        RecordResult(partition=2, offset=40),
    ]


def test_a_record_that_fails_at_once_leaves_the_others_alone() -> None:
    too_large = KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
    producer = ScriptedProducer(fails={b"2": too_large})

    def acknowledge() -> None:
        for callback in producer.callbacks:
            callback(None, Message(partition=0, offset=7))

    assert outcome(producer, records(b"1", b"2", b"3"), acknowledge) == [
        RecordResult(partition=0, offset=7),
        RecordResult(error_code=50002, error="Broker: Message size too large"),
        RecordResult(partition=0, offset=7),
    ]


def test_a_full_queue_is_a_failure_that_may_pass() -> None:
    producer = ScriptedProducer(fails={b"1": BufferError()})

    assert outcome(producer, records(b"1"), lambda: None) == [
        RecordResult(error_code=50003, error="Local: Queue full")
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

    outcome(producer, sent, acknowledge)

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
def test_an_error_has_the_number_of_confluents_proxy(kafka_code: int, error_code: int) -> None:
    assert error_result(KafkaError(kafka_code)).error_code == error_code
