"""The landing connector of one user: its configuration, its start, its group."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial

from local.environment import REGION
from local.errors import StackError
from local.kafka.connect_api import ConnectApi
from local.placeholders import fill_placeholders
from local.settings import ROOT, Settings
from local.supervisor.waiting import wait_until

__all__ = [
    "connector_configuration",
    "connector_name",
    "consumer_group",
    "start_connector",
]

_CONNECTOR_JSON = ROOT / "ingestion" / "s3_landing_connector" / "connector.json"
_RUNNING_SECONDS = 60
_RESTART_SECONDS = 10


def connector_name(user_id: str) -> str:
    """Return the name of the connector that lands the topics of `user_id`."""
    return f"landing-{user_id}"


def consumer_group(user_id: str) -> str:
    """Return the consumer group whose committed offsets say what has landed."""
    return f"connect-{connector_name(user_id)}"


def connector_configuration(settings: Settings) -> dict[str, str]:
    """Return the configuration that lands the topics of the environment's user."""
    values = {
        "user_id": settings.user_id,
        "bucket": settings.bucket,
        "region": REGION,
        "store_url": settings.landing_url,
        "path_style_access": "true",
        "flush_size": str(settings.flush_size),
        "rotate_schedule_interval_ms": str(round(settings.rotate_seconds * 1000)),
        "tasks_max": "1",
        "dead_letter_replication_factor": "1",
    }
    in_json = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    configuration: dict[str, str] = json.loads(
        fill_placeholders(_CONNECTOR_JSON.read_text(), in_json)
    )
    return configuration


def start_connector(settings: Settings) -> None:
    """Have Connect land the topics of the environment's user; return when it does.

    Idempotent; what had failed of the connector is restarted.

    Raises:
        ConnectorRefusedError: Raised when Connect does not accept the configuration.
        ConnectorFailedError: Raised when the connector or a task fails instead.
        StackError: Raised when it does not run by the deadline.
    """
    api = ConnectApi(settings.connect_url)
    name = connector_name(settings.user_id)
    api.put_connector(name, connector_configuration(settings))
    wait_until(partial(api.status, name), seconds=_RUNNING_SECONDS, what=f"the connector {name}")
    _restart_if_failed(api, name)
    wait_until(
        partial(_runs, api, name),
        seconds=_RUNNING_SECONDS,
        what=f"the connector {name} and its tasks to run, see {settings.logs / 'connect.log'}",
    )


def _restart_if_failed(api: ConnectApi, name: str) -> None:
    """Restart what has failed; return when Connect's status, which lags behind, says so."""
    if not _has_failed(api, name):
        return
    api.restart_failed(name)
    with suppress(StackError):  # it has failed again: the caller sees that
        wait_until(
            lambda: not _has_failed(api, name), seconds=_RESTART_SECONDS, what=f"{name} to restart"
        )


def _has_failed(api: ConnectApi, name: str) -> bool:
    status = api.status(name)
    return status is not None and status.failure is not None


def _runs(api: ConnectApi, name: str) -> bool:
    status = api.status(name)
    if status is None:
        return False
    status.require_not_failed()
    return status.is_running
