"""Waits until Kafka Connect has landed every record, and shows how far it has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from local.environment import Environment
from local.kafka.progress import TopicProgress, landed_offsets, wait_until_landed
from local.settings import Settings

__all__ = ["records_in_kafka", "show_landing", "stall_seconds"]

_STALL_SECONDS = 60


def records_in_kafka(settings: Settings, topics: Sequence[str]) -> dict[str, int]:
    """Return how many records were ever written to each topic."""
    admin = Environment(settings).kafka_admin
    landed = landed_offsets(admin, settings.user_id, topics)
    return {topic: _ever_written(progress) for topic, progress in landed.items()}


def show_landing(console: Console, settings: Settings, topics: Sequence[str]) -> dict[str, int]:
    """Wait until every record of `topics` has landed, with a bar per topic.

    Returns:
        How many records were ever written to each topic.
    """
    environment = Environment(settings)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        tasks = {topic: bars.add_task(topic) for topic in topics}

        def show(progress: Mapping[str, TopicProgress]) -> None:
            for topic, bar in tasks.items():
                bars.update(bar, completed=progress[topic].landed, total=progress[topic].records)

        landed = wait_until_landed(
            environment.kafka_admin,
            environment.connect,
            settings.user_id,
            topics,
            deadline_seconds=stall_seconds(settings),
            on_progress=show,
        )
    return {topic: _ever_written(progress) for topic, progress in landed.items()}


def stall_seconds(settings: Settings) -> float:
    """Return how long no record may land: an open object waits for its rotation."""
    return settings.rotate_seconds + _STALL_SECONDS


def _ever_written(progress: TopicProgress) -> int:
    return sum(partition.end for partition in progress.partitions)
