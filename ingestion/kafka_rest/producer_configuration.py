"""The producer's side of "acknowledged means stored": its librdkafka configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingestion.kafka_rest.sign_in import client_configuration

if TYPE_CHECKING:
    from ingestion.kafka_rest.settings import KafkaRestSettings

__all__ = ["producer_configuration"]


def producer_configuration(settings: KafkaRestSettings) -> dict[str, Any]:
    """Return a configuration that acknowledges only what every in-sync replica has, once."""
    return client_configuration(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": int(settings.delivery_seconds * 1000),
        "message.max.bytes": settings.max_record_bytes,
        "linger.ms": 2,
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": 256 * 1024,
        # The choice of Java's clients, and so of Confluent's proxy: a key stays in its partition
        # when one proxy takes the other's place.
        "partitioner": "murmur2_random",
    }
