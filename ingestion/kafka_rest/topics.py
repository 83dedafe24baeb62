"""Creates the topics of one user: `python -m ingestion.kafka_rest.topics --user-id demo`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from confluent_kafka.admin import TopicMetadata  # type: ignore[attr-defined]  # it has it
from confluent_kafka.cimpl import NewTopic
from pydantic import ValidationError
from rich.console import Console

from ingestion.kafka_rest.admin import TopicAdmin
from ingestion.kafka_rest.contract import KafkaRestError
from ingestion.kafka_rest.settings import KafkaRestSettings
from pinterest_pipeline import names
from pinterest_pipeline.errors import UserIdError, run_command

__all__ = ["TopicPlan", "create_topics"]

_UNLIMITED: Final = "-1"
_MILLISECONDS_PER_HOUR: Final = 3_600_000
_REPLICAS: Final = 3
_IN_SYNC_REPLICAS: Final = 2
_CHOSEN_BY_THE_CLUSTER: Final = -1


@dataclass(frozen=True, kw_only=True)
class TopicPlan:
    """What the topics of one user should be.

    Attributes:
        partitions: Partitions of each topic of events. The dead letters have one.
        replication_factor: Copies of each record; null: one without sign-in, on MSK three, or as
            many as there are brokers.
        retention_hours: How long events are kept; null: without limit, so that no record expires
            before it has landed. Dead letters are always kept without limit.
        serverless: True for MSK Serverless, which chooses the copies and accepts few settings.
        alter: True to change other settings of existing topics; False makes them an error.
    """

    partitions: int = 3
    replication_factor: int | None = None
    retention_hours: int | None = None
    serverless: bool = False
    alter: bool = False

    def event_settings(self, copies: int) -> dict[str, str]:
        """Return the settings of a topic of events with `copies` of each record."""
        hours = self.retention_hours
        retention = _UNLIMITED if hours is None else str(hours * _MILLISECONDS_PER_HOUR)
        return {**self.dead_letter_settings(copies), "retention.ms": retention}

    def dead_letter_settings(self, copies: int) -> dict[str, str]:
        """Return the settings of the dead letters, which are stored nowhere else."""
        settings = {"retention.ms": _UNLIMITED, "retention.bytes": _UNLIMITED}
        if self.serverless:  # the other settings are not configurable there
            return settings
        return settings | {
            # An acknowledged record has two copies, and a broker without it never leads.
            "min.insync.replicas": str(min(_IN_SYNC_REPLICAS, copies)),
            "unclean.leader.election.enable": "false",
        }


def create_topics(settings: KafkaRestSettings, user_id: str, plan: TopicPlan) -> list[str]:
    """Create the missing topics of one user, and wait until the brokers list them.

    Kafka Connect would create the topic of the dead letters with a limited retention.

    The number of partitions of an existing topic never changes: keys would move to other
    partitions, and the versions of a post would lose their order.

    Returns:
        The names of the created topics; empty if all existed.

    Raises:
        UserIdError: Raised when the user id is invalid.
        BrokerUnreachableError: Raised when no broker answers.
        KafkaRestError: Raised when the sign-in fails, a topic has other partitions, copies or
            settings, or the brokers refuse to create one.
    """
    events, dead_letters = names.topics(user_id), names.dead_letter_topic(user_id)
    admin = TopicAdmin(settings)
    cluster = admin.cluster()
    copies = _copies(settings, plan, len(cluster.brokers))
    topics = {
        name: NewTopic(name, plan.partitions, copies, config=plan.event_settings(copies))
        for name in events
    }
    topics[dead_letters] = NewTopic(
        dead_letters, 1, copies, config=plan.dead_letter_settings(copies)
    )
    existing = {name: topic for name, topic in cluster.topics.items() if topic.error is None}
    present = {name: topic for name, topic in topics.items() if name in existing}
    for name in present:
        if name in events:
            _check_partitions(existing[name], plan.partitions)
        _check_copies(existing[name], copies)
    _check_settings(admin, present, alter=plan.alter)
    missing = [topic for name, topic in topics.items() if name not in existing]
    admin.create(missing)
    return [topic.topic for topic in missing]


def _copies(settings: KafkaRestSettings, plan: TopicPlan, brokers: int) -> int:
    """Return the replication factor of new topics.

    Raises:
        KafkaRestError: Raised when records on provisioned MSK would have one copy.
    """
    if plan.serverless:
        return _CHOSEN_BY_THE_CLUSTER
    if settings.security == "plaintext":
        return plan.replication_factor or 1
    copies = plan.replication_factor or min(_REPLICAS, brokers)
    if copies < _IN_SYNC_REPLICAS:
        msg = (
            f"Expected at least {_IN_SYNC_REPLICAS} copies of each record on provisioned MSK, got "
            f"{copies}, with {brokers} brokers: add brokers, or use --serverless on MSK Serverless."
        )
        raise KafkaRestError(msg)
    return copies


def _check_partitions(topic: TopicMetadata, partitions: int) -> None:
    actual = len(topic.partitions)
    if actual != partitions:
        msg = (
            f"The topic {topic.topic} has {actual} partitions, {partitions} were requested. The "
            f"number of an existing topic is not changed, because its keys would move to "
            f"other partitions: request {actual}, or use another user id."
        )
        raise KafkaRestError(msg)


def _check_copies(topic: TopicMetadata, copies: int) -> None:
    fewest = min(len(partition.replicas) for partition in topic.partitions.values())
    if fewest < min(_IN_SYNC_REPLICAS, copies):
        msg = (
            f"The topic {topic.topic} has {fewest} copies of a record, expected at least "
            f"{_IN_SYNC_REPLICAS}: add some with kafka-reassign-partitions.sh."
        )
        raise KafkaRestError(msg)


def _check_settings(admin: TopicAdmin, topics: Mapping[str, NewTopic], *, alter: bool) -> None:
    """Compare the settings of existing topics with those that new ones would get.

    Raises:
        KafkaRestError: Raised when they differ, and `alter` is False.
    """
    for name, actual in admin.settings_of(topics).items():
        expected = topics[name].config or {}
        other = {k: v for k, v in expected.items() if actual.get(k) != v}
        if other and alter:
            admin.alter(name, other)
        elif other:
            differences = ", ".join(f"{k}={actual.get(k)} instead of {v}" for k, v in other.items())
            msg = f"The topic {name} has {differences}. Change its settings with --alter."
            raise KafkaRestError(msg)


def main(
    user_id: Annotated[str, typer.Option(help="Prefix of the topics.")],
    partitions: Annotated[int, typer.Option(min=1, help="Partitions per topic.")] = 3,
    replication_factor: Annotated[
        int | None,
        typer.Option(min=1, help="Copies of a record. Default: 1; on MSK 3, or one per broker."),
    ] = None,
    retention_hours: Annotated[
        int | None, typer.Option(min=1, help="How long events are kept. Default: without limit.")
    ] = None,
    serverless: Annotated[bool, typer.Option("--serverless", help="MSK Serverless.")] = False,
    alter: Annotated[
        bool, typer.Option("--alter", help="Change other settings of existing topics.")
    ] = False,
    bootstrap_servers: Annotated[
        str, typer.Option(envvar="KAFKA_REST_BOOTSTRAP_SERVERS", help="Brokers, comma-separated.")
    ] = "127.0.0.1:9092",
    security: Annotated[
        str, typer.Option(envvar="KAFKA_REST_SECURITY", help="plaintext or msk_iam.")
    ] = "plaintext",
    region: Annotated[
        str | None, typer.Option(envvar="KAFKA_REST_REGION", help="AWS region of the MSK cluster.")
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(envvar="KAFKA_REST_CA_FILE", help="PEM file of the brokers' authority."),
    ] = None,
) -> None:
    """Create the missing topics of <user-id>.pin, .geo, .user and .dead_letters.

    Raises:
        Exit: Raised with code 1 when the topics cannot be created.
    """
    values: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "security": security}
    plan = TopicPlan(
        partitions=partitions,
        replication_factor=replication_factor,
        retention_hours=retention_hours,
        serverless=serverless,
        alter=alter,
    )
    try:
        settings = KafkaRestSettings(**values, region=region, ca_file=ca_file)
        created = create_topics(settings, user_id, plan)
    except (KafkaRestError, UserIdError, ValidationError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for name in [*names.topics(user_id), names.dead_letter_topic(user_id)]:
        state = "created" if name in created else "already existed"
        Console().print(f"{name}: {state}", highlight=False)


if __name__ == "__main__":
    run_command(partial(typer.run, main))
