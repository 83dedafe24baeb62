"""Every kind of bad record, from the topic on: it ends in one place, with the reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest
from confluent_kafka import Producer
from pyspark.sql import SparkSession

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics
from local.kafka.connector import start_connector
from local.kafka.dead_letters import read_dead_letters
from local.kafka.progress import wait_until_landed
from local.stack.settings import Settings
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.conftest import Running

TABLES = Tables("spark_catalog", "bad_records")
PIN = {
    "index": 1,
    "unique_id": "8a34bd5e-2a3f-4c07-9d3c-0f1e5a7b9c11",
    "title": "T",
    "description": "D",
    "poster_name": "P",
    "follower_count": "12k",
    "tag_list": "a,b",
    "is_image_or_video": "image",
    "image_src": "https://example.com/1.jpg",
    "downloaded": 1,
    "save_location": "Local save in /data/art",
    "category": "art",
}
GEO = {
    "ind": 1,
    "timestamp": "2020-08-28T03:52:47",
    "latitude": 1.5,
    "longitude": -2.5,
    "country": "Peru",
}
USER = {
    "ind": 1,
    "first_name": "Ann",
    "last_name": "Lee",
    "age": 30,
    "date_joined": "2016-01-02 03:04:05",
}


@dataclass(frozen=True)
class Case:
    """A record, and where it is to end; `reason` is a part of why, unless it is clean."""

    name: str
    event: Literal["pin", "geo", "user"]
    value: bytes
    ends_in: Literal["clean", "rejected", "dead letters"]
    reason: str = ""


def pin(**changes: object) -> bytes:
    return json.dumps(PIN | changes).encode()


def geo(**changes: object) -> bytes:
    return json.dumps(GEO | changes).encode()


def user(**changes: object) -> bytes:
    return json.dumps(USER | changes).encode()


def without(event: dict[str, object], field: str) -> bytes:
    return json.dumps({name: value for name, value in event.items() if name != field}).encode()


CASES = [
    Case("good", "pin", pin(), "clean"),
    Case("not JSON", "pin", b"hello", "dead letters", "not JSON"),
    Case("truncated", "pin", pin()[:-5], "dead letters", "not JSON"),
    Case("empty", "pin", b"", "dead letters", "empty"),
    Case("two values", "pin", pin() + pin(), "dead letters", "more than one JSON value"),
    Case("invalid UTF-8", "pin", pin().replace(b'"T"', b'"\xff"'), "dead letters", "not UTF-8"),
    Case("not an object", "pin", b"[1, 2]", "rejected", "not a JSON object"),
    Case("a geo payload", "pin", geo(), "rejected", "not a pin event: its fields are ind"),
    Case("no key", "pin", without(PIN, "index"), "rejected", "index"),
    Case("a key that is text", "pin", pin(index="abc"), "rejected", "abc"),
    Case("extra fields", "pin", pin(index=2, colour="red"), "clean"),
    Case("line breaks between tokens", "pin", json.dumps(PIN, indent=1).encode(), "clean"),
    Case("good", "geo", geo(), "clean"),
    Case("latitude", "geo", geo(latitude=200), "rejected", "200"),
    Case("timestamp", "geo", geo(timestamp="yesterday"), "rejected", "yesterday"),
    Case("the other form", "geo", geo(ind=2, timestamp="2020-08-28 03:52:47"), "clean"),
    Case("a user payload", "geo", user(), "rejected", "not a geo event: its fields are ind"),
    Case("good", "user", user(), "clean"),
    Case("age", "user", user(age="abc"), "rejected", "abc"),
]


@pytest.fixture(scope="module")
def cleaned(settings: Settings, running: Running, spark: SparkSession) -> Settings:
    """The environment of a user whose topics hold the cases, landed and cleaned."""
    running("connect")
    mine = settings.model_copy(update={"user_id": "bad-input_1.x"})  # a topic of every character
    create_topics(KafkaRestSettings(bootstrap_servers=mine.bootstrap_servers), mine.user_id, 1)
    start_connector(mine)
    producer = Producer({"bootstrap.servers": mine.bootstrap_servers})
    for case in CASES:
        producer.produce(f"{mine.user_id}.{case.event}", case.value, key=b"1")
    assert producer.flush(30) == 0
    wait_until_landed(mine, [f"{mine.user_id}.{event}" for event in ("pin", "geo", "user")])
    clean_landing(
        spark,
        landing_path=mine.landing_path,
        checkpoints_path=mine.checkpoints_path,
        user_id=mine.user_id,
        tables=TABLES,
    )
    return mine


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


def test_what_cannot_be_landed_is_a_dead_letter_with_bytes_and_reason(cleaned: Settings) -> None:
    reasons = {letter.value: letter.reason for letter in read_dead_letters(cleaned)}

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
    assert len(CASES) == read + len(list(read_dead_letters(cleaned)))
    assert clean == {"pin": 2, "geo": 2, "user": 1}
    assert read == sum(clean.values()) + superseded + rejected


def test_cleaning_again_changes_nothing(cleaned: Settings, spark: SparkSession) -> None:
    def versions() -> list[int]:
        names = ("pin", "geo", "user", "rejected", "loads")
        histories = (spark.sql(f"DESCRIBE HISTORY {TABLES.name(name)}") for name in names)
        return [history.agg({"version": "max"}).collect()[0][0] for history in histories]

    before = versions()

    clean_landing(
        spark,
        landing_path=cleaned.landing_path,
        checkpoints_path=cleaned.checkpoints_path,
        user_id=cleaned.user_id,
        tables=TABLES,
    )

    assert versions() == before
