"""What the topics hold, and what of it the connector has committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it does

__all__ = ["PartitionProgress", "TopicProgress", "read_progress"]

_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class PartitionProgress:
    """Offsets of one partition.

    Attributes:
        start: Offset of the oldest record that the topic still holds.
        end: Offset that the next record will get.
        committed: Every record below this offset is in the bucket or in the dead letter topic;
            negative if the connector has committed nothing yet.
    """

    start: int
    end: int
    committed: int

    @property
    def records(self) -> int:
        """Number of records in the partition."""
        return self.end - self.start

    @property
    def landed(self) -> int:
        """Number of those that have landed."""
        return max(0, min(self.committed, self.end) - self.start)


@dataclass(frozen=True)
class TopicProgress:
    """How far one topic has landed; a dead letter counts as landed."""

    topic: str
    partitions: tuple[PartitionProgress, ...]

    @property
    def records(self) -> int:
        """Number of records in the topic."""
        return sum(partition.records for partition in self.partitions)

    @property
    def landed(self) -> int:
        """Number of those that have landed."""
        return sum(partition.landed for partition in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether all have."""
        return self.landed == self.records


def read_progress(
    admin: AdminClient, group: str, topics: Sequence[str]
) -> dict[str, TopicProgress]:
    """Return for each of `topics`, in their order, how far the consumer `group` has come.

    Raises:
        KafkaException: Raised when the broker does not answer, or there is no such topic.
    """
    partitions = _partitions(admin, topics)
    # Committed first: what is committed by then is below the end that is read afterwards.
    committed = _committed(admin, group, partitions)
    starts = _offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    progress = {p: PartitionProgress(starts[p], ends[p], committed[p]) for p in partitions}
    return {
        topic: TopicProgress(topic, tuple(progress[p] for p in partitions if p.topic == topic))
        for topic in topics
    }


def _partitions(admin: AdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    described = admin.list_topics(timeout=_ANSWER_SECONDS).topics
    return [TopicPartition(t, p) for t in topics for p in sorted(described[t].partitions)]


def _offsets(
    admin: AdminClient, partitions: Sequence[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    answers = admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=_ANSWER_SECONDS)
    return {partition: answer.result().offset for partition, answer in answers.items()}


def _committed(
    admin: AdminClient, group: str, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    request = [ConsumerGroupTopicPartitions(group, list(partitions))]
    answers = admin.list_consumer_group_offsets(request, request_timeout=_ANSWER_SECONDS)
    found = answers[group].result().topic_partitions
    return {TopicPartition(p.topic, p.partition): p.offset for p in found}
