"""How far the connector has landed what is in the topics of the environment's user."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from local.environment import kafka_client_configuration
from local.errors import StackError
from local.kafka.connect_api import ConnectApi
from local.kafka.connector import connector_name, consumer_group
from local.kafka.errors import LandingStalledError
from local.kafka.offsets import TopicProgress, read_progress
from local.settings import Settings

__all__ = ["landed_offsets", "wait_until_landed"]

_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 30
_PASSING = frozenset({
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
})


def landed_offsets(settings: Settings, topics: Sequence[str]) -> dict[str, TopicProgress]:
    """Return for each of the user's `topics`, in their order, how far it has landed.

    Raises:
        StackError: Raised when the broker does not answer, or there is no such topic.
    """
    return _progress(AdminClient(kafka_client_configuration(settings)), settings, topics)


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
        ConnectorFailedError: Raised when the connector or a task has failed; holds the reasons.
        LandingStalledError: Raised when nothing landed for `deadline_seconds`.
        StackError: Raised when the broker or Connect does not answer.
    """
    api = ConnectApi(settings.connect_url)
    name = connector_name(settings.user_id)
    admin = AdminClient(kafka_client_configuration(settings))
    most_landed, since = -1, time.monotonic()
    while True:
        progress = _progress(admin, settings, topics)
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


def _progress(
    admin: AdminClient, settings: Settings, topics: Sequence[str]
) -> dict[str, TopicProgress]:
    # A broker that has just started may still load the group's offsets.
    asking = Retrying(
        retry=retry_if_exception(_may_pass),
        wait=wait_fixed(_POLL_SECONDS),
        stop=stop_after_delay(_ANSWER_SECONDS),
        reraise=True,
    )
    try:
        return asking(read_progress, admin, consumer_group(settings.user_id), topics)
    except (KafkaException, KeyError) as error:
        raise StackError(
            f"cannot read the offsets of {', '.join(topics)} from the broker at "
            f"{settings.bootstrap_servers}: {error!r}; is it running, and do the topics exist?"
        ) from error


def _may_pass(error: BaseException) -> bool:
    return (
        isinstance(error, KafkaException)
        and isinstance(cause := error.args[0], KafkaError)
        and cause.code() in _PASSING
    )


def _stall(
    settings: Settings, name: str, progress: Mapping[str, TopicProgress], seconds: float
) -> str:
    counts = ", ".join(f"{p.topic} {p.landed} of {p.records}" for p in progress.values())
    return (
        f"nothing landed for {seconds:.0f} s, though the connector {name} has not failed; landed: "
        f"{counts}. It tries again while the bucket is away: see {settings.logs / 'connect.log'}, "
        "and whether the service landing runs"
    )
