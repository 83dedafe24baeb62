"""The records that could not be landed, as Connect keeps them in the dead letter topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import Consumer, Message, TopicPartition

from local.environment import kafka_client_configuration
from local.errors import StackError
from local.settings import Settings
from pinterest_pipeline.names import dead_letter_topic

__all__ = ["DeadLetter", "count_dead_letters", "read_dead_letters"]

_ANSWER_SECONDS = 10
_HEADERS = "__connect.errors."


@dataclass(frozen=True)
class DeadLetter:
    """One record that could not be landed.

    Attributes:
        topic: Topic that it was in.
        partition: Partition of that topic.
        offset: Offset in that partition.
        reason: Why it could not be landed.
        value: Its value as it came; null for a record without one.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    value: bytes | None


def count_dead_letters(settings: Settings, topics: Sequence[str]) -> dict[str, int]:
    """Return for each topic how many of its records are dead letters."""
    counts = Counter(letter.topic for letter in read_dead_letters(settings))
    return {topic: counts[topic] for topic in topics}


def read_dead_letters(settings: Settings) -> Iterator[DeadLetter]:
    """Yield each dead letter of the environment's user once.

    Connect may have written one again after a crash; its origin tells.
    """
    seen: set[tuple[str, int, int]] = set()
    for message in _messages(settings, dead_letter_topic(settings.user_id)):
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
    """Return the headers; confluent-kafka's own type also allows forms that only producers use."""
    return cast("list[tuple[str, bytes]]", message.headers() or [])


def _messages(settings: Settings, topic: str) -> Iterator[Message]:
    """Yield what `topic` holds now; nothing if there is no such topic."""
    consumer = Consumer({
        **kafka_client_configuration(settings),
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
