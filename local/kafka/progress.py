"""How many records of the user's topics have landed, from the connector's committed offsets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it does
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from local.errors import StackError
from local.kafka.connect import ConnectApi, connector_name, consumer_group

__all__ = [
    "ExpiredRecordsError",
    "LandingStalledError",
    "PartitionProgress",
    "TopicProgress",
    "landed_offsets",
    "wait_until_landed",
]

_POLL_SECONDS = 0.2
_REQUEST_SECONDS = 10
_RETRY_SECONDS = 30
_TRANSIENT = frozenset({
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
})


class LandingStalledError(StackError):
    """Raised when records wait and none lands, although the connector runs."""


class ExpiredRecordsError(StackError):
    """Raised when Kafka has deleted records that had not landed."""


@dataclass(frozen=True)
class PartitionProgress:
    """Offsets of one partition.

    Attributes:
        start: Offset of the oldest record in the topic.
        end: Offset of the next record.
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
        """Number of records in the partition that have landed."""
        return max(0, min(self.committed, self.end) - self.start)

    @property
    def expired(self) -> int:
        """Number of records that were deleted before they landed."""
        return max(0, self.start - max(0, self.committed))


@dataclass(frozen=True)
class TopicProgress:
    """The progress of one topic. A dead letter counts as landed."""

    topic: str
    partitions: tuple[PartitionProgress, ...]

    @property
    def records(self) -> int:
        """Number of records in the topic."""
        return sum(partition.records for partition in self.partitions)

    @property
    def landed(self) -> int:
        """Number of records in the topic that have landed."""
        return sum(partition.landed for partition in self.partitions)

    @property
    def expired(self) -> int:
        """Number of records that were deleted before they landed."""
        return sum(partition.expired for partition in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether all records have landed."""
        return self.landed == self.records


def landed_offsets(
    admin: AdminClient, user_id: str, topics: Sequence[str]
) -> dict[str, TopicProgress]:
    """Return the progress of each of the user's `topics`, in their order.

    Raises:
        ExpiredRecordsError: Raised when a topic has deleted records that had not landed.
        StackError: Raised when the broker does not answer, or a topic does not exist.
    """
    # A broker that has just started may still load the group's offsets.
    retrying = Retrying(
        retry=retry_if_exception(_is_transient),
        wait=wait_fixed(_POLL_SECONDS),
        stop=stop_after_delay(_RETRY_SECONDS),
        reraise=True,
    )
    try:
        progress = retrying(_read_progress, admin, consumer_group(user_id), topics)
    except (KafkaException, KeyError) as error:
        raise StackError(
            f"cannot read the offsets of {', '.join(topics)} from the Kafka broker: {error!r}; "
            "is it running, and do the topics exist?"
        ) from error
    if expired := {name: one.expired for name, one in progress.items() if one.expired}:
        raise ExpiredRecordsError(
            f"Kafka deleted records before they landed: {expired}. They are lost, unless their "
            "source can send them again. Check the topics' retention.ms and retention.bytes: -1 "
            "keeps all records, and `python -m ingestion.kafka_rest.topics` creates such topics"
        )
    return progress


def wait_until_landed(
    admin: AdminClient,
    connect: ConnectApi,
    user_id: str,
    topics: Sequence[str],
    *,
    deadline_seconds: float = 60,
    on_progress: Callable[[Mapping[str, TopicProgress]], None] = lambda _: None,
) -> dict[str, TopicProgress]:
    """Return the progress when every record in `topics` has landed.

    Args:
        admin: A client of the broker.
        connect: A client of Kafka Connect.
        user_id: The user whose connector lands the topics.
        topics: Topics of that user.
        deadline_seconds: Longest time without a landed record.
        on_progress: Called with each new progress.

    Raises:
        ExpiredRecordsError: Raised when a topic has deleted records that had not landed.
        ConnectorFailedError: Raised when the connector or a task has failed; contains the reasons.
        LandingStalledError: Raised when nothing landed for `deadline_seconds`.
        StackError: Raised when the broker or Connect does not answer.
    """
    name = connector_name(user_id)
    most_landed, since = -1, time.monotonic()
    while True:
        progress = landed_offsets(admin, user_id, topics)
        on_progress(progress)
        if all(topic.is_complete for topic in progress.values()):
            return progress
        if status := connect.status(name):
            status.require_not_failed()
        landed = sum(topic.landed for topic in progress.values())
        if landed > most_landed:
            most_landed, since = landed, time.monotonic()
        elif time.monotonic() - since > deadline_seconds:
            raise LandingStalledError(_stall_message(name, progress, deadline_seconds))
        time.sleep(_POLL_SECONDS)


def _stall_message(name: str, progress: Mapping[str, TopicProgress], seconds: float) -> str:
    counts = ", ".join(f"{p.topic} {p.landed} of {p.records}" for p in progress.values())
    return (
        f"nothing landed for {seconds:.0f} s, although the connector {name} has not failed; "
        f"landed: {counts}. The connector retries while the bucket is unavailable: `make status` "
        "shows whether the service s3 runs, and the log of the service connect"
    )


def _read_progress(
    admin: AdminClient, group: str, topics: Sequence[str]
) -> dict[str, TopicProgress]:
    partitions = _partitions(admin, topics)
    # The committed offsets are read first, so they are never above the end offsets.
    committed = _committed(admin, group, partitions)
    starts = _offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    progress = {p: PartitionProgress(starts[p], ends[p], committed[p]) for p in partitions}
    return {
        topic: TopicProgress(topic, tuple(progress[p] for p in partitions if p.topic == topic))
        for topic in topics
    }


def _partitions(admin: AdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    metadata = admin.list_topics(timeout=_REQUEST_SECONDS).topics
    return [TopicPartition(t, p) for t in topics for p in sorted(metadata[t].partitions)]


def _offsets(
    admin: AdminClient, partitions: Sequence[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    request = dict.fromkeys(partitions, spec)
    answers = admin.list_offsets(request, request_timeout=_REQUEST_SECONDS)
    return {partition: answer.result().offset for partition, answer in answers.items()}


def _committed(
    admin: AdminClient, group: str, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    request = [ConsumerGroupTopicPartitions(group, list(partitions))]
    answers = admin.list_consumer_group_offsets(request, request_timeout=_REQUEST_SECONDS)
    offsets = answers[group].result().topic_partitions
    return {TopicPartition(p.topic, p.partition): p.offset for p in offsets}


def _is_transient(error: BaseException) -> bool:
    return (
        isinstance(error, KafkaException)
        and isinstance(cause := error.args[0], KafkaError)
        and cause.code() in _TRANSIENT
    )
