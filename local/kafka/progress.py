"""How far the connector has landed what is in the topics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it is

from local.kafka.connect_api import ConnectApi
from local.kafka.connector import connector_name, consumer_group
from local.kafka.errors import LandingStalledError
from local.stack.settings import Settings

__all__ = ["PartitionProgress", "TopicProgress", "landed_offsets", "wait_until_landed"]

_ANSWER_SECONDS = 10
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class PartitionProgress:
    """Offsets of one partition.

    Attributes:
        start: Offset of the oldest record that the topic still holds.
        end: Offset that the next record will get.
        committed: Every record below this offset is in the bucket or in the dead letter topic.
    """

    start: int
    end: int
    committed: int


@dataclass(frozen=True)
class TopicProgress:
    """How far one topic has landed; a dead letter counts as landed."""

    topic: str
    partitions: tuple[PartitionProgress, ...]

    @property
    def records(self) -> int:
        """Number of records in the topic."""
        return sum(p.end - p.start for p in self.partitions)

    @property
    def landed(self) -> int:
        """Number of those that have landed."""
        return sum(min(p.committed, p.end) - p.start for p in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether all have."""
        return self.landed == self.records


def landed_offsets(settings: Settings, topics: Sequence[str]) -> dict[str, TopicProgress]:
    """Return for each of the user's `topics`, in their order, how far it has landed."""
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    partitions = _partitions(admin, topics)
    starts = _offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    committed = _committed(admin, consumer_group(settings.user_id), partitions)
    progress = {
        p: PartitionProgress(starts[p], ends[p], max(starts[p], committed[p])) for p in partitions
    }
    return {
        t: TopicProgress(t, tuple(progress[p] for p in partitions if p.topic == t)) for t in topics
    }


def wait_until_landed(
    settings: Settings,
    topics: Sequence[str],
    *,
    deadline_seconds: float = 60,
    on_progress: Callable[[Mapping[str, TopicProgress]], None] = lambda _: None,
) -> dict[str, TopicProgress]:
    """Return the progress once every record that is in `topics` has landed.

    Args:
        settings: The environment.
        topics: Topics of the environment's user.
        deadline_seconds: Longest time without a single record landing.
        on_progress: Called with each new progress.

    Raises:
        ConnectorFailedError: Raised when the connector or a task has failed; holds the trace.
        LandingStalledError: Raised when nothing landed for `deadline_seconds`.
    """
    api = ConnectApi(settings.connect_url)
    name = connector_name(settings.user_id)
    most_landed, since = -1, time.monotonic()
    while True:
        progress = landed_offsets(settings, topics)
        on_progress(progress)
        if all(topic.is_complete for topic in progress.values()):
            return progress
        if status := api.status(name):
            status.require_not_failed()
        landed = sum(topic.landed for topic in progress.values())
        if landed > most_landed:
            most_landed, since = landed, time.monotonic()
        elif time.monotonic() - since > deadline_seconds:
            raise LandingStalledError(_stall(settings, name, progress, deadline_seconds))
        time.sleep(_POLL_SECONDS)


def _partitions(admin: AdminClient, topics: Sequence[str]) -> list[TopicPartition]:
    metadata = admin.list_topics(timeout=_ANSWER_SECONDS).topics
    return [TopicPartition(t, p) for t in topics for p in sorted(metadata[t].partitions)]


def _offsets(
    admin: AdminClient, partitions: Sequence[TopicPartition], spec: OffsetSpec
) -> dict[TopicPartition, int]:
    answers = admin.list_offsets(dict.fromkeys(partitions, spec), request_timeout=_ANSWER_SECONDS)
    return {partition: answer.result().offset for partition, answer in answers.items()}


def _committed(
    admin: AdminClient, group: str, partitions: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """Return the committed offset of each partition; negative where nothing was committed."""
    request = [ConsumerGroupTopicPartitions(group, list(partitions))]
    answers = admin.list_consumer_group_offsets(request, request_timeout=_ANSWER_SECONDS)
    found = answers[group].result().topic_partitions
    return {TopicPartition(p.topic, p.partition): p.offset for p in found}


def _stall(
    settings: Settings, name: str, progress: Mapping[str, TopicProgress], seconds: float
) -> str:
    counts = ", ".join(f"{p.topic} {p.landed} of {p.records}" for p in progress.values())
    return (
        f"nothing landed for {seconds:.0f} s, though the connector {name} has not failed; landed: "
        f"{counts}. It tries again while the bucket is away: see {settings.logs / 'connect.log'}, "
        "and whether the service landing runs"
    )
