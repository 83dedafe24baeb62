"""Records that could not be landed: Connect writes them to the dead letter topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, Message, TopicPartition

from local.errors import StackError
from pinterest_pipeline.names import dead_letter_topic

__all__ = ["DeadLetter", "count_dead_letters", "read_dead_letters"]

_ANSWER_SECONDS = 10
_HEADERS = "__connect.errors."


@dataclass(frozen=True)
class DeadLetter:
    """One record that could not be landed.

    Attributes:
        topic: Its original topic.
        partition: Partition of that topic.
        offset: Offset in that partition.
        reason: Why it could not be landed.
        value: Its original bytes; null for a record without a value.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    value: bytes | None


type ClientConfiguration = Mapping[str, str | int | float | bool]


def count_dead_letters(
    configuration: ClientConfiguration, user_id: str, topics: Sequence[str]
) -> dict[str, int]:
    """Return for each topic of the user how many of its records are dead letters."""
    counts = Counter(letter.topic for letter in read_dead_letters(configuration, user_id))
    return {topic: counts[topic] for topic in topics}


def read_dead_letters(configuration: ClientConfiguration, user_id: str) -> Iterator[DeadLetter]:
    """Yield each dead letter of the user once.

    After a crash, Connect may write a dead letter twice. Both copies have the same origin.

    Args:
        configuration: librdkafka's settings of a client of the broker.
        user_id: The user.
    """
    seen: set[tuple[str, int, int]] = set()
    for message in _messages(configuration, dead_letter_topic(user_id)):
        letter = _dead_letter(message)
        origin = (letter.topic, letter.partition, letter.offset)
        if origin not in seen:
            seen.add(origin)
            yield letter


def _dead_letter(message: Message) -> DeadLetter:
    headers = {name: value.decode() for name, value in _headers(message)}
    return DeadLetter(
        topic=headers[f"{_HEADERS}topic"],
        partition=int(headers[f"{_HEADERS}partition"]),
        offset=int(headers[f"{_HEADERS}offset"]),
        reason=headers[f"{_HEADERS}exception.message"],
        value=message.value(),
    )


def _headers(message: Message) -> list[tuple[str, bytes]]:
    """Return the headers; confluent-kafka's type also allows forms that only producers use."""
    return cast("list[tuple[str, bytes]]", message.headers() or [])


def _messages(configuration: ClientConfiguration, topic: str) -> Iterator[Message]:
    """Yield the records that `topic` holds now; none if it does not exist."""
    consumer = Consumer({
        **configuration,
        "group.id": "reads-all-and-commits-nothing",
        "enable.auto.commit": False,
    })
    try:
        description = consumer.list_topics(topic, timeout=_ANSWER_SECONDS).topics[topic]
        for partition in description.partitions:
            yield from _messages_of_partition(consumer, TopicPartition(topic, partition))
    finally:
        consumer.close()


def _messages_of_partition(consumer: Consumer, partition: TopicPartition) -> Iterator[Message]:
    start, end = consumer.get_watermark_offsets(partition, timeout=_ANSWER_SECONDS)
    consumer.assign([TopicPartition(partition.topic, partition.partition, start)])
    for _ in range(start, end):
        message = consumer.poll(_ANSWER_SECONDS)
        if message is None or message.error():
            reason = "no answer" if message is None else message.error()
            raise StackError(f"cannot read the dead letters in {partition.topic}: {reason}")
        yield message
