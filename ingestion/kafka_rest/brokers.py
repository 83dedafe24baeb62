"""The connection to the Kafka brokers: whether they answer, and which topics they have."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from ingestion.kafka_rest.errors import BrokerUnreachableError

__all__ = ["Brokers"]

_log = logging.getLogger(__name__)

_METADATA_SECONDS: Final = 2.0
_HEARTBEAT_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.1
_FLUSH_SECONDS: Final = 10.0


class Brokers:
    """One producer, with a thread for its callbacks and one that watches the brokers.

    A broken connection is known at once by librdkafka's `_ALL_BROKERS_DOWN`; a broker that hangs,
    by a heartbeat that asks for the topics.

    Args:
        configuration: librdkafka configuration of a producer.
        make_producer: Makes the producer from it.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        make_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self._partitions: dict[str, int] = {}
        self._up = threading.Event()
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
        """True while a broker answers."""
        return self._up.is_set()

    @property
    def partitions(self) -> Mapping[str, int]:
        """Number of partitions by topic, as of the last refresh."""
        return self._partitions

    def refresh(self) -> None:
        """Ask the brokers for their topics.

        Raises:
            BrokerUnreachableError: Raised when none answers.
        """
        try:
            # All topics: asking for one by name could create it, where brokers are set so.
            found = self.producer.list_topics(timeout=_METADATA_SECONDS).topics
        except KafkaException as error:
            self._mark(up=False)
            raise BrokerUnreachableError(str(error)) from error
        self._partitions = {n: len(t.partitions) for n, t in found.items() if t.error is None}
        self._mark(up=True)

    def close(self) -> None:
        """Wait for the records that are under way, then end the threads."""
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
            self._wake.wait(_HEARTBEAT_SECONDS if self._answered() else _RETRY_SECONDS)

    def _answered(self) -> bool:
        try:
            self.refresh()
        except BrokerUnreachableError:
            return False
        return True

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            _log.error("the producer failed for good and is replaced: %s", error)
            self._failed.set()
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  # librdkafka's own code
            self._mark(up=False)
            self._wake.set()

    def _mark(self, *, up: bool) -> None:
        if up and not self.are_up:
            _log.info("a broker answers")
            self._up.set()
        elif self.are_up and not up:
            _log.warning("no broker answers")
            self._up.clear()

    def _replace_producer(self) -> None:
        """Start anew after a fatal error: an idempotent producer never recovers from one."""
        self._failed.clear()
        failed, self.producer = self.producer, self._make_producer(self._configuration)
        failed.purge()
        failed.flush(_FLUSH_SECONDS)
