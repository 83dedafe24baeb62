"""Every kind of bad record, from the topic on, ends in one place, with the reason."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from local.environment import Environment, kafka_client_configuration
from local.kafka.connect import start_connector
from local.kafka.dead_letters import read_dead_letters
from local.kafka.progress import wait_until_landed
from local.services.kafka import connector_configuration
from local.settings import Settings
from pinterest_pipeline.names import topics
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.support.bad_records import CASES
from tests.support.services import Running

TABLES = Tables("spark_catalog", "bad_records")


@pytest.fixture(scope="module")
def cleaned(settings: Settings, running: Running, spark: SparkSession) -> Settings:
    """Land and clean the cases; return the settings of their user."""
    running("connect")
    own = settings.model_copy(update={"user_id": "bad-input_1.x"})  # a topic of every character
    create_topics(
        KafkaRestSettings(bootstrap_servers=own.bootstrap_servers),
        own.user_id,
        TopicPlan(partitions=1),
    )
    environment = Environment(own)
    start_connector(environment.connect, own.user_id, connector_configuration(own))
    producer = Producer({"bootstrap.servers": own.bootstrap_servers})
    for case in CASES:
        producer.produce(f"{own.user_id}.{case.event}", case.value, key=b"1")
    assert producer.flush(30) == 0
    wait_until_landed(
        environment.kafka_admin, environment.connect, own.user_id, topics(own.user_id)
    )
    clean_landing(
        spark,
        landing_path=own.landing_path,
        checkpoints_path=own.checkpoints_path,
        user_id=own.user_id,
        tables=TABLES,
    )
    return own


def test_bad_records_are_rejected_with_payload_and_reason(
    cleaned: Settings, spark: SparkSession
) -> None:
    rejected = {
        (row.event, row.payload): row.reason for row in TABLES.read(spark, "rejected").collect()
    }

    expected = [case for case in CASES if case.ends_in == "rejected"]
    assert rejected.keys() == {(case.event, case.value.decode()) for case in expected}
    for case in expected:
        assert case.reason in rejected[case.event, case.value.decode()], case.name
    origins = {row.origin for row in TABLES.read(spark, "rejected").collect()}
    assert all(f"/topics/{cleaned.user_id}." in origin for origin in origins)


def test_a_record_that_cannot_land_is_a_dead_letter_with_bytes_and_reason(
    cleaned: Settings,
) -> None:
    letters = read_dead_letters(kafka_client_configuration(cleaned), cleaned.user_id)
    reasons = {letter.value: letter.reason for letter in letters}

    expected = [case for case in CASES if case.ends_in == "dead letters"]
    assert reasons.keys() == {case.value for case in expected}
    for case in expected:
        assert case.reason in reasons[case.value], case.name


def test_every_record_ends_in_exactly_one_place(cleaned: Settings, spark: SparkSession) -> None:
    loads = TABLES.read(spark, "loads").collect()
    clean = {name: TABLES.read(spark, name).count() for name in ("pin", "geo", "user")}

    read = sum(load.records_read for load in loads)
    superseded = sum(load.records_superseded for load in loads)
    rejected = sum(load.records_rejected for load in loads)
    letters = list(read_dead_letters(kafka_client_configuration(cleaned), cleaned.user_id))
    assert len(CASES) == read + len(letters)
    assert clean == {"pin": 2, "geo": 2, "user": 1}
    assert read == sum(clean.values()) + superseded + rejected
