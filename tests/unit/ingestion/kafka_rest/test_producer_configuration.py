"""What is acknowledged is stored, once."""

from __future__ import annotations

from confluent_kafka import Producer

from ingestion.kafka_rest.producer_configuration import producer_configuration
from ingestion.kafka_rest.settings import KafkaRestSettings


def test_only_what_every_in_sync_replica_has_is_acknowledged_once() -> None:
    configuration = producer_configuration(KafkaRestSettings())

    assert configuration["acks"] == "all"
    assert configuration["enable.idempotence"] is True


def test_keys_go_to_the_partitions_that_java_clients_choose() -> None:
    assert producer_configuration(KafkaRestSettings())["partitioner"] == "murmur2_random"


def test_a_record_waits_as_long_as_the_settings_say() -> None:
    configuration = producer_configuration(KafkaRestSettings(delivery_seconds=2.5))

    assert configuration["message.timeout.ms"] == 2500


def test_librdkafka_takes_every_property() -> None:
    Producer(producer_configuration(KafkaRestSettings(bootstrap_servers="127.0.0.1:1")))
