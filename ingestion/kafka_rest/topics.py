"""Makes the topics of one user: `python -m ingestion.kafka_rest.topics --user-id demo`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import ValidationError
from rich.console import Console
from tenacity import RetryError, Retrying, retry_if_not_result, stop_after_delay, wait_fixed

from ingestion.kafka_rest.errors import (
    BrokerUnreachableError,
    KafkaRestError,
    PartitionsDifferError,
)
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.sign_in import client_configuration
from pinterest_pipeline import names
from pinterest_pipeline.errors import UserIdError

__all__ = ["create_topics"]

_FOR_EVER: Final = {"retention.ms": "-1", "retention.bytes": "-1"}
_ANSWER_SECONDS: Final = 10.0
_SEEN_SECONDS: Final = 15.0


def create_topics(
    settings: KafkaRestSettings, user_id: str, partitions: int, replication_factor: int = 1
) -> list[str]:
    """Make the topics of one user that do not exist yet, and wait until the brokers name them.

    Dead letters are kept for ever: they are nowhere else. Kafka Connect would make their topic too,
    but one that forgets.

    An existing topic is never given more partitions: keys would move to other partitions, and the
    versions of a post would lose their order.

    Returns:
        The names of the topics that were made; empty when all were there.

    Raises:
        UserIdError: Raised when the user id is invalid.
        PartitionsDifferError: Raised when a topic has another number of partitions.
        BrokerUnreachableError: Raised when no broker answers.
        KafkaRestError: Raised when the brokers refuse to make a topic.
    """
    events = names.topics(user_id)
    admin = AdminClient(client_configuration(settings))
    existing = _partitions(admin)
    _check_partitions({name: existing[name] for name in events if name in existing}, partitions)
    dead_letters = names.dead_letter_topic(user_id)
    topics = {name: NewTopic(name, partitions, replication_factor) for name in events}
    topics[dead_letters] = NewTopic(dead_letters, 1, replication_factor, config=_FOR_EVER)
    missing = [name for name in topics if name not in existing]
    if missing:
        _create(admin, [topics[name] for name in missing])
        _wait_until_seen(admin, missing)
    return missing


def _partitions(admin: AdminClient) -> dict[str, int]:
    """Return the number of partitions of each topic.

    Raises:
        BrokerUnreachableError: Raised when no broker answers.
    """
    try:
        topics = admin.list_topics(timeout=_ANSWER_SECONDS).topics
    except KafkaException as error:
        msg = f"No broker answers: {error}. Is it running, and is the address right?"
        raise BrokerUnreachableError(msg) from error
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _check_partitions(existing: Mapping[str, int], partitions: int) -> None:
    for name, has in existing.items():
        if has != partitions:
            msg = (
                f"The topic {name} has {has} partitions, {partitions} were asked for. The number "
                f"of an existing topic is not changed, because its keys would move to other "
                f"partitions: ask for {has}, or use another user id."
            )
            raise PartitionsDifferError(msg)


def _create(admin: AdminClient, topics: list[NewTopic]) -> None:
    """Make the topics; one that somebody else has just made is fine.

    Raises:
        KafkaRestError: Raised when the brokers refuse to.
    """
    for name, made in admin.create_topics(topics, request_timeout=_ANSWER_SECONDS).items():
        try:
            made.result()
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                msg = f"The brokers refuse to make the topic {name}: {reason.str()}"
                raise KafkaRestError(msg) from error


def _wait_until_seen(admin: AdminClient, names: Iterable[str]) -> None:
    """Wait until the brokers name the topics: their controller is a moment ahead of them.

    Raises:
        BrokerUnreachableError: Raised when they still do not after a while.
    """
    wanted = set(names)
    asking = Retrying(
        retry=retry_if_not_result(bool), wait=wait_fixed(0.1), stop=stop_after_delay(_SEEN_SECONDS)
    )
    try:
        asking(lambda: wanted <= _partitions(admin).keys())
    except RetryError as error:
        msg = f"The topics were made, but no broker names them after {_SEEN_SECONDS:g} s."
        raise BrokerUnreachableError(msg) from error


def main(
    user_id: Annotated[str, typer.Option(help="Prefix of the topics.")],
    partitions: Annotated[int, typer.Option(min=1, help="Partitions per topic.")] = 3,
    replication_factor: Annotated[int, typer.Option(min=1, help="Copies of a record.")] = 1,
    bootstrap_servers: Annotated[
        str, typer.Option(envvar="KAFKA_REST_BOOTSTRAP_SERVERS", help="Brokers, comma-separated.")
    ] = "127.0.0.1:9092",
    security: Annotated[
        str, typer.Option(envvar="KAFKA_REST_SECURITY", help="plaintext or msk_iam.")
    ] = "plaintext",
    region: Annotated[
        str | None, typer.Option(envvar="KAFKA_REST_REGION", help="AWS region of the MSK cluster.")
    ] = None,
) -> None:
    """Make the topics <user-id>.pin, .geo, .user and .dead_letters; those that exist stay.

    Raises:
        Exit: Raised with code 1 when the topics cannot be made.
    """
    values: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "security": security}
    try:
        settings = KafkaRestSettings(**values, region=region)
        made = create_topics(settings, user_id, partitions, replication_factor)
    except (KafkaRestError, UserIdError, ValidationError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for name in [*names.topics(user_id), names.dead_letter_topic(user_id)]:
        Console().print(f"{name}: {'made' if name in made else 'was there'}", highlight=False)


if __name__ == "__main__":
    typer.run(main)
