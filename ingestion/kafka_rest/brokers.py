"""The Kafka side of the proxy: the connection to the brokers, and the delivery of records."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from tenacity import (
    RetryError,
    Retrying,
    before_sleep_log,
    sleep_using_event,
    stop_when_event_set,
    wait_fixed,
)

from ingestion.kafka_rest.contract import BrokerUnreachableError, ErrorCode, Record, RecordResult

__all__ = ["Brokers", "deliver", "error_result"]

_log = logging.getLogger(__name__)

_METADATA_SECONDS: Final = 2.0
_HEARTBEAT_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.1
_FLUSH_SECONDS: Final = 10.0

_ANY_PARTITION: Final = -1

# The codes of Confluent's proxy: 50003 may succeed later, 50002 (all others) never does.
# KafkaError.retriable() covers transactions only. Names with `_` are librdkafka's own errors.
_ERROR_CODES: Final = {
    KafkaError._AUTHENTICATION: ErrorCode.KAFKA_AUTHENTICATION,  # noqa: SLF001
    KafkaError.SASL_AUTHENTICATION_FAILED: ErrorCode.KAFKA_AUTHENTICATION,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: ErrorCode.KAFKA_AUTHORIZATION,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: ErrorCode.KAFKA_AUTHORIZATION,
    KafkaError._ALL_BROKERS_DOWN: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._FATAL: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._PURGE_INFLIGHT: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._PURGE_QUEUE: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._QUEUE_FULL: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._TIMED_OUT: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError._TRANSPORT: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    # The time of this record, or of another one of its batch, is too far from the broker's clock.
    # It passes when somebody has corrected a clock.
    KafkaError._INVALID_DIFFERENT_RECORD: ErrorCode.KAFKA_RETRIABLE,  # noqa: SLF001
    KafkaError.INVALID_RECORD: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.INVALID_TIMESTAMP: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.LEADER_NOT_AVAILABLE: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.NETWORK_EXCEPTION: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.NOT_ENOUGH_REPLICAS: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.REQUEST_TIMED_OUT: ErrorCode.KAFKA_RETRIABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART: ErrorCode.KAFKA_RETRIABLE,
}

_RESEND: Final = RecordResult(
    error_code=ErrorCode.KAFKA_RETRIABLE,
    error="An earlier record with this key failed. Send both again, in this order.",
)


class Brokers:
    """One producer, with a thread for its callbacks and a thread that watches the brokers.

    librdkafka reports broken connections at once, as `_ALL_BROKERS_DOWN`. A heartbeat, which asks
    for the topics, detects a broker that hangs.

    Args:
        configuration: librdkafka configuration of a producer.
        make_producer: Creates a producer from a configuration.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        make_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self._partitions: dict[str, int] = {}
        self._up = threading.Event()
        self._refusal: str | None = None
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._failed = threading.Event()
        self._make_producer = make_producer
        self._configuration = {**configuration, "error_cb": self._on_error}
        self.producer = make_producer(self._configuration)
        self._threads = [threading.Thread(target=run) for run in (self._serve, self._watch)]
        for thread in self._threads:
            thread.start()

    @property
    def are_up(self) -> bool:
        """True while a broker answers, and this has a working producer and both threads."""
        works = not self._failed.is_set() and all(t.is_alive() for t in self._threads)
        return works and self._up.is_set()

    @property
    def problem(self) -> str:
        """Why no broker answers, for clients."""
        if self._refusal is None:
            return "no broker answers"
        return f"the proxy cannot sign in: {self._refusal}"

    @property
    def partitions(self) -> Mapping[str, int]:
        """Number of partitions by topic, at the last refresh."""
        return self._partitions

    def refresh(self) -> None:
        """Ask the brokers for their topics.

        Raises:
            BrokerUnreachableError: Raised when no broker answers.
        """
        try:
            # All topics: a request for one topic could create it, with auto-creation enabled.
            topics = self.producer.list_topics(timeout=_METADATA_SECONDS).topics
        except KafkaException as error:
            self._mark(up=False)
            raise BrokerUnreachableError(str(error)) from error
        self._partitions = {n: len(t.partitions) for n, t in topics.items() if t.error is None}
        self._mark(up=True)

    def close(self) -> None:
        """Wait for the records in flight, then stop the threads."""
        self.producer.flush(_FLUSH_SECONDS)
        self._closed.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while not self._closed.is_set():
            self.producer.poll(_POLL_SECONDS)
            if self._failed.is_set():
                self._replace_producer()

    def _watch(self) -> None:
        while not self._closed.is_set():
            self._wake.clear()
            seconds = _HEARTBEAT_SECONDS
            try:
                self.refresh()
            except BrokerUnreachableError:
                seconds = _RETRY_SECONDS
            self._wake.wait(seconds)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            _log.error("the producer failed with a fatal error and is replaced: %s", error)
            self._failed.set()
        elif error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001  # librdkafka's own code
            self._refuse(error.str())
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self._mark(up=False)
            self._wake.set()

    def _refuse(self, reason: str) -> None:
        """Keep why the sign-in failed: the error of a lost connection that follows hides it."""
        if self._refusal is None:
            _log.error("the proxy cannot sign in: %s", reason)
        self._refusal = reason

    def _mark(self, *, up: bool) -> None:
        if up:
            self._refusal = None
        if up and not self._up.is_set():
            _log.info("a broker answers")
            self._up.set()
        elif self._up.is_set() and not up:
            _log.warning("no broker answers")
            self._up.clear()

    def _replace_producer(self) -> None:
        """Create a new producer: an idempotent one never recovers from a fatal error."""
        retrying = Retrying(
            wait=wait_fixed(_RETRY_SECONDS),
            stop=stop_when_event_set(self._closed),
            sleep=sleep_using_event(self._closed),
            before_sleep=before_sleep_log(_log, logging.ERROR),
        )
        with suppress(RetryError):  # closed meanwhile
            failed, self.producer = (
                self.producer,
                retrying(self._make_producer, self._configuration),
            )
            self._failed.clear()
            failed.purge()
            failed.flush(_FLUSH_SECONDS)


async def deliver(producer: Producer, topic: str, records: Sequence[Record]) -> list[RecordResult]:
    """Send `records` to `topic`, and wait until Kafka has acknowledged or refused each of them.

    The client sends failed records again, and a later version of a post must not stand before
    them. So no record is sent after one for which the queue is full. A record fails, although
    Kafka has stored it, if an earlier one with its key must be sent again.

    Returns:
        One result per record, in the order of the records.
    """
    batch = _Batch(len(records))
    queue_is_full = False
    for index, record in enumerate(records):
        settle = partial(batch.settle, index)
        queue_is_full = queue_is_full or not _produce(producer, topic, record, settle)
        if queue_is_full:
            settle(KafkaError(KafkaError._QUEUE_FULL), None)  # noqa: SLF001  # librdkafka's own code
    results = await batch.results
    if all(result.error_code is None for result in results):
        return results
    return _resent_in_order(results, [record.key_in(topic) for record in records])


def _resent_in_order(
    results: Sequence[RecordResult], keys: Sequence[bytes | None]
) -> list[RecordResult]:
    """Return the results; an acknowledged record that follows a failed one of its key fails."""
    failed: set[bytes] = set()
    ordered = []
    for result, key in zip(results, keys, strict=True):
        if key is not None and result.error_code == ErrorCode.KAFKA_RETRIABLE:
            failed.add(key)
        ordered.append(_RESEND if result.error_code is None and key in failed else result)
    return ordered


class _Batch:
    """Collects the results of one request. Callbacks run in the producer's thread."""

    def __init__(self, records: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.results: asyncio.Future[list[RecordResult]] = self._loop.create_future()
        self._settled = [RecordResult()] * records
        self._pending = records
        self._lock = threading.Lock()

    def settle(self, index: int, error: KafkaError | None, message: Message | None) -> None:
        if message is not None and error is None:
            self._settled[index] = RecordResult(message.partition(), message.offset())
        elif error is not None:
            self._settled[index] = error_result(error)
        with self._lock:
            self._pending -= 1
            is_last = self._pending == 0
        if is_last:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if not self.results.done():  # cancelled if the client has disconnected
            self.results.set_result(self._settled)


def _produce(
    producer: Producer,
    topic: str,
    record: Record,
    settle: Callable[[KafkaError | None, Message | None], None],
) -> bool:
    """Put one record into the producer's queue.

    Returns:
        False if the queue is full.
    """
    partition = _ANY_PARTITION if record.partition is None else record.partition
    try:
        key = record.key_in(topic)
        producer.produce(topic, record.value_bytes, key, partition, on_delivery=settle)
    except KafkaException as error:
        settle(error.args[0], None)
    except BufferError:
        return False
    return True


def error_result(error: KafkaError) -> RecordResult:
    """Return the result of a record that Kafka did not store."""
    return RecordResult(
        error_code=_ERROR_CODES.get(error.code(), ErrorCode.KAFKA), error=error.str()
    )
