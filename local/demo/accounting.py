"""Counts the records of both halves at each stage, and makes the accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import SparkSession

from local.demo.counting import count_tables
from local.demo.landed import lines_landed
from local.demo.landing import records_in_kafka
from local.demo.posting import Posted
from local.demo.reconciliation import Account, StreamAccount
from local.demo.streamed import records_streamed
from local.environment import kinesis_client, s3_client
from local.kafka.dead_letters import count_dead_letters
from local.secrets import Secrets
from local.settings import Settings
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.names import stream_name, topic

__all__ = ["Before", "batch_accounts", "stream_accounts"]


@dataclass(frozen=True)
class Before:
    """How many records there were of each event before this run posted any.

    Attributes:
        in_kafka: Records ever written to the topic, by event.
        in_kinesis: Records in the stream, by event.
    """

    in_kafka: Mapping[str, int]
    in_kinesis: Mapping[str, int]

    @classmethod
    def now(cls, settings: Settings, secrets: Secrets) -> Before:
        """Return what there is now."""
        topics = {event.name: topic(settings.user_id, event.name) for event in EVENTS}
        written = records_in_kafka(settings, list(topics.values()))
        streamed = _streamed(settings, secrets)
        return cls(
            in_kafka={name: written[topics[name]] for name in topics},
            in_kinesis={name: posts.total() for name, posts in streamed.items()},
        )


def batch_accounts(
    settings: Settings,
    secrets: Secrets,
    spark: SparkSession,
    posted: Mapping[str, Posted],
    before: Before,
) -> list[Account]:
    """Return where every record of the batch half is, one account per event."""
    s3 = s3_client(settings, secrets)
    topics = {event.name: topic(settings.user_id, event.name) for event in EVENTS}
    written = records_in_kafka(settings, list(topics.values()))
    dead_letters = count_dead_letters(settings, list(topics.values()))
    accounts = []
    for event in EVENTS:
        name = topics[event.name]
        landed = lines_landed(s3, settings.bucket, name, event.key)
        counts = count_tables(spark, f"{settings.catalog}.{settings.schema_name}", event, landed)
        accounts.append(
            Account(
                event=event.name,
                rows_in_source=posted[event.name].rows_in_source,
                acknowledged=posted[event.name].acknowledged,
                refused=posted[event.name].refused,
                new_in_kafka=written[name] - before.in_kafka[event.name],
                in_kafka=written[name],
                dead_letters=dead_letters[name],
                landed=landed.total(),
                clean=counts.clean,
                superseded=counts.superseded,
                rejected=counts.rejected,
            )
        )
    return accounts


def stream_accounts(
    settings: Settings,
    secrets: Secrets,
    spark: SparkSession,
    posted: Mapping[str, Posted],
    before: Before,
) -> list[StreamAccount]:
    """Return where every record of the streaming half is, one account per event."""
    schema = f"{settings.catalog}.{settings.stream_schema_name}"
    streamed = _streamed(settings, secrets)
    accounts = []
    for event in EVENTS:
        records = streamed[event.name]
        counts = count_tables(spark, schema, event, records)
        accounts.append(
            StreamAccount(
                event=event.name,
                rows_in_source=posted[event.name].rows_in_source,
                acknowledged=posted[event.name].acknowledged,
                refused=posted[event.name].refused,
                new_in_kinesis=records.total() - before.in_kinesis[event.name],
                in_kinesis=records.total(),
                clean=counts.clean,
                superseded=counts.superseded,
                rejected=counts.rejected,
            )
        )
    return accounts


def _streamed(settings: Settings, secrets: Secrets) -> dict[str, Counter[int | None]]:
    kinesis = kinesis_client(settings, secrets)
    return {
        event.name: records_streamed(kinesis, stream_name(settings.user_id, event.name), event.key)
        for event in EVENTS
    }
