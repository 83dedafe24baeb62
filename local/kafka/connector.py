"""The landing connector of one user: its name, its consumer group, its start."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from local.errors import StackError
from local.kafka.connect_api import ConnectApi
from local.supervisor.waiting import wait_until

__all__ = ["connector_name", "consumer_group", "start_connector"]

_RUNNING_SECONDS = 60
_RESTART_SECONDS = 10


def connector_name(user_id: str) -> str:
    """Return the name of the connector that lands the topics of `user_id`."""
    return f"landing-{user_id}"


def consumer_group(user_id: str) -> str:
    """Return the consumer group that commits the offsets of landed records."""
    return f"connect-{connector_name(user_id)}"


def start_connector(connect: ConnectApi, user_id: str, configuration: Mapping[str, str]) -> None:
    """Start the connector of `user_id`; return when it runs.

    Idempotent. Failed parts of the connector are restarted.

    Raises:
        ConnectorRefusedError: Raised when Connect rejects the configuration.
        ConnectorFailedError: Raised when the connector or a task fails.
        StackError: Raised when the connector does not run by the deadline.
    """
    name = connector_name(user_id)
    connect.put_connector(name, configuration)
    wait_until(
        partial(connect.status, name), seconds=_RUNNING_SECONDS, description=f"the connector {name}"
    )
    _restart_if_failed(connect, name)
    wait_until(
        partial(_runs, connect, name),
        seconds=_RUNNING_SECONDS,
        description=f"the connector {name} and its tasks to run, see the log of Kafka Connect",
    )


def _restart_if_failed(connect: ConnectApi, name: str) -> None:
    """Restart failed parts; return when Connect's status, which is delayed, shows it."""
    if not _has_failed(connect, name):
        return
    connect.restart_failed(name)
    with suppress(StackError):  # it has failed again: the caller detects that
        wait_until(
            lambda: not _has_failed(connect, name),
            seconds=_RESTART_SECONDS,
            description=f"{name} to restart",
        )


def _has_failed(connect: ConnectApi, name: str) -> bool:
    status = connect.status(name)
    return status is not None and status.failure is not None


def _runs(connect: ConnectApi, name: str) -> bool:
    status = connect.status(name)
    if status is None:
        return False
    status.require_not_failed()
    return status.is_running
