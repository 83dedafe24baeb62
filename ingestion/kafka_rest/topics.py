"""Creates the topics of one user: `python -m ingestion.kafka_rest.topics --user-id demo`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Final

import typer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import ValidationError
from rich.console import Console
from tenacity import RetryError, Retrying, retry_if_not_result, stop_after_delay, wait_fixed

from ingestion.kafka_rest.contract import BrokerUnreachableError, KafkaRestError
from ingestion.kafka_rest.settings import KafkaRestSettings, client_configuration
from pinterest_pipeline import names
from pinterest_pipeline.errors import UserIdError, run_command

__all__ = ["create_topics"]

_UNLIMITED: Final = {"retention.ms": "-1", "retention.bytes": "-1"}
_RESPONSE_SECONDS: Final = 10.0
_LISTED_SECONDS: Final = 15.0


def create_topics(
    settings: KafkaRestSettings, user_id: str, partitions: int, replication_factor: int = 1
) -> list[str]:
    """Create the missing topics of one user, and wait until the brokers list them.

    Dead letters have unlimited retention, because they are stored nowhere else. Kafka Connect would
    create their topic with a limited retention.

    The number of partitions of an existing topic never changes: keys would move to other
    partitions, and the versions of a post would lose their order.

    Returns:
        The names of the created topics; empty if all existed.

    Raises:
        UserIdError: Raised when the user id is invalid.
        BrokerUnreachableError: Raised when no broker answers.
        KafkaRestError: Raised when a topic has another number of partitions, or the brokers refuse
            to create one.
    """
    events = names.topics(user_id)
    admin = AdminClient(client_configuration(settings))
    existing = _partitions(admin)
    _check_partitions({name: existing[name] for name in events if name in existing}, partitions)
    dead_letters = names.dead_letter_topic(user_id)
    topics = {name: NewTopic(name, partitions, replication_factor) for name in events}
    topics[dead_letters] = NewTopic(dead_letters, 1, replication_factor, config=_UNLIMITED)
    missing = [name for name in topics if name not in existing]
    if missing:
        _create(admin, [topics[name] for name in missing])
        _wait_until_listed(admin, missing)
    return missing


def _partitions(admin: AdminClient) -> dict[str, int]:
    """Return the number of partitions of each topic.

    Raises:
        BrokerUnreachableError: Raised when no broker answers.
    """
    try:
        topics = admin.list_topics(timeout=_RESPONSE_SECONDS).topics
    except KafkaException as error:
        msg = f"No broker answers: {error}. Is it running, and is the address right?"
        raise BrokerUnreachableError(msg) from error
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _check_partitions(existing: Mapping[str, int], partitions: int) -> None:
    for name, actual in existing.items():
        if actual != partitions:
            msg = (
                f"The topic {name} has {actual} partitions, {partitions} were requested. The "
                f"number of an existing topic is not changed, because its keys would move to "
                f"other partitions: request {actual}, or use another user id."
            )
            raise KafkaRestError(msg)


def _create(admin: AdminClient, topics: list[NewTopic]) -> None:
    """Create the topics. A topic that another client has just created is not an error.

    Raises:
        KafkaRestError: Raised when the brokers refuse to create a topic.
    """
    for name, creation in admin.create_topics(topics, request_timeout=_RESPONSE_SECONDS).items():
        try:
            creation.result()
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                msg = f"The brokers refuse to create the topic {name}: {reason.str()}"
                raise KafkaRestError(msg) from error


def _wait_until_listed(admin: AdminClient, topics: Iterable[str]) -> None:
    """Wait until the brokers list the topics: they follow their controller with a short delay.

    Raises:
        BrokerUnreachableError: Raised when they do not list them in time.
    """
    wanted = set(topics)
    retrying = Retrying(
        retry=retry_if_not_result(bool),
        wait=wait_fixed(0.1),
        stop=stop_after_delay(_LISTED_SECONDS),
    )
    try:
        retrying(lambda: wanted <= _partitions(admin).keys())
    except RetryError as error:
        msg = f"The topics were created, but no broker lists them after {_LISTED_SECONDS:g} s."
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
    """Create the missing topics of <user-id>.pin, .geo, .user and .dead_letters.

    Raises:
        Exit: Raised with code 1 when the topics cannot be created.
    """
    values: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "security": security}
    try:
        settings = KafkaRestSettings(**values, region=region)
        created = create_topics(settings, user_id, partitions, replication_factor)
    except (KafkaRestError, UserIdError, ValidationError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error
    for name in [*names.topics(user_id), names.dead_letter_topic(user_id)]:
        state = "created" if name in created else "already existed"
        Console().print(f"{name}: {state}", highlight=False)


if __name__ == "__main__":
    run_command(partial(typer.run, main))
