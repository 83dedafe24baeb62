"""Counts of landed records, from offsets."""

from __future__ import annotations

import pytest

from local.kafka.progress import PartitionProgress, TopicProgress


@pytest.mark.parametrize(
    ("start", "end", "committed", "records", "landed", "expired"),
    [
        (0, 10, 4, 10, 4, 0),
        (0, 10, 10, 10, 10, 0),
        (0, 0, -1001, 0, 0, 0),  # an empty partition: the connector has committed nothing
        (0, 10, -1001, 10, 0, 0),
        (6, 10, 8, 4, 2, 0),  # retention has removed the oldest six records
        (6, 10, 2, 4, 0, 4),
        (6, 10, -1001, 4, 0, 6),
    ],
)
def test_counts_only_records_that_the_partition_still_holds(
    start: int, end: int, committed: int, records: int, landed: int, expired: int
) -> None:
    partition = PartitionProgress(start, end, committed)
    assert (partition.records, partition.landed, partition.expired) == (records, landed, expired)


def test_a_topic_is_the_sum_of_its_partitions() -> None:
    topic = TopicProgress("t", (PartitionProgress(0, 5, 5), PartitionProgress(0, 7, 3)))
    assert (topic.records, topic.landed, topic.is_complete) == (12, 8, False)


def test_a_topic_is_complete_when_every_partition_is() -> None:
    assert TopicProgress("t", (PartitionProgress(0, 5, 5), PartitionProgress(0, 0, -1))).is_complete
