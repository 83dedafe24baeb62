"""Hands records to Kafka and collects what became of each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingestion.kafka_rest.contract import ErrorCode, Record, RecordResult

__all__ = ["deliver", "error_result"]

_ANY_PARTITION: Final = -1

_AUTHENTICATION: Final = frozenset(
    {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}  # noqa: SLF001  # librdkafka
)
_AUTHORIZATION: Final = frozenset({
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
})
# KafkaError.retriable() speaks of transactions only; these are what a later attempt can cure.
_RETRIABLE: Final = frozenset({
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  # librdkafka's own codes
    KafkaError._FATAL,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT,  # noqa: SLF001
    KafkaError._PURGE_INFLIGHT,  # noqa: SLF001
    KafkaError._PURGE_QUEUE,  # noqa: SLF001
    KafkaError._QUEUE_FULL,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
})


async def deliver(producer: Producer, topic: str, records: Sequence[Record]) -> list[RecordResult]:
    """Return one result per record, in their order, when the last one is known."""
    batch = _Batch(len(records))
    for index, record in enumerate(records):
        _produce(producer, topic, record, partial(batch.settle, index))
    return await batch.results


class _Batch:
    """Results that are still coming in. Callbacks run in the producer's thread."""

    def __init__(self, records: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.results: asyncio.Future[list[RecordResult]] = self._loop.create_future()
        self._settled = [RecordResult()] * records
        self._left = records
        self._lock = threading.Lock()

    def settle(self, index: int, error: KafkaError | None, message: Message | None) -> None:
        if message is not None and error is None:
            self._settled[index] = RecordResult(message.partition(), message.offset())
        elif error is not None:
            self._settled[index] = error_result(error)
        with self._lock:
            self._left -= 1
            is_last = self._left == 0
        if is_last:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self.results.done():  # the client may have gone, and its request with it
            self.results.set_result(self._settled)


def _produce(
    producer: Producer,
    topic: str,
    record: Record,
    settle: Callable[[KafkaError | None, Message | None], None],
) -> None:
    partition = _ANY_PARTITION if record.partition is None else record.partition
    try:
        producer.produce(topic, record.value_bytes, record.key_bytes, partition, on_delivery=settle)
    except KafkaException as error:
        settle(error.args[0], None)
    except BufferError:
        settle(KafkaError(KafkaError._QUEUE_FULL), None)  # noqa: SLF001  # librdkafka's own code


def error_result(error: KafkaError) -> RecordResult:
    """Return the result of a record that Kafka did not take.

    The numbers are those of Confluent's proxy: `50003` may succeed later, `50002` never does.
    """
    return RecordResult(error_code=_error_code(error.code()), error=error.str())


def _error_code(code: int) -> ErrorCode:
    if code in _AUTHENTICATION:
        return ErrorCode.KAFKA_AUTHENTICATION
    if code in _AUTHORIZATION:
        return ErrorCode.KAFKA_AUTHORIZATION
    return ErrorCode.KAFKA_RETRIABLE if code in _RETRIABLE else ErrorCode.KAFKA
